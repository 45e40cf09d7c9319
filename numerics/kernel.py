"""RVSCGD with the coarse gradient c(w - w*), on the unit sphere, compiled: runs stay in the nearest cache.

An array program carries the whole batch through memory at each operation of each step, and waits for memory
most of the time. Here the loop over the runs is the outermost one: a run takes all its steps before the next
begins, and its state, three vectors of d numbers, stays in the L1 cache up to d = 2,000. What is computed is
defined, readably, by ``numerics.simulator``; the tests hold the two together.

A step is one pass over the coordinates. The iterate is carried as a vector y and its length r, w = y / r, so
that normalising costs no pass of its own. With alpha = 1 - eta (c + beta) and p = eta c w*,

    z = alpha w + p + eta beta S(w) = (alpha / r) y + p + eta beta S(y / r)

is the next y, and ||z|| the next r. The proximal maps enter by their thresholds, numbers given by the caller,
and by the definition: l1 subtracts what lies within the threshold, l0 keeps what lies beyond it, and
transformed l1 has its positive minimiser u where the derivative of the proximal objective is zero,
u + mu a (a + 1) / (a + u)^2 = x, which is solved by Newton's method.

Entries off the support of w* and within the threshold only fade: whatever the penalty, a step multiplies all
of them by alpha / r. Every few steps those that do are set aside, with one factor and one length for all, and
cost nothing until they are written back: in the end, or where w shortens so much that one of them grows to
the threshold. With a sparse teacher most entries fade after a while, so that d numbers are computed at first
and hardly more than the support later. With a dense teacher none does.

A step is long as soon as a part of it is: the length of the step, which decides whether a run has come to
rest, is summed block by block only until it exceeds the tolerance, beginning where it did so last.

The runs are shared out to threads of Python that call code without its lock. Numba's own threads would
survive neither a fork nor calls from several threads. A run's result depends neither on its companions nor on
the number of threads.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from numerics.kernel_passes import PENALTIES, Step, advance, workspace

__all__ = ["PENALTIES", "Step", "iterate", "warm_up"]

Array = NDArray[np.float64]

# Runs are handed to the threads in pieces, since some take longer than others. A piece has work for some
# calls from Python, and stays in a core's second cache until it is finished.
_PIECES = 8
_PIECE_BYTES = (2**18, 2**19)


def iterate(
    w0: Array,
    w_star: Array,
    step: Step,
    max_iterations: int,
    tolerance: float,
    finish: Callable[[slice, Array], None] = lambda _runs, _w: None,
) -> tuple[Array, NDArray[np.int64], NDArray[np.bool_]] | None:
    """Iterate RVSCGD from a batch of starts, as `numerics.simulator.iterate` does, to rounding.

    Parameters
    ----------
    w0 : (R, d) float64
        Starts, unit vectors.
    w_star : (d,) float64
        The teacher's filter, a unit vector.
    step : Step
    max_iterations : int
    tolerance : float
        A run stops at the first step that is not longer.
    finish : callable, optional
        Called with the slice of some runs and their last iterates, in the thread that has just made them.

    Returns
    -------
    (w, iterations, converged) or None
        Last iterates (R, d), steps taken (R,), and whether the last was within the tolerance (R,). None if an
        iterate before its normalisation was zero, or too short or long for its square: the plain iteration
        has to say what happened.
    """
    # Copies that can be written and are contiguous: another kind of array would be compiled for anew.
    w, w_star = np.array(w0, order="C"), np.array(w_star, order="C")
    iterations = np.full(len(w), max_iterations)
    converged = np.zeros(len(w), dtype=np.bool_)

    def take(piece: slice) -> bool:
        results = (iterations[piece], converged[piece])
        memory = workspace(w.shape[1])
        if not advance(w[piece], w_star, step, max_iterations, tolerance, *results, *memory):
            return False
        finish(piece, w[piece])
        return True

    threads = min(_cores(), len(w))
    least, most = (min(size // (8 * w.shape[1]), -(-len(w) // threads)) for size in _PIECE_BYTES)
    size = max(1, least, min(-(-len(w) // (threads * _PIECES)), most))
    pieces = [slice(k, k + size) for k in range(0, len(w), size)]
    if threads < 2:
        return (w, iterations, converged) if all(map(take, pieces)) else None
    pool = ThreadPoolExecutor(threads)
    try:
        safe = all(list(pool.map(take, pieces)))
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupt waits for the pieces under way alone
    return (w, iterations, converged) if safe else None


def _cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def warm_up() -> float:
    """Compile the simulator, or load it from the disk, and return the seconds that took.

    The first call on a machine takes some seconds and keeps what it made; later processes load it.
    """
    start = time.perf_counter()
    step = Step(PENALTIES.index("tl1"), 0.1, 0.1, 1.0, 1.0, 1.0, 0.1)
    iterate(np.array([[1.0, 0.0]]), np.array([0.0, 1.0]), step, 1, 0.0)
    return time.perf_counter() - start
