"""A8: the angle is trapped.

With e = β(w - u) plus any error of the gradient, ‖e‖ ≤ Λ, the step is along (1 - ηc)w + η(c w* - e).

Below the right angle: the cone of a cap is convex and holds both summands if it holds w and Λ ≤ c sinψ.
Above it, with w = k w* + s n, k ≤ 0, the new vector has x along w* and r ≥ y across, y along n, and
s x - k r ≥ s x - k y = η(c s - (s e₁ - k e₂)) ≥ η(c s - Λ), which is the sine of the fall times its length.

Each vector enters by its part along w*, its part along the direction n of w across w*, and the norm of the
rest: z3 then speaks for every dimension. Only ηc ≤ 1 is needed, not η ≤ 1/(c + β).
"""

from collections.abc import Mapping

import numpy as np
from sympy import Abs, Eq, Expr, Integer, Rational, Symbol, sin

from numerics.closed_forms import evaluate
from proofs_check.claims import trapping_cases
from proofs_check.claims.trapping_cases import PulledStep
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Provenance, Source, Weakening
from theory.symbols import beta, c, eta, theta

HERE = Source(Provenance.DERIVED)
# Largest norm of the pull.
PULL = Symbol("Lambda", real=True)
SINE, COSINE = Symbol("sin_psi", real=True), Symbol("cos_psi", real=True)
UNIT_CIRCLE = Eq(SINE**2 + COSINE**2, 1)
# The step size that keeps 1 - ηc from turning negative.
SHORT = eta <= 1 / c


def real(name: str) -> Symbol:
    """A real variable of a query."""
    return Symbol(name, real=True)


ALONG, ACROSS, TILT = map(real, ("e_along", "e_across", "tilt"))
# Parts along and across w* of w, and of the new vector across w*.
K, S, R = map(real, ("cos_theta", "sin_theta", "r"))
ANGLE = Eq(S**2 + K**2, 1)


def claims() -> tuple[Claim, ...]:
    """A8, a lemma at a time."""
    return _convex(), _pulled(), _invariant(), _falls()


def convex_queries(claim: Claim) -> Mapping[str, Query]:
    """Two vectors of the cone, by their inner products with w* and their norms."""
    a, b, p, q, r = map(real, ("inner_x", "inner_y", "norm_x", "norm_y", "norm_sum"))
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
        sharper="smaller",
        assumptions=(),
        example={},
        evidence=(
            unsatisfiable(convex_queries, "no inner products and norms with ‖x + y‖ ≤ ‖x‖ + ‖y‖ violate it"),
        ),
        controls=(
            Control("every cap", Integer(-1)),
            Control("caps a little beyond the right angle", Rational(-1, 100)),
        ),
    )


def inside_the_cone(largest: Expr) -> Query:
    """The angle of c w* - e is at most ψ ≤ π/2 if ‖e‖ ≤ ``largest``."""
    pull = (largest**2 >= ALONG**2 + ACROSS**2, largest >= 0, ACROSS >= 0)
    return Query((c - ALONG) * SINE >= COSINE * ACROSS, (*pull, UNIT_CIRCLE, COSINE >= 0, SINE >= 0))


def _pulled() -> Claim:
    subject = c * SINE
    return Claim(
        id="pulled-teacher-stays-in-its-cap",
        label="A8",
        statement="If ‖e‖ ≤ {subject} and ψ ≤ π/2, the angle of c w* - e to w* is at most ψ.",
        source=HERE,
        subject=subject,
        sharper="larger",
        assumptions=(c > 0, SINE > 0, SINE <= 1),
        example={c: 1, SINE: Rational(3, 5), COSINE: Rational(4, 5)},
        evidence=(
            unsatisfiable(
                lambda claim: {"inside the cone": inside_the_cone(claim.subject)},
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

    At ηc = 1 the step is along c w* - e alone, so that a counterexample of the first query is one of the
    claim.
    """
    inner, size = map(real, ("inner_q", "norm_q"))
    summed = (K >= COSINE, inner >= COSINE * size, size >= 0, R >= 0, Abs(keep) + eta * size >= R)
    x, y = _parts(keep)
    cone = inside_the_cone(pull)
    beyond = (K <= 0, least <= SINE, SINE <= S, S <= 1, ANGLE, y <= R, pull >= TILT)
    return {
        "the pulled teacher is in the cone": Query(cone.conclusion, (*cone.assumptions, least <= SINE)),
        "so is its sum with w": Query(
            keep * K + eta * inner >= COSINE * R, (*summed, COSINE >= 0, COSINE <= 1)
        ),
        "the tilt is at most the pull": Query(
            pull >= S * ALONG - K * ACROSS, (pull**2 >= ALONG**2 + ACROSS**2, pull >= 0, ANGLE)
        ),
        "beyond the right angle it does not rise": Query(
            S * x - K * R >= 0, (*beyond, Eq(TILT, S * ALONG - K * ACROSS))
        ),
    }


def _leaves(claim: Claim) -> Violation:
    limited = SHORT in claim.assumptions

    def test(case: PulledStep) -> str | None:
        # Up to c itself, where the only cap is the half-space.
        pull = case.c * (0.1 + 0.9 * (case.seed % 101) / 100)
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
        "sinψ ≥ {subject}, also beyond the right angle, unless it is zero and has no direction.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(c > 0, beta > 0, PULL >= 0, c > PULL, eta > 0, SHORT),
        example={c: 1, beta: 1, PULL: Rational(1, 2), eta: 1},
        evidence=(
            unsatisfiable(lambda claim: cap_queries(claim.subject, PULL), "no step leaves, in any dimension"),
            searched(
                trapping_cases.pulled_steps,
                _leaves,
                "no pull, of some forty and the worst, moves w out of a cap",
                borders=trapping_cases.LONGER_STEP,
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
        weakens=(Weakening("angle-is-trapped-with-errors-in-the-gradient", "ψ ≤ π/2"),),
    )


def fall_queries(least: Expr, pull: Expr = PULL, keep: Expr = 1 - eta * c) -> Mapping[str, Query]:
    """Above the right angle a step falls by η(``least`` - ``pull``) times its length, as a sine."""
    x, y = _parts(keep)
    tilted = (Eq(TILT, S * ALONG - K * ACROSS), pull >= TILT)
    return {
        "the tilt is at most the pull": Query(
            pull >= S * ALONG - K * ACROSS, (pull**2 >= ALONG**2 + ACROSS**2, pull >= 0, ANGLE)
        ),
        "the angle falls": Query(
            S * x - K * R >= eta * (least - pull), (K <= 0, S > 0, ANGLE, y <= R, eta > 0, *tilted)
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
        sharper="larger",
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
                borders=trapping_cases.STEPS_BETWEEN,
            ),
        ),
        controls=(
            Control("c alone", c + 0 * theta),
            Control("twice", 2 * subject),
            Control("one percent more", subject * Rational(101, 100)),
        ),
    )
