"""A8: the angle is trapped.

With e = β(w - u) plus any error of the gradient, ‖e‖ ≤ Λ, the step is along (1 - ηc)w + η(c w* - e).

Below the right angle: the cone of a cap is convex and holds both summands if it holds w and Λ ≤ c sinψ.
Above it, with w = k w* + s n, k ≤ 0, the new vector has x along w* and r ≥ y across, y along n, and
s x - k r ≥ s x - k y = η(c s - (s e₁ - k e₂)) ≥ η(c s - Λ), which is the sine of the fall times its length.

How fast: let sinψ = Λ/c. The excess ‖x⊥‖cosψ - ⟨x, w*⟩sinψ is convex and not positive at c w* - e, so that a
step multiplies it by 1 - ηc at most; over the part along w* it is (tanθ - tanψ)cosψ.

Each vector enters by its part along w*, its part along the direction n of w across w*, and the norm of the
rest: z3 then speaks for every dimension. Only ηc ≤ 1 is needed, not η ≤ 1/(c + β).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Abs, And, Eq, Expr, Integer, Rational, Symbol, sin

from numerics.closed_forms import evaluate
from proofs_check.claims import trapping_cases
from proofs_check.claims.trapping_cases import PulledStep
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Provenance, Source
from theory.symbols import beta, c, eta, theta

HERE = Source(Provenance.DERIVED)
# Largest norm of the pull.
PULL = Symbol("Lambda", real=True)
SINE, COSINE = Symbol("sin_psi", real=True), Symbol("cos_psi", real=True)
UNIT_CIRCLE = Eq(SINE**2 + COSINE**2, 1)
# The step size that keeps 1 - ηc from turning negative.
SHORT = eta <= 1 / c


def _real(name: str) -> Symbol:
    return Symbol(name, real=True)


ALONG, ACROSS, TILT = map(_real, ("e_along", "e_across", "tilt"))
# Parts along and across w* of w, and of the new vector across w*.
K, S, R = map(_real, ("cos_theta", "sin_theta", "r"))
ANGLE = Eq(S**2 + K**2, 1)


def claims() -> tuple[Claim, ...]:
    """A8, a lemma at a time."""
    return _convex(), _pulled(), _invariant(), _falls(), _amount(), _shrinks()


def _convex_queries(claim: Claim) -> Mapping[str, Query]:
    a, b, p, q, r = map(_real, ("inner_x", "inner_y", "norm_x", "norm_y", "norm_sum"))
    norms = (p >= 0, q >= 0, r >= 0, r <= p + q)
    inside = (a >= COSINE * p, b >= COSINE * q, claim.subject <= COSINE, COSINE <= 1)
    return {"sum of two vectors": Query(a + b >= COSINE * r, (*norms, *inside))}


def _convex() -> Claim:
    return Claim(
        id="cap-cones-are-convex",
        label="A8",
        statement="The cone of all x with ⟨x, w*⟩ ≥ cosψ ‖x‖ is closed under addition if cosψ ≥ {subject}.",
        source=Source(Provenance.FOLKLORE),
        subject=Integer(0),
        assumptions=(),
        example={},
        evidence=(
            unsatisfiable(_convex_queries, "no inner products and norms with ‖x + y‖ ≤ ‖x‖ + ‖y‖ violate it"),
        ),
        controls=(
            Control("every cap", Integer(-1)),
            Control("caps a little beyond the right angle", Rational(-1, 100)),
        ),
    )


def _inside_the_cone(largest: Expr) -> Query:
    """The angle of c w* - e is at most ψ ≤ π/2 if ‖e‖ ≤ ``largest``."""
    pull = (ALONG**2 + ACROSS**2 <= largest**2, largest >= 0, ACROSS >= 0)
    return Query((c - ALONG) * SINE >= COSINE * ACROSS, (*pull, UNIT_CIRCLE, COSINE >= 0, SINE >= 0))


def _pulled() -> Claim:
    subject = c * SINE
    return Claim(
        id="pulled-teacher-stays-in-its-cap",
        label="A8",
        statement="If ‖e‖ ≤ {subject} and ψ ≤ π/2, the angle of c w* - e to w* is at most ψ.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0,),
        example={c: 1, SINE: Rational(3, 5), COSINE: Rational(4, 5)},
        evidence=(
            unsatisfiable(
                lambda claim: {"inside the cone": _inside_the_cone(claim.subject)},
                "no e, by its parts along and across w*, leaves the cone",
            ),
        ),
        controls=(
            Control("twice", 2 * subject),
            Control("c alone", c),
            Control("one percent more", subject * Rational(101, 100)),
        ),
    )


def _parts(keep: Expr) -> tuple[Expr, Expr]:
    """Parts of the new vector along w* and along n, before the normalisation."""
    return keep * K + eta * (c - ALONG), keep * S - eta * ACROSS


def cap_queries(least: Expr, pull: Expr, keep: Expr = 1 - eta * c) -> Mapping[str, Query]:
    """A step with ‖e‖ ≤ ``pull`` stays in caps with sinψ ≥ ``least``; w has the weight ``keep``.

    At ηc = 1 the step is along c w* - e alone, so that a counterexample of the first query is one of the claim.
    """
    inner, size = map(_real, ("inner_q", "norm_q"))
    summed = (K >= COSINE, inner >= COSINE * size, size >= 0, R >= 0, R <= Abs(keep) + eta * size)
    x, y = _parts(keep)
    cone = _inside_the_cone(pull)
    beyond = (K <= 0, SINE >= least, SINE <= S, S <= 1, ANGLE, R >= y, TILT <= pull)
    return {
        "the pulled teacher is in the cone": Query(cone.conclusion, (*cone.assumptions, SINE >= least)),
        "so is its sum with w": Query(
            keep * K + eta * inner >= COSINE * R, (*summed, COSINE >= 0, COSINE <= 1)
        ),
        "the tilt is at most the pull": Query(
            S * ALONG - K * ACROSS <= pull, (ALONG**2 + ACROSS**2 <= pull**2, pull >= 0, ANGLE)
        ),
        "beyond the right angle it does not rise": Query(
            S * x - K * R >= 0, (*beyond, Eq(TILT, S * ALONG - K * ACROSS))
        ),
    }


def _leaves(claim: Claim) -> Violation:
    limited = SHORT in claim.assumptions

    def test(case: PulledStep) -> str | None:
        pull = case.c * (0.1 + 0.899 * (case.seed % 101) / 100)
        least = float(evaluate(claim.subject, {PULL: pull, c: case.c, beta: case.beta}))
        if not least <= 1 or (limited and case.fraction > 1):
            return None
        # From the smallest cap to the largest, beyond the right angle.
        cap = np.arcsin(least) + case.part * (np.pi - 2 * np.arcsin(least))
        after, error = case.angles(cap, pull)
        climb(after.max() - cap, "a larger angle than that of the cap")
        if after.max() <= cap + error:
            return None
        return f"from the edge ψ = {cap:.12g} of a cap to the angle {after.max():.12g} with pull {pull:.6g}"

    return test


def _invariant() -> Claim:
    subject = PULL / c
    return Claim(
        id="caps-around-the-teacher-are-invariant",
        label="A8",
        statement="For 0 < η ≤ 1/c a step with pull at most Λ < c stays in every cap θ ≤ ψ with "
        "sinψ ≥ {subject}, also beyond the right angle.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, PULL >= 0, c > PULL, eta > 0, SHORT),
        example={c: 1, beta: 1, PULL: Rational(1, 2), eta: 1},
        evidence=(
            unsatisfiable(lambda claim: cap_queries(claim.subject, PULL), "no step leaves, in any dimension"),
            searched(
                trapping_cases.pulled_steps,
                _leaves,
                "no pull, of some forty and the worst, moves w out of a cap",
            ),
        ),
        controls=(
            Control("half of it", subject / 2),
            Control("divided by c + β", PULL / (c + beta)),
            Control("one percent less", subject * Rational(99, 100)),
            Control("every cap", Integer(0)),
            Control("longer steps", without=(SHORT,)),
        ),
        uses=("cap-cones-are-convex", "pulled-teacher-stays-in-its-cap"),
    )


def fall_queries(least: Expr, pull: Expr = PULL, keep: Expr = 1 - eta * c) -> Mapping[str, Query]:
    """Above the right angle a step falls by η(``least`` - ``pull``) times its length, as a sine."""
    x, y = _parts(keep)
    tilted = (Eq(TILT, S * ALONG - K * ACROSS), TILT <= pull)
    return {
        "the tilt is at most the pull": Query(
            S * ALONG - K * ACROSS <= pull, (ALONG**2 + ACROSS**2 <= pull**2, pull >= 0, ANGLE)
        ),
        "the angle falls": Query(
            S * x - K * R >= eta * (least - pull), (K <= 0, S > 0, ANGLE, R >= y, eta > 0, *tilted)
        ),
    }


def _rises(claim: Claim) -> Violation:
    def test(case: PulledStep) -> str | None:
        # From just above the right angle to 0.01 below π.
        angle = np.pi / 2 + 1e-3 + case.part * (np.pi / 2 - 0.011)
        pull = (1 - 1e-9) * float(evaluate(claim.subject, {theta: angle, c: case.c}))
        after, error = case.angles(angle, pull)
        climb(after.max() - angle, "a larger angle after the step")
        if after.max() <= angle + error:
            return None
        return f"from the angle {angle:.12g} to {after.max():.12g} with pull {pull:.6g}, c = {case.c}"

    return test


def _falls() -> Claim:
    subject = c * sin(theta)
    return Claim(
        id="angle-falls-above-the-right-angle",
        label="A8",
        statement="For θ from π/2 to π a step of any size η > 0 makes the angle smaller if the pull is less "
        "than {subject}.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0,),
        example={c: 1, theta: Integer(2)},
        evidence=(
            unsatisfiable(
                lambda claim: fall_queries(claim.subject.subs(sin(theta), S)),
                "no pull violates it, by its parts along w*, along w and across both",
            ),
            searched(
                trapping_cases.pulled_steps,
                _rises,
                "no pull just below it, of some forty and the worst, makes the angle larger",
            ),
        ),
        controls=(
            Control("c alone", c + 0 * theta),
            Control("twice", 2 * subject),
            Control("one percent more", subject * Rational(101, 100)),
        ),
    )


def _amount_queries(claim: Claim) -> Mapping[str, Query]:
    length, size, turned = map(_real, ("length", "norm_q", "turned"))
    short = (length > 0, length <= Abs(1 - eta * c) + eta * size, size <= c + PULL, size >= 0)
    fallen = (turned >= eta * (c * S - PULL), c * S >= PULL, S <= 1)
    return {
        **fall_queries(c * S),
        "over its length": Query(turned / length >= claim.subject.subs(sin(theta), S), (*short, *fallen)),
    }


def _falls_less(claim: Claim) -> Violation:
    def test(case: PulledStep) -> str | None:
        angle = np.pi / 2 + case.part * (np.pi / 2 - 0.01)
        pull = case.c * np.sin(angle) * (case.seed % 101) / 101
        step = case.step
        least = float(
            evaluate(claim.subject, {theta: angle, c: case.c, PULL: pull, eta: step, beta: case.beta})
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


def _amount() -> Claim:
    subject = eta * (c * sin(theta) - PULL) / (1 + eta * PULL)
    return Claim(
        id="angle-falls-by-a-fixed-amount-above-the-right-angle",
        label="A8",
        statement="For θ from π/2 to π and pull at most Λ ≤ c sinθ, the sine of the angle by which a step turns "
        "w towards w* is at least {subject}: from θ⁰ ≤ π - δ the right angle is passed after finitely many "
        "steps.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, PULL >= 0, eta > 0, SHORT),
        example={c: 1, PULL: Rational(1, 4), eta: Rational(1, 2), theta: 2},
        evidence=(
            unsatisfiable(_amount_queries, "no step falls less, in any dimension"),
            searched(trapping_cases.pulled_steps, _falls_less, "the worst pull turns w by no less"),
        ),
        controls=(
            Control("not divided", subject * (1 + eta * PULL)),
            Control("the pull forgotten", eta * c * sin(theta) / (1 + eta * PULL)),
            Control("one percent more", subject * Rational(101, 100)),
        ),
        uses=("angle-falls-above-the-right-angle",),
    )


def excess_queries(factor: Expr, pull: Expr = PULL) -> Mapping[str, Query]:
    """The excess tanθ - tanψ, sinψ = ``pull``/c, is multiplied by ``factor`` at most."""
    new, old, of_pulled = map(_real, ("x_along", "excess", "excess_of_pulled"))
    # c cosψ and c sinψ are the sides; the excess is a norm across times the one less a part along times the
    # other, so that the triangle inequality bounds that of the new vector.
    edge = (Eq((c * COSINE) ** 2 + pull**2, c**2), COSINE > 0)
    keep = 1 - eta * c
    ball = (ALONG**2 + ACROSS**2 <= pull**2, pull >= 0, ACROSS >= 0)
    below = (K > 0, K <= 1, old >= 0, of_pulled <= 0, ALONG <= pull, Eq(new, keep * K + eta * (c - ALONG)))
    return {
        "the excess of c w* - e": Query(ACROSS * c * COSINE <= pull * (c - ALONG), (*ball, *edge)),
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
        statement="For ψ ≤ θ < π/2 with sinψ = Λ/c a step with pull at most Λ < c multiplies tanθ - tanψ by at "
        "most {subject}, which is below 1: limsup sinθ ≤ Λ/c, at a known rate.",
        source=HERE,
        subject=subject,
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
