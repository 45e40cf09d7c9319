"""Rational points that meet a claim's assumptions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sympy import Rational, Symbol

from proofs_check.records import Claim

TRIES = 5000
DENOMINATOR = 64
LARGEST = 4 * DENOMINATOR


class NoPointError(ValueError):
    """No parameters were found that meet the assumptions."""


def points(
    claim: Claim, symbols: Iterable[Symbol], rng: np.random.Generator, count: int
) -> list[Mapping[Symbol, Any]]:
    """The claim's example, then ``count`` random rational points, all meeting the assumptions.

    Raises
    ------
    NoPointError
        If the example violates an assumption, or no point is found in ``TRIES`` draws.
    """
    needed = set(symbols) | {s for relation in claim.assumptions for s in relation.free_symbols}
    names = sorted(needed | set(claim.example), key=str)
    found: list[Mapping[Symbol, Any]] = []
    if set(claim.example) >= needed:
        if not _meets(claim, claim.example):
            raise NoPointError(f"points: the example of {claim.id} violates its assumptions")
        found.append(claim.example)
    goal = len(found) + count
    for _ in range(TRIES):
        if len(found) == goal:
            return found
        draws = rng.integers(-LARGEST, LARGEST + 1, len(names))
        point = {name: Rational(int(k), DENOMINATOR) for name, k in zip(names, draws, strict=True)}
        if _meets(claim, point):
            found.append(point)
    raise NoPointError(f"points: no parameters meet the assumptions of {claim.id}")


def _meets(claim: Claim, point: Mapping[Symbol, Any]) -> bool:
    return all(relation.subs(point) == True for relation in claim.assumptions)  # noqa: E712 - SymPy's true


def show(point: Mapping[Any, Any]) -> str:
    """A point as a reader would write it."""
    return ", ".join(f"{name} = {value}" for name, value in sorted(point.items(), key=lambda kv: str(kv[0])))
