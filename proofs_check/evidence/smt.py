"""Evidence from an SMT solver: no real numbers meet the assumptions and violate the conclusion.

Real closed fields are decidable, so ``unsat`` decides a claim for all real parameters at once, and ``sat``
comes with a counterexample, which is substituted into the claim's own relations before it is believed. A
square root enters as an auxiliary variable r >= 0 with r² = radicand, which the query names, and the radicand
has to be shown not to be negative. A quotient by zero may have any value, so that ``unsat`` covers it and a
counterexample that needs it is not believed.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from sympy import Basic, Eq, Expr, N, Ne, Not, Pow, S, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from proofs_check.context import Context
from proofs_check.evidence.points import show, some_points
from proofs_check.evidence.real_solver import Problem, TranslationError, shared
from proofs_check.evidence.values import false_at, to_digits
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict

DIGITS = 60
# Sixty digits are carried; algebraic numbers that agree to forty are taken as equal.
EQUAL = 1e-40


class VacuousError(ValueError):
    """No real numbers meet the assumptions of a query."""


@dataclass(frozen=True)
class Query:
    """One implication for all real values of its symbols.

    Attributes
    ----------
    conclusion : relation
    assumptions : tuple of relations
        Besides the claim's own.
    roots : mapping of square roots to symbols
        The auxiliary variable of each square root that occurs.
    """

    conclusion: Any
    assumptions: tuple[Any, ...] = ()
    roots: Mapping[Expr, Symbol] = field(default_factory=dict)


Queries = Callable[[Claim], Mapping[str, Query]]


def square_roots(*expressions: Basic) -> dict[Expr, Symbol]:
    """A variable for each square root in the expressions, in a fixed order.

    Examples
    --------
    >>> from sympy import sqrt
    >>> square_roots(1 + sqrt(2))
    {sqrt(2): root_1}
    """
    found = _roots_in(*expressions)
    return {root: Symbol(f"root_{k}", real=True) for k, root in enumerate(_ordered(found), 1)}


def _roots_in(*expressions: Basic) -> set[Expr]:
    powers = set().union(*(expression.atoms(Pow) for expression in expressions))
    return {Pow(p.base, S.Half) for p in powers if p.exp.is_Rational and p.exp.q == 2}


def _ordered(roots: Set[Expr]) -> list[Expr]:
    """The roots in an order that is always the same; to print them takes longer than to find them."""
    if len(roots) == 1:
        return list(roots)
    return sorted(roots, key=lambda root: (root.count_ops(), str(root)))


def definitions(roots: Mapping[Expr, Symbol]) -> list[Any]:
    """What the auxiliary variables of square roots are."""
    return [part for root, r in roots.items() for part in (r >= 0, Eq(r**2, root.base, evaluate=False))]


def unsatisfiable(queries: Queries, shows: str) -> Evidence:
    """Evidence that assumptions and negated conclusion exclude each other, in every query.

    Parameters
    ----------
    queries : callable
        From the claim to its queries by name; the claim's assumptions are added to each.
    shows : str
        What the absence of counterexamples shows.
    """

    def check(claim: Claim, context: Context) -> Finding:
        asked = _with_definedness(queries(claim))
        if claim.generated and (seen := _at_points(claim, asked, context)) is not None:
            return seen
        silent, broken = None, None
        for name, query in asked.items():
            try:
                found = _unless_held(claim, name, query, context)
            except (VacuousError, TranslationError, ArithmeticError) as error:
                # A counterexample of another query stands whatever became of this one.
                broken = broken or error
                continue
            if found is not None and found.verdict is Verdict.REFUTES:
                return found
            silent = silent or found
        if broken is not None:
            raise broken
        return silent or Finding(
            Verdict.SUPPORTS, f"unsatisfiable for {len(asked)} cases: {'; '.join(asked)}"
        )

    def proof(claim: Claim) -> str:
        asked, context = _with_definedness(queries(claim)), Context()
        return "\n".join(
            f"; {claim.id}: {name}; unsat means that there is no counterexample\n"
            + _violated(claim, query, context).text()
            for name, query in asked.items()
        )

    return Evidence("smt", Strength.EXACT, shows, check, proof)


def _at_points(claim: Claim, asked: Mapping[str, Query], context: Context) -> Finding | None:
    """A counterexample among a few points, which spares most generated errors the solver."""
    for name, query in asked.items():
        known = replace(claim, assumptions=(*claim.assumptions, *query.assumptions))
        for point in some_points(known, query.conclusion.free_symbols, context.rng(claim.id, "smt", name)):
            if false_at(query.conclusion, point):
                return _false(claim, name, query, point)
    return None


def _with_definedness(queries: Mapping[str, Query]) -> dict[str, Query]:
    """The queries with a variable for each square root, and for each root that its radicand is not negative.

    The latter is shown from those assumptions that do not contain a root.
    """
    if not queries:
        raise VacuousError("smt: there is no query, so that nothing would be shown")
    found: dict[str, Query] = {}
    for name, query in map(_with_roots, queries.items()):
        found[name] = query
        plain = tuple(one for one in query.assumptions if not _roots_in(one))
        for root, symbol in query.roots.items():
            if not root.base.is_nonnegative:
                inner = {r: s for r, s in query.roots.items() if root.base.has(r)}
                found[f"{name}, {symbol} is real"] = Query(root.base >= 0, plain, inner)
    return found


def _with_roots(named: tuple[str, Query]) -> tuple[str, Query]:
    """The query with variables for the roots that it does not name, as a wrong formula may have."""
    name, query = named
    others = _roots_in(query.conclusion, *query.assumptions) - query.roots.keys()
    if not others:
        return named
    added = {root: Symbol(f"further_root_{k}", real=True) for k, root in enumerate(_ordered(others), 1)}
    return name, replace(query, roots={**query.roots, **added})


def _assumed(claim: Claim, query: Query) -> list[Any]:
    """The assumptions, and what the auxiliary variables are."""
    return [*claim.assumptions, *query.assumptions, *definitions(query.roots)]


def _violated(claim: Claim, query: Query, context: Context, *more: Any) -> Problem:
    return Problem([*_assumed(claim, query), Not(query.conclusion), *more], query.roots, shared(context))


def _apart_from_poles(claim: Claim, query: Query, context: Context) -> Problem:
    """The problem without the points at which something is divided by zero, where any value is possible."""
    relations = (*claim.assumptions, *query.assumptions, query.conclusion)
    powers = set().union(*(one.atoms(Pow) for one in relations))
    poles = sorted({power.base for power in powers if power.exp.is_negative}, key=str)
    return _violated(claim, query, context, *(Ne(base, 0, evaluate=False) for base in poles))


def _unless_held(claim: Claim, name: str, query: Query, context: Context) -> Finding | None:
    """As `_decide`; that a query holds is remembered, since most errors leave some queries alone."""
    key = (_decide, claim.assumptions, query.assumptions, query.conclusion, *query.roots.items())
    if key not in context.memo and (found := _decide(claim, name, query, context)) is not None:
        return found
    context.memo[key] = None
    return None


def _decide(claim: Claim, name: str, query: Query, context: Context) -> Finding | None:
    """A counterexample, or why there is no answer, or None if the query holds."""
    assumed = _assuming(claim, query, context)
    problem = assumed.also(Not(query.conclusion))
    answer = problem.solve(brief=claim.planted)
    if answer == "sat":
        # What violates the conclusion meets the assumptions, which is seen before it is believed.
        return _believed(claim, name, query, problem, context)
    if answer == "unsat":
        problem, answer = assumed, _possible(assumed, claim, context)
        if answer == "unsat":
            raise VacuousError(f"smt: the assumptions of {name!r} exclude each other")
        if answer == "sat":
            return None
    return Finding(Verdict.SILENT, f"{name}: z3 answers {answer} ({problem.reason()})")


def _assuming(claim: Claim, query: Query, context: Context) -> Problem:
    """The assumptions alone, which are translated once for a claim and its controls."""
    assumed = tuple(_assumed(claim, query))
    key = ("assumed", assumed, tuple(query.roots.items()))
    found: Problem = context.once(key, lambda: Problem(assumed, query.roots, shared(context)))
    return found


def _possible(assumed: Problem, claim: Claim, context: Context) -> str:
    """Whether the assumptions can be met; that they can is asked once for a claim and its controls."""
    key = ("possible", assumed)
    if key not in context.memo and (answer := assumed.solve(brief=claim.planted)) != "sat":
        return answer
    context.memo[key] = "sat"
    return "sat"


def _believed(claim: Claim, name: str, query: Query, violated: Problem, context: Context) -> Finding:
    try:
        return _counterexample(claim, name, query, violated.solution())
    except ArithmeticError:
        apart = _apart_from_poles(claim, query, context)
        if apart.solve(brief=claim.planted) != "sat":
            raise
        return _counterexample(claim, name, query, apart.solution())


def _counterexample(claim: Claim, name: str, query: Query, solution: Mapping[Symbol, Any]) -> Finding:
    """Check the solver's numbers in the claim's own relations, without the solver and its variables."""
    values = {s: value for s, value in solution.items() if s not in query.roots.values()}
    needed = (*claim.assumptions, *query.assumptions)
    if not all(_true(one, values) for one in needed) or _true(query.conclusion, values):
        raise ArithmeticError(f"smt: {show(values)} is no counterexample of {name!r} as z3 says")
    return _false(claim, name, query, values)


def _false(claim: Claim, name: str, query: Query, values: Mapping[Any, Any]) -> Finding:
    # Of a planted error nobody reads the conclusion, and to write it takes longer than to ask the solver.
    said = name if claim.planted else f"{name}: {query.conclusion}"
    return Finding(Verdict.REFUTES, f"{said} is false at {show(values)}")


def _true(relation: Any, values: Mapping[Symbol, Any]) -> bool:
    """Whether a relation holds: exactly for rational numbers, by balls or to forty digits for others."""
    if isinstance(relation, (bool, BooleanAtom)):
        return bool(relation)
    if not isinstance(relation, Relational):
        return bool(relation.func(*(_true(part, values) for part in relation.args)))
    if (said := to_digits(relation, values, EQUAL)) is not None:
        return said
    try:
        gap = (relation.lhs - relation.rhs).subs(values)
    except ValueError as error:  # SymPy takes the maximum of a number and a pole
        raise ArithmeticError(f"smt: {relation} has no truth value at {show(values)}") from error
    if not gap.is_Rational:
        gap = N(gap, DIGITS)
        if not gap.is_real:
            raise ArithmeticError(f"smt: {relation} has no truth value at {show(values)}")
        gap = S.Zero if abs(gap) < EQUAL else gap
    return bool(relation.func(gap, 0))
