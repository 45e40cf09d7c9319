"""L6 for any straight-through estimator, the tangential law, and L7, the alignment of three of them.

A proxy derivative enters the exact checks as a function without properties. What is compared are then
integrands, and the coefficients of that function in them.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Expr, Function, Integer, Rational, Symbol, cos, diff, erf, pi, sin, sqrt
from sympy.core.function import AppliedUndef

from numerics import gaussian as directions
from numerics import network as net
from numerics.closed_forms import evaluate
from numerics.monte_carlo import Estimate, estimate
from proofs_check.claims import plane
from proofs_check.claims.network_cases import pairs
from proofs_check.claims.network_checks import misaligned
from proofs_check.claims.networks import Network, predicted, taught
from proofs_check.claims.plane import X
from proofs_check.claims.proxies import Estimated, estimated, sample_gradient
from proofs_check.evidence.cases import searched
from proofs_check.evidence.monte_carlo import sampled_mean
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import coarse_gradient as theory
from theory.gaussian import normal_density, x
from theory.loss import filter_gradient
from theory.symbols import norm_v, norm_w, theta, v_dot_v_star

Array = NDArray[np.float64]

HERE = Source(Provenance.DERIVED)
YIN = Source(Provenance.YL, "arXiv 1903.05662", "coarse gradients and the gradient of the loss")
ASSUMPTIONS = (theta > 0, theta < pi, norm_w > 0)
EXAMPLE = {theta: Integer(2), norm_w: Rational(3, 2), norm_v: Integer(2)}
ONE_PERCENT = Rational(101, 100)
PROXY = Function("mu_prime", real=True)
# Midpoints of the rule for proxies with kinks and jumps: with 4e4 intervals on (-9, 9) it errs by less than
# 2e-4 at a jump, far below a standard error of the samples. Past 9 lies a mass of 2e-19.
INTERVALS, END = 40_000, 9.0


def claims() -> tuple[Claim, ...]:
    """L6 for any proxy, L7 for three estimators."""
    return _universal(), _two_sided(), *(_alignment(ste) for ste in theory.ESTIMATORS)


def coefficients(linear: Expr) -> list[Expr]:
    """Coefficients of the undetermined functions in an expression linear in them, and the rest."""
    expanded = linear.expand()
    applied = sorted(expanded.atoms(AppliedUndef), key=str)
    rest = expanded.subs(dict.fromkeys(applied, 0))
    return [*(expanded.coeff(one) for one in applied), rest]


@cache
def _across() -> Expr:
    """Integrand in x of the teacher's mean across w, over sinθ, with y = x sinθ for z along w."""
    y = Symbol("y", real=True)
    # The teacher fires above -y cotθ, and ∫ hφ(h) dh over that half line is φ(y cotθ): see `_primitive`.
    above = normal_density(-y * cos(theta) / sin(theta))
    integrand = norm_v**2 * PROXY(norm_w * y) * normal_density(y) * above / sin(theta)
    return integrand.subs(y, x * sin(theta)) * sin(theta)


def _universal_residuals(claim: Claim) -> list[Expr]:
    return [*coefficients(_across() - claim.subject), _primitive()]


def _primitive() -> Expr:
    """Vanishes if -φ(h), which is zero far out, is a primitive of hφ(h)."""
    height = Symbol("h", real=True)
    return diff(-normal_density(height), height) - height * normal_density(height)


def _sample_tangential(one: Estimated, samples: int, rng: np.random.Generator) -> Estimate:
    across = directions.perpendicular(one.network.w_star, one.network.w)
    across = across / (across @ across)

    def part(Z: Array) -> Array:
        return -(sample_gradient(Z, one, one.network.w) @ across)[:, None]

    return estimate(part, (one.network.m, len(one.network.w)), samples, rng, by_orbit=True)


def _integrated(subject: Expr, one: Estimated) -> Array:
    """The integral of the subject with the proxy in it, by the midpoint rule."""
    step = 2 * END / INTERVALS
    at = -END + step * (np.arange(INTERVALS) + 0.5)
    network = one.network
    values: dict[Any, Any] = {
        theta: float(directions.angle(network.w, network.w_star)),
        norm_w: float(np.linalg.norm(network.w)), norm_v: float(np.linalg.norm(network.v)), x: at,
    }  # fmt: skip
    total: Array = np.zeros(INTERVALS)
    for term in Add.make_args(subject):
        (applied,) = term.atoms(AppliedUndef)
        total += evaluate(term / applied, values) * one.proxy.derivative(evaluate(applied.args[0], values))
    return np.atleast_1d(step * total.sum())


def _universal() -> Claim:
    weight = norm_v**2 * normal_density(x) / sqrt(2 * pi)
    subject = weight * PROXY(norm_w * sin(theta) * x)
    return Claim(
        id="tangential-law-for-any-proxy",
        label="L6",
        statement="With v = v* and any proxy derivative the part of -E[g] perpendicular to w is that of w* "
                  "times "
        "the integral over all x of {subject}.",
        source=HERE,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example={**EXAMPLE, x: Rational(1, 2)},
        evidence=(
            vanishing(_universal_residuals, "the integrand of the mean across w, with x sinθ for z·ŵ, for "
                                            "a proxy "
                      "without properties"),
            sampled_mean(estimated, _sample_tangential, _integrated, "tangential part of the network's "
                                                                     "coarse "
                         "gradient with six proxies"),
        ),
        controls=(
            Control("cosθ for sinθ", weight * PROXY(norm_w * cos(theta) * x)),
            Control("the norm of w forgotten", weight * PROXY(sin(theta) * x)),
            Control("the half of ReLU for every proxy", subject / 2),
            Control("one more sine, from the substitution", subject * sin(theta)),
            Control("the norm of v for its square", subject / norm_v),
        ),
    )  # fmt: skip


def _two_sided() -> Claim:
    factor = norm_v**2 / sqrt(2 * pi)
    subject = factor * erf(1 / (sqrt(2) * norm_w * sin(theta)))

    def residuals(claim: Claim) -> tuple[Expr, ...]:
        # P(|G| < X/sinθ), by its derivative in X.
        wide = claim.subject.subs(norm_w, 1 / X)
        return diff(wide, X) - factor * 2 * normal_density(X / sin(theta)) / sin(theta), wide.subs(X, 0)

    def reference(at: Any) -> tuple[Any]:
        # Even in the coordinate along w, like the proxy.
        mean = 2 * plane.mean_across(1 / at["norm_w"], at["theta"].cot())
        return (at["norm_v"] ** 2 * mean / at["theta"].sin(),)

    return Claim(
        id="tangential-law-two-sided-clip",
        label="L6",
        statement="With v = v* the proxy derivative 1{|x| <= 1} has the tangential constant {subject}.",
        source=HERE,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example=EXAMPLE,
        evidence=(
            vanishing(residuals, "mean of the proxy at ‖w‖ sinθ times a normal, by its width"),
            integrals(lambda subject: (subject,), reference, "integral of the teacher's mean across w"),
        ),
        controls=(
            Control("the constant of the clipped ReLU, which is half of it", subject / 2),
            Control("√2 forgotten", factor * erf(1 / (norm_w * sin(theta)))),
            Control("the sine forgotten", factor * erf(1 / (sqrt(2) * norm_w))),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=("tangential-law-for-any-proxy",),
    )


def _alignment_residuals(claim: Claim, ste: str) -> tuple[Expr]:
    coarse = plane.along(theory.expected_coarse_gradient(ste).result.subs(theory.SAME_LAYER))
    exact = plane.along(filter_gradient().result.subs(v_dot_v_star, norm_v**2))
    return (sum(one * other for one, other in zip(coarse, exact, strict=True)) - claim.subject,)


def _sample_alignment(ste: str) -> Any:
    def sample(one: Network, samples: int, rng: np.random.Generator) -> Estimate:
        exact = predicted(filter_gradient().result, one)

        def inner(Z: Array) -> Array:
            return (net.sample_coarse_gradient(Z, one.v, one.w, one.v_star, one.w_star, ste) @ exact)[:, None]

        return estimate(inner, (one.m, len(one.w)), samples, rng, by_orbit=True)

    return sample


def _alignment(ste: str) -> Claim:
    law = theory.tangential_law(ste).result
    subject = norm_v**2 / (2 * pi * norm_w) * law * sin(theta)
    slug = ste.replace("_", "-")
    return Claim(
        id=f"alignment-{slug}",
        label="L7",
        statement=f"With v = v* the inner product of the {theory.TITLES[ste]} estimator's expected coarse "
                  "gradient "
        "with the gradient of the loss is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example=EXAMPLE,
        evidence=(
            vanishing(lambda claim: _alignment_residuals(claim, ste), "product of the closed forms in the "
                                                                      "plane"),
            sampled_mean(taught, _sample_alignment(ste), predicted, "the network's coarse gradient along the "
                         "closed gradient"),
            searched(lambda: pairs(same=True), lambda claim: misaligned({ste: claim.subject}),
                     "the slope of the loss along the coarse gradient, from angles of 1e-6 to π - 1e-6"),
        ),
        controls=(
            Control("opposed for aligned", -subject),
            Control("the norm of w forgotten", subject * norm_w),
            Control("the sine squared", subject * sin(theta)),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=(f"tangential-law-{slug}", "filter-gradient"),
    )  # fmt: skip
