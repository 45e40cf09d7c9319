"""The w-step of RVSCGD on the unit sphere and its fixed points: A1, A2, A4 and A5.

With the ReLU estimator and v = v* the expected coarse gradient at ‖w‖ = 1 is c(w - w*), so that the
step is N(αw + ηp) with p = c w* + βu and α = 1 - η(c + β). On the sphere the surrogate Lagrangian
Φ(u, w) = c(1 - ⟨w, w*⟩) + λP(u) + (β/2)‖w - u‖² depends on w by -⟨w, p⟩ alone. Everything is written
in inner products, and therefore holds in every dimension. Derived here.
"""

from functools import cache

from sympy import Expr, Piecewise, Symbol, cancel, expand, factor, sqrt

from theory.derivation import Derivation, Step, linear_root
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
LARGEST_STEP = linear_root(1 - eta * (c + beta), eta)


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
    length = alpha**2 + 2 * alpha * eta * kappa + eta**2 * norm_p**2
    squared = linear_root(rho**2 - length, norm_p**2)
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
def largest_step_of_runs() -> Derivation:
    """A1: the largest step size for which no w-step of RVSCGD itself, where u = S(w), is an increase."""
    # A w-step is an increase where ρ + α < 0, that is ‖p‖² < 2σκ. With y = ‖σw - βu‖ the worst teacher,
    # along σw - βu, turns that into |y - c| < σ.
    sigma, y = Symbol("sigma", real=True), Symbol("y", real=True)
    worst = c**2 + y**2 - sigma**2 - 2 * c * y
    sparse = linear_root(worst.subs(y, sigma), sigma)
    free = linear_root(eta * (c + beta - sparse) - 1, eta)
    return Derivation(
        "largest-step-of-runs",
        "A1",
        "Largest step size for which no w-step of RVSCGD, where u = S(w), increases the surrogate Lagrangian",
        "η_max, u = S(w)",
        r"\eta_{\max},\ u=S(w)",
        (
            Step("With σ = c + β - 1/η a step is an increase where this is negative.",
                 norm_p**2 - 2 * sigma * kappa),
            Step("For the teacher along σw - βu and y = ‖σw - βu‖ it is", worst),
            Step("For β ≤ c and a shrinking S the worst u is 0, y = σ; there it vanishes at σ =", sparse),
            Step("which is the step size", free),
            Step("For β > c some u has β‖u‖ just above c, so that no σ > 0 will do.",
                 Piecewise((free, beta <= c), (LARGEST_STEP, True))),
        ),
    )  # fmt: skip


@cache
def residual_gain() -> Derivation:
    """A2: what a w-step gains at least, as a multiple of the squared residual ‖p - κw‖²."""
    residual = Symbol("residual", real=True)
    before = alpha + eta * kappa
    # p = κw + r with r across w, ‖r‖ = residual: ρ² = (α + ηκ)² + η²‖r‖².
    gain = (kappa * before + eta * residual**2) / rho - kappa
    ratio = factor(cancel((gain / residual**2).subs(residual, sqrt(rho**2 - before**2) / eta)))
    return Derivation(
        "residual-gain",
        "A2",
        "Least decrease of the surrogate Lagrangian by a w-step, over the squared residual",
        "(Φ(u,w) - Φ(u,w⁺))/‖p - κw‖² ≥",
        r"\frac{\Phi(u,w)-\Phi(u,w^{+})}{\|p-\kappa w\|^{2}}\ge",
        (
            Step("Φ(u,w) - Φ(u,w⁺) = ⟨p, w⁺⟩ - κ with the residual ‖p - κw‖.", gain),
            Step("Its ratio to the squared residual.", ratio),
            Step("The denominator is largest at α + ηκ = ρ.", factor(ratio.subs(kappa, (rho - alpha) / eta))),
            Step("It falls with ρ ≤ α + η(c + β) = 1.",
                 factor(ratio.subs({kappa: (1 - alpha) / eta, rho: 1})).subs(alpha, 1 - eta * (c + beta))),
        ),
    )  # fmt: skip


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
            Step("So the perpendicular part of w* is", linear_root(balance, teacher_perp)),
            Step("and its norm, sinθ, is", linear_root(balance, teacher_perp).subs(u_perp, -norm_u_perp)),
        ),
    )
