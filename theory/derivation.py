"""A derivation is a list of steps that the machine runs; its last expression is the result.

SymPy's ``integrate`` is never taken at its word: SymPy 1.14 returns some definite integrals that
are wrong on a part of the parameter range. ``definite_integral`` compares what it returns with the
integral's numerical value at given points, which the caller puts on both sides of every border.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Basic, Expr, Integral, N, Symbol, integrate

DIGITS = 25
# SymPy asks its quadrature for 25 digits; five of them are left to its error estimate.
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
        expected = N(Integral(integrand, *limits).subs(point), DIGITS)
        if not abs(N(value.subs(point), DIGITS) - expected) <= AGREEMENT * (1 + abs(expected)):
            raise DerivationError(f"definite_integral: {value} is not the integral of {integrand} at {point}")
    return value
