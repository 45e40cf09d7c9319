"""Rung 1 of the ladder of samplers: the network itself, which trusts nothing but its definition."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numerics import network
from numerics.moments import Moments
from numerics.sampling import GradientEstimate, MonteCarloResult, Plan, Problem
from numerics.streams import RowSource, stream_moments

Array = NDArray[np.float64]

RUNG = "network"
TRUSTS = "nothing but the network's definition"

# 2^17 normals are 1 MB: with what is computed from them they stay in a core's cache. But each chunk also
# sweeps the (k, k) co-moment a few times, which at k = 1000 costs as much as 100 samples: so then at least
# 128.
NORMALS_PER_CHUNK = 2**17
# BLAS sums products of more than 10,000 numbers in threads, which for one column takes 400 times longer.
LEAST_FOR_COVARIANCE, MOST_FOR_COVARIANCE = 128, 2**13


def chunk_size(shape: tuple[int, ...], *, covariance: bool) -> int:
    """Samples of the given shape to hold at a time."""
    chunk = max(1, NORMALS_PER_CHUNK // math.prod(shape))
    return min(max(LEAST_FOR_COVARIANCE, chunk), MOST_FOR_COVARIANCE) if covariance else chunk


def rows_of(problem: Problem, chunk: int) -> RowSource:
    """Rows of loss and coarse gradients, (n, 1 + K d), of n <= `chunk` sampled inputs."""
    one = problem

    def source() -> Callable[[np.random.Generator, int], Array]:
        buffer, measured = np.empty((chunk, one.m, one.d)), np.empty((chunk, 1 + len(one.stes) * one.d))

        def rows(rng: np.random.Generator, n: int) -> Array:
            Z = buffer[:n]
            rng.standard_normal(out=Z)
            return network.forward_pass(Z, one.v, one.w, one.v_star, one.w_star).rows(one.stes, measured[:n])

        return rows

    return source


def sample(problem: Problem, plan: Plan) -> MonteCarloResult:
    """Estimate loss and coarse gradients from samples of the network."""
    chunk = plan.chunk or chunk_size((problem.m, problem.d), covariance=plan.covariance)
    moments = stream_moments(
        rows_of(problem, chunk),
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
