"""Rung 4 of the ladder of samplers: scrambled Sobol points in place of the normals of rung 3.

A randomly scrambled Sobol sequence (Owen; scipy.stats.qmc) puts 2^k points into the unit cube more evenly
than independent ones, each of them uniform, so that the mean over the points is unbiased; the quantile of
the normal law turns them into normals. The jumps of rung 3's conditional means are across coordinate
hyperplanes, and most at the median, which is a face of the points' own cells; so the error falls nearly as
1/N. One scrambling tells no error. Replicates with independent scramblings do: the standard errors are
those of their mean.
"""

import threading
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from numerics.conditional_sampling import conditional_rows
from numerics.frame import Frame, frame, lifted
from numerics.moments import Moments
from numerics.reduced_sampling import chunk_size
from numerics.sampling import MonteCarloResult, Plan, Problem
from numerics.streams import generator, in_order

Array = NDArray[np.float64]

RUNG = "sobol"
TRUSTS = "rung conditional, and that scrambled Sobol points are uniform"
REPLICATES = 16
# Points are multiples of 2^-30; the middle of their cells avoids 0, whose quantile is infinite.
BITS = 30
MOST_PATCHES = 21_201  # dimensions of the direction numbers of Joe and Kuo

# From points of the open unit interval to normals.
Quantile = Callable[[Array], Array]


def normal_quantile(points: Array) -> Array:
    """Quantile of the standard normal law."""
    from scipy.special import ndtri

    return np.asarray(ndtri(points))


def replicate_mean(
    problem: Problem,
    seen: Frame,
    log2_points: int,
    rng: np.random.Generator,
    chunk: int,
    stopped: threading.Event,
    quantile: Quantile = normal_quantile,
) -> Array:
    """Mean of rung 3's rows over one scrambled Sobol sequence of 2^k points, (1, 1 + 2 K)."""
    from scipy.stats.qmc import Sobol

    engine = Sobol(problem.m, scramble=True, bits=BITS, rng=rng)
    total, count = np.zeros(1 + 2 * len(problem.stes)), 2**log2_points
    step = min(1 << (chunk.bit_length() - 1), count)  # a power of two, which SciPy wants
    for _ in range(0, count, step):
        if stopped.is_set():
            break
        along = quantile(engine.random(step).T + 0.5 ** (BITS + 1))
        total += conditional_rows(problem, seen, along).sum(axis=0)
    return np.asarray(total[None] / count)


def replicates(
    problem: Problem,
    seen: Frame,
    number: int,
    log2_points: int,
    plan: Plan,
    quantile: Quantile = normal_quantile,
) -> Moments:
    """Moments of the means of independent replicates."""
    chunk, stopped = plan.chunk or chunk_size(problem.m), threading.Event()
    jobs = [
        partial(replicate_mean, problem, seen, log2_points, generator(child), chunk, stopped, quantile)
        for child in plan.seed.spawn(number)
    ]
    moments = Moments(full=True)
    for mean in in_order(jobs, plan.threads, stopped):
        moments.add(mean)
    return moments


def sample(problem: Problem, plan: Plan) -> MonteCarloResult:
    """Estimate loss and coarse gradients from 16 replicates of at least samples/16 points, a power of two."""
    if problem.m > MOST_PATCHES:
        raise ValueError(f"monte_carlo: v has length {problem.m}, at most {MOST_PATCHES} for rung='sobol'")
    if plan.covariance:
        raise ValueError(
            "monte_carlo: covariance=True, False is required for rung='sobol', whose points are dependent"
        )
    log2_points = max(0, (-(-plan.samples // REPLICATES) - 1).bit_length())
    if log2_points > BITS:
        raise ValueError(
            f"monte_carlo: samples={plan.samples}, at most {REPLICATES << BITS} for rung='sobol'"
        )
    seen = frame(problem)
    return lifted(
        problem,
        seen,
        replicates(problem, seen, REPLICATES, log2_points, plan),
        rest=np.zeros((len(problem.stes), problem.d)),
        squares=np.zeros(len(problem.stes)),
        plan=plan,
        rung=RUNG,
        trusts=TRUSTS,
        samples=REPLICATES << log2_points,
    )
