"""A8 past its assumptions: pulls beyond c, filters shorter than one, wider cones and longer steps.

The counterexamples are steps in the plane, from w = (cosθ, sinθ) with w* = (1, 0).
"""

from sympy import Abs, Eq, Expr, Integer, Rational, sqrt

from proofs_check.claims.estimator_checks import LEAST
from proofs_check.claims.trapped_runs import ERROR
from proofs_check.claims.trapping import (
    ACROSS,
    ALONG,
    ANGLE,
    COSINE,
    PULL,
    SHORT,
    SINE,
    K,
    R,
    S,
    convex_queries,
    inside_the_cone,
    real,
)
from proofs_check.claims.trapping_limits import BALL, INEXACT, INVARIANT, SHRINKS, TURN, X, Y, plane_queries
from proofs_check.claims.trapping_rate import FALL, NOT_ABOVE, over_the_length
from proofs_check.claims.weakened import failing
from proofs_check.evidence.smt import Query
from proofs_check.records import Claim, Control, Weakening
from theory.symbols import c, eta, norm_w, pull

AMOUNT = "angle-falls-by-a-fixed-amount-above-the-right-angle"
# The length of the new vector.
LENGTH = Eq(R**2, X**2 + Y**2, evaluate=False)
ONE_PERCENT = Rational(101, 100)


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A8."""
    return _half_space(), _short_filters(), _wide_cones(), _cosine(), _long_fall(), _large_pull()


def _half_space() -> Claim:
    return failing(
        "half-space-is-invariant-under-any-pull",
        "A8",
        "For 0 < η ≤ 1/c a step with pull at most Λ = {subject} stays in the cap θ ≤ π/2, as it does for "
        "Λ < c.",
        2 * c,
        lambda claim: Query(X >= 0, (BALL, ANGLE, K >= 0, claim.subject >= PULL)),
        assumptions=(c > 0, PULL >= 0, eta > 0, SHORT),
        example={c: 1, PULL: 2, eta: Rational(1, 2), K: 0, S: 1, ALONG: 2, ACROSS: 0},
        at="from w = (0, 1) with e = (2, 0) to (-1, 1)/2",
        controls=(
            Control("three times c", 3 * c),
            Control("one percent more than c", ONE_PERCENT * c),
            Control("repair: c, where no smaller cap is left", c, holds=True),
        ),
        weakens=(
            Weakening(INVARIANT, c > PULL),
            Weakening(SHRINKS, c > PULL),
            Weakening(INEXACT, c > PULL + ERROR),
            Weakening("learning-probability", pull <= c),
            # With c_min = c, as for ReLU.
            Weakening("angle-is-trapped-with-any-estimator", LEAST > PULL),
        ),
    )


def _short_filters() -> Claim:
    # Off the sphere the mean coarse gradient is c(ŵ - w*), so that the weight of ŵ is ‖w‖ - ηc.
    x, y = X + (norm_w - 1) * K, Y + (norm_w - 1) * S
    return failing(
        "caps-are-invariant-for-shorter-filters",
        "A8",
        "Without the normalisation too, for 0 < η ≤ 1/c and ‖w‖ ≥ {subject}, a step with pull at most Λ < c "
        "stays in every cap θ ≤ ψ ≤ π/2 with sinψ ≥ Λ/c.",
        Rational(2, 3),
        lambda claim: Query(
            S * x - K * Abs(y) >= 0, (BALL, ANGLE, K >= 0, S >= 0, c * S >= PULL, norm_w >= claim.subject)
        ),
        assumptions=(c > 0, PULL >= 0, c > PULL, eta > 0, SHORT),
        example={
            K: Rational(4, 5), S: Rational(3, 5), c: 1, eta: 1, PULL: Rational(3, 5),
            ALONG: Rational(9, 25), ACROSS: Rational(12, 25), norm_w: Rational(2, 3),
        },
        at="from w = (8, 6)/15 with e = (9, 12)/25 to (28, -51)/75",
        queries=lambda claim: plane_queries(x, y, S >= 0, c * S >= PULL, norm_w >= claim.subject),
        controls=(
            Control("a half", Rational(1, 2)),
            Control("one percent less than one", Rational(99, 100)),
            Control("repair: one", Integer(1), holds=True),
        ),
        weakens=(Weakening(INVARIANT, "a step with pull at most Λ < c"),),
    )  # fmt: skip


def _wide_cones() -> Claim:
    values = {"inner_x": -3, "inner_y": -3, "norm_x": 5, "norm_y": 5, "norm_sum": 6}
    return failing(
        "cones-of-wider-caps-are-convex",
        "A8",
        "The cone of all x with ⟨x, w*⟩ ≥ cosψ ‖x‖ is closed under addition if cosψ ≥ {subject}.",
        -Rational(3, 5),
        lambda claim: convex_queries(claim)["sum of two vectors"],
        assumptions=(),
        example={COSINE: -Rational(3, 5), **{real(name): value for name, value in values.items()}},
        at="(-3, 4) and (-3, -4) in the plane, their sum (-6, 0)",
        controls=(
            Control("down to -4/5", -Rational(4, 5)),
            Control("caps a little beyond the right angle", -Rational(1, 100)),
            Control("repair: up to the right angle", Integer(0), holds=True),
        ),
        weakens=(Weakening("cap-cones-are-convex", "cosψ ≥ {subject}"),),
    )


def _cosine() -> Claim:
    return failing(
        "pull-is-bounded-by-the-cosine",
        "A8",
        "If ‖e‖ ≤ {subject} and ψ ≤ π/2, the angle of c w* - e to w* is at most ψ.",
        c * COSINE,
        lambda claim: inside_the_cone(claim.subject),
        assumptions=(c > 0,),
        example={
            c: 1, SINE: Rational(3, 5), COSINE: Rational(4, 5), ALONG: Rational(16, 25),
            ACROSS: Rational(12, 25),
        },
        at="e = (16, 12)/25 of norm 4/5 leaves (9, -12)/25, at an angle of sine 4/5",
        controls=(
            Control("c", c + 0 * SINE),
            Control("the tangent", c * SINE / COSINE),
            Control("repair: the sine", c * SINE, holds=True),
        ),
        weakens=(Weakening("pulled-teacher-stays-in-its-cap", "‖e‖ ≤ {subject}"),),
    )  # fmt: skip


def _fall(*more: Expr) -> Query:
    """The sine of the fall, times the length of the new vector."""
    return Query(TURN >= FALL * R, (BALL, ANGLE, K <= 0, S >= 0, R >= 0, LENGTH, *more))


def _over_the_length(*more: Expr) -> dict[str, Query]:
    lemma = over_the_length(FALL)
    return {"over its length": Query(lemma.conclusion, (*lemma.assumptions, S >= 0, S <= 1, *more))}


def _long_fall() -> Claim:
    return failing(
        "angle-falls-by-a-fixed-amount-under-longer-steps",
        "A8",
        "For θ from π/2 to π, pull at most Λ ≤ c sinθ and ηc ≤ {subject} a step turns w towards w* by an "
        "angle of sine at least η(c sinθ - Λ)/(1 + ηΛ).",
        Rational(3, 2),
        lambda claim: _fall(NOT_ABOVE, eta * c <= claim.subject),
        assumptions=(c > 0, PULL >= 0, eta > 0),
        example={
            K: -Rational(4, 5), S: Rational(3, 5), c: 1, eta: Rational(3, 2), PULL: 0, ALONG: 0, ACROSS: 0,
            R: sqrt(Rational(37, 10)),
        },
        at="from w = (-4, 3)/5 with no pull to (19, -3)/10, by less than asin(9/10)",
        queries=lambda claim: _over_the_length(NOT_ABOVE, eta * c <= claim.subject),
        controls=(
            Control("twice", Integer(2)),
            Control("one percent more than 1", ONE_PERCENT),
            Control("repair: ηc ≤ 1", Integer(1), holds=True),
        ),
        weakens=(Weakening(AMOUNT, SHORT),),
    )  # fmt: skip


def _large_pull() -> Claim:
    return failing(
        "angle-rises-by-no-more-than-the-amount",
        "A8",
        "For θ from π/2 to π, pull at most Λ ≤ {subject} and 0 < η ≤ 1/c a step turns w towards w* by an "
        "angle of sine at least η(c sinθ - Λ)/(1 + ηΛ), which may be negative.",
        c,
        lambda claim: _fall(claim.subject >= PULL),
        assumptions=(c > 0, PULL >= 0, eta > 0, SHORT),
        example={
            K: -Rational(4, 5), S: Rational(3, 5), c: 1, eta: Rational(1, 2), PULL: 1,
            ALONG: Rational(3, 5), ACROSS: Rational(4, 5), R: sqrt(Rational(1, 20)),
        },
        at="from w = (-4, 3)/5 with e = (3, 4)/5 to (-2, -1)/10",
        queries=lambda claim: _over_the_length(claim.subject >= PULL),
        controls=(
            Control("2c sinθ", 2 * c * S),
            Control("one percent more than c sinθ", ONE_PERCENT * c * S),
            Control("repair: c sinθ", c * S, holds=True),
        ),
        weakens=(Weakening(AMOUNT, NOT_ABOVE),),
    )  # fmt: skip
