"""A derivation is a list of steps that the machine runs; its last expression is the result.

SymPy's ``integrate`` is never taken at its word: SymPy 1.14 returns some definite integrals that
are wrong on a part of the parameter range. ``definite_integral`` asks it for a primitive, differentiates
that, and compares the difference of its ends with the integral's numerical value at given points, which
the caller puts on both sides of every border: a primitive may jump.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from sympy import (
    Basic,
    Dummy,
    Expr,
    Integral,
    N,
    Symbol,
    cancel,
    diff,
    expand,
    integrate,
    lambdify,
    nan,
    sqrt,
    sympify,
)

# Quadrature in 15 digits loses a few units of the last. Primitives are differentiated exactly; what
# is left to be seen here is a jump, which is not as small.
AGREEMENT = 1e-12

# What an equation is solved for, whatever it is.
UNKNOWN = Dummy("unknown")

Limits = tuple[Symbol, Expr | int, Expr | int]
Point = Mapping[Symbol, Expr | int]


class DerivationError(ArithmeticError):
    """Two ways to the same quantity disagree, so that the derivation is broken."""


@dataclass(frozen=True)
class Step:
    """What is done, in one short sentence, and the expression after it."""

    sentence: str
    expression: Basic


@dataclass(frozen=True)
class Derivation:
    """A closed form and the way to it.

    Attributes
    ----------
    name, label : str
        Readable name (kebab-case), and label of the statement that it serves (G1 ... A13).
    title : str
        What the formula says, in a few words.
    quantity, quantity_latex : str
        The left-hand side.
    steps : tuple of Step
        The way; the last step's expression is the result.
    """

    name: str
    label: str
    title: str
    quantity: str
    quantity_latex: str
    steps: tuple[Step, ...]

    @property
    def result(self) -> Basic:
        """The closed form: the expression of the last step."""
        return self.steps[-1].expression


def definite_integral(
    integrand: Expr, limits: Limits, points: Sequence[Point] = ({},), *, half_squares: bool = False
) -> Expr:
    """Integrate symbolically, and confirm the primitive by its derivative and the value numerically.

    Parameters
    ----------
    integrand : Expr
        What is integrated.
    limits : (symbol, lower, upper)
        The variable and its range.
    points : sequence of mappings
        Values of the free symbols at which the result is compared with a numerical integral.
    half_squares : bool
        Whether to integrate over s = x²/2 in place of x ≥ 0, by which x exp(-x²/2) dx is exp(-s) ds.

    Raises
    ------
    DerivationError
        If SymPy leaves the integral unevaluated, its primitive has another derivative or no value at an end,
        as x exp(-x) has none at ∞, or the value is not the numerical one.
    """
    symbol, *ends = limits
    inner = integrand
    if half_squares:
        half_square = Symbol("s", positive=True)
        root = sqrt(2 * half_square)
        inner = integrand.subs(symbol, root) * diff(root, half_square)
        symbol, ends = half_square, [sympify(end) ** 2 / 2 for end in ends]
    weight, core = inner.as_independent(symbol, as_Add=False)
    primitive = weight * _primitive(core, symbol)
    lower, upper = (primitive.subs(symbol, end) for end in ends)
    if nan in (lower, upper):
        raise DerivationError(f"definite_integral: {primitive} has no value at an end of {ends}")
    value = upper - lower
    confirm("definite_integral", value, Integral(integrand, limits), points)
    return value


@cache
def _primitive(integrand: Expr, symbol: Symbol) -> Expr:
    # The rules by hand find what is wanted here; all that SymPy tries besides takes longer.
    primitive = integrate(integrand, symbol, manual=True)
    if primitive.has(Integral):
        raise DerivationError(f"definite_integral: no closed form found for the integral of {integrand}")
    if expand(diff(primitive, symbol) - integrand) != 0:
        raise DerivationError(f"definite_integral: {primitive} is no primitive of {integrand}")
    return primitive


def linear_root(expression: Expr, unknown: Expr) -> Expr:
    """Root of an expression that is linear in ``unknown``, a symbol or a power of one.

    Raises
    ------
    DerivationError
        If the expression is not linear.
    """
    # ``solve`` finds it too, and takes longer than most derivations.
    named = expand(expression.subs(unknown, UNKNOWN))
    slope, rest = named.coeff(UNKNOWN), named.coeff(UNKNOWN, 0)
    known = not (slope.free_symbols | rest.free_symbols) & {UNKNOWN, *unknown.free_symbols}
    if slope == 0 or not known or expand(named - slope * UNKNOWN - rest) != 0:
        raise DerivationError(f"linear_root: {expression} is not linear in {unknown}")
    return cancel(-rest / slope)


def confirm(who: str, value: Expr, integral: Expr, points: Sequence[Point]) -> None:
    """Compare a closed form with an expression in unevaluated integrals, by quadrature.

    Raises
    ------
    DerivationError
        If they differ at a point.
    """
    names = tuple(points[0])
    quadrature = lambdify(names, integral, "mpmath")
    for point in points:
        expected = quadrature(*(float(point[name]) for name in names))
        # Not by ``lambdify`` too: to SymPy 1.14 the regularised beta function of mpmath is the plain one.
        if not abs(N(value.subs(point)) - expected) <= AGREEMENT * (1 + abs(expected)):
            raise DerivationError(f"{who}: {value} is not the integral {integral} at {point}")
