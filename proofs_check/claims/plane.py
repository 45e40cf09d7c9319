"""Gaussian means in Cartesian coordinates of the plane of w and w*: the second way to every integral.

With x = z·ŵ and y along ê, the teacher fires on y > -kx, k = cotθ. The integral over y is elementary:
∫ φ = Φ(kx) and ∫ yφ = φ(kx). What remains is one integral over x, from 0 to the width of the strip.
Nothing here comes from the derivations, which work in polar coordinates or by parts.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from sympy import (
    Add,
    Expr,
    Integer,
    Mul,
    Poly,
    Rational,
    Symbol,
    cos,
    cot,
    diff,
    exp,
    factorial2,
    integrate,
    oo,
    pi,
    sin,
    sqrt,
)

from proofs_check.evidence.quadrature import density, distribution, normal_integral
from theory.gaussian import normal_density, normal_distribution, x
from theory.symbols import norm_w, theta, w_hat, w_star

# Width 1/‖w‖ of the strip of the clipped ReLU.
X = Symbol("X", real=True)
# Each of the two vectors with the other.
_BASIS = ((w_hat, w_star), (w_star, w_hat))


def along(vector: Expr) -> tuple[Expr, Expr]:
    """Components along ŵ and ê of a combination of ŵ and w*, which is not multiplied out.

    Raises
    ------
    ValueError
        If it is no combination of the two, of which each coefficient can be read off alone.
    """
    if vector != 0 and not _is_combination(vector):
        raise ValueError(f"along: vector={vector}, a combination of ŵ and w* is required")
    student, teacher = (vector.xreplace({one: Integer(1), other: Integer(0)}) for one, other in _BASIS)
    return student + teacher * cos(theta), teacher * sin(theta)


def _is_combination(vector: Expr) -> bool:
    if isinstance(vector, Add):
        return all(map(_is_combination, vector.args))
    if isinstance(vector, Mul):
        of_vectors = [part for part in vector.args if part.has(w_hat, w_star)]
        return len(of_vectors) == 1 and _is_combination(of_vectors[0])
    return vector in (w_hat, w_star)


@cache
def half_line_moment(power: int) -> Expr:
    """∫ xⁿ φ(x) dx over x > 0."""
    value: Expr = integrate(x**power * normal_density(x), (x, 0, oo))
    return value


@cache
def gaussian_moment(power: int) -> Expr:
    """∫ xⁿ φ(x) φ(x cotθ) dx over x > 0, with x/sinθ in place of x: φ(x) φ(x cotθ) = φ(x/sinθ)/√(2π)."""
    return sin(theta) ** (power + 1) * half_line_moment(power) / sqrt(2 * pi)


def polynomial_mean(polynomial: Expr, scale: Symbol) -> Expr:
    """Mean of a polynomial in x at x = scale G, G standard normal, whose even moments are (k - 1)!!."""
    terms = Poly(polynomial, x).terms()
    return Add(*(factor * scale**k * factorial2(k - 1) for (k,), factor in terms if k % 2 == 0))


@cache
def wedge() -> Expr:
    """P(both fire), from its value 1/4 at π/2 and its slope, differentiated under the integral."""
    slope = -gaussian_moment(1) / sin(theta) ** 2
    return Rational(1, 4) + integrate(slope, (theta, pi / 2, theta))


@cache
def symbolic_patch_means(ste: str) -> dict[str, tuple[Expr, Expr]]:
    """E[z μ′], E[z μ′σ] and E[z μ′σ*] along (ŵ, ê); for the clipped ReLU their derivatives in X = 1/‖w‖."""
    zero, own = Integer(0), half_line_moment(1)
    if ste == "clipped_relu":
        strip = X * normal_density(X)
        teacher = (
            strip * normal_distribution(X * cot(theta)),
            exp(-(X**2) / (2 * sin(theta) ** 2)) / (2 * pi),
        )
        return {"proxy": (strip, zero), "student": (strip, zero), "teacher": teacher}
    # By parts over x > 0, or over the whole line where the border terms vanish.
    half = gaussian_moment(0)
    if ste == "identity":
        return {"proxy": (zero, zero), "student": (own, zero), "teacher": (2 * half * cot(theta), 2 * half)}
    return {"proxy": (own, zero), "student": (own, zero), "teacher": (own / 2 + half * cot(theta), half)}


def slope_and_value(component: Expr, slope: Expr, base: Any, value: Expr) -> tuple[Expr, Expr]:
    """Residuals of a function of θ that is given by its derivative and its value at one angle."""
    return diff(component, theta) - slope, component.subs(theta, base) - value


def in_width(component: Expr, slope: Expr) -> Iterator[Expr]:
    """Residuals of a function of X = 1/‖w‖ that is given by its derivative, and zero at X = 0."""
    component = component.subs(norm_w, 1 / X)
    yield diff(component, X) - slope
    yield component.subs(X, 0)


def mean(power: int, upper: Any | None, k: Any | None = None) -> Any:
    """E[x^power 1{0<x<upper}], with 1{teacher fires} if its cotangent is given; power 0 or 1.

    ``upper`` is a ball, or None for infinity.
    """
    if k is None:
        return normal_integral(lambda x: x**power * density(x), power, upper)
    return normal_integral(lambda x: x**power * density(x) * distribution(k * x), power, upper)


def mean_across(upper: Any | None, k: Any) -> Any:
    """E[y 1{0<x<upper} 1{teacher fires}]."""
    return normal_integral(lambda x: density(x) * density(k * x), 0, upper)


def patch_means(ste: str, norm_w: Any, angle: Any) -> dict[str, tuple[Any, Any]]:
    """E[z μ′], E[z μ′σ] and E[z μ′σ*] along (ŵ, ê), by integration."""
    k, width = angle.cot(), 1 / norm_w if ste == "clipped_relu" else None
    own = (mean(1, width), 0 * k)
    teacher = (mean(1, width, k), mean_across(width, k))
    if ste == "identity":
        # The other half-line x < 0 counts too; with -x for x the teacher fires on y > kx.
        teacher = (teacher[0] - mean(1, width, -k), teacher[1] + mean_across(width, -k))
        return {"proxy": (0 * k, 0 * k), "student": own, "teacher": teacher}
    return {"proxy": own, "student": own, "teacher": teacher}


def pair_sum(
    v: Sequence[Any], v_star: Sequence[Any], same: Callable[[Any, Any], Any], other: Callable[[Any, Any], Any]
) -> Any:
    """Sum over all pairs of patches (i, j), a patch with itself and with another treated apart."""
    total: Any = 0
    for i, own in enumerate(v):
        for j, (student, teacher) in enumerate(zip(v, v_star, strict=True)):
            total += own * (same(student, teacher) if i == j else other(student, teacher))
    return total
