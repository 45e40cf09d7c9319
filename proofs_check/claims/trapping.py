"""A8: the angle is trapped.

With e = β(w - u) plus any error of the gradient, ‖e‖ ≤ Λ + ε =: L, the step is along (1 - ηc)w + η(c w* - e).
Up to the right angle the cone of a cap is convex and holds both summands if it holds w and L ≤ c sinψ.
Above it, with w = k w* + s n, k ≤ 0, the new vector has x along w* and r ≥ y across, y along n, and
s x - k r ≥ s x - k y = η(c s - (s e₁ - k e₂)) ≥ η(c s - L) > 0, which says that the angle falls.
"""

from collections.abc import Mapping

import numpy as np
from sympy import Eq, Integer, Rational, Symbol, asin, sin

from numerics.closed_forms import evaluate
from proofs_check.claims import trapping_cases
from proofs_check.claims.trapping_cases import PulledStep
from proofs_check.evidence.cases import Violation, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Provenance, Source
from theory.symbols import beta, c, eta, theta

HERE = Source(Provenance.DERIVED)
# Largest norm of the pull.
PULL = Symbol("Lambda", real=True)
SINE, COSINE = Symbol("sin_psi", real=True), Symbol("cos_psi", real=True)
UNIT_CIRCLE = Eq(SINE**2 + COSINE**2, 1)


def _real(name: str) -> Symbol:
    return Symbol(name, real=True)


def claims() -> tuple[Claim, ...]:
    """A8, a lemma at a time."""
    return _convex(), _pulled(), _invariant(), _falls()


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


def _pulled_queries(claim: Claim) -> Mapping[str, Query]:
    along, across = _real("e_along"), _real("e_across")
    pull = (along**2 + across**2 <= claim.subject**2, across >= 0, UNIT_CIRCLE, COSINE >= 0, SINE >= 0)
    return {"inside the cone": Query((c - along) * SINE >= COSINE * across, pull)}


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
        evidence=(unsatisfiable(_pulled_queries, "no e, by its parts along and across w*, leaves the cone"),),
        controls=(
            Control("twice", 2 * subject),
            Control("c alone", c),
            Control("one percent more", subject * Rational(101, 100)),
        ),
    )


def _leaves(claim: Claim) -> Violation:
    def test(case: PulledStep) -> str | None:
        pull = case.c * (0.1 + 0.899 * (case.seed % 101) / 100)
        least = float(evaluate(claim.subject, {PULL: pull, c: case.c, beta: case.beta}))
        if not least <= np.pi / 2:
            return None
        cap = least + case.part * (np.pi / 2 - least)
        after, error = case.angles(cap, pull)
        if after.max() <= cap + error:
            return None
        return f"from the edge ψ = {cap:.12g} of a cap to the angle {after.max():.12g} with pull {pull:.6g}"

    return test


def _invariant() -> Claim:
    subject = asin(PULL / c)
    return Claim(
        id="caps-around-the-teacher-are-invariant",
        label="A8",
        statement="For 0 < η ≤ 1/(c + β) a step with pull at most Λ < c stays in every cap θ ≤ ψ with "
        "{subject} ≤ ψ ≤ π/2.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, PULL > 0, c > PULL),
        example={c: 1, PULL: Rational(1, 2)},
        evidence=(
            searched(
                trapping_cases.pulled_steps,
                _leaves,
                "no pull, of some forty and the worst, moves w out of a cap",
            ),
        ),
        controls=(
            Control("half the angle", subject / 2),
            Control("the sine for the angle", PULL / c),
            Control("divided by c + β", asin(PULL / (c + beta))),
            Control("every cap", Integer(0)),
        ),
        uses=("cap-cones-are-convex", "pulled-teacher-stays-in-its-cap"),
    )


def _falling_queries(claim: Claim) -> Mapping[str, Query]:
    along, across, r, tilt = map(_real, ("e_along", "e_across", "r", "tilt"))
    keep = 1 - eta * c
    x, y = keep * COSINE + eta * (c - along), keep * SINE - eta * across
    above = (COSINE <= 0, SINE > 0)
    least = claim.subject.subs(sin(theta), SINE)
    norms = (along**2 + across**2 <= PULL**2, PULL >= 0, UNIT_CIRCLE)
    tilted = Eq(tilt, SINE * along - COSINE * across)
    return {
        "the tilt is at most the pull": Query(SINE * along - COSINE * across <= PULL, norms),
        "the angle falls": Query(
            SINE * x - COSINE * r > 0, (*above, r >= y, eta > 0, tilted, tilt <= PULL, least > PULL)
        ),
    }


def _rises(claim: Claim) -> Violation:
    def test(case: PulledStep) -> str | None:
        # From just above the right angle to 0.01 below π.
        angle = np.pi / 2 + 1e-3 + case.part * (np.pi / 2 - 0.011)
        pull = (1 - 1e-9) * float(evaluate(claim.subject, {theta: angle, c: case.c}))
        after, error = case.angles(angle, pull)
        if after.max() <= angle + error:
            return None
        return f"from the angle {angle:.12g} to {after.max():.12g} with pull {pull:.6g}, c = {case.c}"

    return test


def _falls() -> Claim:
    subject = c * sin(theta)
    return Claim(
        id="angle-falls-above-the-right-angle",
        label="A8",
        statement="For θ from π/2 to π and 0 < η ≤ 1/(c + β) a step makes the angle smaller if the pull is "
                  "less than "
        "{subject}.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0,),
        example={c: 1, theta: Integer(2)},
        evidence=(
            unsatisfiable(_falling_queries, "no pull violates it, by its parts along w*, along w and "
                                            "across both"),
            searched(trapping_cases.pulled_steps, _rises, "no pull just below it, of some forty and the "
                                                          "worst, "
                     "makes the angle larger"),
        ),
        controls=(
            Control("c alone", c + 0 * theta),
            Control("twice", 2 * subject),
            Control("one percent more", subject * Rational(101, 100)),
        ),
    )  # fmt: skip
