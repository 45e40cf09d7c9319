"""Rung 1 of the ladder of samplers: the network itself, which trusts nothing but its definition."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numerics import network, orbits
from numerics.moments import Moments
from numerics.sampling import GradientEstimate, MonteCarloResult, Plan, Problem
from numerics.streams import RowSource, stream_moments

Array = NDArray[np.float64]

RUNG = "network"
TRUSTS = "nothing but the network's definition"

# 2^18 normals are 2 MB: with what is computed from them they stay in the caches, and BLAS cuts none of their
# products up for threads, which would slow down ours. With fewer the calls take longer than the caches save.
# But each chunk also sweeps the (k, k) co-moment a few times, which at k = 1000 costs as much as 100 samples:
# so then at least 128.
NORMALS_PER_CHUNK = 2**18
# Inputs whose last axis is at most this long are worked on across samples; at eight it no longer matters.
SHORT = 7
# Of them fewer: larger results are given back to the system each time, and filled anew page by page.
SHORT_PER_CHUNK = 2**15
# In orbits, which leave one row each, more; and few rows do not matter where each has taken many inputs.
IN_ORBITS_PER_CHUNK = 2**16
# Normals that are drawn before they are turned: few enough to stay in the nearest caches.
TURNED_AT_ONCE = 2**13
# BLAS sums products of more than 10,000 numbers in threads, which for one column takes 400 times longer.
LEAST_FOR_COVARIANCE, MOST_FOR_COVARIANCE = 128, 2**13
# Standard errors from the means of batches cost less than those from single samples, and are nearly as good:
# with so many batches they are uncertain by 1 / sqrt(2 * 1000) = 2.2 %.
LEAST_BATCHES = 1000


def chunk_size(shape: tuple[int, ...], *, covariance: bool, orbit: int = 1) -> int:
    """Samples to hold at a time, each of so many inputs of the given shape."""
    size = orbit * math.prod(shape)
    if not covariance:
        return max(1, NORMALS_PER_CHUNK // size)
    if orbit > 1:
        return min(max(1, IN_ORBITS_PER_CHUNK // size), MOST_FOR_COVARIANCE)
    normals = SHORT_PER_CHUNK if _is_short(shape) else NORMALS_PER_CHUNK
    return min(max(LEAST_FOR_COVARIANCE, normals // size), MOST_FOR_COVARIANCE)


def _is_short(shape: tuple[int, ...]) -> bool:
    return bool(shape) and shape[-1] <= SHORT


def batch_size(problem: Problem, plan: Plan, chunk: int) -> int:
    """Samples of a batch, a power of two: 1 where covariances are asked for, or batches save nothing."""
    if plan.covariance or problem.m * problem.d < network.LARGE:
        return 1
    return 1 << max(0, min(chunk, plan.samples // LEAST_BATCHES).bit_length() - 1)


class InputBuffer:
    """Standard normal inputs, drawn sample by sample and held in the layout that is quickest to work on.

    NumPy's loops run along the last axis in memory: where inputs are short, that had better be the samples.
    """

    def __init__(self, shape: tuple[int, ...], chunk: int) -> None:
        self._chunk, self._short = chunk, _is_short(shape)
        at_once = min(chunk, max(1, TURNED_AT_ONCE // math.prod(shape))) if self._short else chunk
        self._drawn = np.empty((at_once, *shape))
        self._turned = np.empty((*shape, chunk if self._short else 0))

    def draw(self, rng: np.random.Generator, n: int, orbit: int = 1) -> Array:
        """Draw `n` inputs, which the next call overwrites, followed by their images if `orbit` exceeds 1.

        That is the size of an orbit, of which `n` <= `chunk` / `orbit` fit in: (orbit * n, *shape).
        """
        inputs = self._inputs(orbit * n)
        if self._short:
            for start in range(0, n, len(self._drawn)):
                part = self._drawn[: n - start]
                rng.standard_normal(out=part)
                inputs[start : start + len(part)] = part
        else:
            rng.standard_normal(out=inputs[:n])
        if orbit > 1:
            orbits.complete(inputs, n)
        return inputs

    def _inputs(self, n: int) -> Array:
        """Room for `n` inputs, (n, *shape)."""
        if not self._short:
            return self._drawn[:n]
        # As moveaxis does, in a tenth of its time.
        return self._turned[..., :n].transpose(-1, *range(self._turned.ndim - 1))

    def rows(self, columns: int) -> Array:
        """An array for one row a sample, (chunk, columns), in the same layout."""
        return np.empty((columns, self._chunk)).T if self._short else np.empty((self._chunk, columns))


def rows_of(problem: Problem, chunk: int, batch: int = 1) -> RowSource:
    """Rows of loss and coarse gradients, (n, 1 + K d), of n <= `chunk` sampled inputs.

    Where `batch` divides n, the means (n / batch, 1 + K d) over batches of so many inputs.
    """
    one = problem

    def source() -> Callable[[np.random.Generator, int], Array]:
        inputs = InputBuffer((one.m, one.d), chunk)
        measured = inputs.rows(1 + len(one.stes) * one.d)

        def rows(rng: np.random.Generator, n: int) -> Array:
            passed = network.forward_pass(inputs.draw(rng, n), one.v, one.w, one.v_star, one.w_star)
            size = batch if n % batch == 0 else 1
            return passed.rows(one.stes, measured[: n // size], size)

        return rows

    return source


def sample(problem: Problem, plan: Plan) -> MonteCarloResult:
    """Estimate loss and coarse gradients from samples of the network."""
    chunk = plan.chunk or chunk_size((problem.m, problem.d), covariance=plan.covariance)
    batch = batch_size(problem, plan, chunk)
    if plan.chunk is None:
        chunk -= chunk % batch
    moments = stream_moments(
        rows_of(problem, chunk, batch),
        plan.samples,
        plan.seed,
        chunk=chunk,
        threads=plan.threads,
        full=plan.covariance,
    )
    errors = np.sqrt(moments.variance / moments.count)
    gradients = {}
    for k, ste in enumerate(problem.stes):
        part = slice(1 + k * problem.d, 1 + (k + 1) * problem.d)
        gradients[ste] = GradientEstimate(moments.mean[part], errors[part], _block(moments, part))
    loss, error = float(moments.mean[0]), float(errors[0])
    return MonteCarloResult(loss, error, gradients, moments.count, RUNG, TRUSTS)


def _block(moments: Moments, part: slice) -> Array | None:
    return moments.covariance[part, part] if moments.full else None
