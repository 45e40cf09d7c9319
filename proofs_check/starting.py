"""How worker processes start and end; this module is light, so that they start before all that is not."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from multiprocessing.context import BaseContext

from proofs_check.memory import REMEMBERED

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@contextlib.contextmanager
def single_threaded(more: Mapping[str, str] | None = None) -> Iterator[None]:
    """Let the processes started meanwhile compute in one thread each, with ``more`` in their environment."""
    changed = dict.fromkeys(_ONE_THREAD, "1") | dict(more or {})
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
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
    with single_threaded(REMEMBERED):
        forkserver.ensure_running()
    return context


def leave_signals_to_the_parent() -> None:
    """Ignore what a terminal or a service manager sends to a whole group of processes."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def follow_parent() -> None:
    """In a worker: leave signals to the parent, and end with it even if it is killed."""
    leave_signals_to_the_parent()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
