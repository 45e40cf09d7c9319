"""What the claims on the ladder of samplers compare: each rung run with the formula that it trusts put in."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol, Tuple

from numerics import conditional_sampling, network_sampling, reduced_sampling, sobol_sampling
from numerics.closed_forms import evaluate
from numerics.frame import frame
from numerics.moments import Moments
from numerics.monte_carlo import Estimate, estimate
from numerics.sampling import Plan, Problem, problem
from numerics.streams import seed_sequence
from proofs_check.claims.networks import networks
from theory.symbols import theta

Array = NDArray[np.float64]

SUM_OF_SQUARES, SUM = Symbol("q", real=True), Symbol("s", real=True)
ALONG, POINT = Symbol("a", real=True), Symbol("t", real=True)
# Products of larger batches are cut up by BLAS for threads, which takes longer than the product itself.
BATCH, PLANE_BATCH = 600, 4_000
# Means that are drawn at a time: enough that NumPy's calls do not show.
DRAWN = 4_800
# A mean of means: as many as make the joint law of a few samples visible, and not yet normal.
GROUP = 2
# For each estimator alone, and for all three.
FREQUENCIES = 2
# Standard deviation of a phase, about: smaller ones leave less of the law to see, larger ones drown in noise.
SPREAD = 0.7
# Far more than the means compared, so that the law of the score is not bent; rung 3's error dominates anyway.
REPLICATES = 64


def problems(rng: np.random.Generator) -> list[Problem]:
    """Networks at angles on both sides of π/2, with all estimators from narrow to wide."""
    stes = reduced_sampling.NARROW_TO_WIDE
    return [problem("ladder", one.v, one.w, one.v_star, one.w_star, stes) for one in networks(rng)]


def _gathered(draw: Callable[[int], Array], samples: int, batch: int) -> Estimate:
    moments = Moments(full=True)
    while moments.count < samples:
        moments.add(draw(min(batch, samples - moments.count)))
    return Estimate(moments.mean, moments.covariance, moments.count)


@dataclass(frozen=True, eq=False)
class Grouped:
    """A problem, the samples in a mean, and the frequencies (F, 1 + K d) of a characteristic function."""

    problem: Problem
    group: int
    frequencies: Array

    def estimate(self, draw: Callable[[int], Array], samples: int) -> Estimate:
        """Cosines and sines, whose means are the characteristic function, which determines the law."""
        moments = Moments(full=True)
        while moments.count < samples:
            rows = draw(min(DRAWN, samples - moments.count))
            for start in range(0, len(rows), BATCH):
                phases = rows[start : start + BATCH] @ self.frequencies.T
                moments.add(np.concatenate([np.cos(phases), np.sin(phases)], axis=1))
        return Estimate(moments.mean, moments.covariance, moments.count)


def _network_rows(one: Grouped, rng: np.random.Generator) -> Callable[[int], Array]:
    rows = network_sampling.rows_of(one.problem, DRAWN * one.group)()

    def draw(n: int) -> Array:
        return reduced_sampling.means_of(one.group, rows(rng, n * one.group))

    return draw


def grouped(rng: np.random.Generator) -> list[Grouped]:
    """Single samples and means of a few; frequencies for each estimator alone and for all three at once."""
    found = []
    for one, group in zip(problems(rng), (1, GROUP, GROUP), strict=True):
        draw = _network_rows(Grouped(one, group, np.zeros(0)), rng)
        pilot = np.concatenate([draw(BATCH) for _ in range(5)])
        kept = np.zeros((FREQUENCIES, 4, pilot.shape[1]), dtype=np.bool_)
        kept[..., 0] = True
        for k in range(3):
            kept[:, [k, 3], 1 + k * one.d : 1 + (k + 1) * one.d] = True
        size = np.sqrt(kept.sum(axis=-1, keepdims=True)) * pilot.std(axis=0)
        drawn = SPREAD * rng.standard_normal(kept.shape) * kept / size
        found.append(Grouped(one, group, drawn.reshape(-1, pilot.shape[1])))
    return found


def scale_of(subject: Expr) -> reduced_sampling.Scale:
    """The scale of a rest as the sampler takes it, from R2's subject."""

    def scale(weights: Array) -> Array:
        sums = {SUM_OF_SQUARES: np.square(weights).sum(axis=0), SUM: weights.sum(axis=0)}
        return np.asarray(evaluate(subject, sums) + np.zeros(weights.shape[1]))

    return scale


def network_mean(one: Grouped, samples: int, rng: np.random.Generator) -> Estimate:
    """Rung 1."""
    return one.estimate(_network_rows(one, rng), samples)


def reduced_mean(subject: Expr, one: Grouped, samples: int, rng: np.random.Generator) -> Estimate:
    """Rung 2 with the subject for the scale of its rests."""
    draw = reduced_sampling.drawing(one.problem, DRAWN, group=one.group, scale=scale_of(subject))
    return one.estimate(lambda n: draw(rng, n), samples)


def plane_means(one: Problem, samples: int, rng: np.random.Generator) -> Estimate:
    """Rung 2 without its rests, by orbits in the plane."""
    seen, columns = frame(one), 1 + 2 * len(one.stes)

    def rows(inside: Array) -> Array:
        patches, scale = inside.transpose(2, 1, 0), reduced_sampling.root_of_sum_of_squares
        return reduced_sampling.plane_rows(one, seen, patches, np.empty(patches.shape), scale)[:, :columns]

    return estimate(rows, (one.m, 2), samples, rng, by_orbit=True)


def law_of(subject: Tuple) -> conditional_sampling.TeacherLaw:
    """The teacher's law as the sampler takes it, from R3's subject."""

    def law(along: Array, cosine: float, sine: float) -> tuple[Array, Array]:
        at = {ALONG: along, theta: np.arctan2(sine, cosine)}
        fires, mean = (np.asarray(evaluate(part, at) + np.zeros(along.shape)) for part in subject)
        return fires, mean

    return law


def quantile_of(subject: Expr) -> sobol_sampling.Quantile:
    """The quantile as the sampler takes it, from R4's subject."""
    return lambda points: np.asarray(evaluate(subject, {POINT: points}))


def conditional_means(subject: Tuple, one: Problem, samples: int, rng: np.random.Generator) -> Estimate:
    """Rung 3 with the subject for the teacher's law."""
    rows = conditional_sampling.rows_of(one, PLANE_BATCH, law_of(subject))()
    return _gathered(lambda n: rows(rng, n), samples, PLANE_BATCH)


def sobol_means(subject: Expr, one: Problem, samples: int, rng: np.random.Generator) -> Estimate:
    """Rung 4 with the subject for the quantile; its samples are means of replicates."""
    log2_points = (samples // REPLICATES).bit_length()
    plan = Plan(samples=REPLICATES << log2_points, seed=seed_sequence("ladder", rng))
    moments = sobol_sampling.replicates(one, frame(one), REPLICATES, log2_points, plan, quantile_of(subject))
    return Estimate(moments.mean, moments.covariance, moments.count)
