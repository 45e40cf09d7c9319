"""Rational points that meet a claim's assumptions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Rational, Symbol, lambdify

from proofs_check.evidence.values import true_at
from proofs_check.records import Claim

TRIES = 8192
BATCH = 256
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
    positive = [(name > 0) in claim.assumptions for name in names]
    for _ in range(0, TRIES, BATCH):
        draws = rng.integers(-LARGEST, LARGEST + 1, (BATCH, len(names)))
        # Most assumptions are signs; what is left to chance is the rest.
        draws[:, positive] = np.abs(draws[:, positive])
        for row in draws[_promising(claim, names, draws)]:
            point = {name: Rational(int(k), DENOMINATOR) for name, k in zip(names, row, strict=True)}
            if len(found) < goal and _meets(claim, point):
                found.append(point)
        if len(found) >= goal:
            return found
    raise NoPointError(f"points: no parameters meet the assumptions of {claim.id}")


def _promising(claim: Claim, names: Sequence[Symbol], draws: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows that meet the assumptions in float64; SymPy, which is slow, decides on these alone."""
    columns = [draws[:, k] / DENOMINATOR for k in range(len(names))]
    kept = np.ones(len(draws), dtype=bool)
    with np.errstate(all="ignore"):
        for relation in claim.assumptions:
            kept &= np.broadcast_to(_compiled(relation, tuple(names))(*columns), kept.shape).astype(bool)
    return kept


@cache
def _compiled(relation: Any, names: tuple[Symbol, ...]) -> Callable[..., Any]:
    compiled: Callable[..., Any] = lambdify(names, relation, "numpy")
    return compiled


def _meets(claim: Claim, point: Mapping[Symbol, Any]) -> bool:
    return all(true_at(relation, point) for relation in claim.assumptions)


def show(point: Mapping[Any, Any]) -> str:
    """A point as a reader would write it."""
    return ", ".join(f"{name} = {value}" for name, value in sorted(point.items(), key=lambda kv: str(kv[0])))
