"""L8 for the clipped ReLU: its hidden loss, which keeps one integral, and the curl of its gradient."""

from collections.abc import Mapping
from typing import Any

import mpmath
from hypothesis import strategies as st
from sympy import Expr, Integer, Integral, Rational, cos, diff, lambdify, pi

from proofs_check.claims import plane
from proofs_check.evidence.cases import Violation, searched
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import coarse_gradient as theory
from theory.gaussian import x
from theory.symbols import norm_v, norm_w, theta, w_dot_w_star

DERIVED = Source(Provenance.DERIVED)
ASSUMPTIONS = (theta > 0, theta < pi, norm_w > 0)
EXAMPLE = {theta: Integer(2), norm_w: Rational(3, 2), norm_v: Integer(2)}
CLIPPED = "clipped_relu"
ONE_PERCENT = Rational(101, 100)
# Both sides are sums of a few terms of order one, integrated in float64.
ROUNDING = 1e-11


def claims() -> tuple[Claim, ...]:
    """The claims on the hidden loss of the clipped ReLU."""
    return _hidden_clipped_potential(), _hidden_curl()


def _value(subject: Expr, angle: float, norm: float) -> float:
    """The potential at ‖v‖ = 1, the integral that it keeps evaluated numerically."""
    point = {theta: angle, norm_w: norm, norm_v: 1, w_dot_w_star: norm * cos(angle)}
    numbers = {}
    for integral in subject.atoms(Integral):
        lower = float(integral.limits[0][1].subs(point))
        integrand = lambdify(x, integral.function.subs(point), "mpmath")
        numbers[integral] = mpmath.quad(integrand, [lower, lower + 1, lower + 4, lower + 12])
    return float(subject.xreplace(numbers).subs(point))


def _off_the_integrals(claim: Claim) -> Violation:
    def violation(case: tuple[float, float]) -> str | None:
        angle, norm = case
        seen = _value(claim.subject, angle, norm)
        expected = float(_clipped_potential({"theta": mpmath.mpf(angle), "norm_w": mpmath.mpf(norm)}))
        if abs(seen - expected) <= ROUNDING * (1 + norm):
            return None
        return f"{seen}, integral {expected}"

    return violation


def _hidden_curl() -> Claim:
    field = theory.expected_coarse_gradient(CLIPPED).result.subs(theory.SAME_LAYER)
    radial, across = plane.along(field)
    return Claim(
        id="curl-of-the-clipped-relu-gradient",
        label="L8",
        statement="With v = v* the curl of the expected coarse gradient of the clipped ReLU is {subject}.",
        source=DERIVED,
        subject=theory.hidden_curl().result,
        assumptions=ASSUMPTIONS,
        example=EXAMPLE,
        evidence=(
            vanishing(
                lambda claim: (norm_w * claim.subject + diff(norm_w * across, norm_w) + diff(radial, theta),),
                "curl along ŵ and ê, in which θ falls",
            ),
        ),
        controls=(
            Control("a curl of one", Integer(1)),
            Control("the sign of the turning part", 2 * diff(radial, theta) / norm_w),
        ),
        uses=("hidden-loss-clipped-relu",),
    )


def _clipped_potential(at: Mapping[str, Any]) -> Any:
    """E[μ(z·w)] - E[μ(z·w) σ(z·w*)] with μ the clipped ReLU: x on the strip and 1 beyond it."""
    k, width = mpmath.cot(at["theta"]), 1 / at["norm_w"]

    def mean_of_proxy(*cotangent: Any) -> Any:
        strip = at["norm_w"] * plane.mean(plane.identity, width, *cotangent)
        below = plane.mean(plane.one, width, *cotangent)
        return strip + plane.mean(plane.one, mpmath.inf, *cotangent) - below

    return mean_of_proxy() - mean_of_proxy(k)


def _hidden_clipped_potential() -> Claim:
    subject = theory.hidden_loss(CLIPPED).result
    beyond = next(iter(subject.atoms(Integral)))
    return Claim(
        id="potential-of-the-clipped-relu",
        label="L8",
        statement="With v = v* the hidden loss of the clipped ReLU is {subject}.",
        source=DERIVED,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example=EXAMPLE,
        evidence=(
            searched(
                lambda: st.tuples(st.floats(0.05, 3.1), st.floats(0.2, 5)),
                _off_the_integrals,
                "integrals over the strip and beyond it, in float64",
            ),
        ),
        controls=(
            Control("nothing beyond the strip", subject.subs(beyond, 0)),
            Control("the student's firing beyond the strip for both", subject.subs(beyond, 2 * beyond)),
            Control("the ReLU's", theory.hidden_loss("relu").result),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=("hidden-loss-clipped-relu",),
    )
