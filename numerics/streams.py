"""Threads with independent streams of random numbers, whose results do not depend on the number of threads.

The samples are dealt to a number of streams that depends on the sample size alone. Each stream has a
generator seeded by its own child of one seed sequence and keeps its own moments; they are joined in the order
of the streams. So neither the threads nor who is first can change a digit. NumPy fills arrays with normals
without holding the interpreter's lock, and that is most of the work.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from numerics import validation
from numerics.moments import Moments

Array = NDArray[np.float64]
T = TypeVar("T")

# Makes buffers and returns a function that draws n samples into them and returns their rows (n, k), or the
# means (n / b, k) of batches of b.
RowSource = Callable[[], Callable[[np.random.Generator, int], Array]]

# Enough to keep many cores busy to the end, few enough that seeding them costs nothing (20 microseconds
# each).
STREAMS = 64


def seed_sequence(who: str, seed: int | np.random.Generator | None) -> np.random.SeedSequence:
    """Return the root of the streams' seeds.

    A generator is drawn from and so advanced; an int always gives the same root; None takes fresh entropy.

    Raises
    ------
    ValueError
        If `seed` is a negative integer or no integer.
    """
    if isinstance(seed, np.random.Generator):
        return np.random.SeedSequence(seed.integers(2**32, size=8, dtype=np.uint32).tolist())
    return np.random.SeedSequence(None if seed is None else validation.count(who, "seed", seed, least=0))


def generator(seed: np.random.SeedSequence) -> np.random.Generator:
    """Start a stream with NumPy's fastest bit generator."""
    return np.random.Generator(np.random.SFC64(seed))


def available_threads() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stream_moments(
    source: RowSource,
    samples: int,
    seed: np.random.SeedSequence,
    *,
    chunk: int,
    threads: int,
    full: bool = False,
) -> Moments:
    """Gather the moments of `samples` rows from streams that run in `threads` threads.

    Parameters
    ----------
    source : callable
        Called once a thread to make its buffers; returns a function from a generator and n <= `chunk` to n
        rows, or fewer that are the means of equal batches, which the next call may overwrite.
    samples : int
    seed : numpy.random.SeedSequence
        Spawned from.
    chunk : int
        Samples held at a time by each stream.
    threads : int
    full : bool
        Whether to keep the whole co-moment.

    Returns
    -------
    Moments
        The same for every number of threads.
    """
    streams = min(STREAMS, -(-samples // chunk))
    share, rest = divmod(samples, streams)
    sizes = [share + (i < rest) for i in range(streams)]
    stopped = threading.Event()

    spare: deque[Callable[[np.random.Generator, int], Array]] = deque()

    def run(size: int, child: np.random.SeedSequence) -> Moments:
        moments, rng = Moments(full=full), generator(child)
        rows = spare.pop() if spare else source()
        while moments.count < size and not stopped.is_set():
            n = min(chunk, size - moments.count)
            means = rows(rng, n)
            moments.add(means, n // len(means))
        spare.append(rows)
        return moments

    total = Moments(full=full)
    jobs = [partial(run, *job) for job in zip(sizes, seed.spawn(streams), strict=True)]
    for moments in in_order(jobs, threads, stopped):
        total.join(moments)
    return total


def in_order(jobs: Sequence[Callable[[], T]], threads: int, stopped: threading.Event) -> Iterator[T]:
    """Run jobs in threads and yield their results in order, with no more than `threads` of them waiting.

    `stopped` is set when the caller breaks off or a job fails; the others should look at it and return.
    """
    if min(threads, len(jobs)) == 1:
        yield from (job() for job in jobs)
        return
    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[T]] = deque()
        try:
            for job in jobs:
                running.append(pool.submit(job))
                if len(running) > threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            stopped.set()
