"""Is a variant of a claim an error at all? Decided, never guessed from checks that did not refute it.

A variant is no error if it is the original in other words, if it says less (its bound is looser, where the
claim tells which direction is sharper), or if it says nothing, having no real value. The first two need a
proof for all admissible parameters: a normal form that is zero, a sign that SymPy derives, or the solver's
``unsat``. Until one is found the variant counts as an error, and has to be refuted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from sympy import (
    Basic,
    Expr,
    Integral,
    N,
    Ne,
    Not,
    Piecewise,
    Pow,
    S,
    Symbol,
    asin,
    cancel,
    factor,
    pi,
    powdenest,
    simplify,
    sin,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

from proofs_check.context import Context
from proofs_check.evidence.points import DISTINCTIONS, MORE_FOR_CASES, NoPointError, kept_points
from proofs_check.evidence.smt import square_roots
from proofs_check.evidence.stand_ins import stand_in
from proofs_check.evidence.values import ball_of, value
from proofs_check.impossibility import found_apart, impossible, undefined
from proofs_check.records import Claim
from proofs_check.variants import Variant, components
from theory.symbols import theta

DIGITS = 40
# Of the value's size, where SymPy evaluates: forty digits are carried, twenty left to cancellation.
NEGLIGIBLE = S(10) ** -20
POINTS = 4
# What an angle between two vectors is by definition.
ANGLE = (theta >= 0, theta <= pi)


class Relation(StrEnum):
    """What a variant is to its claim."""

    ERROR = "error"
    EQUIVALENT = "equivalent"
    WEAKER = "weaker"
    UNDEFINED = "undefined"


def relation(claim: Claim, variant: Variant, context: Context) -> Relation:
    """Decide whether a variant is an error; what cannot be decided is taken for one."""
    if variant.dropped is not None:
        return _without_assumption(claim, variant, context)
    pairs = zip(components(claim.subject), components(variant.claim.subject), directions(claim), strict=True)
    found = {
        _compare(claim, right, wrong, sharper, context) for right, wrong, sharper in pairs if right != wrong
    }
    for said in (Relation.UNDEFINED, Relation.ERROR, Relation.WEAKER):
        if said in found:
            return said
    return Relation.EQUIVALENT


def directions(claim: Claim) -> tuple[str | None, ...]:
    """For each component of the subject, which direction makes the claim say more, or None.

    Raises
    ------
    ValueError
        If the claim gives another number of directions than its subject has components.
    """
    count = len(components(claim.subject))
    given = claim.sharper if isinstance(claim.sharper, tuple) else (claim.sharper,) * count
    if len(given) != count or not set(given) <= {"smaller", "larger", None}:
        raise ValueError(
            f"{claim.id}: sharper={claim.sharper!r}, 'smaller', 'larger' or None is required for each of "
            f"{count} components"
        )
    return given


def _compare(claim: Claim, right: Basic, wrong: Basic, sharper: str | None, context: Context) -> Relation:
    if isinstance(right, Relational):
        return _compare_relations(claim, right, wrong, context)
    if isinstance(right, BooleanFunction):
        # A condition that is sufficient and necessary: neither a weaker nor a stronger one will do.
        same = _compare_relations(claim, right, wrong, context) is Relation.EQUIVALENT
        return Relation.EQUIVALENT if same else Relation.ERROR
    sign = {"smaller": 1, "larger": -1, None: 0}[sharper]
    against = {-sign} if sign else {1, -1}
    gaps, nowhere, spoken = set(), False, False
    for true, false, sure in _values(claim, right, wrong, context, 4 * POINTS if sign else POINTS):
        nowhere |= false is None
        spoken |= true is None and false is not None
        if true is not None and false is not None:
            gaps.add(_gap(true, false))
            # What SymPy evaluates may be continued to where the formula has no value.
            if sure and gaps & against:
                return Relation.ERROR
    if nowhere and undefined(claim.assumptions, context, wrong):
        return Relation.UNDEFINED
    # A bound says nothing where it has no value; a formula has to have one.
    if spoken or (nowhere and not sign) or gaps & against:
        return Relation.ERROR
    return _proved(claim, right, wrong, sign, context, apart=bool(gaps - {0}))


def _proved(claim: Claim, right: Expr, wrong: Expr, sign: int, context: Context, *, apart: bool) -> Relation:
    """What points suggest needs a proof; what is apart at one of them needs none that it is the same."""
    if not apart and not found_apart(claim, right, wrong, context) and _same(claim, right, wrong):
        return Relation.EQUIVALENT
    # The variant says nothing at its poles.
    poles = (Ne(power.base, 0) for power in wrong.atoms(Pow) if power.exp.is_negative)
    beside = replace(claim, assumptions=(*claim.assumptions, *poles))
    if sign and _never_negative(beside, *_peeled(*((wrong, right) if sign > 0 else (right, wrong))), context):
        return Relation.WEAKER
    return Relation.ERROR


def _gap(true: Any, false: Any) -> int:
    """Sign of the difference of two balls; zero where they meet, which a proof has to confirm."""
    return int(false > true) - int(false < true)


def _values(
    claim: Claim, right: Expr, wrong: Expr, context: Context, count: int
) -> Iterator[tuple[Any, Any, bool]]:
    """Balls around original and variant at admissible points, and whether they are certain.

    None where there is no real number.
    """
    right, wrong = _without_integrals(right, wrong)
    symbols = right.free_symbols | wrong.free_symbols
    by_definition = ANGLE if theta in symbols else ()
    known = replace(claim, assumptions=(*claim.assumptions, *by_definition))
    more = MORE_FOR_CASES * POINTS if right.has(*DISTINCTIONS) or wrong.has(*DISTINCTIONS) else 0
    try:
        chosen = kept_points(known, symbols, context, "equivalence", max(count, more))
    except NoPointError:
        return
    for number, point in enumerate(chosen):
        seen = value(right, point), value(wrong, point)
        sure = None not in seen
        if sure or number <= count:
            both = zip((right, wrong), seen, strict=True)
            true, false = (_number(one, point, context) if ball is None else ball for one, ball in both)
            yield true, false, sure
        # The points that are there to meet each case cost little, or are left out.


def _number(expression: Expr, point: Mapping[Any, Any], context: Context) -> Any:
    """SymPy's value of an expression, or None where it is no finite real number.

    It is kept, for all variants are compared with the same original at the same points.
    """
    return context.once((_number, expression, *point.items()), lambda: _evaluated(expression, point))


def _evaluated(expression: Expr, point: Mapping[Any, Any]) -> Any:
    try:
        exact = expression.subs(point)
        # A proxy that may be any function has no number here, which takes SymPy a while to find.
        number = N(exact, DIGITS) if exact.is_number else exact
    except (TypeError, ZeroDivisionError):  # SymPy compares a complex number, mpmath meets a pole
        return None
    if not (number.is_number and number.is_finite and number.is_real):
        return None
    return ball_of(number, NEGLIGIBLE * (1 + abs(number)))


def _without_integrals(*expressions: Expr) -> tuple[Expr, ...]:
    """A symbol for each integral: equal integrals stay equal, and no time is spent on the others."""
    found = sorted(set().union(*(one.atoms(Integral) for one in expressions)), key=str)
    names = {integral: Symbol(f"integral_{k}", real=True) for k, integral in enumerate(found)}
    return tuple(one.xreplace(names) for one in expressions)


def _same(claim: Claim, right: Expr, wrong: Expr) -> bool:
    """Whether a normal form of the difference is zero, with the signs that the claim assumes."""
    right, wrong = _without_integrals(right, wrong)
    gap = _signed(claim, wrong - right)
    return any(form(gap) == 0 for form in (cancel, factor, powdenest, simplify))


def _signed(claim: Claim, expression: Expr) -> Expr:
    free, assumed = expression.free_symbols, claim.assumptions
    signs = {s: stand_in(s, nonnegative=True) for s in free if (s >= 0) in assumed}
    signs |= {s: stand_in(s, positive=True) for s in free if (s > 0) in assumed}
    # By ANGLE; and the arc sine of what is not negative is not negative.
    signs[sin(theta)] = stand_in(sin(theta), nonnegative=True)
    known = expression.xreplace(signs)
    arcs = {arc: stand_in(arc, nonnegative=True) for arc in known.atoms(asin) if arc.args[0].is_nonnegative}
    return known.xreplace(arcs)


def _peeled(larger: Expr, smaller: Expr) -> tuple[Expr, Expr]:
    """Arguments of the same increasing function, which are in the order of its values."""
    while type(larger) is type(smaller) is asin:
        larger, smaller = larger.args[0], smaller.args[0]
    return larger, smaller


def _never_negative(claim: Claim, larger: Expr, smaller: Expr, context: Context) -> bool:
    gap = factor(_signed(claim, larger - smaller)) if not larger.has(Piecewise) else larger - smaller
    sine = Symbol("sine", real=True)
    below = (larger < smaller).subs(sin(theta), sine)
    return bool(gap.is_nonnegative) or impossible((*claim.assumptions, sine >= 0, sine <= 1), below, context)


def _compare_relations(claim: Claim, right: Basic, wrong: Basic, context: Context) -> Relation:
    # The solver knows of a root that it is real, which has to be so wherever the variant speaks.
    radicands = (root.base for root in square_roots(wrong))
    if not all(one.is_nonnegative or impossible(claim.assumptions, one < 0, context) for one in radicands):
        return Relation.ERROR
    if not impossible((*claim.assumptions, right), Not(wrong), context):
        return Relation.ERROR
    back = impossible((*claim.assumptions, wrong), Not(right), context)
    return Relation.EQUIVALENT if back else Relation.WEAKER


def _without_assumption(claim: Claim, variant: Variant, context: Context) -> Relation:
    """Nothing new is said if the kept assumptions imply the dropped one, or where there is no value."""
    if impossible(variant.claim.assumptions, Not(variant.dropped), context):
        return Relation.EQUIVALENT
    beyond = (*variant.claim.assumptions, Not(variant.dropped))
    return Relation.UNDEFINED if undefined(beyond, context, *components(claim.subject)) else Relation.ERROR
