"""Rung 3 of the ladder of samplers: conditional on Zw, with the integrals over all else done exactly.

Given a = z·ŵ of every patch, the student is known, and the teacher's patches are independent: patch i fires
if cosθ a_i + sinθ b > 0, b = z·ê, with probability p_i, and q_i is the mean of b where it fires, 0 elsewhere.
With ȳ = Σ v*_i p_i

    E[(h - y)²|a] = (h - ȳ)² + Σ v*_i² p_i (1 - p_i),    E[g·ŵ|a] = (h - ȳ) Σ μ'_i v_i a_i,
    E[g·ê|a] = -Σ μ'_i v_i v*_i q_i,

because b_i has mean 0 and is independent of the other patches; the rest outside the plane has mean 0 and is
not drawn at all. Averaging what can be integrated never adds variance (Rao and Blackwell).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numerics import network
from numerics.frame import Frame, frame, lifted
from numerics.reduced_sampling import chunk_size
from numerics.sampling import MonteCarloResult, Plan, Problem
from numerics.streams import RowSource, stream_moments

Array = NDArray[np.float64]

RUNG = "conditional"
TRUSTS = "rung reduced, and the teacher's probability of firing and its mean across w, given z·w"
# Stands in for sinθ = 0, where the teacher fires with probability 0 or 1: a/1e-290 is far out for a normal.
LEAST_SINE = 1e-290

# From a = z·ŵ, cosθ and sinθ to the probability that the teacher fires and the mean of z·ê where it does.
TeacherLaw = Callable[[Array, float, float], tuple[Array, Array]]


def teacher_given_student(along: Array, cosine: float, sine: float) -> tuple[Array, Array]:
    """Probability that cosθ a + sinθ b > 0, and the mean of b 1{cosθ a + sinθ b > 0}, for b normal."""
    from scipy.special import ndtr

    level = along * cosine / max(sine, LEAST_SINE)
    with np.errstate(over="ignore", under="ignore"):  # the square of a far level, and the density there
        density = np.exp(-np.square(level) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(ndtr(level)), np.asarray(density)


def conditional_rows(
    problem: Problem, seen: Frame, along: Array, law: TeacherLaw = teacher_given_student
) -> Array:
    """Means given a = z·ŵ (m, n) of the loss and of each estimator along ŵ and ê, (n, 1 + 2 K)."""
    signal = seen.norm * along
    fires, mean_across = law(along, seen.cosine, seen.sine)
    expected = np.einsum("m,mn->n", problem.v_star, fires)
    spread = np.einsum("m,mn->n", np.square(problem.v_star), fires * (1 - fires))
    residual = np.einsum("m,mn->n", problem.v, along > 0) - expected
    rows = np.empty((1 + 2 * len(problem.stes), along.shape[1]))
    rows[0] = (np.square(residual) + spread) / 2
    for k, ste in enumerate(problem.stes):
        support = network.SUPPORTS[ste](signal)
        rows[1 + 2 * k] = residual * np.einsum("m,mn->n", problem.v, along * support)
        rows[2 + 2 * k] = -np.einsum("m,mn->n", problem.v * problem.v_star, mean_across * support)
    return rows.T


def rows_of(problem: Problem, chunk: int, law: TeacherLaw = teacher_given_student) -> RowSource:
    """Rows of conditional means of n <= `chunk` samples."""
    seen = frame(problem)

    def source() -> Callable[[np.random.Generator, int], Array]:
        buffer = np.empty(problem.m * chunk)

        def rows(rng: np.random.Generator, n: int) -> Array:
            along = buffer[: problem.m * n].reshape(problem.m, n)
            rng.standard_normal(out=along)
            return conditional_rows(problem, seen, along, law)

        return rows

    return source


def sample(problem: Problem, plan: Plan) -> MonteCarloResult:
    """Estimate loss and coarse gradients from their conditional means given Zw."""
    chunk = plan.chunk or chunk_size(problem.m)
    moments = stream_moments(
        rows_of(problem, chunk), plan.samples, plan.seed, chunk=chunk, threads=plan.threads, full=True
    )
    return lifted(
        problem,
        frame(problem),
        moments,
        rest=np.zeros((len(problem.stes), problem.d)),
        squares=np.zeros(len(problem.stes)),
        plan=plan,
        rung=RUNG,
        trusts=TRUSTS,
        samples=moments.count,
    )
