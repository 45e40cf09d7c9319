"""The w-step of RVSCGD on the unit sphere and its fixed points: A1, A4 and A5.

With the ReLU estimator and v = v* the expected coarse gradient at ‖w‖ = 1 is c(w - w*), so that the
step is N(αw + ηp) with p = c w* + βu and α = 1 - η(c + β). On the sphere the surrogate Lagrangian
Φ(u, w) = c(1 - ⟨w, w*⟩) + λP(u) + (β/2)‖w - u‖² depends on w by -⟨w, p⟩ alone. Everything is written
in inner products, and therefore holds in every dimension. Derived here.
"""

from functools import cache

from sympy import Expr, Symbol, cancel, expand, factor, solve

from theory.derivation import Derivation, Step
from theory.symbols import (
    alpha,
    beta,
    c,
    eta,
    kappa,
    lam,
    norm_p,
    norm_u,
    norm_u_perp,
    penalty_u,
    rho,
    w_dot_u,
    w_dot_w_star,
)

# The largest step for which α = 1 - η(c + β) is not negative.
LARGEST_STEP = solve(1 - eta * (c + beta), eta)[0]


@cache
def surrogate_lagrangian() -> Derivation:
    """A1: the surrogate Lagrangian in inner products."""
    distance = 1 - 2 * w_dot_u + norm_u**2
    return Derivation(
        "surrogate-lagrangian",
        "A1",
        "Surrogate Lagrangian of RVSCGD on the unit sphere",
        "Φ(u, w)",
        r"\Phi(u,w)",
        (
            Step("‖w - u‖² for ‖w‖ = 1.", distance),
            Step("Hidden loss, penalty and relaxation.", surrogate(w_dot_w_star, w_dot_u)),
        ),
    )


def surrogate(inner_teacher: Expr, inner_u: Expr) -> Expr:
    """Surrogate Lagrangian at a unit w with the inner products ⟨w, w*⟩ and ⟨w, u⟩."""
    return c * (1 - inner_teacher) + lam * penalty_u + beta / 2 * (1 - 2 * inner_u + norm_u**2)


@cache
def decrease() -> Derivation:
    """A1: what a w-step gains, as a multiple of its squared length."""
    # ρ² = α² + 2αηκ + η²‖p‖² with κ = ⟨w, p⟩.
    squared = solve(rho**2 - (alpha**2 + 2 * alpha * eta * kappa + eta**2 * norm_p**2), norm_p**2)[0]
    gain = factor(((alpha * kappa + eta * norm_p**2) / rho - kappa).subs(norm_p**2, squared))
    length = factor(2 - 2 * (alpha + eta * kappa) / rho)
    return Derivation(
        "surrogate-decrease",
        "A1",
        "Decrease of the surrogate Lagrangian by a w-step, over the squared length of the step",
        "(Φ(u,w) - Φ(u,w⁺))/‖w⁺ - w‖²",
        r"\frac{\Phi(u,w)-\Phi(u,w^{+})}{\|w^{+}-w\|^{2}}",
        (
            Step("Φ(u,w) - Φ(u,w⁺) = ⟨p, w⁺⟩ - ⟨p, w⟩, with ‖p‖² from ρ² = ‖αw + ηp‖².", gain),
            Step("‖w⁺ - w‖² = 2 - 2⟨w, w⁺⟩.", length),
            Step("Their ratio.", factor(cancel(gain / length))),
        ),
    )


@cache
def largest_step() -> Derivation:
    """A1: the largest step size for which the surrogate Lagrangian never increases."""
    return Derivation(
        "largest-step",
        "A1",
        "Largest step size for which every w-step decreases the surrogate Lagrangian",
        "η_max",
        r"\eta_{\max}",
        (
            Step("The decrease has the sign of ρ + α; ρ ≥ 0 can be as small as |α|.", 1 - eta * (c + beta)),
            Step("α vanishes at this step size.", LARGEST_STEP),
        ),
    )


@cache
def fixed_point_norm() -> Derivation:
    """A4: at a fixed point p = κw, and the norm before normalisation is positive."""
    full = alpha + eta * kappa
    return Derivation(
        "fixed-point-norm",
        "A4",
        "At a fixed point c w* + βu = κw; norm of the step before normalisation, which must be positive",
        "ρ at a fixed point",
        r"\bar\rho",
        (
            Step("ρw = αw + ηp makes p a multiple of w: p = κw, and ρ is", full),
            Step("With α = 1 - η(c + β).", 1 + factor(expand(full.subs(alpha, 1 - eta * (c + beta)) - 1))),
        ),
    )


@cache
def error_identity() -> Derivation:
    """A5: the exact error angle of a fixed point, from the output alone."""
    u_perp = Symbol("u_perp", real=True)
    teacher_perp = Symbol("w_star_perp", real=True)
    balance = c * teacher_perp + beta * u_perp
    return Derivation(
        "error-identity",
        "A5",
        "Sine of the error angle of a fixed point, without knowledge of the teacher",
        "sin θ̄",
        r"\sin\bar\theta",
        (
            Step("The part of κw = c w* + βu perpendicular to w is zero.", balance),
            Step("So the perpendicular part of w* is", solve(balance, teacher_perp)[0]),
            Step("and its norm, sinθ, is", solve(balance, teacher_perp)[0].subs(u_perp, -norm_u_perp)),
        ),
    )
