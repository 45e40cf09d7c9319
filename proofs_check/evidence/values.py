"""Values and truth at rational points, certified: SymPy is asked only where ball arithmetic is not enough.

A ball that excludes zero decides a sign for certain, in microseconds; to substitute a point and evaluate the
result takes SymPy milliseconds.
"""

from collections.abc import Mapping
from typing import Any

from sympy import Expr, N, sympify

from proofs_check.evidence.balls import EnclosureError, ball, holds

# Bits: forty digits are asked for, as many again are left to cancellation.
PRECISION = 272


def value(expression: Expr, point: Mapping[Any, Any]) -> Any:
    """Ball around the value at a point, or None where there is none or it is no finite real number."""
    from flint import ctx

    with ctx.workprec(PRECISION):
        try:
            found = ball(expression, _balls(point))
        except EnclosureError:
            return None
    return found if found.is_finite() else None


def ball_of(number: Expr, error: Expr) -> Any:
    """Ball around a number that SymPy has evaluated."""
    from flint import arb, ctx

    with ctx.workprec(PRECISION):
        return arb(str(number)) + arb(0, str(N(error)))


def true_at(relation: Any, point: Mapping[Any, Any]) -> bool:
    """Whether a relation is true at a point; where its sides meet, SymPy decides exactly."""
    certain = _certain(relation, point)
    if certain is not None:
        return certain
    try:
        return bool(relation.subs(point) == True)  # noqa: E712 - SymPy's true
    except TypeError:  # a bound that is no real number there, and is met by nothing
        return False


def false_at(relation: Any, point: Mapping[Any, Any]) -> bool:
    """Whether a relation is certainly false at a point, by a margin or for exact numbers."""
    return _certain(relation, point) is False


def _certain(relation: Any, point: Mapping[Any, Any]) -> bool | None:
    from flint import ctx

    with ctx.workprec(PRECISION):
        try:
            return holds(relation, _balls(point))
        except EnclosureError:
            return None


def _balls(point: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: ball(sympify(number), {}) for name, number in point.items()}
