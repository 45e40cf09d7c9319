"""When Python's cyclic garbage collector comes; this module is light, so that the command imports it at once.

Expressions stay as long as their process and hardly ever form cycles, but the collector visits all of them,
again and again. By default that is a fifth of the time that the derivations take.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (100_000, 50, 1000)


def collect_seldom() -> None:
    """Let the collector of this process come seldom, for good."""
    gc.set_threshold(*_SELDOM)


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Let the collector come seldom meanwhile."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
