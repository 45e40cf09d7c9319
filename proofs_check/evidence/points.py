"""Rational points that meet a claim's assumptions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Abs, Ge, Gt, Le, Lt, Max, Min, Piecewise, Rational, Symbol, lambdify, sign

from proofs_check.context import Context
from proofs_check.evidence.values import all_true
from proofs_check.records import Claim

TRIES = 8192
BATCH = 256
DENOMINATOR = 64
LARGEST = 4 * DENOMINATOR
# Each case of a distinction has to be met: so many times more points where there is one. With four points one
# seed in sixteen has no negative number; with 192 four in a million miss a sixteenth of a domain.
MORE_FOR_CASES = 48
DISTINCTIONS = (Piecewise, Abs, sign, Max, Min)
_COMPARISONS: Mapping[Any, Callable[[Any, Any], Any]] = {
    Gt: np.greater, Ge: np.greater_equal, Lt: np.less, Le: np.less_equal,
}  # fmt: skip
# Where points are a bonus: cosines and sines first, then numbers of all sizes.
SCALES, POINTS_A_SCALE = (DENOMINATOR, LARGEST, 16 * LARGEST), 8


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
    for _ in range(0, TRIES, BATCH):
        for point in _drawn(claim, names, rng, LARGEST):
            found.append(point)
            if len(found) >= goal:
                return found
    raise NoPointError(f"points: no parameters meet the assumptions of {claim.id}")


def kept_points(
    claim: Claim, symbols: Iterable[Symbol], context: Context, purpose: str, count: int
) -> Sequence[Mapping[Symbol, Any]]:
    """`points` of a generator of its own for the ``purpose``, which the claim and its controls share."""
    wanted = frozenset(symbols)
    key = (points, purpose, claim.id, claim.assumptions, tuple(claim.example.items()), wanted, count)
    found: Sequence[Mapping[Symbol, Any]] = context.once(
        key, lambda: points(claim, wanted, context.rng(claim.id, purpose), count)
    )
    return found


def some_points(
    claim: Claim, symbols: Iterable[Symbol], rng: np.random.Generator
) -> Iterator[Mapping[Symbol, Any]]:
    """Points that meet the assumptions, from a few draws at several scales; perhaps none."""
    needed = set(symbols) | {s for relation in claim.assumptions for s in relation.free_symbols}
    names = sorted(needed, key=str)
    if set(claim.example) >= needed and _meets(claim, claim.example):
        yield claim.example
    for largest in SCALES:
        yield from islice(_drawn(claim, names, rng, largest), POINTS_A_SCALE)


def _drawn(
    claim: Claim, names: Sequence[Symbol], rng: np.random.Generator, largest: int
) -> Iterator[Mapping[Symbol, Any]]:
    """Those points of a batch that meet the assumptions."""
    draws = rng.integers(-largest, largest + 1, (BATCH, len(names)))
    # Most assumptions are signs; what is left to chance is the rest.
    bounded = {one.lhs for one in claim.assumptions if isinstance(one, Gt) and one.rhs == 0}
    positive = [name in bounded for name in names]
    draws[:, positive] = np.abs(draws[:, positive])
    for row in draws[_promising(claim, names, draws)]:
        point = {name: Rational(int(k), DENOMINATOR) for name, k in zip(names, row, strict=True)}
        if _meets(claim, point):
            yield point


def _promising(claim: Claim, names: Sequence[Symbol], draws: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows that meet the assumptions in float64; SymPy, which is slow, decides on these alone."""
    columns = {name: draws[:, k] / DENOMINATOR for k, name in enumerate(names)}
    kept = np.ones(len(draws), dtype=bool)
    with np.errstate(all="ignore"):
        for relation in claim.assumptions:
            # Of its own symbols alone: many claims assume the same, beside other symbols.
            among = relation.free_symbols
            own = tuple(name for name in names if name in among)
            met = _test(relation, own)(*(columns[name] for name in own))
            kept &= np.broadcast_to(met, kept.shape).astype(bool)
    return kept


@cache
def _test(relation: Any, names: tuple[Symbol, ...]) -> Callable[..., Any]:
    """A relation as a function of arrays; most bound a symbol by a number and need no code of their own."""
    compare = _COMPARISONS.get(type(relation))
    if compare is not None and relation.lhs.is_Symbol and relation.rhs.is_number:
        bound = float(relation.rhs)
        return lambda numbers: compare(numbers, bound)
    # Not by the module's name: see `numerics.closed_forms.compile_expression`.
    compiled: Callable[..., Any] = lambdify(names, relation, [np])
    return compiled


def _meets(claim: Claim, point: Mapping[Symbol, Any]) -> bool:
    return all_true(claim.assumptions, point)


def show(point: Mapping[Any, Any]) -> str:
    """A point as a reader would write it."""
    return ", ".join(f"{name} = {value}" for name, value in sorted(point.items(), key=lambda kv: str(kv[0])))
