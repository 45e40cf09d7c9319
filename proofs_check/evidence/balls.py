"""SymPy expressions in ball arithmetic (Arb, through python-flint): roundings stay inside the balls."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from sympy import (
    Add,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    acos,
    asin,
    atan,
    cos,
    cot,
    erf,
    exp,
    pi,
    sin,
    tan,
)


class EnclosureError(ValueError):
    """An expression or a box that ball arithmetic cannot take."""


def rational_ball(number: Any) -> Any:
    """Ball around a rational number, SymPy's, Python's or flint's own left as it is."""
    from flint import arb, fmpq

    if isinstance(number, arb):
        return number
    exact = number if isinstance(number, Fraction) else Rational(number)
    return arb(fmpq(int(exact.numerator), int(exact.denominator)))


def ball(expression: Expr, values: Mapping[Any, Any]) -> Any:
    """Ball around every value of an expression.

    Parameters
    ----------
    expression : Expr
    values : mapping of symbols to balls

    Raises
    ------
    EnclosureError
        If the expression has a part without a ball.
    """
    from flint import arb

    if expression in values:
        return values[expression]
    if isinstance(expression, Rational):
        return rational_ball(expression)
    if expression == pi:
        return arb.pi()
    parts = [ball(part, values) for part in expression.args]
    if isinstance(expression, (Add, Mul)):
        first, *rest = parts
        for other in rest:
            first = first + other if isinstance(expression, Add) else first * other
        return first
    if isinstance(expression, Pow):
        return _power(parts, expression.exp)
    name = _FUNCTIONS.get(type(expression))
    if name is None:
        raise EnclosureError(f"enclosure: {expression} has no ball, known are {sorted(_FUNCTIONS.values())}")
    return getattr(parts[0], name)()


def _power(parts: Sequence[Any], exponent: Expr) -> Any:
    base, power = parts
    if isinstance(exponent, Integer):
        return base ** int(exponent)
    if exponent.is_Rational and exponent.q == 2:
        return base.sqrt() ** int(exponent.p)
    return base**power


_FUNCTIONS = {
    exp: "exp", erf: "erf", sin: "sin", cos: "cos", tan: "tan", cot: "cot",
    asin: "asin", acos: "acos", atan: "atan",
}  # fmt: skip
