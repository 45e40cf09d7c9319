"""A-priori error bounds A6 of the fixed points of RVSCGD, and their form for other estimators.

By the error identity c sinθ = β‖(w - u)⊥‖ ≤ β‖w - S(w)‖, and no coordinate moves by more than the
threshold t, so that sinθ ≤ β√d t/c. If κ > β, a coordinate with w*ᵢ = 0 has κwᵢ = βS(wᵢ) with
|S(wᵢ)| ≤ |wᵢ|, hence vanishes, and only the s coordinates in the support of w* count. Derived here.
"""

from functools import cache

from sympy import Symbol, asin, pi, powdenest, series, sin, sqrt, symbols

from theory.coarse_gradient import TITLES as ESTIMATOR_TITLES
from theory.coarse_gradient import tangential_law
from theory.derivation import Derivation, Step
from theory.penalties import TITLES, threshold
from theory.symbols import beta, c, d, lam, mu, norm_w, s, t, theta

ONE_NORM = Symbol("norm_w_star_1", real=True)


@cache
def displacement(penalty: str) -> Derivation:
    """A6: Λ, the largest pull β‖w - S(w)‖ of the relaxation."""
    per_coordinate = threshold(penalty).result.subs(mu, lam / beta)
    positive = dict(zip((lam, beta, d), symbols("lam beta d", positive=True), strict=True))
    bound = (beta * sqrt(d) * per_coordinate).subs(positive)
    neat = powdenest(bound.expand() if penalty == "l1" else bound, force=True)
    return Derivation(
        f"displacement-{penalty}",
        "A6",
        f"Largest pull of the {TITLES[penalty]} relaxation, β‖w - S(w)‖ ≤ Λ",
        f"Λ, {TITLES[penalty]}",
        r"\Lambda",
        (
            Step("The threshold at μ = λ/β.", per_coordinate),
            Step("Each of d coordinates moves by at most the threshold t.", beta * sqrt(d) * t),
            Step("So Λ is", neat.subs({v: k for k, v in positive.items()})),
        ),
    )


@cache
def error_bound(penalty: str) -> Derivation:
    """A6: bound on the sine of the error angle of every fixed point."""
    pull = displacement(penalty).result
    return Derivation(
        f"error-bound-{penalty}",
        "A6",
        f"Error bound of the {TITLES[penalty]} penalty; with κ > β, s may stand for d",
        f"sin θ̄ ≤, {TITLES[penalty]}",
        r"\sin\bar\theta\le",
        (
            Step("The largest pull Λ.", pull),
            Step("Divided by c.", pull / c),
        ),
    )


@cache
def filter_error() -> Derivation:
    """A6: distance of two unit vectors by their angle."""
    return Derivation(
        "filter-error",
        "A6",
        "Distance of the learned filter from the teacher's by their angle",
        "‖w̄ - w*‖",
        r"\|\bar w-w^{*}\|",
        (
            Step("‖w - w*‖² = 2 - 2cosθ = 4 sin²(θ/2).", 4 * sin(theta / 2) ** 2),
            Step("Its root, for 0 ≤ θ ≤ π.", 2 * sin(theta / 2)),
        ),
    )


@cache
def small_penalty_angle() -> Derivation:
    """A6: the error angle of l1 to first order in λ."""
    # Every active coordinate moves by λ/β towards zero; its part along w* is lost.
    squared = s - ONE_NORM**2
    sine = lam / c * sqrt(squared)
    return Derivation(
        "small-penalty-angle",
        "A6",
        "Error angle of the l1 penalty for small λ",
        "θ̄ ≈, l1, λ → 0",
        r"\bar\theta\approx",
        (
            Step("Squared norm of the part of sgn(w*) perpendicular to w*, with ‖w*‖₁.", squared),
            Step("The pull is λ times it; over c this is the sine.", sine),
            Step("θ = arcsin(sinθ) to first order in λ.", series(asin(sine), lam, 0, 2).removeO()),
        ),
    )


@cache
def smallest_tangential_constant(ste: str) -> Derivation:
    """A13: lower bound of c(θ) over [0, π] on the unit sphere."""
    law = tangential_law(ste).result.subs(norm_w, 1)
    # E[μ′(sG)] with s = sinθ: the erf of the clipped ReLU falls with s, so that π/2 is the worst angle.
    return Derivation(
        f"smallest-constant-{ste.replace('_', '-')}",
        "A13",
        f"Smallest tangential constant of the {ESTIMATOR_TITLES[ste]} estimator on the unit sphere",
        f"min c(θ), {ESTIMATOR_TITLES[ste]}",
        r"\min_\theta c(\theta)",
        (
            Step("The tangential law at ‖w‖ = 1.", law),
            Step("Its value at θ = π/2, where sinθ is largest.", law.subs(theta, pi / 2)),
        ),
    )
