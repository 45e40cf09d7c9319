"""Symbolic evidence: expressions that vanish identically if and only if the claim is true.

A value that differs from zero at one admissible point refutes, which ball arithmetic certifies before
anything is simplified; zero is accepted only from SymPy's normal form, and only after the expression was
seen to vanish numerically at several points, so that a simplification that is wrong cannot make a false
claim pass.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod
from typing import Any

from sympy import (
    Add,
    Expr,
    Integral,
    Mul,
    N,
    S,
    Symbol,
    cos,
    cot,
    count_ops,
    expand,
    factor,
    nan,
    oo,
    simplify,
    sin,
    tan,
    trigsimp,
    zoo,
)

from proofs_check.context import Context
from proofs_check.evidence.points import DISTINCTIONS, MORE_FOR_CASES, kept_points, points, show
from proofs_check.evidence.pythagorean import pythagorean
from proofs_check.evidence.stand_ins import stand_in
from proofs_check.evidence.tolerance import BlindToleranceError, refuse_blind
from proofs_check.evidence.values import ball_of, value
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict
from theory.catalogue import SECTIONS, derivations

DIGITS = 40
# Forty digits are carried; ten are left to cancellation in expressions of moderate size.
NEGLIGIBLE = 1e-30
POINTS = 4
# Where the expression distinguishes cases, points at which SymPy is asked if there is no ball.
POINTS_WITHOUT_BALL = 4 * POINTS
# Terms may fade at some points, as densities do far out, and one may be a pole; at so many of the others a
# zero has to tell something.
TELLING = 2
TURNED = (sin, cos, tan, cot)


class PoleError(ArithmeticError):
    """An expression has no finite value at a point, as where a denominator happens to be zero."""


def vanishing(
    residuals: Callable[[Claim], Iterable[Expr]], shows: str, *, strength: Strength = Strength.EXACT
) -> Evidence:
    """Evidence that all ``residuals`` of the claim's subject vanish identically.

    Parameters
    ----------
    residuals : callable
        From the claim to expressions which all vanish exactly when the claim is true.
    shows : str
        What their vanishing shows.
    strength : Strength
        Less than exact where the residuals decide only a part of the claim.
    """

    def check(claim: Claim, context: Context) -> Finding:
        # One after the other: what a wrong variant is refuted by spares it the derivation of the rest.
        given = []
        for expression in residuals(claim):
            given.append(expression)
            if expression != 0 and (found := _seen_nonzero(expression, claim, context)) is not None:
                return found
        if not given:
            return Finding(Verdict.SILENT, "there is no residual, so that nothing was compared")
        undecided = [e for e in given if e != 0 and not _seen_zero(e, claim, context)]
        if undecided:
            return Finding(Verdict.SILENT, f"SymPy cannot decide whether this is zero: {undecided[0]}")
        return Finding(Verdict.SUPPORTS, "every residual is identically zero")

    def proof(claim: Claim) -> str:
        lines = [f"; {claim.id}: residuals that all vanish if the claim is true ({shows})"]
        lines += _derivation(claim)
        for number, expression in enumerate(residuals(claim), 1):
            lines += [f"residual {number}: {expression}", *_reading(expression, claim)]
        return "\n".join(lines)

    return Evidence("symbolic", strength, shows, check, proof)


def _derivation(claim: Claim) -> list[str]:
    """The steps that led to the subject, where the theory derives it."""
    everything = (one for section in SECTIONS for one in derivations(section))
    found = next((one for one in everything if one.result == claim.subject), None)
    if found is None:
        return []
    steps = [f"  {k}. {step.sentence} {step.expression}" for k, step in enumerate(found.steps, 1)]
    return [f"derived as {found.name}:", *steps]


def _reading(expression: Expr, claim: Claim) -> list[str]:
    """Where a residual is seen to vanish, and the normal forms on its way to zero."""
    if expression == 0:
        return ["  is zero as SymPy builds it"]
    rng = Context().rng(claim.id, "symbolic")
    values = [
        f"  {N(expression.subs(point), DIGITS).n(3)} at {show(point) or 'the only point'}"
        for point in points(claim, expression.free_symbols, rng, POINTS)
    ]
    return [*values, *(f"  {name}: {form}" for name, form in _normal_forms(expression, claim))]


def _seen_nonzero(expression: Expr, claim: Claim, context: Context) -> Finding | None:
    """As `_nonzero`; that nothing is seen is remembered, since most errors leave some residuals alone."""
    key = (_nonzero, claim.assumptions, tuple(claim.example.items()), expression)
    if key not in context.memo and (found := _nonzero(expression, claim, context)) is not None:
        return found
    context.memo[key] = None
    return None


def _seen_zero(expression: Expr, claim: Claim, context: Context) -> bool:
    said: bool = context.once((_is_zero, claim.assumptions, expression), lambda: _is_zero(expression, claim))
    return said


def _nonzero(expression: Expr, claim: Claim, context: Context) -> Finding | None:
    count = MORE_FOR_CASES * POINTS if expression.has(*DISTINCTIONS) else POINTS
    telling, faded, pole = 0, None, None
    for number, point in enumerate(kept_points(claim, expression.free_symbols, context, "symbolic", count)):
        # The points that are there to meet each case only have to refute, which a ball does at little cost.
        if number > POINTS_WITHOUT_BALL and not _apart_from_zero(expression, point):
            continue
        try:
            said = _unless_zero(expression, point)
        except BlindToleranceError as error:
            faded = error
            continue
        except PoleError as error:
            # Two numbers that are drawn alike are chance once; and the example is not drawn.
            if pole is not None or point == claim.example:
                raise
            pole = error
            continue
        telling += 1
        if said:
            return Finding(Verdict.REFUTES, f"residual {said} at {show(point)}")
    if telling < TELLING and (silent := faded or pole) is not None:
        raise silent
    return None


def _apart_from_zero(expression: Expr, point: Mapping[Symbol, Any]) -> bool:
    seen = value(expression, point)
    return seen is not None and not seen.overlaps(0)


def _unless_zero(expression: Expr, point: Mapping[Symbol, Any]) -> str:
    """The value at a point, or nothing if it is zero as far as its digits tell."""
    seen = value(expression, point)
    if seen is not None and not seen.overlaps(0):
        return str(seen.str(6, radius=False))
    if seen is not None and seen.rad() <= NEGLIGIBLE:
        exact = bool(seen.is_zero())
    else:
        number = N(expression.subs(point), DIGITS)
        if number in (nan, zoo, oo, -oo):
            raise PoleError(f"residual {expression} has the value {number} at {show(point)}")
        if number.free_symbols:
            raise ArithmeticError(f"residual {expression} has the value {number} at {show(point)}")
        if not abs(number) <= NEGLIGIBLE:
            return str(N(number, 6))
        exact = number == 0
    if not exact:
        refuse_blind(NEGLIGIBLE, _size_of_terms(expression, point))
    return ""


def _size_of_terms(expression: Expr, point: Mapping[Symbol, Any]) -> Any:
    """The value that the expression would have if its terms could not cancel."""
    if isinstance(expression, (Add, Mul)):
        sizes = [_size_of_terms(part, point) for part in expression.args]
        return sum(sizes) if isinstance(expression, Add) else prod(sizes)
    seen = value(expression, point)
    # In Arb's numbers, which have no least one as floats do.
    return ball_of(abs(N(expression.subs(point), DIGITS)), S.Zero) if seen is None else seen.abs_upper()


def _is_zero(expression: Expr, claim: Claim) -> bool:
    """Whether a normal form is zero, using the signs that the claim assumes."""
    return any(form == 0 for _, form in _normal_forms(expression, claim))


def _normal_forms(expression: Expr, claim: Claim) -> Iterator[tuple[str, Expr]]:
    """The shortest form so far after each simplifier, up to the first zero."""
    if expression.has(Integral):
        # SymPy may spend minutes on an integral that no normal form removes.
        return
    known = expression.xreplace({symbol: _signed(symbol, claim) for symbol in expression.free_symbols})
    # Factors are of no use between a sine and a cosine, which Pythagoras mostly settles.
    polynomials = (pythagorean, factor) if known.has(*TURNED) else (factor, pythagorean)
    for normal_form in (expand, *polynomials, trigsimp, simplify):
        form = normal_form(known)
        if form == 0:
            yield normal_form.__name__, form
            return
        if form is not known and count_ops(form) <= count_ops(known):
            known = form
        yield normal_form.__name__, known


def _signed(symbol: Symbol, claim: Claim) -> Symbol:
    positive = (symbol > 0) in claim.assumptions
    return stand_in(symbol, positive=True) if positive else symbol
