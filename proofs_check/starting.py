"""How worker processes start; this module is light, so that they can be started before all that is not."""

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.context import BaseContext

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Let the processes started meanwhile compute in one thread each."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def start_method() -> BaseContext:
    """How workers start; where they are forked from a server, it begins to derive the ledger at once.

    This process is never forked itself: it has threads, and a fork of those may hang.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["proofs_check.forked"])
    with single_threaded():
        forkserver.ensure_running()
    return context
