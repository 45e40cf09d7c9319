"""Carrying out a sweep: cells from the store to an executor, rows from there into the store."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from numerics.sweep_records import CellSpec, Row
from proofs_check.executors import Outcomes, Take
from proofs_check.sweep_store import LEASE_SECONDS, Store
from proofs_check.usage import UsageError

Executor = Callable[[Take, int], Outcomes]
# Called with the numbers of cells by state, after every change and now and then.
Watch = Callable[[dict[str, int]], None]

POLL_SECONDS = 1.0


def carry_out(store: Store, cells: Sequence[CellSpec], seed: int, executor: Executor, watch: Watch) -> None:
    """Measure every cell that the store has not yet, and write each row when it is there.

    Returns when no cell is open, those that other processes measure included: should one of them die, its
    cells are measured here. However it ends, the claims of this process are given up.

    Raises
    ------
    UsageError
        If the store cannot be written, or the executor cannot go on.
    """
    by_key = {spec.key: spec for spec in cells}
    handed: list[CellSpec] = []

    def take(most: int) -> list[CellSpec]:
        first, handed[:] = handed[:most], handed[most:]
        room = most - len(first)
        return first + ([by_key[key] for key in store.claim(room)] if room else [])

    with _signs_of_life(store), _claims_given_up(store):
        while True:
            handed += take(1)
            if handed:  # or no executor is worth its start
                with contextlib.closing(executor(take, seed)) as outcomes:
                    for spec, outcome in outcomes:
                        handed += [by_key[key] for key in _record(store, spec, outcome)]
                        watch(store.counts())
            counts = store.counts()
            watch(counts)
            if not counts["open"]:
                return
            time.sleep(POLL_SECONDS)


def _record(store: Store, spec: CellSpec, outcome: Row | str) -> list[str]:
    """Write what became of a cell and claim the next: the disk takes as long for either as for both."""
    if isinstance(outcome, str):
        return store.fail(spec.key, outcome, claim=1)
    return store.finish(outcome, claim=1)


@contextlib.contextmanager
def _claims_given_up(store: Store) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(UsageError):  # a store that is gone has none; the cause is told already
            store.release()


@contextlib.contextmanager
def _signs_of_life(store: Store) -> Iterator[None]:
    """Renew the claims in a thread, since the main one may wait long for a cell."""
    leave = threading.Event()

    def renew() -> None:
        while not leave.wait(LEASE_SECONDS / 6):
            # A sign that could not be given costs at most double work.
            with contextlib.suppress(UsageError):
                mine = Store(store.path, "rw", store.owner)
                with contextlib.closing(mine):
                    mine.keep_alive()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        leave.set()
        thread.join()
