"""SymPy expressions in ball arithmetic (Arb, through python-flint): roundings stay inside the balls."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, lru_cache, reduce
from operator import add, mul
from typing import Any

from sympy import (
    Abs,
    Add,
    And,
    Basic,
    E,
    Eq,
    Expr,
    Ge,
    Gt,
    Integer,
    Le,
    Lt,
    Max,
    Min,
    Mul,
    Ne,
    Not,
    Or,
    Piecewise,
    Pow,
    Rational,
    acos,
    asin,
    atan,
    betainc_regularized,
    cos,
    cosh,
    cot,
    erf,
    exp,
    gamma,
    log,
    pi,
    sign,
    sin,
    sinh,
    tan,
    tanh,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom


class EnclosureError(ValueError):
    """An expression or a box that ball arithmetic cannot take."""


def rational_ball(number: Any) -> Any:
    """Ball around a rational number, SymPy's, Python's or flint's own left as it is."""
    arb, context = _flint()
    if isinstance(number, Rational):
        return _quotient(number.p, number.q, context.prec)
    if isinstance(number, arb):
        return number
    exact = number if isinstance(number, Fraction) else Rational(number)
    return _quotient(exact.numerator, exact.denominator, context.prec)


@lru_cache(maxsize=10_000)
def _quotient(above: int, below: int, _precision: int) -> Any:
    """Ball around a quotient in the present precision; the same few numbers come thousands of times."""
    from flint import arb, fmpq

    return arb(fmpq(int(above), int(below)))


@cache
def _flint() -> tuple[Any, Any]:
    """Balls and their precision; a name is looked up faster than a module is imported again."""
    from flint import arb, ctx

    return arb, ctx


def ball(expression: Expr, values: Mapping[Any, Any]) -> Any:
    """Ball around every value of an expression.

    Parameters
    ----------
    expression : Expr
    values : mapping of symbols to balls

    Raises
    ------
    EnclosureError
        If the expression has a part without a ball, or a case distinction is decided nowhere on the balls.
    """
    # By the type of a part, since SymPy's expressions are slow to hash; a symbol alone is looked up.
    if isinstance(expression, Rational):
        return rational_ball(expression)
    if isinstance(expression, Pow):
        return _power(expression, values)
    join = _PARTS.get(type(expression))
    if join is not None:
        return join(expression, [ball(part, values) for part in expression.args])
    if expression in values:
        return values[expression]
    if expression in _CONSTANTS:
        return _CONSTANTS[expression]()
    if isinstance(expression, Piecewise):
        return _case(expression, values)
    raise EnclosureError(f"enclosure: {expression} has no ball")


def holds(relation: Basic, values: Mapping[Any, Any]) -> bool | None:
    """Whether a relation holds everywhere on the balls (True), nowhere (False), or neither is certain (None).

    Raises
    ------
    EnclosureError
        If it is no relation between real numbers.
    """
    if isinstance(relation, (bool, BooleanAtom)):
        return bool(relation)
    if isinstance(relation, (And, Or)):
        decided = [holds(part, values) for part in relation.args]
        # One false part decides a conjunction, one true part an alternative.
        if isinstance(relation, Or) in decided:
            return isinstance(relation, Or)
        return None if None in decided else isinstance(relation, And)
    if isinstance(relation, Not):
        inner = holds(relation.args[0], values)
        return None if inner is None else not inner
    compare = _RELATIONS.get(type(relation))
    if compare is None:
        raise EnclosureError(f"enclosure: assumption={relation}, an inequality is required")
    return compare(ball(gap(relation), values))


@lru_cache(maxsize=10_000)
def gap(relation: Relational) -> Expr:
    """The left side less the right one, in which terms may cancel; asked for at many points."""
    return relation.lhs - relation.rhs


def _case(distinction: Piecewise, values: Mapping[Any, Any]) -> Any:
    for value, condition in distinction.args:
        met = holds(condition, values)
        if met is None:
            break
        if met:
            return ball(value, values)
    raise EnclosureError(f"enclosure: no case of {distinction} is certain")


def _power(power: Pow, values: Mapping[Any, Any]) -> Any:
    base, exponent = power.args
    if isinstance(exponent, Integer):
        return ball(base, values) ** int(exponent)
    if isinstance(exponent, Rational) and exponent.q == 2:
        return ball(base, values).sqrt() ** int(exponent.p)
    return ball(base, values) ** ball(exponent, values)


def _beta(function: Expr, parts: list[Any]) -> Any:
    first, second, _, upper = parts
    if function.args[2] != 0:
        raise EnclosureError(f"enclosure: {function} has no ball, an integral from 0 is required")
    if not (first > 0 and second > 0 and upper >= 0):
        # The integral diverges, which its analytic continuation would hide.
        return upper.nan()
    return upper.beta_lower(first, second, regularized=True)


def _pi() -> Any:
    return _flint()[0].pi()


def _e() -> Any:
    return _flint()[0].const_e()


def _called(name: str) -> Callable[[Expr, list[Any]], Any]:
    return lambda _, parts: getattr(parts[0], name)()


def _certain(true: bool, false: bool) -> bool | None:
    return True if true else (False if false else None)


_CONSTANTS: Mapping[Any, Callable[[], Any]] = {pi: _pi, E: _e}
_FUNCTIONS = {
    Abs: "__abs__", exp: "exp", log: "log", erf: "erf", sign: "sgn", sin: "sin", cos: "cos", tan: "tan",
    cot: "cot", asin: "asin", acos: "acos", atan: "atan", sinh: "sinh", cosh: "cosh", tanh: "tanh",
    gamma: "gamma",
}  # fmt: skip
# From an expression and the balls of its parts to its own.
_PARTS: Mapping[Any, Callable[[Expr, list[Any]], Any]] = {
    Add: lambda _, parts: reduce(add, parts),
    Mul: lambda _, parts: reduce(mul, parts),
    Max: lambda _, parts: reduce(lambda one, other: one.max(other), parts),
    Min: lambda _, parts: reduce(lambda one, other: one.min(other), parts),
    betainc_regularized: _beta,
    **{function: _called(name) for function, name in _FUNCTIONS.items()},
}
# By the ball of the left side less the right one; a ball that is no number compares with nothing.
_RELATIONS: Mapping[Any, Callable[[Any], bool | None]] = {
    Gt: lambda gap: _certain(gap > 0, gap <= 0),
    Ge: lambda gap: _certain(gap >= 0, gap < 0),
    Lt: lambda gap: _certain(gap < 0, gap >= 0),
    Le: lambda gap: _certain(gap <= 0, gap > 0),
    Eq: lambda gap: _certain(gap.is_zero(), gap.is_finite() and not gap.overlaps(0)),
    Ne: lambda gap: _certain(gap.is_finite() and not gap.overlaps(0), gap.is_zero()),
}
