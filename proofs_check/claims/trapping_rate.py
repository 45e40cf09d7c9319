"""A8: how fast the angle is trapped.

Above the right angle the sine of the fall is its size, found in ``trapping``, over the length of the new
vector, at most 1 - ηc + η(c + Λ). Below it let sinψ = Λ/c. The excess ‖x⊥‖cosψ - ⟨x, w*⟩sinψ is convex and
not positive at c w* - e, so that a step multiplies it by 1 - ηc at most; over the part along w* it is
(tanθ - tanψ)cosψ.
"""

from collections.abc import Mapping

import numpy as np
from sympy import Abs, And, Eq, Expr, Rational

from numerics.closed_forms import evaluate
from proofs_check.claims import trapping_cases
from proofs_check.claims.trapping import (
    ACROSS,
    ALONG,
    COSINE,
    HERE,
    PULL,
    SHORT,
    K,
    S,
    fall_queries,
    real,
)
from proofs_check.claims.trapping_cases import PulledStep
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control
from theory.symbols import beta, c, eta


def claims() -> tuple[Claim, ...]:
    """By how much a step turns w above the right angle and below it."""
    return _amount(), _shrinks()


def over_the_length(sine: Expr) -> Query:
    """A fall by η(c sinθ - Λ) times the length is one of a ``sine`` at least."""
    length, size, turned = map(real, ("length", "norm_q", "turned"))
    short = (length > 0, length <= Abs(1 - eta * c) + eta * size, size <= c + PULL, size >= 0)
    return Query(turned / length >= sine, (*short, turned >= eta * (c * S - PULL)))


def _amount_queries(claim: Claim) -> Mapping[str, Query]:
    return {**fall_queries(c * S), "over its length": over_the_length(claim.subject)}


def _falls_less(claim: Claim) -> Violation:
    def test(case: PulledStep) -> str | None:
        angle = np.pi / 2 + case.part * (np.pi / 2 - 0.01)
        pull = case.c * np.sin(angle) * (case.seed % 101) / 101
        step = case.step
        least = float(
            evaluate(claim.subject, {S: np.sin(angle), c: case.c, PULL: pull, eta: step, beta: case.beta})
        )
        if case.fraction > 1:
            return None
        after, error = case.angles(angle, pull)
        fallen = np.sin(angle - after).min()
        climb(least - fallen, "a smaller fall")
        if fallen >= least - 2 * error:
            return None
        return f"from the angle {angle:.9g} the sine of the fall is {fallen:.9g}, not {least:.9g}"

    return test


# Sine of the fall, and that the pull is not above c sinθ.
FALL = eta * (c * S - PULL) / (1 + eta * PULL)
NOT_ABOVE = c * S >= PULL


def _amount() -> Claim:
    subject = FALL
    return Claim(
        id="angle-falls-by-a-fixed-amount-above-the-right-angle",
        label="A8",
        statement="For θ from π/2 to π and pull at most Λ ≤ c sinθ a step turns w towards w* by an angle of "
        "sine at least {subject}: if Λ < c sinδ, the right angle is passed after finitely many steps from "
        "θ⁰ ≤ π - δ.",
        source=HERE,
        subject=subject,
        sharper="larger",
        assumptions=(c > 0, PULL >= 0, eta > 0, SHORT, S <= 1, NOT_ABOVE),
        example={c: 1, PULL: Rational(1, 4), eta: Rational(1, 2), S: Rational(4, 5)},
        evidence=(
            unsatisfiable(_amount_queries, "no step falls less, in any dimension"),
            searched(trapping_cases.pulled_steps, _falls_less, "the worst pull turns w by no less"),
        ),
        controls=(
            Control("not divided", subject * (1 + eta * PULL)),
            Control("the pull forgotten", eta * c * S / (1 + eta * PULL)),
            Control("one percent more", subject * Rational(101, 100)),
        ),
        uses=("angle-falls-above-the-right-angle",),
    )


def excess_queries(
    factor: Expr, pull: Expr = PULL, keep: Expr = 1 - eta * c, least: Expr = c
) -> Mapping[str, Query]:
    """The excess tanθ - tanψ, sinψ = ``pull``/``least``, is multiplied by ``factor`` at most.

    c ≥ ``least`` is the tangential constant, ``keep`` the weight of w.
    """
    new, old, of_pulled = map(real, ("x_along", "excess", "excess_of_pulled"))
    # c cosψ and c sinψ are the sides; the excess is a norm across times the one less a part along times the
    # other, so that the triangle inequality bounds that of the new vector.
    edge = (Eq((least * COSINE) ** 2 + pull**2, least**2), COSINE > 0)
    ball = (pull**2 >= ALONG**2 + ACROSS**2, pull >= 0, ACROSS >= 0)
    below = (K > 0, K <= 1, old >= 0, of_pulled <= 0, pull >= ALONG, Eq(new, keep * K + eta * (c - ALONG)))
    return {
        "the excess of c w* - e": Query(ACROSS * least * COSINE <= pull * (c - ALONG), (*ball, *edge)),
        "the excess of the sum": Query(
            And(new > 0, (keep * old + eta * of_pulled) * K <= factor * new * old), below
        ),
    }


def _shrinks_less(claim: Claim) -> Violation:
    def test(case: PulledStep) -> str | None:
        pull = case.c * 0.999 * (case.seed % 101) / 100
        edge = np.arcsin(pull / case.c)
        # Up to a part in a thousand below the right angle.
        angle = edge + (1e-6 + 0.998 * case.part) * (np.pi / 2 - edge)
        if case.fraction > 1:
            return None
        step = case.step
        values = {c: case.c, PULL: pull, eta: step, beta: case.beta}
        factor = float(evaluate(claim.subject, values))
        after, error = case.angles(angle, pull)
        left, allowed = np.tan(after.max()) - np.tan(edge), factor * (np.tan(angle) - np.tan(edge))
        climb(left - allowed, "a larger excess")
        # The tangent magnifies an error of the angle by 1/cos².
        if after.max() < np.pi / 2 and left <= allowed + 4 * error / np.cos(angle) ** 2:
            return None
        return f"tanθ - tanψ goes from {np.tan(angle) - np.tan(edge):.9g} to {left:.9g}, ψ = {edge:.6g}"

    return test


def _shrinks() -> Claim:
    subject = (1 - eta * c) / (1 - eta * PULL)
    return Claim(
        id="excess-over-the-trapping-angle-shrinks",
        label="A8",
        statement="For ψ ≤ θ < π/2 with sinψ = Λ/c a step with pull at most Λ < c multiplies tanθ - tanψ by "
        "at most {subject}, which is below 1: limsup sinθ ≤ Λ/c, at a known rate.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(c > 0, PULL >= 0, c > PULL, eta > 0, SHORT),
        example={c: 1, PULL: Rational(1, 2), eta: Rational(1, 2)},
        evidence=(
            unsatisfiable(lambda claim: excess_queries(claim.subject), "no step shrinks it less"),
            searched(trapping_cases.pulled_steps, _shrinks_less, "the worst pull leaves no more of it"),
        ),
        controls=(
            Control("the factor without a pull", 1 - eta * c),
            Control("its square", subject**2),
            Control("one percent less", subject * Rational(99, 100)),
            Control("c + β for c", (1 - eta * (c + beta)) / (1 - eta * PULL)),
        ),
        uses=("pulled-teacher-stays-in-its-cap",),
    )
