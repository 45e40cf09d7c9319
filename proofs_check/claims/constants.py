"""The small constants of A13: the least tangential constants of the estimators."""

from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy
from sympy import Rational, Symbol, diff, pi, sin, sqrt

from numerics.closed_forms import evaluate
from proofs_check.claims import cases, plane
from proofs_check.claims.draws import strategy_of
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import bounds, coarse_gradient
from theory.gaussian import normal_density
from theory.symbols import norm_v, norm_w, theta

HERE = Source(Provenance.DERIVED)
SINE = Symbol("sine", real=True)
# Rounding of two evaluations of one formula in float64, relative to it.
ROUNDING = 1e-14


def claims() -> tuple[Claim, ...]:
    """The claims on the constants."""
    return (*(_smallest(ste) for ste in coarse_gradient.ESTIMATORS),)


def _mean_proxy(ste: str, unit: Any) -> Any:
    """E[μ′(G)], which is the law at θ = π/2 and ‖w‖ = 1 but for its factor; ``unit`` is a ball of one."""
    upper = {"relu": None, "clipped_relu": unit}
    return unit if ste == "identity" else plane.mean(0, upper[ste])


def _least(ste: str, size: Any) -> Any:
    """c(π/2) at ‖w‖ = 1, as an integral; ``size`` is a ball of ‖v‖."""
    return size**2 * _mean_proxy(ste, size / size) / (2 * size.pi()).sqrt()


def _least_residuals(claim: Claim, ste: str) -> tuple[Any, Any]:
    """Value of the law at θ = π/2, and a slope in sinθ that is minus a density or zero."""
    law = coarse_gradient.tangential_law(ste).result.subs({norm_w: 1, sin(theta): SINE})
    density = norm_v**2 / sqrt(2 * pi) * normal_density(1 / SINE) / SINE**2
    return law.subs(SINE, 1) - claim.subject, diff(law, SINE) + (density if law.has(SINE) else 0)


def _below_the_law(claim: Claim, ste: str) -> Violation:
    law = coarse_gradient.tangential_law(ste).result.subs({norm_w: 1, norm_v: 1})
    least = float(claim.subject.subs(norm_v, 1))

    def violation(angle: float) -> str | None:
        value = float(evaluate(law, {theta: angle}))
        climb(least / value, "a smaller constant")
        return None if value >= least * (1 - ROUNDING) else f"c({angle}) = {value} is below {least}"

    return violation


def _angles() -> SearchStrategy[float]:
    """From 1e-9 to π - 1e-9, and beside and past the right angle, where the law is least."""
    return strategy_of(cases.angles(-9, np.pi / 2, np.pi / 2 + 1))


def _smallest(ste: str) -> Claim:
    subject = bounds.smallest_tangential_constant(ste).result
    slug = ste.replace("_", "-")
    return Claim(
        id=f"smallest-tangential-constant-{slug}",
        label="A13",
        statement=f"On the unit sphere the least c(θ) of the {coarse_gradient.TITLES[ste]} estimator is "
        "{subject}, at θ = π/2.",
        source=HERE,
        subject=subject,
        assumptions=(norm_v > 0, SINE > 0, SINE <= 1),
        example={norm_v: 2, SINE: Rational(1, 2)},
        evidence=(
            vanishing(lambda claim: _least_residuals(claim, ste), "the law falls as sinθ rises, to θ = π/2"),
            integrals(
                lambda subject: (subject,),
                lambda at: (_least(ste, at["norm_v"]),),
                "mean of the proxy at θ = π/2",
            ),
            searched(
                _angles,
                lambda claim: _below_the_law(claim, ste),
                "the law is nowhere below",
            ),
        ),
        controls=(
            Control("twice as much", 2 * subject),
            Control("one percent too much", subject * Rational(101, 100)),
            Control("the norm for its square", subject / norm_v),
        ),
        uses=(f"tangential-law-{slug}",),
    )
