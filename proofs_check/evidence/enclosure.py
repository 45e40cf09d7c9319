"""Evidence by ball arithmetic: an expression is positive on a whole box of parameters.

A ball encloses every value of an expression on a box (Arb, through python-flint), rounding included.
Boxes on which the ball is not positive are halved along their longest edge, in units of the whole box,
until none is left. Only strict inequalities can be decided: an expression that vanishes on the box has to
be divided by its zero, or bounded below by a margin, before it comes here. A ball that is no number
decides nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import Expr, Rational, Symbol

from proofs_check.context import Context
from proofs_check.evidence.balls import EnclosureError, ball, holds, rational_ball
from proofs_check.evidence.points import show
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict

# Boxes that are looked at before the check gives up; a few seconds.
BOXES = 20_000
PRECISION = 128
SHOWN = 5

Edges = tuple[tuple[Fraction, Fraction], ...]
Box = Mapping[Symbol, tuple[Any, Any]]


@dataclass(frozen=True)
class Cover:
    """What was found: boxes with a positive lower bound, or the point of a negative value, or neither."""

    boxes: tuple[tuple[Edges, float], ...]
    point: Mapping[Symbol, Rational] | None = None
    undecided: Edges | None = None


def positive_on_box(expressions: Callable[[Claim], Sequence[Expr]], box: Box, shows: str) -> Evidence:
    """Evidence that expressions are positive wherever in ``box`` the claim's assumptions hold.

    Parameters
    ----------
    expressions : callable
        From the claim to expressions in the symbols of the box.
    box : mapping of symbols to pairs of rational numbers
        Closed intervals.
    shows : str
        What their positivity shows.
    """

    def check(claim: Claim, _: Context) -> Finding:
        covers = _covers(claim)
        for expression, cover in covers:
            if cover.point is not None:
                return Finding(Verdict.REFUTES, f"{expression} is negative at {show(cover.point)}")
        for expression, cover in covers:
            if cover.undecided is not None:
                said = f"{expression} is undecided on {_say(box, cover.undecided)} after {BOXES} boxes"
                return Finding(Verdict.SILENT, said)
        count = sum(len(cover.boxes) for _, cover in covers)
        least = min(bound for _, cover in covers for _, bound in cover.boxes)
        return Finding(Verdict.SUPPORTS, f"positive on {count} boxes, at least {least:.3g}")

    def _covers(claim: Claim) -> list[tuple[Expr, Cover]]:
        chosen = list(expressions(claim))
        if not chosen:
            raise EnclosureError("enclosure: there is no expression, so that nothing would be shown")
        return [(expression, _cover(expression, claim, box)) for expression in chosen]

    def proof(claim: Claim) -> str:
        return "\n".join(_listing(claim, expression, cover, box) for expression, cover in _covers(claim))

    return Evidence("enclosure", Strength.EXACT, shows, check, proof)


def _listing(claim: Claim, expression: Expr, cover: Cover, box: Box) -> str:
    smallest = sorted(cover.boxes, key=lambda one: _volume(one[0]))[:SHOWN]
    lines = [f"; {claim.id}: {expression} > 0, {len(cover.boxes)} boxes, the smallest of them"]
    lines += [f"{_say(box, edges)}: at least {bound:.6g}" for edges, bound in smallest]
    if cover.undecided is not None:
        lines.append(f"undecided: {_say(box, cover.undecided)}")
    if cover.point is not None:
        lines.append(f"negative at {show(cover.point)}")
    return "\n".join(lines)


def _cover(expression: Expr, claim: Claim, box: Box) -> Cover:
    """Branch and bound, largest boxes first, so that a counterexample is found early."""
    from flint import ctx

    names = tuple(box)
    unknown = expression.free_symbols.union(*(r.free_symbols for r in claim.assumptions)) - set(names)
    if unknown:
        raise EnclosureError(f"enclosure: symbols={sorted(map(str, unknown))}, each needs an interval")
    whole = tuple((_fraction(low), _fraction(high)) for low, high in box.values())
    if any(low > high for low, high in whole):
        raise EnclosureError(f"enclosure: box={_say(box, whole)}, each interval runs from low to high")
    with ctx.workprec(PRECISION):
        return _branch(expression, claim, names, whole)


def _branch(expression: Expr, claim: Claim, names: tuple[Symbol, ...], whole: Edges) -> Cover:
    queue, done = [whole], []
    for number in range(BOXES):
        if number == len(queue):
            break
        edges = queue[number]
        holds = [_holds(relation, names, edges) for relation in claim.assumptions]
        if False in holds:
            continue
        bound = _value(expression, names, edges)
        if bound.is_finite() and bound > 0:
            done.append((edges, float(bound.lower())))
            continue
        centre = tuple(((low + high) / 2,) * 2 for low, high in edges)
        if _value(expression, names, centre) < 0 and all(_holds(r, names, centre) for r in claim.assumptions):
            point = {
                name: Rational(low.numerator, low.denominator)
                for name, (low, _) in zip(names, centre, strict=True)
            }
            return Cover(tuple(done), point)
        queue.extend(_halves(edges, whole))
    else:
        if len(queue) > BOXES:
            return Cover(tuple(done), undecided=queue[BOXES])
    if not done:
        raise EnclosureError(f"enclosure: the assumptions of {claim.id} exclude the whole box")
    return Cover(tuple(done))


def _halves(edges: Edges, whole: Edges) -> tuple[Edges, Edges]:
    def length(k: int) -> Fraction:
        full = whole[k][1] - whole[k][0]
        return (edges[k][1] - edges[k][0]) / full if full else Fraction(0)

    longest = max(range(len(edges)), key=length)
    low, high = edges[longest]
    middle = (low + high) / 2
    first, second = list(edges), list(edges)
    first[longest], second[longest] = (low, middle), (middle, high)
    return tuple(first), tuple(second)


def _holds(relation: Any, names: tuple[Symbol, ...], edges: Edges) -> bool | None:
    return holds(relation, _box(names, edges))


def _value(expression: Expr, names: tuple[Symbol, ...], edges: Edges) -> Any:
    """Ball around the values of an expression on a box."""
    return ball(expression, _box(names, edges))


def _box(names: tuple[Symbol, ...], edges: Edges) -> dict[Symbol, Any]:
    sides = zip(names, edges, strict=True)
    return {name: rational_ball(low).union(rational_ball(high)) for name, (low, high) in sides}


def _fraction(number: Any) -> Fraction:
    exact = Rational(number)
    return Fraction(int(exact.p), int(exact.q))


def _volume(edges: Edges) -> Fraction:
    product = Fraction(1)
    for low, high in edges:
        product *= high - low
    return product


def _say(box: Box, edges: Edges) -> str:
    return ", ".join(f"{name} in [{low}, {high}]" for name, (low, high) in zip(box, edges, strict=True))
