"""Expected coarse gradients L5, the tangential law L6 and the hidden loss L8.

The sample coarse gradient is Σᵢ vᵢ zᵢ μ′(zᵢ·w) (h - y) with h - y = Σⱼ (vⱼ σⱼ - v*ⱼ σ*ⱼ). In its mean
the patch i meets itself (j = i) or an independent patch (j ≠ i), whose mean activation is
P(z·w > 0). So three Gaussian means of one patch decide it, for every straight-through estimator:
E[z μ′], E[z μ′ σ] and E[z μ′ σ*]. Yin et al. (arXiv 1903.05662) give the three results; the law of the
tangential part and the hidden loss are derived here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sympy import Expr, Integer, Integral, Symbol, cos, cot, diff, expand, factor, oo, sin, sqrt

from theory.derivation import Derivation, Step
from theory.gaussian import (
    half_space_mean,
    half_space_probability,
    normal_density,
    normal_distribution,
    strip_mean,
    strip_wedge_mean,
    wedge_mean,
    x,
)
from theory.symbols import (
    norm_v,
    norm_w,
    sum_v,
    sum_v_star,
    theta,
    v_dot_v_star,
    w_dot_w_star,
    w_hat,
    w_star,
)

ESTIMATORS = ("identity", "relu", "clipped_relu")
TITLES: Mapping[str, str] = {"identity": "identity", "relu": "ReLU", "clipped_relu": "clipped ReLU"}
# With the teacher's second layer, v = v*.
SAME_LAYER: Mapping[Expr, Expr] = {sum_v_star: sum_v, v_dot_v_star: norm_v**2}


@dataclass(frozen=True)
class PatchMeans:
    """The three means of one patch: E[z μ′], E[z μ′ σ] and E[z μ′ σ*], in ŵ and w*."""

    proxy: Expr
    with_student: Expr
    with_teacher: Expr


def patch_means(ste: str) -> PatchMeans:
    """Means of one patch for the straight-through estimator ``ste``, one of ``ESTIMATORS``."""
    return _PATCH_MEANS[ste]()


def _identity_means() -> PatchMeans:
    """μ′ = 1; the teacher's half-space mean is the student's with w* for ŵ."""
    half = half_space_mean().result
    return PatchMeans(Integer(0), half, half.subs(w_hat, w_star))


def _relu_means() -> PatchMeans:
    """μ′ = σ, so that μ′σ = μ′."""
    half = half_space_mean().result
    return PatchMeans(half, half, wedge_mean().result)


def _clipped_relu_means() -> PatchMeans:
    """μ′σ = μ′ again."""
    strip = strip_mean().result
    return PatchMeans(strip, strip, strip_wedge_mean().result)


# Each derives what its own estimator needs.
_PATCH_MEANS: Mapping[str, Callable[[], PatchMeans]] = {
    "identity": _identity_means,
    "relu": _relu_means,
    "clipped_relu": _clipped_relu_means,
}


# Weights come back from step to step and from estimator to estimator.
_factored = cache(factor)


def _collect(terms: Sequence[tuple[Expr, Expr]]) -> Expr:
    """Sum of weight times vector, in ŵ and w*; equal vectors share one factored weight."""
    total = Integer(0)
    for basis in (w_hat, w_star):
        weights: dict[Expr, Expr] = {}
        for weight, vector in terms:
            coefficient = vector.expand().coeff(basis)
            weights[coefficient] = weights.get(coefficient, Integer(0)) + weight
        total += sum(_factored(weight) * coefficient * basis for coefficient, weight in weights.items())
    return total


def _slug(ste: str) -> str:
    return ste.replace("_", "-")


@cache
def expected_coarse_gradient(ste: str) -> Derivation:
    """L5: mean of the sample coarse gradient for any second layers."""
    means = patch_means(ste)
    same = ((norm_v**2, means.with_student), (-v_dot_v_star, means.with_teacher))
    # Σ_{i≠j} vᵢ(vⱼ - v*ⱼ): all pairs less the diagonal.
    pairs = sum_v**2 - norm_v**2 - sum_v * sum_v_star + v_dot_v_star
    other = (half_space_probability().result * pairs, means.proxy)
    return Derivation(
        f"coarse-gradient-{_slug(ste)}",
        "L5",
        f"Expected coarse gradient of the {TITLES[ste]} straight-through estimator",
        f"E[g], {TITLES[ste]}",
        rf"\mathbb{{E}}[g_{{\mathrm{{{TITLES[ste].replace(' ', '~')}}}}}]",
        (
            Step("A patch with itself: ‖v‖² E[z μ′σ] - vᵀv* E[z μ′σ*].", _collect(same)),
            Step("With another: E[z μ′] P(z·w>0) times the sum of vᵢ(vⱼ - v*ⱼ), i ≠ j.", _collect([other])),
            Step("Their sum, in ŵ and w*.", _collect((*same, other))),
        ),
    )


@cache
def tangential_law(ste: str) -> Derivation:
    """L6: with v = v*, the part of -E[g] perpendicular to w is c(θ) times that of w*."""
    gradient = expand(expected_coarse_gradient(ste).result.subs(SAME_LAYER))
    return Derivation(
        f"tangential-law-{_slug(ste)}",
        "L6",
        f"Tangential constant of the {TITLES[ste]} straight-through estimator, v = v*",
        f"c(θ), {TITLES[ste]}",
        r"c(\theta)",
        (
            Step("The expected coarse gradient with v* = v.", gradient),
            Step("ŵ has no part perpendicular to w; what -E[g] keeps of w*.", -gradient.coeff(w_star)),
        ),
    )


@cache
def hidden_loss(ste: str) -> Derivation:
    """L8: the potential whose gradient in w is the expected coarse gradient, for v = v*.

    With M′ = μ′σ it is ‖v‖² (E[M(z·w)] - E[μ(z·w) σ(z·w*)]), because μ′(z·w) z = ∇_w μ(z·w).
    """
    own, teacher = _HIDDEN[ste]()
    potential = norm_v**2 * (own - teacher)
    if not potential.has(Integral):
        potential = factor(potential)
    return Derivation(
        f"hidden-loss-{_slug(ste)}",
        "L8",
        f"Hidden loss of the {TITLES[ste]} straight-through estimator, v = v*",
        f"F(w), {TITLES[ste]}",
        "F(w)",
        (
            Step("E[M(z·w)] with M′ = μ′σ.", own),
            Step("E[μ(z·w) σ(z·w*)].", teacher),
            Step("‖v‖² times their difference.", potential),
        ),
    )


def _mean_along_w(vector: Expr) -> Expr:
    """⟨w, ·⟩ of a combination of ŵ and w*."""
    return expand(vector.subs({w_hat: norm_w, w_star: w_dot_w_star}))


def _hidden_identity() -> tuple[Expr, Expr]:
    # M(x) = max(x, 0), and μ(x) = x.
    means = patch_means("identity")
    return _mean_along_w(means.with_student), _mean_along_w(means.with_teacher)


def _hidden_relu() -> tuple[Expr, Expr]:
    # M(x) = μ(x) = max(x, 0) = x σ(x).
    means = patch_means("relu")
    return _mean_along_w(means.with_student), _mean_along_w(means.with_teacher)


def _hidden_clipped() -> tuple[Expr, Expr]:
    # M(x) = μ(x) = min(max(x, 0), 1): x on the strip, and 1 beyond it. There the teacher's
    # probability is one of the bivariate normal law, which has no elementary form.
    means, width = patch_means("clipped_relu"), 1 / norm_w
    beyond = Integral(normal_density(x) * normal_distribution(x * cot(theta)), (x, width, oo))
    own = _mean_along_w(means.with_student) + normal_distribution(-width)
    return own, _mean_along_w(means.with_teacher) + beyond


_HIDDEN = {"identity": _hidden_identity, "relu": _hidden_relu, "clipped_relu": _hidden_clipped}


@cache
def hidden_curl() -> Derivation:
    """L8: the expected coarse gradient of the clipped ReLU has no curl."""
    gradient = expand(expected_coarse_gradient("clipped_relu").result.subs(SAME_LAYER))
    # In polar coordinates (‖w‖, θ) of the plane, with ê_θ the direction in which θ grows,
    # w* = cosθ ŵ - sinθ ê_θ, and curl = (∂(‖w‖ g_θ)/∂‖w‖ - ∂g_r/∂θ)/‖w‖.
    radial = gradient.coeff(w_hat) + gradient.coeff(w_star) * sin(theta) * cot(theta)
    turning = -gradient.coeff(w_star) * sin(theta)
    curl = (diff(norm_w * turning, norm_w) - diff(radial, theta)) / norm_w
    k = Symbol("k", real=True)
    by_cotangent = {cot(theta): k, sin(theta): 1 / sqrt(1 + k**2), cos(theta): k / sqrt(1 + k**2)}
    return Derivation(
        "hidden-curl-clipped-relu",
        "L8",
        "Curl of the expected coarse gradient of the clipped ReLU, v = v*",
        "curl E[g], clipped ReLU",
        r"\nabla\times\mathbb{E}[g]",
        (
            Step("The part along ŵ.", radial),
            Step("The part in the direction in which θ grows.", turning),
            Step("The curl in polar coordinates of the plane of w and w*.", curl),
            Step(
                "By k = cotθ, which gives sine and cosine on (0, π), all terms cancel.",
                expand(curl.subs(by_cotangent)),
            ),
        ),
    )
