"""Symbolic evidence: expressions that vanish identically if and only if the claim is true.

A value that differs from zero at one admissible point refutes; zero is accepted only from SymPy's
normal form, and only after the expression was seen to vanish numerically at several points, so that a
simplification that is wrong cannot make a false claim pass.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sympy import Dummy, Expr, Integral, N, Symbol, count_ops, expand, factor, nan, simplify, trigsimp, zoo

from proofs_check.context import Context
from proofs_check.evidence.points import points, show
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict

DIGITS = 40
# Forty digits are carried; ten are left to cancellation in expressions of moderate size.
NEGLIGIBLE = 1e-30
POINTS = 4


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
        expressions = [expression for expression in residuals(claim) if expression != 0]
        for expression in expressions:
            found = _nonzero(expression, claim, context)
            if found is not None:
                return found
        undecided = [e for e in expressions if not _is_zero(e, claim)]
        if undecided:
            return Finding(Verdict.SILENT, f"SymPy cannot decide whether this is zero: {undecided[0]}")
        return Finding(Verdict.SUPPORTS, "every residual is identically zero")

    return Evidence("symbolic", strength, shows, check)


def _nonzero(expression: Expr, claim: Claim, context: Context) -> Finding | None:
    rng = context.rng(claim.id, "symbolic")
    for point in points(claim, expression.free_symbols, rng, POINTS):
        value = N(expression.subs(point), DIGITS)
        if value in (nan, zoo) or value.free_symbols:
            raise ArithmeticError(f"residual {expression} has the value {value} at {show(point)}")
        if not abs(value) <= NEGLIGIBLE:
            return Finding(Verdict.REFUTES, f"residual {N(value, 6)} at {show(point)}")
    return None


def _is_zero(expression: Expr, claim: Claim) -> bool:
    """Whether a normal form is zero, using the signs that the claim assumes."""
    if expression.has(Integral):
        # SymPy may spend minutes on an integral that no normal form removes.
        return False
    known = expression.xreplace({symbol: _signed(symbol, claim) for symbol in expression.free_symbols})
    for normal_form in (expand, factor, trigsimp, simplify):
        known = min((normal_form(known), known), key=_size)
        if known == 0:
            return True
    return False


def _size(expression: Any) -> int:
    return -1 if expression == 0 else int(count_ops(expression))


def _signed(symbol: Symbol, claim: Claim) -> Symbol:
    positive = (symbol > 0) in claim.assumptions
    return Dummy(symbol.name, positive=True) if positive else symbol
