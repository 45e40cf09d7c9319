"""A6: a-priori bounds of the error of the fixed points of RVSCGD.

By the exact error sinθ = β‖(w - S(w))⊥‖/c <= β√d max|wᵢ - S(wᵢ)|/c, and no coordinate moves by more than
the threshold t: up to t it moves by |wᵢ| <= t at most; beyond, by |wᵢ| - |S(wᵢ)| = μP′(|S(wᵢ)|), which
does not rise with |wᵢ|, since P is concave on u > 0 and S nondecreasing, and which at t is t - |S(t+)| <=
t. If κ > β, then w*ᵢ = 0 forces κ|wᵢ| = β|S(wᵢ)| <= β|wᵢ|, hence wᵢ = 0, and only the s entries in the
support of w* move.
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Piecewise, Rational, cos, pi, sin, sqrt, symbols, tan

from numerics import gaussian
from numerics.closed_forms import evaluate
from proofs_check.claims import cases, runs
from proofs_check.claims.cases import ThresholdedFixedPoint, Turn
from proofs_check.claims.penalty_checks import threshold_residuals
from proofs_check.claims.runs import Batch
from proofs_check.evidence.cases import Violation, searched, simulated
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory.bounds import error_bound, filter_error
from theory.penalties import PENALTIES, TITLES
from theory.symbols import a, beta, c, d, kappa, lam, mu, s, theta

Array = NDArray[np.float64]

_DX = Source(
    Provenance.DERIVED, "arXiv 1901.09731", "the abstract claims error estimates without giving them"
)
# κ over β; without κ > β also zero, where entries below the threshold vanish from w*.
RATIOS = (-2.0, 0.0, 0.5, 1.0, 1.0001, 2.0, 30.0)


def claims() -> tuple[Claim, ...]:
    """The bounds of the three penalties by d and by s, and the distance by the angle."""
    return (*(_bound(name) for name in PENALTIES), *(_sparse(name) for name in PENALTIES), _distance())


def _assumptions(penalty: str) -> tuple[Expr, ...]:
    return (c > 0, lam > 0, beta > 0, *((a > 0,) if penalty == "tl1" else ()))


def _example(penalty: str, size: Expr) -> Mapping[Expr, object]:
    shape = {a: 1} if penalty == "tl1" else {}
    return {c: 1, lam: Rational(1, 10), beta: Rational(3, 2), size: 4, **shape}


def _bound(penalty: str) -> Claim:
    subject = error_bound(penalty).result
    return Claim(
        id=f"{penalty}-error-bound",
        label="A6",
        statement=f"At every fixed point with the {TITLES[penalty]} penalty the sine of the error angle is "
        "at most {subject}.",
        source=_DX,
        subject=subject,
        assumptions=(*_assumptions(penalty), d > 0),
        example=_example(penalty, d),
        uses=(
            "exact-error-of-a-fixed-point",
            f"{penalty}-thresholding-is-a-global-minimiser",
            f"{penalty}-displacement-is-at-most-the-threshold",
        ),
        evidence=(
            vanishing(
                lambda claim: [
                    residual.subs(mu, lam / beta)
                    for residual in threshold_residuals(penalty, _per_coordinate(claim.subject))
                ],
                "the bound is β√d t/c with t the threshold that the definition of the penalty fixes; with "
                "the exact error and |x - S(x)| <= t this decides it, see the module",
            ),
            searched(
                lambda: cases.thresholded_fixed_points(penalty),
                lambda claim: _exceeds(claim, d),
                "constructed fixed points, any κ, that come within one part in 2000 of the bound",
            ),
            simulated(
                runs.batches,
                lambda claim: _limit_exceeds(claim, penalty, d),
                "the limits of RVSCGD from uniform starts",
            ),
        ),
        controls=(*_controls(penalty, subject, d), Control("one percent less", Rational(99, 100) * subject)),
    )


def _per_coordinate(bound: Expr) -> Expr:
    """The bound times c/(β√d), with λ = βμ."""
    positive = dict(zip((c, beta, d, mu, a), symbols("c beta d mu a", positive=True), strict=True))
    plain = (bound * c / (beta * sqrt(d))).subs(lam, beta * mu).subs(positive)
    return plain.subs({new: old for old, new in positive.items()})


def _controls(penalty: str, subject: Expr, size: Expr) -> tuple[Control, ...]:
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


def _sparse(penalty: str) -> Claim:
    subject = error_bound(penalty).result.subs(d, s)
    return Claim(
        id=f"{penalty}-error-bound-by-the-sparsity",
        label="A6",
        statement=f"At a fixed point with the {TITLES[penalty]} penalty and κ > β the sine of the error "
        "angle is at most "
        "{subject}, s the number of non-zero entries of w*.",
        source=_DX,
        subject=subject,
        assumptions=(*_assumptions(penalty), s > 0, kappa > beta),
        example={**_example(penalty, s), kappa: 2},
        uses=(f"{penalty}-error-bound",),
        evidence=(
            searched(
                lambda: cases.thresholded_fixed_points(penalty),
                lambda claim: _exceeds(claim, s),
                "constructed fixed points with entries of w* zero, that come within one part in 2000 of the "
                "bound",
            ),
            simulated(
                runs.batches,
                lambda claim: _limit_exceeds(claim, penalty, s),
                "the limits of RVSCGD from uniform starts with a teacher that has a quarter of its entries",
            ),
        ),
        controls=(
            *_controls(penalty, subject, s),
            Control("the assumption κ > β dropped", without=(kappa > beta,)),
            Control("one percent less", Rational(99, 100) * subject),
        ),
    )


def _values(case: ThresholdedFixedPoint | Batch, c_: float, size: Expr, w_star: Array) -> dict[Expr, float]:
    entries = len(w_star) if size == d else np.count_nonzero(w_star)
    # a is a symbol of transformed l1 alone.
    shape = {} if case.a is None else {a: case.a}
    return {c: c_, lam: case.lam, beta: case.beta, size: float(entries), **shape}


def _exceeds(claim: Claim, size: Expr) -> Violation:
    above = (kappa > beta) in claim.assumptions

    def test(case: ThresholdedFixedPoint) -> str | None:
        ratios = tuple(ratio for ratio in RATIOS if ratio > 1 or not above)
        said = (_beyond(claim, case, *pair, size) for pair in product(ratios, cases.LEVELS))
        return next((one for one in said if one is not None), None)

    return test


def _beyond(claim: Claim, case: ThresholdedFixedPoint, ratio: float, level: float, size: Expr) -> str | None:
    w, _, w_star, norm = case.vectors(ratio, level)
    if norm == 0:
        return None
    bound = float(evaluate(claim.subject, _values(case, norm, size, w_star)))
    sine = float(gaussian.sine(w, w_star))
    if sine <= bound + case.allowance(ratio, norm):
        return None
    return f"sinθ = {sine:.12g} exceeds {bound:.12g}, c = {norm:.6g}, κ = {ratio:g}β, level {level:g}"


def _limit_exceeds(claim: Claim, penalty: str, size: Expr) -> Violation:
    above = (kappa > beta) in claim.assumptions

    def test(batch: Batch) -> str | None:
        if batch.penalty != penalty:
            return None
        taken = batch.kappa > batch.beta if above else np.ones(len(batch.kappa), dtype=np.bool_)
        bound = float(evaluate(claim.subject, _values(batch, batch.c, size, batch.w_star)))
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
        if abs(distance - predicted) <= cases.rounding(case.d):
            return None
        return f"distance {distance:.12g}, predicted {predicted:.12g}"

    return test
