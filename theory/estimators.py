"""Other straight-through estimators on the unit sphere: A13.

With v = v* the expected coarse gradient lies in the plane of w and w*: E[g] = γ(θ)w - c(θ)w*. A step is along
(1 - ηγ(θ))w + η(c(θ)w* - e), so that all that A8 needs besides c(θ) ≥ c_min is ηγ(θ) ≤ 1. For any proxy
derivative 0 ≤ μ′ ≤ M and θ ≤ π/2 the constant γ is at most M times that of the identity. Derived here.
"""

from functools import cache

from sympy import Abs, Expr, Symbol, cot, expand, oo

from theory.coarse_gradient import SAME_LAYER, TITLES, expected_coarse_gradient
from theory.derivation import Derivation, Step, definite_integral
from theory.gaussian import normal_density, normal_distribution, x
from theory.symbols import norm_v, norm_w, theta, w_hat

# Largest value of the proxy derivative.
LARGEST = Symbol("M", real=True)
COTANGENT = Symbol("k", real=True)


@cache
def radial_constant(ste: str) -> Derivation:
    """A13: the weight γ(θ) of w in the expected coarse gradient."""
    gradient = expand(expected_coarse_gradient(ste).result.subs(SAME_LAYER).subs(norm_w, 1))
    return Derivation(
        f"radial-constant-{ste.replace('_', '-')}",
        "A13",
        f"Weight of w in the expected coarse gradient of the {TITLES[ste]} estimator, unit sphere, v = v*",
        f"γ(θ), {TITLES[ste]}",
        r"\gamma(\theta)",
        (
            Step("The expected coarse gradient with v* = v and ‖w‖ = 1.", gradient),
            Step("What it has of w, the rest being that of w*.", gradient.coeff(w_hat).factor()),
        ),
    )


def radial_weight() -> Expr:
    """What γ(θ)/‖v‖² integrates besides μ′(x), with k = cotθ: c(θ)cosθ and the radial part of E[g]."""
    rest = Abs(x) * normal_distribution(-Abs(x) * COTANGENT)
    return normal_density(x) * (COTANGENT * normal_density(x * COTANGENT) + rest)


@cache
def largest_step() -> Derivation:
    """A13: step size up to which 1 - ηγ(θ) ≥ 0 for θ ≤ π/2 and any proxy 0 ≤ μ′ ≤ M."""
    weight = radial_weight()
    # For cotθ ≥ 0 the weight is not negative; its integral does not depend on θ.
    whole = 2 * _half(weight.subs(COTANGENT, 0))
    bound = LARGEST * norm_v**2 * whole
    return Derivation(
        "largest-step-for-any-estimator",
        "A13",
        "Step size up to which A8 holds for any estimator with 0 ≤ μ′ ≤ M",
        "η ≤, any estimator",
        r"\eta\le",
        (
            Step("Besides μ′(x), γ(θ)/‖v‖² integrates this over all x.", weight.subs(COTANGENT, cot(theta))),
            Step("Its integral, at θ = π/2; it does not depend on θ.", whole),
            Step("So γ(θ) is at most", bound),
            Step("and ηγ(θ) ≤ 1 up to", 1 / bound),
        ),
    )


def _half(even: Expr) -> Expr:
    positive = Symbol("x", positive=True)
    return definite_integral(even.subs(x, positive), (positive, 0, oo), half_squares=True)
