"""A search for points better than those which a threshold, a branch x(u) and its start declare best."""

import numpy as np
from numpy.typing import NDArray

from numerics.closed_forms import evaluate
from numerics.penalties import proximal_map
from proofs_check.claims.cases import UNIT
from proofs_check.claims.penalty_checks import Weight
from proofs_check.evidence.cases import Violation
from proofs_check.records import Claim
from theory.penalties import PENALTY
from theory.symbols import a, mu, u

Array = NDArray[np.float64]

# Parts of the threshold, and steps beyond the start of the branch in units of the penalty's scales.
_INSIDE = np.array([0, 0.1, 0.5, 0.9, 0.99, 0.999, 1 - 1e-6, 1])
_STEPS = np.concatenate([[0], 10.0 ** np.arange(-4, 3), np.linspace(0.2, 2, 10)])
_PLACES = np.concatenate([np.linspace(-0.1, 1.2, 66), 10.0 ** np.arange(-6, 0), [10.0]])
_NEAR = np.concatenate([sign * 10.0 ** np.arange(-4, 0) for sign in (1, -1)])


def branch_beaten(claim: Claim, penalty: str) -> Violation:
    """A u with a smaller objective than zero up to the threshold, or than the u of the branch at x(u)."""

    def test(case: Weight) -> str | None:
        values = {mu: case.mu, a: case.a}
        t, start = (float(evaluate(part, values)) for part in (claim.subject[0], claim.subject[2]))
        scale = np.array([case.mu, np.sqrt(case.mu), case.a])
        inside = t * _INSIDE if t >= 0 else np.empty(0)
        beyond = start + np.unique(np.outer(scale, _STEPS))
        branch = evaluate(claim.subject[1], {**values, u: beyond}) + 0 * beyond
        points = np.concatenate([inside, branch])[:, None]
        chosen = np.concatenate([0 * inside, beyond])[:, None]
        return _beaten(points, chosen, case, penalty)

    return test


def _beaten(points: Array, chosen: Array, case: Weight, penalty: str) -> str | None:
    shape = case.a if penalty == "tl1" else None
    # What is computed by other means is one more rival, whoever of the two is wrong.
    computed = proximal_map(points, case.mu, penalty, shape)
    others = np.concatenate(
        [points * _PLACES, chosen + (np.abs(chosen) + case.a) * _NEAR, computed, 0 * points], axis=1
    )
    best, rival = (_objective(penalty, at, points, case) for at in (chosen, others))
    # A dozen operations on terms that are not negative, and on x(u), which may cancel.
    excess = best - rival - 64 * UNIT * (best + rival + points**2 + case.mu)
    row, column = np.unravel_index(np.argmax(excess), excess.shape)
    if excess[row, column] <= 0:
        return None
    return (
        f"objective {best[row, 0]:.12g} at u = {chosen[row, 0]:.9g} exceeds {rival[row, column]:.12g} at "
        f"u = {others[row, column]:.9g}, x = {points[row, 0]:.9g}"
    )


def _objective(penalty: str, at: Array, points: Array, case: Weight) -> Array:
    cost = evaluate(PENALTY[penalty], {u: at, mu: case.mu, a: case.a})
    return np.asarray((at - points) ** 2 / 2 + case.mu * cost)
