"""What the solver decides of a variant: that something is impossible, or where two formulas differ."""

from collections.abc import Mapping
from typing import Any

from sympy import Basic, Expr, Ne, Piecewise, Pow, Symbol, acos, asin, betainc_regularized, preorder_traversal

from proofs_check.context import Context
from proofs_check.evidence.real_solver import Problem, TranslationError, shared
from proofs_check.evidence.smt import definitions, square_roots
from proofs_check.evidence.values import all_true, value
from proofs_check.records import Claim

EVEN = 2


def impossible(assumptions: tuple[Any, ...], relation: Any, context: Context) -> bool:
    """Whether the solver shows that a relation contradicts the assumptions."""
    relations = (*assumptions, relation)
    try:
        return _problem(relations, square_roots(*relations), context).solve() == "unsat"
    except TranslationError:
        return False


def _problem(relations: tuple[Any, ...], roots: Mapping[Expr, Symbol], context: Context) -> Problem:
    return Problem([*relations, *definitions(roots)], roots, shared(context))


def undefined(assumptions: tuple[Any, ...], context: Context, *expressions: Basic) -> bool:
    """Whether the solver shows that roots, integrals or inverse functions are not real wherever assumed."""
    needed = [
        condition
        for one in expressions
        for part in preorder_traversal(one)
        for condition in _for_a_real_value(part)
    ]
    # The solver may be unable to read what else is assumed and needed, of other symbols.
    for one in needed:
        about = tuple(known for known in assumptions if known.free_symbols <= one.free_symbols)
        if one == False or impossible(about, one, context):  # noqa: E712 - SymPy's false
            return True
    return bool(needed) and impossible((*assumptions, *needed[1:]), needed[0], context)


def _for_a_real_value(part: Basic) -> tuple[Any, ...]:
    if isinstance(part, (asin, acos)):
        return part.args[0] <= 1, part.args[0] >= -1
    if isinstance(part, betainc_regularized):
        # The integrand's powers are integrable from 0 to 1 with positive exponents only.
        return part.args[0] > 0, part.args[1] > 0, part.args[3] <= 1, part.args[3] >= 0
    if isinstance(part, Pow) and part.exp.is_Rational and part.exp.q == EVEN:
        return (part.base >= 0,)
    return ()


def found_apart(claim: Claim, right: Expr, wrong: Expr, context: Context) -> bool:
    """Whether the solver finds a point, which balls confirm, in the strip that two distinctions treat apart.

    The strip may be too narrow for points at random, and SymPy takes a second to find no normal form.
    """
    if not (right.has(Piecewise) and wrong.has(Piecewise)):
        return False
    relations = (*claim.assumptions, Ne(right, wrong, evaluate=False))
    roots = square_roots(*relations)
    try:
        problem = _problem(relations, roots, context)
    except TranslationError:
        return False
    if problem.solve(brief=True) != "sat":
        return False
    point = {s: number for s, number in problem.solution().items() if s not in roots.values()}
    seen = value(right, point), value(wrong, point)
    return None not in seen and not seen[0].overlaps(seen[1]) and all_true(claim.assumptions, point)
