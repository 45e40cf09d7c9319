"""A8 past its assumptions: larger pulls, smaller caps and longer steps, each with a step in the plane.

The counterexamples have w* = e₁ and w = (k, s), and were searched among Pythagorean triples.
"""

from collections.abc import Mapping

from sympy import Abs, Expr, Integer, Rational, sin
from sympy.core.relational import Relational

from proofs_check.claims.trapping import (
    ACROSS,
    ALONG,
    ANGLE,
    PULL,
    SHORT,
    K,
    R,
    S,
    cap_queries,
    fall_queries,
)
from proofs_check.claims.weakened import failing
from proofs_check.evidence.smt import Query
from proofs_check.records import Claim, Control, Weakening
from theory.symbols import c, delta, eta

KEEP = 1 - eta * c
X, Y = KEEP * K + eta * (c - ALONG), KEEP * S - eta * ACROSS
# Both angles lie in [0, π], so that this is the sign of the turn towards w*.
TURN = S * X - K * Abs(Y)
BALL = ALONG**2 + ACROSS**2 <= PULL**2
AT = "w = (cosθ, sinθ), w* = (1, 0)"
INVARIANT, SHRINKS = "caps-around-the-teacher-are-invariant", "excess-over-the-trapping-angle-shrinks"
INEXACT = "angle-is-trapped-with-errors-in-the-gradient"
FAR = {K: -Rational(4, 5), S: Rational(3, 5), c: 1, eta: Rational(1, 4)}


def plane_queries(x: Expr, y: Expr, *known: Relational) -> Mapping[str, Query]:
    """A step in the plane to (x, y) does not leave the cap: s x ≥ k|y| for k ≥ 0, by the sign of y.

    At once the absolute value takes the solver twice as long.
    """
    known = (*known, BALL, ANGLE, K >= 0)
    return {
        "a step in the plane past the teacher": Query(S * x + K * y >= 0, known),
        "a step in the plane": Query(S * x - K * y >= 0, known),
    }


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A8."""
    return _every_cap(), _largest_pull(), _long_steps()


def _every_cap() -> Claim:
    least = PULL / c
    return failing(
        "every-cap-is-invariant",
        "A8",
        "For 0 < η ≤ 1/c a step with pull at most Λ < c stays in every cap θ ≤ ψ < π with sinψ > {subject}.",
        Integer(0),
        # w lies on the edge of the cap.
        lambda claim: Query(TURN >= 0, (BALL, ANGLE, claim.subject < S)),
        assumptions=(c > 0, PULL >= 0, c > PULL, eta > 0, SHORT),
        example={**FAR, PULL: Rational(4, 5), ALONG: 0, ACROSS: Rational(4, 5)},
        at=AT,
        queries=lambda claim: cap_queries(claim.subject, PULL),
        controls=(
            Control("those down to half the sine", least / 2),
            Control("those down to nine tenths of it", Rational(9, 10) * least),
            Control("repair: those with sinψ ≥ Λ/c", least, holds=True),
        ),
        weakens=(Weakening(INVARIANT, "sinψ ≥ {subject}"),),
    )


def _largest_pull() -> Claim:
    subject = c * sin(delta)

    def bound(claim: Claim) -> Expr:
        return claim.subject.subs(sin(delta), S)

    def queries(claim: Claim) -> Mapping[str, Query]:
        # A strict fall wherever the pull is at most the bound.
        lemmas = fall_queries(c * S)
        falls = lemmas["the angle falls"]
        known = (*falls.assumptions, bound(claim) >= PULL)
        return {**lemmas, "the fall is strict": Query(falls.conclusion.lhs > 0, known)}

    return failing(
        "angle-falls-with-a-pull-up-to-its-limit",
        "A8",
        "From θ = π - δ with δ < π/2 a step makes the angle smaller if the pull is at most {subject}.",
        subject,
        lambda claim: Query(TURN > 0, (BALL, ANGLE, eta > 0, bound(claim) >= PULL)),
        assumptions=(c > 0, PULL >= 0),
        example={
            **FAR, PULL: Rational(3, 5), ALONG: Rational(9, 25), ACROSS: Rational(12, 25),
            R: Rational(33, 100),
        },
        at=AT,
        queries=queries,
        controls=(
            Control("twice as much", 2 * subject),
            Control("c alone", c),
            Control("repair: one percent less", Rational(99, 100) * subject, holds=True),
        ),
        weakens=(
            Weakening("angle-falls-above-the-right-angle", "is less than {subject}"),
            Weakening(INEXACT, "L < sinδ"),
        ),
    )  # fmt: skip


def _long_steps() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        step = (eta * c <= claim.subject,)
        lemmas = cap_queries(PULL / c, PULL)
        return {
            **plane_queries(X, Y, c * S >= PULL, *step),
            **{name: Query(one.conclusion, (*one.assumptions, *step)) for name, one in lemmas.items()},
        }

    return failing(
        "caps-are-invariant-under-longer-steps",
        "A8",
        "A step with ηc ≤ {subject} and pull at most Λ < c stays in every cap θ ≤ ψ with sinψ ≥ Λ/c.",
        Rational(3, 2),
        lambda claim: Query(
            TURN >= 0, (BALL, ANGLE, c * S >= PULL, eta * c <= claim.subject)
        ),
        assumptions=(c > 0, PULL >= 0, c > PULL, eta > 0),
        example={K: Rational(4, 5), S: Rational(3, 5), c: 1, eta: Rational(3, 2), PULL: Rational(3, 5),
         ALONG: Rational(9, 25), ACROSS: Rational(12, 25)},
        at=AT,
        queries=queries,
        controls=(
            Control("twice the step", Integer(2)),
            Control("one percent more than 1", Rational(101, 100)),
            Control("repair: ηc ≤ 1, which is more than η ≤ 1/(c + β)", Integer(1), holds=True),
        ),
        weakens=tuple(Weakening(name, SHORT) for name in (INVARIANT, SHRINKS, INEXACT)),
    )  # fmt: skip
