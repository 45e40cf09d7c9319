"""How a process of derivations keeps its memory; this module is light, so that each command may import it."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

# Expressions stay as long as their process and hardly ever form cycles, but Python's cyclic collector visits
# all of them, again and again. By default that is a fifth of the time that the derivations take.
_SELDOM = (100_000, 50, 1000)
# Of what SymPy has computed it remembers a thousand expressions unless told otherwise; derivations and checks
# come back to many more, and take a sixth less of time with these.
REMEMBERED = {"SYMPY_CACHE_SIZE": "50000"}


def remember_more() -> None:
    """Let SymPy, which must not be imported yet, remember more, unless the user says how much."""
    for name, value in REMEMBERED.items():
        os.environ.setdefault(name, value)


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
