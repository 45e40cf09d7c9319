"""Evidence by substitution: relations decided at the claim's own example, a counterexample that one can read.

A solver finds some counterexample, seldom a short one. Here the numbers are the claim's example, searched and
shrunk beforehand, and every relation is decided in exact arithmetic, or to forty digits where it holds
algebraic or transcendental numbers. Where a premise fails, a relation says nothing about the claim.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import N, S
from sympy.logic.boolalg import BooleanAtom

from proofs_check.context import Context
from proofs_check.evidence.points import show
from proofs_check.evidence.values import to_digits
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict

DIGITS = 60
# Sixty digits are carried; what agrees to forty is taken as equal.
EQUAL = 1e-40


@dataclass(frozen=True)
class Instance:
    """An implication at the claim's example."""

    conclusion: Any
    premises: tuple[Any, ...] = ()


def at_the_example(instances: Callable[[Claim], Mapping[str, Instance]], shows: str) -> Evidence:
    """Evidence whether implications hold at the claim's example.

    Parameters
    ----------
    instances : callable
        From the claim to its implications by name; the claim's assumptions are premises of each.
    shows : str
        What their truth shows.
    """

    def check(claim: Claim, _: Context) -> Finding:
        asked = instances(claim)
        where = f" at {show(claim.example)}" if claim.example else ""
        if not asked:
            return Finding(Verdict.SILENT, "there is no instance, so that nothing is shown")
        met = [name for name, one in asked.items() if _all((*claim.assumptions, *one.premises), claim)]
        for name in met:
            if not holds(asked[name].conclusion, claim.example):
                # Of a planted error nobody reads the conclusion, and to write it takes longer than the rest.
                said = name if claim.planted else f"{name}: {asked[name].conclusion}"
                return Finding(Verdict.REFUTES, f"{said} is false{where}")
        if len(met) < len(asked):
            return Finding(Verdict.SILENT, "the example does not meet the premises, so that nothing is shown")
        return Finding(Verdict.SUPPORTS, f"true{where}")

    # What is decided exactly is one case.
    return Evidence("symbolic", Strength.SAMPLED, shows, check)


def _all(relations: tuple[Any, ...], claim: Claim) -> bool:
    return all(holds(relation, claim.example) for relation in relations)


def holds(relation: Any, values: Mapping[Any, Any]) -> bool:
    """Whether a relation is true at given values of its symbols.

    Raises
    ------
    ArithmeticError
        If it has no truth value there.
    """
    if isinstance(relation, (bool, BooleanAtom)):
        return bool(relation)
    if (said := to_digits(relation, values, EQUAL)) is not None:
        return said
    gap = (relation.lhs - relation.rhs).subs(values)
    if not gap.is_Rational:
        gap = N(gap, DIGITS)
        if gap.free_symbols or not gap.is_real:
            raise ArithmeticError(f"substitution: {relation} has no truth value at {show(values)}")
        gap = S.Zero if abs(gap) < EQUAL else gap
    return bool(relation.func(gap, 0))
