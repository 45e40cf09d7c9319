"""What the claims L7 and L9 are searched by: networks at the borders of their domain."""

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from numerics.closed_forms import evaluate, expected_coarse_gradient
from proofs_check.claims.network_cases import Pair, Stationary
from proofs_check.claims.networks import Network, predicted
from proofs_check.claims.opposite import Opposite
from proofs_check.evidence.cases import Violation, climb
from proofs_check.records import Claim

Array = NDArray[np.float64]


def misaligned(subjects: dict[str, Expr]) -> Violation:
    """Whether an estimator's inner product with the gradient of the loss is not the one claimed for it."""

    def test(case: Pair) -> str | None:
        for ste, subject in subjects.items():
            seen, error = case.alignment(ste)
            claimed = float(predicted(subject, case.network)[0])
            off, allowed = abs(seen - claimed), error + 2e-8 * abs(claimed)
            climb(off / (allowed or 1.0), f"another inner product of the {ste}")
            if off > allowed:
                return f"the inner product of the {ste} is {seen:.9g}, predicted {claimed:.9g}"
        return None

    return test


def _coarse(one: Network, ste: str) -> Array:
    return expected_coarse_gradient(one.v, one.w, one.v_star, one.w_star, ste)


def _compare(what: str, seen: Array, claimed: Array, allowed: float) -> str | None:
    off = float(np.abs(seen - claimed).max())
    climb(off / allowed, f"another {what}")
    return None if off <= allowed else f"the {what} differs by {off:.3g} from the one predicted"


def another_gradient(claim: Claim) -> Violation:
    """Whether the ReLU's coarse gradient, where the loss is stationary in v, is not the subject."""

    def test(case: Stationary) -> str | None:
        one = case.network
        claimed = predicted(claim.subject, one)
        return _compare("coarse gradient", _coarse(one, "relu"), claimed, case.rounding(one))

    return test


def another_square(claim: Claim) -> Violation:
    """Whether the square of the ReLU's coarse gradient there is not the subject."""

    def test(case: Stationary) -> str | None:
        one = case.network
        gradient = _coarse(one, "relu")
        length, error = float(np.linalg.norm(gradient)), 8 * case.rounding(one)
        allowed = error * (2 * length + error)
        return _compare("squared norm", np.array([length**2]), predicted(claim.subject, one), allowed)

    return test


def another_minimum(claim: Claim) -> Violation:
    """Whether v = a v* + b 1 with (a, b) the subject is not where both gradients vanish at θ = π."""

    def test(case: Stationary) -> str | None:
        one = case.network
        a, b = (float(evaluate(part, Opposite(one).values)) for part in claim.subject)
        layer = a * one.v_star + b
        gradient = _coarse(Network(layer, one.w, one.v_star, one.w_star), "relu")
        allowed = case.rounding(one)
        return _compare("second layer", layer, one.v, allowed) or _compare(
            "coarse gradient", gradient, np.zeros_like(gradient), allowed
        )

    return test


def another_component(claim: Claim) -> Violation:
    """Whether the identity's coarse gradient at the spurious minimum is not the subject times ŵ."""

    def test(case: Stationary) -> str | None:
        one = case.network
        claimed = float(evaluate(claim.subject, Opposite(one).values)) * one.w / case.norm
        return _compare("coarse gradient", _coarse(one, "identity"), claimed, case.rounding(one))

    return test
