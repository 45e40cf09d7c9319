"""A6: a-priori bounds of the error of the fixed points of RVSCGD.

By the exact error sinθ = β‖(w - S(w))⊥‖/c <= β√d max|wᵢ - S(wᵢ)|/c, and no coordinate moves by more than
the threshold t (P4). Bounds by the sparsity of w*, and with one entry less, are in ``bounds_sharp``.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Piecewise, Rational, cos, pi, sin, sqrt, symbols, tan

from numerics import gaussian
from numerics.closed_forms import evaluate
from proofs_check.claims import cases, runs
from proofs_check.claims.cases import ThresholdedFixedPoint, Turn
from proofs_check.claims.penalty_checks import threshold_residuals
from proofs_check.claims.runs import Batch
from proofs_check.evidence.cases import Violation, climb, searched, simulated
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory.bounds import error_bound, filter_error
from theory.penalties import PENALTIES, TITLES
from theory.symbols import a, beta, c, d, kappa, lam, mu, theta

Array = NDArray[np.float64]

DX = Source(Provenance.DERIVED, "arXiv 1901.09731", "the abstract claims error estimates without giving them")


def claims() -> tuple[Claim, ...]:
    """The bounds of the three penalties by d, and the distance by the angle."""
    return (*(_bound(name) for name in PENALTIES), _distance())


def assumptions(penalty: str) -> tuple[Expr, ...]:
    """Signs of the parameters."""
    return (c > 0, lam > 0, beta > 0, *((a > 0,) if penalty == "tl1" else ()))


def example(penalty: str, size: Expr) -> Mapping[Expr, object]:
    """Parameters with four entries."""
    shape = {a: 1} if penalty == "tl1" else {}
    return {c: 1, lam: Rational(1, 10), beta: Rational(3, 2), size: 4, **shape}


def _bound(penalty: str) -> Claim:
    subject = error_bound(penalty).result
    return Claim(
        id=f"{penalty}-error-bound",
        label="A6",
        statement=f"At every fixed point with the {TITLES[penalty]} penalty the sine of the error angle is "
        "at most {subject}.",
        source=DX,
        subject=subject,
        sharper="smaller",
        assumptions=(*assumptions(penalty), d > 0),
        example=example(penalty, d),
        uses=(
            "exact-error-of-a-fixed-point",
            f"{penalty}-thresholding-is-a-global-minimiser",
            f"{penalty}-displacement-is-at-most-the-threshold",
        ),
        evidence=(
            vanishing(
                lambda claim: (
                    residual.subs(mu, lam / beta)
                    for residual in threshold_residuals(penalty, per_coordinate(claim.subject))
                ),
                "the bound is β√d t/c with t the threshold that the definition of the penalty fixes; with "
                "the exact error and |x - S(x)| <= t this decides it, see the module",
            ),
            searched(
                lambda: cases.thresholded_fixed_points(penalty),
                lambda claim: exceeds(claim, d),
                "constructed fixed points, any κ, that come within one part in 2000 of the bound",
            ),
            simulated(
                runs.batches,
                lambda claim: limit_exceeds(claim, penalty, d),
                "the limits of RVSCGD from uniform starts",
            ),
        ),
        controls=(*controls(penalty, subject, d), Control("one percent less", Rational(99, 100) * subject)),
    )


def per_coordinate(bound: Expr, entries: Expr = d) -> Expr:
    """The bound times c/(β√entries), with λ = βμ."""
    positive = dict(zip((c, beta, d, mu, a), symbols("c beta d mu a", positive=True), strict=True))
    plain = (bound * c / (beta * sqrt(entries))).xreplace({lam: beta * mu}).xreplace(positive)
    return plain.xreplace({new: old for old, new in positive.items()})


def controls(penalty: str, subject: Expr, size: Expr) -> tuple[Control, ...]:
    """Errors in the bound by ``size`` entries."""
    errors = {
        "the root of the dimension forgotten": subject.subs(size, 1),
        "half of it": subject / 2,
        "λ/β for λ": subject.subs(lam, lam / beta),
        "c + β for c": subject.subs(c, c + beta),
    }
    if penalty != "l1":
        errors["the threshold of l1"] = lam * sqrt(size) / c
    if penalty == "l0":
        errors["threshold √μ"] = subject / sqrt(2)
    if penalty == "tl1":
        (regimes,) = subject.atoms(Piecewise)
        errors["the supercritical threshold in both regimes"] = subject.subs(regimes, regimes.args[1].expr)
    return tuple(Control(error, wrong) for error, wrong in errors.items())


def _bound_of(
    claim: Claim, case: ThresholdedFixedPoint | Batch, c_: float | Array, size: Expr, w_star: Array
) -> Array:
    """The subject for teachers (..., d), one for each c."""
    entries = w_star.shape[-1] if size == d else np.count_nonzero(w_star, axis=-1)
    # a is a symbol of transformed l1 alone.
    shape = {} if case.a is None else {a: case.a}
    values = {c: c_, lam: case.lam, beta: case.beta, size: np.asarray(entries, dtype=np.float64), **shape}
    return np.asarray(np.broadcast_to(evaluate(claim.subject, values), np.shape(c_)))


def exceeds(claim: Claim, size: Expr) -> Violation:
    """Whether the error of a constructed fixed point exceeds the subject."""
    above, positive = ((kappa > least) in claim.assumptions for least in (beta, 0))

    def test(case: ThresholdedFixedPoint) -> str | None:
        if positive and case.ratio <= 0:
            return None
        ratio = case.multiplier(above)
        w, _, w_star, norm = case.vectors(ratio, cases.LEVELS)
        solved = norm > 0  # where it vanishes there is no teacher
        if not solved.any():
            return None
        w, w_star, norm, levels = w[solved], w_star[solved], norm[solved], cases.LEVELS[solved]
        bound, sine = _bound_of(claim, case, norm, size, w_star), gaussian.sine(w, w_star)
        closeness = sine / (bound + case.allowance(ratio, norm))
        at = np.argmax(closeness)
        climb(float(closeness[at]), "an error beyond the bound")
        if not closeness[at] > 1:
            return None
        return (
            f"sinθ = {sine[at]:.12g} exceeds {bound[at]:.12g}, c = {norm[at]:.6g}, κ = {ratio:g}β, "
            f"level {levels[at]:g}"
        )

    return test


def limit_exceeds(claim: Claim, penalty: str, size: Expr) -> Violation:
    """Whether the error of a limit of RVSCGD exceeds the subject."""
    above = (kappa > beta) in claim.assumptions

    def test(batch: Batch) -> str | None:
        if batch.penalty != penalty:
            return None
        taken = batch.kappa > batch.beta if above else np.ones(len(batch.kappa), dtype=np.bool_)
        bound = float(_bound_of(claim, batch, batch.c, size, batch.w_star))
        # Entries outside the support shrink by β/κ a step: their rest is the last step times 1/(1 - β/κ).
        slack = batch.slack * (np.maximum(1, batch.kappa / np.abs(batch.kappa - batch.beta)) if above else 1)
        sine = gaussian.sine(batch.result.w, batch.w_star)
        beyond = (sine - bound > slack) & taken
        return (
            f"sinθ = {sine[beyond].max():.12g} exceeds {bound:.12g}: {batch.name}" if beyond.any() else None
        )

    return test


def _distance() -> Claim:
    return Claim(
        id="distance-of-the-filters-by-their-angle",
        label="A6",
        statement="The distance of two unit filters at the angle θ is {subject}.",
        source=Source(Provenance.FOLKLORE, locator="chord of the unit circle"),
        subject=filter_error().result,
        assumptions=(theta > 0, theta <= pi),
        example={theta: 1},
        evidence=(
            vanishing(
                lambda claim: [claim.subject**2 - (2 - 2 * cos(theta)), claim.subject.subs(theta, pi) - 2],
                "its square is 2 - 2cosθ, and at π it is +2, hence, being continuous, positive on (0, π]",
            ),
            searched(cases.turns, _distance_violation, "pairs at angles down to 1e-8, and that near to π"),
        ),
        controls=(
            Control("the angle not halved", 2 * sin(theta)),
            Control("the arc", theta),
            Control("the half chord", sin(theta / 2)),
            Control("the half angle's tangent", 2 * tan(theta / 2)),
        ),
    )


def _distance_violation(claim: Claim) -> Violation:
    def test(case: Turn) -> str | None:
        w, w_star = case.vectors
        distance, predicted = (
            float(np.linalg.norm(w - w_star)),
            float(evaluate(claim.subject, {theta: case.angle})),
        )
        climb(abs(distance - predicted), "a distance that disagrees")
        if abs(distance - predicted) <= cases.rounding(case.d):
            return None
        return f"distance {distance:.12g}, predicted {predicted:.12g}"

    return test
