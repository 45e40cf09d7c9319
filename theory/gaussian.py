"""Gaussian integrals G1 to G6, in the plane of w and w*.

For z ~ N(0, I_d) the coordinates x = z·ŵ and y = z·ê, ê the unit vector along the part of w*
perpendicular to w, are independent standard normals; the other d - 2 coordinates have mean zero and
meet no indicator. The student fires on the half-plane x > 0, the teacher on x cosθ + y sinθ > 0. In
polar coordinates (r, τ) these are |τ| < π/2 and |τ - θ| < π/2, so both fire on the wedge
θ - π/2 < τ < π/2, for every θ in [0, π]. The clipped proxy cuts the strip 0 < x < 1/‖w‖ out of the
half-plane; there Cartesian coordinates serve better.

The integrals of G5 and G6 are left open by Yin et al. (arXiv 1903.05662); their forms with erf are
derived here.
"""

from functools import cache

from sympy import (
    Expr,
    Integral,
    Rational,
    Symbol,
    cancel,
    cos,
    cot,
    diff,
    erf,
    exp,
    expand,
    factor,
    oo,
    pi,
    sin,
    sqrt,
    together,
)

from theory.derivation import Derivation, Step, confirm, definite_integral
from theory.symbols import norm_w, theta, w_hat, w_star

r, tau, y = (Symbol(name, real=True) for name in ("r", "tau", "y"))
x = Symbol("x", real=True)

DENSITY = exp(-(r**2) / 2) / (2 * pi)
# The range of θ has to be seen whole: a value on each side of π/2 and one close to either end.
ANGLES = tuple({theta: value} for value in (Rational(1, 10), 1, 2, 3))


def normal_density(argument: Expr) -> Expr:
    """Density φ of the standard normal law."""
    return exp(-(argument**2) / 2) / sqrt(2 * pi)


def normal_distribution(argument: Expr) -> Expr:
    """Distribution function Φ of the standard normal law."""
    return (1 + erf(argument / sqrt(2))) / 2


@cache
def _radial(power: int) -> Expr:
    """∫ rⁿ DENSITY dr over r > 0."""
    moment = r**power * DENSITY
    if power % 2:
        return definite_integral(moment, (r, 0, oo), half_squares=True)
    # Each derivative in k of exp(-kr²/2) brings down -r²/2.
    k = Symbol("k", positive=True)
    scaled = definite_integral(DENSITY.subs(r, sqrt(k) * r), (r, 0, oo), [{k: 2}])
    value: Expr = (-2) ** (power // 2) * diff(scaled, k, power // 2).subs(k, 1)
    confirm("radial", value, Integral(moment, (r, 0, oo)), [{}])
    return value


@cache
def half_space_probability() -> Derivation:
    """G1: how often the student fires."""
    radial = _radial(1)
    return Derivation(
        "half-space-probability",
        "G1",
        "Probability that a hidden unit of the student fires",
        "P(z·w > 0)",
        r"P(z\cdot w>0)",
        (
            Step("The radial part of the Gaussian integral in polar coordinates.", radial),
            Step("The angle runs from -π/2 to π/2.", definite_integral(radial, (tau, -pi / 2, pi / 2))),
        ),
    )


@cache
def wedge_probability() -> Derivation:
    """G2: how often student and teacher fire together."""
    radial = _radial(1)
    wedge = definite_integral(radial, (tau, theta - pi / 2, pi / 2), ANGLES)
    return Derivation(
        "wedge-probability",
        "G2",
        "Probability that student and teacher fire together",
        "P(z·w > 0, z·w* > 0)",
        r"P(z\cdot w>0,\ z\cdot w^{*}>0)",
        (
            Step("The radial part of the Gaussian integral in polar coordinates.", radial),
            Step("The angle runs over the wedge from θ - π/2 to π/2.", together(expand(wedge))),
        ),
    )


@cache
def half_space_mean() -> Derivation:
    """G3: mean input on the student's half-space."""
    along_w = definite_integral(x * normal_density(x), (x, 0, oo), half_squares=True)
    return Derivation(
        "half-space-mean",
        "G3",
        "Mean of the input over the half-space on which the student fires",
        "E[z 1{z·w>0}]",
        r"E[z\,1_{\{z\cdot w>0\}}]",
        (
            Step("The coordinate along ŵ; every other coordinate has mean zero.", along_w),
            Step("As a vector.", along_w * w_hat),
        ),
    )


def in_terms_of_filters(along_w: Expr, along_e: Expr) -> Expr:
    """Write a vector of the plane, given along ŵ and ê, in ŵ and w* = cosθ ŵ + sinθ ê."""
    teacher = cancel(along_e / sin(theta))
    student = expand(along_w - teacher * cos(theta)).subs(cot(theta) * sin(theta), cos(theta))
    return student * w_hat + teacher * w_star


@cache
def wedge_mean() -> Derivation:
    """G4: mean input where student and teacher both fire."""
    radial = _radial(2)
    wedge = (tau, theta - pi / 2, pi / 2)
    along_w = factor(definite_integral(radial * cos(tau), wedge, ANGLES))
    along_e = definite_integral(radial * sin(tau), wedge, ANGLES)
    return Derivation(
        "wedge-mean",
        "G4",
        "Mean of the input over the wedge on which student and teacher fire",
        "E[z 1{z·w>0} 1{z·w*>0}]",
        r"E[z\,1_{\{z\cdot w>0\}}1_{\{z\cdot w^{*}>0\}}]",
        (
            Step("The radial part of the integral.", radial),
            Step("The coordinate along ŵ, integrated over the wedge.", along_w),
            Step("The coordinate along ê.", along_e),
            Step("In ŵ and w*, which has no singularity.", in_terms_of_filters(along_w, along_e).factor()),
        ),
    )


@cache
def strip_mean() -> Derivation:
    """G5: mean input on the strip of the clipped ReLU."""
    width = Symbol("X", positive=True)
    points = [{width: Rational(1, 3)}, {width: 2}]
    along_w = definite_integral(x * normal_density(x), (x, 0, width), points, half_squares=True)
    return Derivation(
        "strip-mean",
        "G5",
        "Mean of the input over the strip on which the clipped proxy is one",
        "E[z 1{0<z·w<1}]",
        r"E[z\,1_{\{0<z\cdot w<1\}}]",
        (
            Step("The coordinate along ŵ runs from 0 to X = 1/‖w‖.", along_w),
            Step("As a vector, with X = 1/‖w‖.", along_w.subs(width, 1 / norm_w) * w_hat),
        ),
    )


@cache
def strip_wedge_mean() -> Derivation:
    """G6: mean input on the strip where the teacher fires."""
    width, sine = Symbol("X", positive=True), Symbol("S", positive=True)
    # On the line x the teacher fires for y > -x cotθ, where y φ(y) integrates to φ(x cotθ), and
    # φ(x) φ(x cotθ) = exp(-x²/(2 sin²θ))/(2π).
    points = [{width: Rational(2, 5), sine: Rational(1, 3)}, {width: 3, sine: Rational(9, 10)}]
    along_e = definite_integral(exp(-(x**2) / (2 * sine**2)) / (2 * pi), (x, 0, width), points)
    # By parts: x φ(x) is the derivative of -φ(x), and d/dx Φ(x cotθ) = cotθ φ(x cotθ).
    border = normal_density(x) * normal_distribution(x * cot(theta))
    along_w = border.subs(x, 0) - border.subs(x, width) + cot(theta) * along_e
    vector = in_terms_of_filters(*(part.subs(sine, sin(theta)) for part in (along_w, along_e)))
    return Derivation(
        "strip-wedge-mean",
        "G6",
        "Mean of the input over the strip of the clipped proxy where the teacher fires",
        "E[z 1{0<z·w<1} 1{z·w*>0}]",
        r"E[z\,1_{\{0<z\cdot w<1\}}1_{\{z\cdot w^{*}>0\}}]",
        (
            Step("c₂, the coordinate along ê, with X = 1/‖w‖ and S = sinθ.", along_e),
            Step("c₁, the coordinate along ŵ, by parts.", along_w),
            Step(
                "In ŵ and w*, where the cotangent cancels.",
                sum(expand(vector.coeff(e)) * e for e in (w_hat, w_star)).subs(width, 1 / norm_w),
            ),
        ),
    )
