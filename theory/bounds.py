"""A-priori error bounds A6 of the fixed points of RVSCGD, and their form for other estimators.

By the error identity c sinθ = β‖(w - u)⊥‖ ≤ β‖w - S(w)‖, and no coordinate moves by more than the
threshold t, so that sinθ ≤ β√d t/c. If κ > β, a coordinate with w*ᵢ = 0 has κwᵢ = βS(wᵢ) with
|S(wᵢ)| ≤ |wᵢ|, hence vanishes, and only the s coordinates in the support of w* count. One coordinate less
will do: a multiple of w taken off w - S(w) leaves the part across w as it is, and the share k that the
largest coordinate loses is the smallest of all, so that w - S(w) - kw vanishes there and is nowhere larger
than w - S(w). Derived here.
"""

from functools import cache

from sympy import Symbol, atan, diff, pi, powdenest, sin, sqrt, symbols

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
def sharp_error_bound(penalty: str) -> Derivation:
    """A6: the error bound with one coordinate less."""
    pull = displacement(penalty).result
    return Derivation(
        f"sharp-error-bound-{penalty}",
        "A6",
        f"Sharper error bound of the {TITLES[penalty]} penalty; with κ > β, s may stand for d",
        f"sin θ̄ ≤, {TITLES[penalty]}, sharper",
        r"\sin\bar\theta\le",
        (
            Step("The largest pull of d coordinates.", pull),
            Step("The part across w is that of w - S(w) - kw, with k the share that the largest loses.",
                 pull.subs(d, d - 1)),
            Step("Divided by c.", pull.subs(d, d - 1) / c),
        ),
    )  # fmt: skip


@cache
def full_support_angle() -> Derivation:
    """A6: the error angle of l1 wherever every entry of the teacher survives, exact for any λ."""
    # κw = c w* + βw - λ sgn(w*), so that w is along c w* - λ sgn(w*).
    squared = s - ONE_NORM**2
    across, along = lam * sqrt(squared), c - lam * ONE_NORM
    return Derivation(
        "full-support-angle",
        "A6",
        "Tangent of the error angle of the l1 penalty where no entry of the teacher is lost",
        "tan θ̄, l1, no entry lost",
        r"\tan\bar\theta",
        (
            Step("Squared norm of the part of sgn(w*) across w*, with ‖w*‖₁.", squared),
            Step("w̄ is along c w* - λ sgn(w*); its part across w* has the norm", across),
            Step("and its part along w* is", along),
            Step("Their ratio.", across / along),
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
    tangent = full_support_angle().result
    return Derivation(
        "small-penalty-angle",
        "A6",
        "Error angle of the l1 penalty for small λ",
        "θ̄ ≈, l1, λ → 0",
        r"\bar\theta\approx",
        (
            Step("For small λ no entry is lost, so that the tangent is", tangent),
            Step("The angle to first order in λ.", lam * diff(atan(tangent), lam).subs(lam, 0)),
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
