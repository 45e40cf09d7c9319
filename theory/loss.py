"""Population loss L1, L2 and its gradients L3, L4.

The patches do not overlap, so the activations of different patches are independent. With
p = P(student fires) and q = P(student and teacher fire) a sum over pairs of patches
Σᵢⱼ vᵢ v*ⱼ E[σᵢ σ*ⱼ] has q on the diagonal and p² off it, hence equals
(q - p²) vᵀv* + p² (1ᵀv)(1ᵀv*): the loss depends on v and v* by their norms, sums and inner product.
"""

from functools import cache

from sympy import Abs, Expr, acos, cos, diff, expand, factor, sin

from theory.derivation import Derivation, Step
from theory.gaussian import half_space_probability, wedge_probability
from theory.symbols import (
    norm_v,
    norm_v_star,
    norm_w,
    ones,
    sum_v,
    sum_v_star,
    theta,
    v,
    v_dot_v_star,
    v_star,
    w_dot_w_star,
    w_hat,
    w_star,
)


def _pair_sum(together: Expr, alone: Expr, inner: Expr, sums: Expr) -> Expr:
    """Sum over all pairs of patches: ``together`` within a patch, ``alone`` squared between two."""
    return (together - alone**2) * inner + alone**2 * sums


def _by_inner_product(loss: Expr) -> Expr:
    """Split into sums, norms and the part with vᵀv*, each factored."""
    expanded = expand(loss)
    inner = expanded.coeff(v_dot_v_star) * v_dot_v_star
    norms = expanded.subs({sum_v: 0, sum_v_star: 0, v_dot_v_star: 0})
    return factor(expand(expanded - norms - inner)) + factor(norms) + factor(inner)


@cache
def population_loss() -> Derivation:
    """L1: the population loss for any two second layers."""
    fires, both = half_space_probability().result, wedge_probability().result
    student = _pair_sum(fires, fires, norm_v**2, sum_v**2)
    mixed = _pair_sum(both, fires, v_dot_v_star, sum_v * sum_v_star)
    teacher = _pair_sum(fires, fires, norm_v_star**2, sum_v_star**2)
    loss = (student - 2 * mixed + teacher) / 2
    return Derivation(
        "population-loss",
        "L1",
        "Population loss for any second layers",
        "f(v, w)",
        "f(v,w)",
        (
            Step("E[h²] from the second moments of the activations.", factor(student)),
            Step("E[h y]: student and teacher fire together with the probability of the wedge.", mixed),
            Step("E[y²].", factor(teacher)),
            Step("f = (E[h²] - 2 E[h y] + E[y²])/2.", _by_inner_product(loss)),
        ),
    )


@cache
def teacher_loss() -> Derivation:
    """L2: the population loss with the teacher's second layer."""
    same = {norm_v_star: norm_v, sum_v_star: sum_v, v_dot_v_star: norm_v**2}
    return Derivation(
        "teacher-loss",
        "L2",
        "Population loss with the teacher's second layer, v = v*",
        "f(v*, w)",
        "f(v^{*},w)",
        (
            Step("The population loss.", population_loss().result),
            Step("Put v* = v.", factor(population_loss().result.subs(same))),
        ),
    )


@cache
def output_gradient() -> Derivation:
    """L3: gradient of the population loss in v."""
    loss = population_loss().result
    # Chain rule over ‖v‖², 1ᵀv and vᵀv*, whose gradients in v are 2v, 1 and v*.
    gradient = diff(loss, norm_v) * v / norm_v + diff(loss, sum_v) * ones + diff(loss, v_dot_v_star) * v_star
    return Derivation(
        "output-gradient",
        "L3",
        "Gradient of the population loss in the second layer",
        "∇_v f",
        r"\nabla_v f",
        (
            Step("The population loss.", loss),
            Step("Chain rule over ‖v‖, 1ᵀv and vᵀv*.", gradient),
            Step("Collected.", sum(factor(expand(gradient).coeff(e)) * e for e in (v, ones, v_star))),
        ),
    )


@cache
def filter_gradient() -> Derivation:
    """L4: gradient of the population loss in w, away from θ = 0 and θ = π."""
    of_w = population_loss().result.subs(theta, acos(w_dot_w_star / norm_w))
    # The gradients of ⟨w, w*⟩ and ‖w‖ in w are w* and ŵ.
    chain = diff(of_w, w_dot_w_star) * w_star + diff(of_w, norm_w) * w_hat
    with_angle = factor(
        chain.subs(w_dot_w_star, norm_w * cos(theta)).subs(1 - cos(theta) ** 2, sin(theta) ** 2)
    )
    # 0 < θ < π: there |sinθ| = sinθ.
    gradient = with_angle.subs(Abs(sin(theta)), sin(theta))
    return Derivation(
        "filter-gradient",
        "L4",
        "Gradient of the population loss in the filter, for 0 < θ < π",
        "∇_w f",
        r"\nabla_w f",
        (
            Step("The population loss by ⟨w, w*⟩ and ‖w‖.", of_w),
            Step("Chain rule over ⟨w, w*⟩ and ‖w‖, at cosθ = ⟨w, w*⟩/‖w‖.", with_angle),
            Step("For 0 < θ < π the sine is positive.", gradient),
        ),
    )


@cache
def filter_gradient_norm() -> Derivation:
    """L4: the norm of the gradient in w does not depend on θ, so that f has a cone at w*."""
    gradient = expand(filter_gradient().result)
    student, teacher = gradient.coeff(w_hat), gradient.coeff(w_star)
    squared = factor(
        (student**2 + 2 * student * teacher * cos(theta) + teacher**2).subs(
            sin(theta) ** 2, 1 - cos(theta) ** 2
        )
    )
    return Derivation(
        "filter-gradient-norm",
        "L4",
        "Squared norm of the gradient in the filter, for 0 < θ < π: the loss has a cone at w*",
        "‖∇_w f‖²",
        r"\|\nabla_w f\|^{2}",
        (
            Step("The gradient.", filter_gradient().result),
            Step("Its squared norm, with ⟨ŵ, w*⟩ = cosθ.", squared),
        ),
    )
