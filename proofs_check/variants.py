"""Errors made by machine: wrong variants of a claim, from its formula and from its assumptions.

A bound of a single symbol (c > 0, θ < π) says which values the symbol has in the model; without it the
claim would speak of norms below zero, and is not false but meaningless. Such a bound is left to the
hand-picked controls. An assumption that relates symbols (κ > β, η ≤ 1/c) is a hypothesis: without it, or
with its bound moved by one percent, the claim says more.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from sympy import Basic, Ge, Gt, Integer, Le, Lt, Tuple, pi
from sympy.matrices.matrixbase import MatrixBase

from proofs_check.operators import ONE_PERCENT, OPERATORS
from proofs_check.records import Claim, Expected
from proofs_check.rendering import text

# Of each operator and claim so many variants are planted, chosen by a checksum: as far as ten minutes reach.
PER_OPERATOR = 4
DOMAIN_BOUNDS = (Integer(0), Integer(1), Integer(-1), Integer(2), pi)


@dataclass(frozen=True)
class Variant:
    """A claim with one error in it.

    Attributes
    ----------
    operator : str
        What made the error.
    error : str
        The error in words.
    claim : Claim
        The claim with the error, for the checks of the original.
    dropped : relation, optional
        The assumption that is gone or was loosened.
    """

    operator: str
    error: str
    claim: Claim
    dropped: Any = None


@dataclass(frozen=True)
class _Plan:
    """A variant that has not been built: what made the error, the error, and the claim's changed fields."""

    operator: str
    error: str
    changes: Callable[[], Mapping[str, Any]]
    dropped: Any = None

    def rank(self, claim: Claim) -> int:
        """A fixed number without meaning, by which samples of variants are chosen."""
        return zlib.crc32(f"{claim.id} {self.operator} {self.error}".encode())

    def of(self, claim: Claim) -> Variant:
        changed = replace(claim, **self.changes(), planted=True, generated=True)
        return Variant(self.operator, self.error, changed, self.dropped)


def variants(claim: Claim, *, shuffled: bool = False) -> Iterator[Variant]:
    """The variants to plant: different from each other as expressions, at most a few of each operator.

    Parameters
    ----------
    claim : Claim
    shuffled : bool
        In an order without meaning, always the same, of which the first ones are a sample.
    """
    if claim.expected is Expected.FAILS:
        return
    chosen: list[_Plan] = []
    for _, group in groupby(_plans(claim), key=lambda one: one.operator):
        chosen += sorted(group, key=lambda one: one.rank(claim))[:PER_OPERATOR]
    if shuffled:
        chosen.sort(key=lambda one: one.rank(claim))
    seen = {(claim.subject, claim.assumptions)}
    for plan in chosen:
        one = plan.of(claim)
        key = (one.claim.subject, one.claim.assumptions)
        if key not in seen:
            seen.add(key)
            yield one


def reason_for_none(claim: Claim) -> str:
    """Why no errors can be planted in a claim, or nothing."""
    if claim.expected is Expected.FAILS:
        return "the claim is false as it stands, so that its variants may well be true"
    if next(variants(claim), None) is None:
        return f"no operator applies to a {type(claim.subject).__name__}"
    return ""


def components(subject: Any) -> tuple[Basic, ...]:
    """The expressions or relations of which a subject consists."""
    if isinstance(subject, MatrixBase):
        return tuple(subject.flat())
    return subject.args if isinstance(subject, Tuple) else (subject,)


def hypotheses(claim: Claim) -> tuple[Any, ...]:
    """The assumptions that do more than to say which values a symbol has."""
    return tuple(one for one in claim.assumptions if not _is_domain(one))


def _is_domain(relation: Any) -> bool:
    single = len(relation.free_symbols) == 1 and relation.lhs.is_Symbol
    return single and relation.rhs in DOMAIN_BOUNDS


def _plans(claim: Claim) -> Iterator[_Plan]:
    if isinstance(claim.subject, (Basic, MatrixBase)):
        yield from _of_subject(claim)
        yield from _of_assumptions(claim)


def _of_subject(claim: Claim) -> Iterator[_Plan]:
    parts = components(claim.subject)
    for name, operator in OPERATORS.items():
        for number, part in enumerate(parts):
            for error, build in operator(part):
                where = f" in component {number + 1}" if len(parts) > 1 else ""
                yield _Plan(name, error + where, partial(_subject, claim.subject, number, build))


def _subject(right: Any, number: int, build: Callable[[], Basic]) -> Mapping[str, Any]:
    return {"subject": _with(right, number, build())}


def _with(subject: Any, number: int, wrong: Basic) -> Any:
    if isinstance(subject, MatrixBase):
        changed = subject.as_mutable()
        changed[number] = wrong
        return changed.as_immutable()
    if isinstance(subject, Tuple):
        return Tuple(*(wrong if k == number else part for k, part in enumerate(subject)))
    return wrong


def _of_assumptions(claim: Claim) -> Iterator[_Plan]:
    for relation in hypotheses(claim):
        kept = tuple(one for one in claim.assumptions if one != relation)
        yield _Plan("removed", f"without {text(relation)}", partial(_assuming, *kept), relation)
        looser = _loosened(relation)
        if looser is not None:
            error = f"{text(looser)} for {text(relation)}"
            yield _Plan("loosened", error, partial(_assuming, *kept, looser), relation)


def _assuming(*assumptions: Any) -> Mapping[str, Any]:
    return {"assumptions": assumptions}


def _loosened(relation: Any) -> Any:
    """The relation with its bound moved outwards by one percent of itself, where it is not zero."""
    if not isinstance(relation, (Gt, Ge, Lt, Le)) or relation.rhs == 0:
        return None
    outwards = 2 - ONE_PERCENT if isinstance(relation, (Gt, Ge)) else ONE_PERCENT
    if relation.rhs.is_negative:
        outwards = 2 - outwards
    return relation.func(relation.lhs, relation.rhs * outwards)
