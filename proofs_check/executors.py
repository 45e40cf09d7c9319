"""Where cells are measured: on processes of this machine, or on a Dask cluster.

Both are functions that take cells as they have room and yield each with its row as soon as it is there, or
with a sentence that says why it failed. Rows do not depend on the executor: a cell's randomness is its own,
and every worker computes in one thread, so that no sum is taken in another order.
"""

import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from numerics.sweep_records import CellSpec, Row
from proofs_check.starting import follow_parent, single_threaded
from proofs_check.usage import UsageError

Take = Callable[[int], list[CellSpec]]
Outcomes = Generator[tuple[CellSpec, Row | str], None, None]

# Cells under way or waiting for each worker: one waits while the store is written.
AHEAD = 2
# A pool that breaks this often with no cell finished in between is given up.
MOST_BREAKS = 3


def measure_or_tell(spec: CellSpec, seed: int) -> Row | str:
    """Return the row of a cell, or the sentence of its refusal."""
    from numerics.sweep import measure

    try:
        return measure(spec, seed)
    except (ValueError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"


def on_processes(take: Take, seed: int, workers: int) -> Outcomes:
    """Measure cells on processes of this machine; when one is killed, what it held is measured again.

    Raises
    ------
    UsageError
        If workers die again and again.
    """
    waiting: list[CellSpec] = []
    breaks = 0
    while True:
        try:
            for outcome in _on_one_pool(take, seed, workers, waiting):
                breaks = 0
                yield outcome
        except BrokenProcessPool as error:
            breaks += 1
            if breaks == MOST_BREAKS:
                raise UsageError(
                    f"--workers={workers}, workers were killed {breaks} times with no cell finished in "
                    "between (too little memory?); the cells in the store are kept, and --resume goes on"
                ) from error
        else:
            return


def _on_one_pool(take: Take, seed: int, workers: int, waiting: list[CellSpec]) -> Outcomes:
    """Measure until nothing is left; if the pool breaks, what it held is put back among those waiting."""
    pending: dict[Future[Row | str], CellSpec] = {}
    others = set(multiprocessing.active_children())
    with single_threaded():
        pool = ProcessPoolExecutor(
            workers, mp_context=multiprocessing.get_context("spawn"), initializer=follow_parent
        )
        try:
            while True:
                waiting += take(max(0, AHEAD * workers - len(pending) - len(waiting)))
                while waiting:
                    pending[pool.submit(measure_or_tell, waiting[0], seed)] = waiting[0]
                    del waiting[0]
                if not pending:
                    return
                for done in wait(pending, return_when=FIRST_COMPLETED).done:
                    outcome = done.result()
                    yield pending.pop(done), outcome
        except BrokenProcessPool:
            waiting += pending.values()
            raise
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_ONE_CELL_AT_A_TIME = threading.Lock()


def _measure_remotely(spec: CellSpec, seed: int, version: str) -> Row | str:
    from proofs_check.sweep_store import package_version

    if (here := package_version()) != version:
        return f"the worker has rvscgd {here}, rvscgd {version} is required"
    with _ONE_CELL_AT_A_TIME:  # SymPy's caches do not expect threads, which Dask's workers may have
        return measure_or_tell(spec, seed)


def on_dask(take: Take, seed: int, address: str, patience: float = 30.0) -> Outcomes:
    """Measure cells on the workers of a Dask cluster; Dask itself repeats what a dead worker held.

    Raises
    ------
    UsageError
        If Dask is not installed, no scheduler answers, no worker comes in time, or the scheduler goes away.
    """
    client = _connect(address, patience)
    import distributed

    from proofs_check.sweep_store import package_version

    version, pending = package_version(), dict[Any, CellSpec]()
    try:
        while True:
            for spec in take(max(0, AHEAD * max(1, len(client.nthreads())) - len(pending))):
                pending[client.submit(_measure_remotely, spec, seed, version, pure=False)] = spec
            if not pending:
                return
            for done in distributed.wait(list(pending), return_when="FIRST_COMPLETED").done:
                yield pending.pop(done), _remote_outcome(done)
    except (OSError, distributed.CancelledError) as error:
        raise UsageError(
            f"--dask={address}, the scheduler went away; the cells in the store are kept, --resume goes on"
        ) from error
    finally:
        with contextlib.suppress(Exception):  # a scheduler that is gone needs no clearing up
            client.cancel(list(pending))
        client.close(timeout=5)


def _connect(address: str, patience: float) -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            f"--dask={address}, Dask is required: pip install 'rvscgd[dask]' ({error})"
        ) from error
    try:
        client = distributed.Client(address, timeout=patience)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise UsageError(f"--dask={address}, no scheduler answers there ({error})") from error
    try:
        client.wait_for_workers(1, timeout=patience)
    except OSError as error:
        client.close(timeout=5)
        raise UsageError(f"--dask={address}, the scheduler has no worker after {patience:g} s") from error
    return client


def _remote_outcome(done: Any) -> Row | str:
    import distributed

    try:
        outcome: Row | str = done.result()
    except distributed.KilledWorker as error:
        return f"its workers died again and again: {error}"
    except ImportError as error:
        raise UsageError(f"--dask, rvscgd must be installed on every worker ({error})") from error
    return outcome
