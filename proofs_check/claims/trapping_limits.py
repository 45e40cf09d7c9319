"""A8 past its assumptions: larger pulls, smaller caps and longer steps, each with a step in the plane.

The counterexamples have w* = e₁ and w = (k, s), and were searched among Pythagorean triples.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Abs, Eq, Expr, Integer, Rational, sin

from proofs_check.claims.trapping import (
    ACROSS,
    ALONG,
    PULL,
    SHORT,
    K,
    R,
    S,
    cap_queries,
    fall_queries,
)
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory.symbols import c, delta, eta

HERE = Source(Provenance.DERIVED)
KEEP = 1 - eta * c
X, Y = KEEP * K + eta * (c - ALONG), KEEP * S - eta * ACROSS
# Both angles lie in [0, π], so that this is the sign of the turn towards w*.
TURN = S * X - K * Abs(Y)
BALL = ALONG**2 + ACROSS**2 <= PULL**2
FAR = {K: -Rational(4, 5), S: Rational(3, 5), c: 1, eta: Rational(1, 4)}


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A8."""
    return _every_cap(), _largest_pull(), _long_steps()


def _failing(name: str, says: str, subject: Expr, assumptions: tuple[Any, ...], example: Mapping[Any, Any],
             queries: Callable[[Claim], Mapping[str, Query]], instance: Callable[[Claim], Instance],
             controls: tuple[Control, ...], uses: tuple[str, ...]) -> Claim:  # fmt: skip
    return Claim(
        id=name,
        label="A8",
        statement=says,
        source=HERE,
        subject=subject,
        assumptions=assumptions,
        example=example,
        evidence=(
            at_the_example(lambda claim: {"a step": instance(claim)}, "w = (cosθ, sinθ), w* = (1, 0)"),
            unsatisfiable(queries, "no step violates it"),
        ),
        controls=controls,
        uses=uses,
        expected=Expected.FAILS,
    )  # fmt: skip


def _every_cap() -> Claim:
    least = PULL / c
    return _failing(
        "every-cap-is-invariant",
        "For 0 < η ≤ 1/c a step with pull at most Λ < c stays in every cap θ ≤ ψ < π with sinψ > {subject}.",
        Integer(0),
        (c > 0, PULL >= 0, c > PULL, eta > 0, SHORT),
        {**FAR, PULL: Rational(4, 5), ALONG: 0, ACROSS: Rational(4, 5)},
        lambda claim: cap_queries(claim.subject, PULL),
        # w lies on the edge of the cap.
        lambda claim: Instance(TURN >= 0, (BALL, Eq(S**2 + K**2, 1), claim.subject < S)),
        (
            Control("those down to half the sine", least / 2),
            Control("those down to nine tenths of it", Rational(9, 10) * least),
            Control("repair: those with sinψ ≥ Λ/c", least, holds=True),
        ),
        ("caps-around-the-teacher-are-invariant",),
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

    return _failing(
        "angle-falls-with-a-pull-up-to-its-limit",
        "From θ = π - δ with δ < π/2 a step makes the angle smaller if the pull is at most {subject}.",
        subject,
        (c > 0, PULL >= 0),
        {**FAR, PULL: Rational(3, 5), ALONG: Rational(9, 25), ACROSS: Rational(12, 25), R: Rational(33, 100)},
        queries,
        lambda claim: Instance(TURN > 0, (BALL, Eq(S**2 + K**2, 1), eta > 0, bound(claim) >= PULL)),
        (
            Control("twice as much", 2 * subject),
            Control("c alone", c),
            Control("repair: one percent less", Rational(99, 100) * subject, holds=True),
        ),
        ("angle-falls-above-the-right-angle",),
    )


def _long_steps() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        step = (eta * c <= claim.subject,)
        plane = Query(TURN >= 0, (BALL, Eq(S**2 + K**2, 1), K >= 0, c * S >= PULL, *step))
        lemmas = cap_queries(PULL / c, PULL)
        return {
            "a step in the plane": plane,
            **{name: Query(one.conclusion, (*one.assumptions, *step)) for name, one in lemmas.items()},
        }

    return _failing(
        "caps-are-invariant-under-longer-steps",
        "A step with ηc ≤ {subject} and pull at most Λ < c stays in every cap θ ≤ ψ with sinψ ≥ Λ/c.",
        Rational(3, 2),
        (c > 0, PULL >= 0, c > PULL, eta > 0),
        {K: Rational(4, 5), S: Rational(3, 5), c: 1, eta: Rational(3, 2), PULL: Rational(3, 5),
         ALONG: Rational(9, 25), ACROSS: Rational(12, 25)},
        queries,
        lambda claim: Instance(
            TURN >= 0, (BALL, Eq(S**2 + K**2, 1), c * S >= PULL, eta * c <= claim.subject)
        ),
        (
            Control("twice the step", Integer(2)),
            Control("one percent more than 1", Rational(101, 100)),
            Control("repair: ηc ≤ 1, which is more than η ≤ 1/(c + β)", Integer(1), holds=True),
        ),
        ("caps-around-the-teacher-are-invariant",),
    )  # fmt: skip
