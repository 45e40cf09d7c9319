"""Values and truth at rational points, certified: SymPy is asked only where ball arithmetic is not enough.

A ball that excludes zero decides a sign for certain, in microseconds; to substitute a point and evaluate the
result takes SymPy milliseconds.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from sympy import CRootOf, Expr, N, Rational, S, sympify
from sympy.core.relational import Relational

from proofs_check.evidence.balls import EnclosureError, ball, gap, holds, rational_ball

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
    return all_true((relation,), point)


def all_true(relations: Iterable[Any], point: Mapping[Any, Any]) -> bool:
    """Whether all relations are true at a point; where the sides of one meet, SymPy decides exactly."""
    decided = [(relation, said) for relation, said in _each_certain(relations, point) if said is not True]
    if any(said is False for _, said in decided):
        return False
    return all(_true_by_sympy(relation, point) for relation, _ in decided)


def _true_by_sympy(relation: Any, point: Mapping[Any, Any]) -> bool:
    try:
        return bool(relation.subs(point) == True)  # noqa: E712 - SymPy's true
    except TypeError:  # a bound that is no real number there, and is met by nothing
        return False


def false_at(relation: Any, point: Mapping[Any, Any]) -> bool:
    """Whether a relation is certainly false at a point, by a margin or for exact numbers."""
    return certain(relation, point) is False


def certain(relation: Any, point: Mapping[Any, Any]) -> bool | None:
    """Whether a relation is true at a point, as far as balls tell: None where its sides may meet."""
    ((_, said),) = _each_certain((relation,), point)
    return said


def to_digits(relation: Any, point: Mapping[Any, Any], equal: float) -> bool | None:
    """Whether a relation is true at a point, where irrational numbers are the same that differ by ``equal``.

    None where balls do not tell; between rational numbers equality is left to exact arithmetic.
    """
    said = certain(relation, point)
    if said is not None or all(sympify(number).is_Rational for number in point.values()):
        return said
    apart = value(gap(relation), point) if isinstance(relation, Relational) else None
    return None if apart is None or not apart.abs_upper() < equal else bool(relation.func(S.Zero, 0))


def _each_certain(relations: Iterable[Any], point: Mapping[Any, Any]) -> list[tuple[Any, bool | None]]:
    """Each relation with what balls tell of it, up to the first that is false."""
    from flint import ctx

    found: list[tuple[Any, bool | None]] = []
    with ctx.workprec(PRECISION):
        try:
            here = _balls(point)
        except EnclosureError:
            return [(relation, None) for relation in relations]
        for relation in relations:
            found.append((relation, _held(relation, here)))
            if found[-1][1] is False:
                break
    return found


def _held(relation: Any, here: Mapping[Any, Any]) -> bool | None:
    try:
        return holds(relation, here)
    except EnclosureError:
        return None


def _balls(point: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The numbers of a point as balls, made in PRECISION: in less time than it takes to look them up."""
    return {name: _number(number) for name, number in point.items()}


def _number(number: Any) -> Any:
    if isinstance(number, (int, Rational)):
        return rational_ball(number)
    return _root(number) if isinstance(number, CRootOf) else ball(sympify(number), {})


@lru_cache(maxsize=1000)
def _root(number: CRootOf) -> Any:
    """Ball around a real root of a polynomial, one of the disjoint balls in which Arb isolates all roots.

    SymPy's polynomial is irreducible over the integers, and its index counts the real roots, which rise.
    """
    from flint import fmpz_poly

    found: Any = fmpz_poly([int(one) for one in reversed(number.poly.all_coeffs())]).complex_roots()
    # Arb returns a real root without an imaginary part.
    real = sorted((root.real for root, _ in found if root.imag.is_zero()), key=lambda ball: ball.mid())
    if number.index >= len(real):
        raise EnclosureError(f"enclosure: {number} is no real number")
    return real[number.index]
