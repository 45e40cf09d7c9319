"""The small constants of A6 and A13: the least tangential constant, and the error angle for small λ."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from sympy import Rational, Symbol, diff, pi, sin, sqrt

from numerics.closed_forms import evaluate
from numerics.limit import limit_points
from proofs_check.claims import plane
from proofs_check.evidence.cases import Violation, searched
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import bounds, coarse_gradient
from theory.gaussian import normal_density
from theory.symbols import c, lam, norm_v, norm_w, s, theta

HERE = Source(Provenance.DERIVED)
SINE = Symbol("sine", real=True)
# Rounding of two evaluations of one formula in float64, relative to it.
ROUNDING = 1e-14
# λ/c of the cases; the first-order law errs by a few λ/(c min|w*ᵢ|), and no entry is below a tenth of
# the largest of at most twelve: below 1e-3, while a control is off by a percent or more.
SMALL = 1e-6
FIRST_ORDER = 1e-3


def claims() -> tuple[Claim, ...]:
    """The claims on the constants."""
    return (*(_smallest(ste) for ste in coarse_gradient.ESTIMATORS), _small_penalty())


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
        return None if value >= least * (1 - ROUNDING) else f"c({angle}) = {value} is below {least}"

    return violation


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
                lambda: st.floats(1e-9, float(np.pi) - 1e-9),
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


def _off_first_order(claim: Claim) -> Violation:
    one_norm = bounds.ONE_NORM

    def violation(magnitudes: list[int]) -> str | None:
        signs = np.where(np.arange(len(magnitudes)) % 2, -1.0, 1.0)
        teacher = np.array(magnitudes) * signs
        teacher = teacher / np.linalg.norm(teacher)
        [point] = limit_points(teacher, 1.0, "l1", lam=SMALL, beta=0.5)
        values = {c: 1.0, lam: SMALL, s: float(len(teacher)), one_norm: float(np.abs(teacher).sum())}
        predicted = float(evaluate(claim.subject, values))
        if abs(point.angle - predicted) <= FIRST_ORDER * predicted:
            return None
        return f"the limit's angle is {point.angle:.6g}, predicted {predicted:.6g}"

    return violation


def _small_penalty() -> Claim:
    subject = bounds.small_penalty_angle().result
    return Claim(
        id="l1-error-angle-for-small-lambda",
        label="A6",
        statement="For small λ the error angle with the l1 penalty is {subject}, to first order in λ.",
        source=HERE,
        subject=subject,
        assumptions=(lam > 0, c > 0),
        example={lam: Rational(1, 1000), c: 1},
        evidence=(
            searched(
                # Distinct magnitudes, so that the first order does not vanish.
                lambda: st.lists(st.integers(10, 100), min_size=2, max_size=12, unique=True).filter(
                    lambda magnitudes: max(magnitudes) >= 1.2 * min(magnitudes)
                ),
                _off_first_order,
                "the computed limit at λ/c = 1e-6",
            ),
        ),
        controls=(
            Control("‖w*‖₁ forgotten", lam / c * sqrt(s)),
            Control("the root forgotten", lam / c * (s - bounds.ONE_NORM**2)),
            Control("one percent too much", subject * Rational(101, 100)),
            Control("half of it", subject / 2),
        ),
        uses=("l1-error-bound", "sparsifying-operation"),
    )
