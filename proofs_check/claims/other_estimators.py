"""A13: trapping with any straight-through estimator.

A step is along keep w + η(c(θ)w* - e) with keep = 1 - ηγ(θ). The lemmas of ``trapping`` need keep ≥ 0 and a
lower bound of c(θ), and no more. γ(θ)/‖v‖² is the integral of μ′(x) times a weight that is not negative for
θ ≤ π/2 and whose integral does not depend on θ: its derivative by k = cotθ is that of xφ(x)φ(kx) by x.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sympy import Eq, Expr, Integer, Rational, Symbol, diff, exp, pi

from proofs_check.claims import plane
from proofs_check.claims.any_estimator import PROXY, coefficients
from proofs_check.claims.estimator_cases import estimator_fixed_points, estimator_steps
from proofs_check.claims.estimator_checks import LEAST, another_error, beyond, drawn_proxies, leaves
from proofs_check.claims.thresholding import query
from proofs_check.claims.trapping import HERE, PULL, S, cap_queries, fall_queries, real
from proofs_check.claims.trapping_rate import excess_queries
from proofs_check.evidence.cases import searched
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control
from theory import estimators
from theory.coarse_gradient import TITLES
from theory.estimators import COTANGENT, LARGEST
from theory.gaussian import normal_density, normal_distribution, x
from theory.symbols import beta, c, eta, norm_u_perp, norm_v, theta

ONE_PERCENT = Rational(101, 100)
# The weight of w in the step.
KEEP = real("keep")
NOT_NEGATIVE = KEEP >= 0


def claims() -> tuple[Claim, ...]:
    """The error, the weight of w, the step size and the trapping of other estimators."""
    return _error(), *(_radial(ste) for ste in TITLES), _step_size(), _trapped()


def _error_queries(claim: Claim) -> Mapping[str, Query]:
    along, rest = real("u_along"), real("u_rest")
    # Across w a fixed point has c(θ)w*⊥ + βu⊥ = 0.
    fixed = (Eq(c * S + beta * along, 0), Eq(beta * rest, 0), S >= 0)
    norm = (norm_u_perp >= 0, Eq(norm_u_perp**2, along**2 + rest**2))
    across = (Eq(S, claim.subject), *fixed, *norm)
    # Apart, so that a counterexample need not be at a zero of a denominator.
    return {
        "a fixed point with an error, across w": query(*across, norm_u_perp > 0),
        "a fixed point, across w": query(*across),
    }


def _error() -> Claim:
    subject = beta * norm_u_perp / c
    return Claim(
        id="exact-error-with-any-estimator",
        label="A13",
        statement="At a fixed point the sine of the error angle is {subject} with any estimator, c = c(θ̄) "
        "its tangential constant there; so it is at most Λ/c_min.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0),
        example={c: 1, beta: 1},
        evidence=(
            unsatisfiable(_error_queries, "the parts of u leave no other sine"),
            searched(
                estimator_fixed_points, another_error, "points at which the coarse gradient leaves no turn"
            ),
        ),
        controls=(
            Control("without c", beta * norm_u_perp),
            Control("its square", subject**2),
            Control("one percent more", ONE_PERCENT * subject),
        ),
        uses=("tangential-law-for-any-proxy", "exact-error-of-a-fixed-point"),
    )


def _radial_integral(ste: str) -> Any:
    def reference(at: Any) -> tuple[Any]:
        # E[g] = ‖v‖²(E[zμ′σ] - E[zμ′σ*]), and ê = (w* - cosθ w)/sinθ takes cotθ times its part to w.
        means = plane.patch_means(ste, at["norm_v"] / at["norm_v"], at["theta"])
        (own, _), (along, across) = means["student"], means["teacher"]
        return (at["norm_v"] ** 2 * (own - along + at["theta"].cot() * across),)

    return reference


def _radial(ste: str) -> Claim:
    subject = estimators.radial_constant(ste).result
    slug = ste.replace("_", "-")
    wrong = Control("half of it", subject / 2)
    return Claim(
        id=f"radial-constant-{slug}",
        label="A13",
        statement=f"On the unit sphere, with v = v*, the {TITLES[ste]} estimator's E[g] is γw - c(θ)w* with "
        "γ = {subject}.",
        source=HERE,
        subject=subject,
        assumptions=(norm_v > 0, theta > 0, theta < pi),
        example={norm_v: 1, theta: 2},
        evidence=(
            vanishing(
                lambda claim: _radial_residuals(claim, ste),
                "its slope in cotθ is the weight's, by parts over the proxy's support; and its value at π/2",
            ),
            integrals(lambda subject: (subject,), _radial_integral(ste), "c(θ)cosθ less the radial mean"),
        ),
        controls=(
            wrong,
            Control("one percent more", ONE_PERCENT * subject),
            Control("‖v‖", subject / norm_v),
        ),
        uses=(f"tangential-law-{slug}",),
    )


def _radial_residuals(claim: Claim, ste: str) -> Iterator[Expr]:
    from sympy import acot

    border = x * normal_density(x) * normal_density(COTANGENT * x)
    weight = estimators.radial_weight()
    positive = Symbol("y", positive=True)
    by_parts = (diff(weight, COTANGENT) - diff(border, x)).subs(x, positive)
    at = claim.subject.subs(theta, acot(COTANGENT))
    upper = border.subs(x, 1) if ste == "clipped_relu" else Integer(0)
    half = {"identity": 1, "relu": Rational(1, 2)}.get(ste, (1 - exp(-Rational(1, 2))) / 2)
    start = norm_v**2 * half * normal_density(x).subs(x, 0)
    yield by_parts
    yield diff(at, COTANGENT) - norm_v**2 * upper
    yield at.subs(COTANGENT, 0) - start


def _weight_residuals(claim: Claim) -> Sequence[Expr]:
    """⟨-E g, w⟩ and c(θ)cosθ, with a proxy without properties; and the mean of the weight."""
    y, k = Symbol("y", positive=True), COTANGENT
    found = []
    for side in (1, -1):
        fires = normal_distribution(k * side * y)
        plain = side * y * ((1 if side > 0 else 0) - fires) + k * normal_density(k * y)
        stated = estimators.radial_weight().subs(x, side * y)
        found += coefficients((normal_density(y) * plain - stated) * PROXY(side * y))
    bound = 1 / (claim.subject * LARGEST * norm_v**2)
    return [*found, bound - normal_density(x).subs(x, 0)]


def _step_size() -> Claim:
    subject = estimators.largest_step().result
    return Claim(
        id="largest-step-for-any-estimator",
        label="A13",
        statement="With v = v* and any proxy derivative 0 ≤ μ′ ≤ M, 1 - ηγ(θ) ≥ 0 for θ ≤ π/2 and "
        "η ≤ {subject}.",
        source=HERE,
        subject=subject,
        sharper="larger",
        assumptions=(norm_v > 0, LARGEST > 0),
        example={norm_v: 1, LARGEST: 1},
        evidence=(
            vanishing(_weight_residuals, "the weight of μ′ in γ, not negative for cotθ ≥ 0, and its mean"),
            searched(drawn_proxies, beyond, "step functions between 0 and 1"),
        ),
        controls=(
            Control("twice as long", 2 * subject),
            Control("one percent longer", ONE_PERCENT * subject),
            Control("‖v‖ for its square", 2 * subject * norm_v),
        ),
        uses=("radial-constant-identity",),
    )


def _trapping_queries(claim: Claim) -> Mapping[str, Query]:
    level = claim.subject
    factor = KEEP / (KEEP + eta * (LEAST - PULL))
    lemmas = {
        **cap_queries(level, PULL, KEEP),
        **fall_queries(LEAST * S, PULL, KEEP),
        **excess_queries(factor, PULL, KEEP, LEAST),
    }
    return {name: Query(one.conclusion, (*one.assumptions, c >= LEAST)) for name, one in lemmas.items()}


def _trapped() -> Claim:
    subject = PULL / LEAST
    return Claim(
        id="angle-is-trapped-with-any-estimator",
        label="A13",
        statement="Let c(θ) ≥ c_min > Λ and 1 - ηγ(θ) ≥ 0 up to π - δ. If θ⁰ ≤ π - δ with c_min sinδ > Λ, "
        "θ falls above π/2, never leaves a cap θ ≤ ψ with sinψ ≥ {subject}, ψ ≤ π/2, and limsup sinθ ≤ "
        "Λ/c_min: an estimator with 0 ≤ μ′ ≤ M and E[μ′(sG)] ≥ μ_min > 0 for 0 ≤ s ≤ 1 learns by short "
        "steps.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(LEAST > 0, c > 0, PULL >= 0, LEAST > PULL, eta > 0, NOT_NEGATIVE),
        example={
            LEAST: 1, c: Rational(3, 2), PULL: Rational(1, 2), eta: Rational(1, 3), KEEP: Rational(1, 2),
        },
        evidence=(
            unsatisfiable(_trapping_queries, "the lemmas of one step, with the weight of w and c(θ) free"),
            searched(estimator_steps, leaves, "steps of three estimators from the edge of a cap"),
        ),
        controls=(
            Control("the largest c(θ) for the least", PULL / (2 * LEAST)),
            Control("c_min + Λ for c_min", PULL / (LEAST + PULL)),
            Control("half of it", subject / 2),
            Control("one percent less", Rational(99, 100) * subject),
        ),
        uses=(
            "largest-step-for-any-estimator", "tangential-law-for-any-proxy",
            "caps-around-the-teacher-are-invariant", "angle-falls-above-the-right-angle",
            "excess-over-the-trapping-angle-shrinks",
        ),
    )  # fmt: skip
