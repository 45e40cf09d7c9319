"""What the claims of A13 are searched by: fixed points, proxies and steps of other estimators."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sympy import Symbol

from numerics import gaussian
from numerics.closed_forms import evaluate, tangential_constant
from proofs_check.claims.cases import rounding
from proofs_check.claims.draws import case_of
from proofs_check.claims.estimator_cases import EstimatorFixedPoint, EstimatorStep
from proofs_check.claims.trapping import PULL
from proofs_check.evidence.cases import Violation, climb
from proofs_check.records import Claim
from theory import estimators
from theory.estimators import COTANGENT, LARGEST
from theory.gaussian import x
from theory.symbols import beta, c, norm_u_perp, norm_v

# Least tangential constant.
LEAST = Symbol("c_min", real=True)
# Intervals of the drawn proxies, which are constant on each.
EDGES = np.array([-2.0, -1.0, -0.5, -0.1, 0.0, 0.1, 0.5, 1.0, 2.0])
NODES = 400


def another_error(claim: Claim) -> Violation:
    """Whether the sine of the angle at a fixed point is not the subject."""

    def test(case: EstimatorFixedPoint) -> str | None:
        w, u, w_star = case.vectors()
        length = float(gaussian.norm(gaussian.perpendicular(u, w)))
        constant = float(tangential_constant(1.0, case.turn.angle, case.ste))
        claimed = float(evaluate(claim.subject, {c: constant, beta: case.beta, norm_u_perp: length}))
        sine = float(gaussian.sine(w, w_star))
        # The part of u across w is what the rounding of the coarse gradient's terms, of order one, leaves.
        allowed = 16 * rounding(case.turn.d) * (1 + case.beta)
        off = abs(claimed - sine)
        climb(off / allowed, "another sine")
        return None if off <= allowed else f"sinθ = {sine:.12g}, predicted {claimed:.12g}"

    return test


def drawn_proxies() -> SearchStrategy[tuple[float, ...]]:
    """Values of a proxy derivative between the ``EDGES``."""
    return case_of(lambda *levels: levels, *[st.sampled_from((0.0, 0.1, 1.0))] * (len(EDGES) + 1))


def beyond(claim: Claim) -> Violation:
    """Whether a step of the subject's size gives w a negative weight."""
    step = float(evaluate(claim.subject, {LARGEST: 1.0, norm_v: 1.0}))
    end = 9.0
    at = np.linspace(-end, end, NODES * 18 + 1)
    at = (at[1:] + at[:-1]) / 2
    weight = estimators.radial_weight()
    angles = np.array([1e-2, 0.3, 1.0, 1.5, np.pi / 2])[:, None]
    table = evaluate(weight, {COTANGENT: 1 / np.tan(angles), x: at}) * (2 * end / len(at))

    def test(levels: tuple[float, ...]) -> str | None:
        gamma = table @ np.array(levels)[np.searchsorted(EDGES, at)]
        climb(float(gamma.max()), "a larger weight of w")
        # Midpoints of width 1/400 err by less than 1e-4 where the density has the width 1e-2.
        if step * gamma.max() <= 1 + 1e-4:
            return None
        return f"ηγ = {step * gamma.max():.6g} for a proxy with the values {levels}"

    return test


def leaves(claim: Claim) -> Violation:
    """Whether a step from the edge of a cap leaves it."""
    longest = float(evaluate(estimators.largest_step().result, {LARGEST: 1.0, norm_v: 1.0}))

    def test(case: EstimatorStep) -> str | None:
        least = float(evaluate(claim.subject, {PULL: case.share * case.least, LEAST: case.least}))
        if not least <= 1:
            return None
        cap = float(np.arcsin(least) + case.part * (np.pi - 2 * np.arcsin(least)))
        after, error = case.angles(cap, longest)
        climb(float(after.max()) - cap, "a larger angle than that of the cap")
        if after.max() <= cap + error:
            return None
        return f"from the edge ψ = {cap:.12g} of a cap to the angle {after.max():.12g}"

    return test
