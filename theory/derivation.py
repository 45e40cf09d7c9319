"""A derivation is a list of steps that the machine runs; its last expression is the result.

SymPy's ``integrate`` is never taken at its word: SymPy 1.14 returns some definite integrals that
are wrong on a part of the parameter range. ``definite_integral`` compares what it returns with the
integral's numerical value at given points, which the caller puts on both sides of every border.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import nstr, quad, workdps
from sympy import Basic, Expr, Float, Integral, N, Symbol, integrate, lambdify, sympify

# Digits that are carried, by the closed form and by the quadrature.
DIGITS = 35
# What the quadrature may be off by its own estimate, and the closed form from it.
AGREEMENT = 1e-20

Limits = tuple[Symbol, object, object]
Point = Mapping[Symbol, object]


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


def definite_integral(integrand: Expr, limits: Sequence[Limits], points: Sequence[Point] = ({},)) -> Expr:
    """Integrate symbolically, one variable after the other, and confirm the value numerically.

    Parameters
    ----------
    integrand : Expr
        What is integrated.
    limits : sequence of (symbol, lower, upper)
        The innermost variable first.
    points : sequence of mappings
        Values of the free symbols at which the result is compared with a numerical integral.

    Raises
    ------
    DerivationError
        If SymPy leaves the integral unevaluated, or its value is not the numerical one.
    """
    value = integrate(integrand, *limits)
    if value.has(Integral):
        raise DerivationError(f"definite_integral: no closed form found for the integral of {integrand}")
    for point in points:
        expected, error = _by_quadrature(integrand, limits, point)
        if not error <= AGREEMENT:
            raise DerivationError(
                f"definite_integral: error={error} of the integral of {integrand} at {point}"
            )
        if not abs(N(value.subs(point), DIGITS) - expected) <= AGREEMENT * (1 + abs(expected)):
            raise DerivationError(f"definite_integral: {value} is not the integral of {integrand} at {point}")
    return value


def _by_quadrature(integrand: Expr, limits: Sequence[Limits], point: Point) -> tuple[Expr, Expr]:
    """The integral by mpmath, which no symbolic rule touches, and mpmath's estimate of its error.

    SymPy's own numerical integral takes several times as long: it evaluates the expression tree at each node.
    """

    def compiled(expression: object, *symbols: Symbol) -> Callable[..., Any]:
        function: Callable[..., Any] = lambdify(symbols, sympify(expression).subs(point), "mpmath")
        return function

    with workdps(DIGITS):
        ends = [[compiled(end)() for end in between] for _, *between in limits]
        found = quad(compiled(integrand, *(symbol for symbol, *_ in limits)), *ends, error=True)
        value, error = (Float(nstr(number, DIGITS), DIGITS) for number in found)
    return value, error
