"""A10 under attack: one step from beside a constructed limit, in coordinates that survive."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.closed_forms import evaluate
from numerics.penalties import proximal_map, threshold
from numerics.splitting import largest_step
from proofs_check.claims.cases import raw_step
from proofs_check.claims.draws import case_of
from proofs_check.claims.limit_cases import Solution, solution
from proofs_check.evidence.cases import Violation, climb
from proofs_check.records import Claim
from theory.symbols import beta, c, eta, kappa

Array = NDArray[np.float64]

RATIOS = (1.0001, 1.1, 2.0, 30.0)
# The length of an error whose square does not count, and one that rounding does not reach.
LARGEST, LEAST = 1e-5, 1e-9
# Curvature adds LARGEST relative to the error, rounding 2e-16/LEAST; a factor of 1/30 magnifies both.
DIGITS = 1e-3

Beside = tuple[Solution, float]


def beside_limits(fractions: tuple[float, ...]) -> SearchStrategy[Beside]:
    """Limits with l1 and l0, κ from just above β to far above, and steps in units of 1/(c + β).

    They are cut at 2/(2c + β), up to which the factor is claimed.
    """
    return case_of(lambda *both: both, solution(("l1", "l0"), RATIOS), st.sampled_from(fractions))


def wrong_factor(claim: Claim) -> Violation:
    """Whether the error shrinks by another factor than the subject."""

    def test(case: Beside) -> str | None:
        one, fraction = case
        w, u, w_star, norm = one.vectors
        start = _moved(one, w, u)
        if start is None or norm == 0:
            return None
        step = min(fraction * largest_step(norm, one.beta), 2 / (2 * norm + one.beta))
        after = proximal_map(start, one.mu, one.penalty)
        raw = raw_step(start[None], after, w_star, norm, one.beta, step)[0]
        seen = float(np.linalg.norm(gaussian.normalise(raw) - w) / np.linalg.norm(start - w))
        values = {c: norm, beta: one.beta, eta: step, kappa: one.ratio * one.beta}
        predicted = float(evaluate(claim.subject, values))
        off = abs(seen - predicted) / seen
        climb(off, "relative error of the factor")
        return None if off <= DIGITS else f"factor {seen:.6g}, predicted {predicted:.6g}"

    return test


def _moved(one: Solution, w: Array, u: Array) -> Array | None:
    """The limit moved across itself in two or more surviving coordinates, all staying where they are."""
    alive = u != 0
    room = float(np.abs(np.abs(w) - threshold(one.mu, one.penalty)).min())
    length = min(LARGEST, room / 10)
    if alive.sum() < 2 or length < LEAST:
        return None
    drawn = np.where(alive, np.random.default_rng(one.seed).standard_normal(one.d), 0.0)
    across = gaussian.perpendicular(drawn, np.where(alive, w, 0.0))
    return np.asarray(gaussian.normalise(w + length * gaussian.normalise(across)))
