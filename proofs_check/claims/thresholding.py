"""P4 and P5: what the proximal maps do, from their inverse; decided by a solver for all parameters.

Each map S of l1, l0 and transformed l1 is zero for |x| <= t, odd, and beyond t it inverts the branch
x(u) = u + μP′(u), u >= b, on which stationary points lie. So S is the triple (t, x(u), b), without the arc
sine of transformed l1: statements on S become statements on polynomials and quotients in u. That x(u) rises
from t at u = b without bound is part of P5; it makes the triple a map.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Abs, Eq, Expr, Integer, Le, Max, Or, Rational, S, Symbol, Tuple, diff, factor, sqrt

from numerics.closed_forms import evaluate
from numerics.penalties import proximal_map
from proofs_check.claims.branch_checks import branch_beaten
from proofs_check.claims.cases import UNIT
from proofs_check.claims.penalty_checks import Weight, weights
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, square_roots, unsatisfiable
from proofs_check.records import Claim, Control, Provenance, Source
from theory.penalties import PENALTY, TITLES, objective, thresholding
from theory.symbols import a, mu, u, x

Array = NDArray[np.float64]

FOLKLORE, DERIVED = Source(Provenance.FOLKLORE), Source(Provenance.DERIVED)
EXAMPLE: Mapping[Any, Any] = {mu: Rational(1, 2), a: 1, x: 2, u: 1}
SECOND = Symbol("u_2", real=True)
# Multiples of the threshold, and of the smallest value beyond it, at which maps are watched.
_PLACES = np.concatenate([np.linspace(0, 3, 61), [1 - 2**-53, 1 + 2**-52, 1.001, 10, 1000]])


def claims() -> tuple[Claim, ...]:
    """P4 and P5, and global minimality once more, by another means than P1 to P3."""
    return (
        *map(_minimiser, PENALTY),
        *map(_displacement, PENALTY),
        *map(_order, PENALTY),
    )


@cache
def inverse(penalty: str) -> Tuple:
    """Threshold t, branch x(u) beyond it, and the smallest u there."""
    start = {"l1": Integer(0), "l0": sqrt(2 * mu), "tl1": Max(sqrt(2 * mu * (a + 1)), a) - a}
    return Tuple(
        thresholding(penalty).threshold, u + mu * factor(diff(positive_part(penalty), u)), start[penalty]
    )


def positive_part(penalty: str) -> Expr:
    """P(u) for u > 0."""
    size = Symbol("u", positive=True)
    return PENALTY[penalty].subs(u, size).subs(size, u)


def query(conclusion: Any, *assumptions: Any) -> Query:
    """Query with a variable for each of its square roots."""
    return Query(conclusion, assumptions, square_roots(conclusion, *assumptions))


def at_most(one: Expr, other: Expr) -> Le:
    """A comparison that is left to the solver: SymPy would try to decide it first, which takes longer."""
    return Le(one, other, evaluate=False)


def _positive(penalty: str) -> tuple[Any, ...]:
    """Weight and shape are positive."""
    return (mu > 0, a > 0) if penalty == "tl1" else (mu > 0,)


def _displaced_twice(penalty: str) -> Expr:
    """Branch with twice the displacement; that of l0, which has none, with μ."""
    branch = inverse(penalty)[1]
    return u + mu if penalty == "l0" else 2 * branch - u


# Global minimality


def _minimiser(penalty: str) -> Claim:
    t, branch, start = inverse(penalty)
    return Claim(
        id=f"{penalty}-stationary-branch-is-global-minimum",
        label={"l1": "P1", "l0": "P2", "tl1": "P3"}[penalty],
        statement=f"With (t, x(u), b) = {{subject}}, zero minimises the {TITLES[penalty]} objective for "
        "0 <= x <= t, and each u >= b minimises it for x = x(u).",
        source=DERIVED,
        subject=inverse(penalty),
        assumptions=_positive(penalty),
        example=EXAMPLE,
        sharper=("larger", None, "smaller"),
        evidence=(
            unsatisfiable(lambda c: _minimal(c, penalty), "no real number has a smaller objective"),
            searched(weights, lambda c: branch_beaten(c, penalty), "no u of some eighty has a smaller one"),
        ),
        controls=(
            Control("a threshold one percent too high", Tuple(t * Rational(101, 100), branch, start)),
            Control("twice the displacement", Tuple(t, _displaced_twice(penalty), start)),
            Control("negative weights, too", without=(mu > 0,)),
            Control("values from half of b on, or below zero", Tuple(t, branch, start / 2 - mu)),
        ),
    )  # fmt: skip


def _minimal(claim: Claim, penalty: str) -> Mapping[str, Query]:
    t, branch, start = claim.subject
    level = objective(penalty)
    at = SECOND
    begun = at >= start.subs(u, at)
    zero = {"zero": query(at_most(level.subs(u, 0), level), x >= 0, x <= t)}
    here = level.subs(x, branch.subs(u, at))
    if penalty != "tl1":
        return {**zero, "beyond": query(at_most(here.subs(u, at), here), begun)}
    # Case by case of the signs of u and its rivals: all at once takes the solver half a second. Where x(u) is
    # negative the rival -u of u > 0 is better; elsewhere no rival below zero is better than its opposite.
    from_zero = level.subs(x, branch.subs(u, 0))
    return {
        **zero,
        "no better on the other side of zero": query(at_most(level, level.subs(u, -u)), x >= 0, u >= 0),
        "beyond, not on the other side of zero": query(at_most(S.Zero, branch.subs(u, at)), begun, at > 0),
        "beyond": query(at_most(S.Zero, _excess(branch.subs(u, at))), begun, at > 0, u >= 0),
        "beyond, from zero": query(Or(start.subs(u, 0) > 0, at_most(from_zero.subs(u, 0), from_zero))),
        "beyond, from below zero": query(Or(at >= 0, at_most(here.subs(u, at), here)), begun),
    }


def _excess(place: Expr) -> Expr:
    """The objective of transformed l1 at u >= 0 less that at ``SECOND`` > 0, at x = ``place``.

    Both squares and both penalties differ by a multiple of u less the other.
    """
    return (u - SECOND) * ((u + SECOND) / 2 - place + mu * _quotient())


@cache
def _quotient() -> Expr:
    """The quotient of differences of the penalty of transformed l1, between two points not below zero."""
    part = positive_part("tl1")
    return factor((part - part.subs(u, SECOND)) / (u - SECOND))


# P4


def _displacement(penalty: str) -> Claim:
    t = thresholding(penalty).threshold
    wrong = {
        "a percent less": t * Rational(99, 100),
        "a percent more, never reached": t * Rational(101, 100),
        "the threshold of l1": mu if penalty != "l1" else 2 * mu,
        "the threshold of l0": sqrt(2 * mu) if penalty != "l0" else sqrt(mu),
    }
    return Claim(
        id=f"{penalty}-displacement-is-at-most-the-threshold",
        label="P4",
        statement=f"The largest |x - S(x)| of the {TITLES[penalty]} proximal map over all x is {{subject}}.",
        source=DERIVED,
        subject=t,
        assumptions=_positive(penalty),
        example=EXAMPLE,
        evidence=(
            unsatisfiable(
                lambda c: _displaced(c, penalty),
                "no point is moved farther, and x = t, with S(t) = 0, that far",
            ),
            searched(
                weights,
                lambda c: _moved_farther(c, penalty),
                "no computed S(x) is farther from x, and some as far",
            ),
        ),
        controls=tuple(Control(error, bound) for error, bound in wrong.items()),
        uses=(
            f"{penalty}-thresholding-is-a-global-minimiser",
            f"{penalty}-proximal-map-keeps-sign-and-order",
        ),
    )


def _displaced(claim: Claim, penalty: str) -> Mapping[str, Query]:
    t, branch, start = inverse(penalty)
    bound = claim.subject
    return {
        "zero": query(x <= bound, x >= 0, x <= t),
        "beyond": query(Abs(factor(branch - u)) <= bound, u >= start),
        "attained": query(bound <= t),
    }


def _moved_farther(claim: Claim, penalty: str) -> Violation:
    def test(case: Weight) -> str | None:
        points, image, t = _computed(case, penalty)
        bound = float(evaluate(claim.subject, {mu: case.mu, a: case.a}))
        farthest = float(np.max(np.abs(points - image) - _steep(case, points)))
        climb(farthest / bound, "displacement over the threshold")
        if farthest > bound or t < bound * (1 - 32 * UNIT):
            return f"points move by up to {farthest:.12g}, at the threshold by {t:.12g}, not {bound:.12g}"
        return None

    return test


def _steep(case: Weight, points: Array) -> Array:
    """Rounding of S where its arc sine is steep: √(2k·UNIT)(a+|x|) for k = 32 roundings."""
    return np.asarray(np.sqrt(64 * UNIT) * (case.a + np.abs(points)))


def _computed(case: Weight, penalty: str) -> tuple[Array, Array, float]:
    """Rising points of both signs around the threshold, their images, and the threshold."""
    t = float(evaluate(thresholding(penalty).threshold, {mu: case.mu, a: case.a}))
    half = t * np.unique(_PLACES)
    points = np.concatenate([-half[::-1], half])
    return points, proximal_map(points, case.mu, penalty, case.a if penalty == "tl1" else None), t


# P5


def _order(penalty: str) -> Claim:
    t, branch, start = inverse(penalty)
    middle = {
        "l1": Control("no shrinkage", Tuple(t, u, start)),
        "l0": Control("the smallest value beyond t is √μ", Tuple(t, branch, sqrt(mu))),
        "tl1": Control("all u >= 0 on the branch, in both regimes", Tuple(t, branch, Integer(0))),
    }
    return Claim(
        id=f"{penalty}-proximal-map-keeps-sign-and-order",
        label="P5",
        statement=f"The {TITLES[penalty]} proximal map is odd, does not decrease and has |S(x)| <= |x|: with "
        "(t, x(u), b) = {subject}, x(u) rises from t at u = b >= 0, is at least u, and S(x(u)) = u.",
        source=FOLKLORE,
        subject=inverse(penalty),
        assumptions=_positive(penalty),
        example=EXAMPLE,
        evidence=(
            unsatisfiable(_rises, "x(b) = t, b >= 0, x(u) rises and is at least u, hence unbounded"),
            searched(
                weights,
                lambda c: disorder(c, penalty),
                "computed maps are odd, in order, do not grow, and solve x(S(x)) = x beyond t",
            ),
        ),
        controls=(
            Control("twice the displacement", Tuple(t, _displaced_twice(penalty), start)),
            Control("displacement away from zero", Tuple(t, 2 * u - _displaced_twice(penalty), start)),
            middle[penalty],
        ),
        uses=(f"{penalty}-thresholding-is-a-global-minimiser",),
    )  # fmt: skip


def _rises(claim: Claim) -> Mapping[str, Query]:
    t, branch, start = claim.subject
    return {
        "begins at t": query(Eq(branch.subs(u, start), t, evaluate=False)),
        "b is no negative number": query(start >= 0),
        "rises": query(branch < branch.subs(u, SECOND), u >= start, u < SECOND),
        "does not grow": query(u <= branch, u >= start),
    }


def disorder(claim: Claim, penalty: str) -> Violation:
    """Where the map, as it is computed, differs from the triple, or is not odd, not in order, or grows."""

    def test(case: Weight) -> str | None:
        points, image, t = _computed(case, penalty)
        climb(-float(np.min(np.diff(image) / (t + np.abs(points[1:])))), "a value that falls")
        if np.any(image != -image[::-1]):
            return "S is not odd"
        if np.any(np.diff(image) < -_steep(case, points[1:])) or np.any(np.abs(image) > np.abs(points)):
            return "S decreases or grows"
        beyond = points > t
        back = evaluate(claim.subject[1], {u: image[beyond], mu: case.mu, a: case.a})
        # The computed S is exact for a weight that is off by a few roundings.
        residual = np.abs(back - points[beyond]) - 64 * UNIT * (case.a + points[beyond])
        if np.any(residual > 0):
            return f"x(S(x)) differs from x by {residual.max():.3g}"
        # NumPy's numbers, which a wrong formula may divide by zero.
        at = {mu: np.float64(case.mu), a: np.float64(case.a)}
        edge, start = (float(evaluate(claim.subject[k], at)) for k in (0, 2))
        first = float(evaluate(claim.subject[1], {u: start, mu: case.mu, a: case.a}))
        # The start is a difference of numbers that may be as large as a.
        if start >= -8 * UNIT * case.a and abs(first - edge) <= 64 * UNIT * (case.a + edge):
            return None
        return f"the branch starts at u = {start:.9g} with x = {first:.9g}, t = {edge:.9g}"

    return test
