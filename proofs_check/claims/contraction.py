"""P7: which proximal maps bring points closer, decided on the inverse of each map as in ``thresholding``.

The map of a convex penalty is firmly nonexpansive. Those of l0 and of transformed l1 past the critical weight
jump. Up to the critical weight transformed l1 is continuous, yet still drives points apart: by the slope
1/x′(0) at most.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, Tuple, diff, sqrt

from numerics.closed_forms import evaluate
from numerics.penalties import proximal_map
from proofs_check.claims.cases import UNIT
from proofs_check.claims.penalty_checks import Weight, weights
from proofs_check.claims.thresholding import SECOND, inverse, query
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory.symbols import a, mu, u, x

Array = NDArray[np.float64]

# From S(x) - S(y) and x - y to what must not be positive.
Excess = Callable[[Any, Any], Any]

# The shape a occurs in controls of l1 and l0, too.
POSITIVE = (mu > 0, a > 0)
HALF = Rational(1, 2)
CRITICAL = a**2 / (2 * (a + 1))
_STEPS = np.concatenate([10.0 ** np.arange(-6, 3), np.linspace(0, 2, 21)])


def claims() -> tuple[Claim, ...]:
    """P7: l1 contracts; l0 and transformed l1 do not; by how much the latter can expand."""
    return _firm(), _hard(), _past_critical(), _up_to_critical(), _lipschitz()


def _nonexpansive(moved: Any, gap: Any) -> Any:
    return moved**2 - gap**2


def _firmly(moved: Any, gap: Any) -> Any:
    return moved**2 - moved * gap


def _claim(name: str, says: str, subject: Tuple, excess: Excess, controls: tuple[Control, ...],
           regime: tuple[Any, ...] = (), weight: Expr = HALF) -> Claim:  # fmt: skip
    return Claim(
        id=name,
        label="P7",
        statement=f"The proximal map with (t, x(u), b) = {{subject}} has {says} for all x and y.",
        source=Source(Provenance.FOLKLORE),
        subject=subject,
        assumptions=(*POSITIVE, *regime),
        example={mu: weight, a: 1},
        evidence=(
            unsatisfiable(
                lambda c: _pairs(c, excess), "no two points violate it, on one side of zero or on two"
            ),
            searched(
                weights, lambda c: _violated(c, excess), "no two of a hundred points around the threshold do"
            ),
        ),
        controls=controls,
        expected=Expected.HOLDS if excess is _firmly else Expected.FAILS,
    )


NONEXPANSIVE = "|S(x) - S(y)| <= |x - y|"


def _is_not_computed(claim: Claim) -> Violation:
    """Where the map of l1, as it is computed, differs from the triple."""

    def test(case: Weight) -> str | None:
        values = {mu: case.mu, a: case.a}
        points, image = _graph(claim.subject, values)
        just_beyond = np.nextafter(float(evaluate(claim.subject[0], values)), np.inf)
        points = np.append(points, just_beyond)
        image = np.append(image, float(evaluate(claim.subject[2], values)))
        off = np.abs(proximal_map(points, case.mu, "l1") - image) - 64 * UNIT * (np.abs(points) + case.mu)
        worst = int(np.argmax(off))
        return f"S({points[worst]:.9g}) is not {image[worst]:.9g}" if off[worst] > 0 else None

    return test


def _firm() -> Claim:
    computed = searched(weights, _is_not_computed, "the triple is the map of l1 as it is computed")
    claim = _claim(
        "l1-proximal-map-is-firmly-nonexpansive",
        "(S(x) - S(y))² <= (S(x) - S(y))(x - y)",
        inverse("l1"),
        _firmly,
        (
            Control("the map of l0", inverse("l0")),
            Control("the map of transformed l1", inverse("tl1")),
            Control("a threshold without shrinkage", Tuple(mu, u, mu)),
            Control("values twice as large", Tuple(mu, u / 2 + mu, Integer(0))),
        ),
    )
    return replace(claim, evidence=(*claim.evidence, computed))


def _hard() -> Claim:
    wrong = (
        Control("a jump at √μ", Tuple(sqrt(mu), u, sqrt(mu))),
        Control("the map of transformed l1", inverse("tl1")),
    )
    name = "l0-proximal-map-is-nonexpansive"
    return _claim(name, NONEXPANSIVE, inverse("l0"), _nonexpansive, (*wrong, _repair()))


def _past_critical() -> Claim:
    wrong = (
        Control("the map of l0", inverse("l0")),
        Control("also up to the critical weight", without=(mu > CRITICAL,)),
    )
    name = "tl1-proximal-map-past-the-critical-weight-is-nonexpansive"
    controls = (*wrong, _repair())
    return _claim(name, NONEXPANSIVE, inverse("tl1"), _nonexpansive, controls, (mu > CRITICAL,))


def _up_to_critical() -> Claim:
    wrong = (
        Control("the map of l0", inverse("l0")),
        Control("also past the critical weight", without=(mu < CRITICAL,)),
    )
    name = "tl1-proximal-map-up-to-the-critical-weight-is-nonexpansive"
    controls = (*wrong, _repair())
    regime, weight = (mu < CRITICAL,), Rational(1, 8)
    return _claim(name, NONEXPANSIVE, inverse("tl1"), _nonexpansive, controls, regime, weight)


def _repair() -> Control:
    return Control("the map of l1 in its place", inverse("l1"), holds=True)


def _pairs(claim: Claim, excess: Excess) -> Mapping[str, Query]:
    """``excess`` for every pair of points, up to their order and the sign of both."""
    t, branch, start = claim.subject
    other = branch.subs(u, SECOND)
    both = (u >= start, start.subs(u, SECOND) <= SECOND)
    return {
        "one is zero": query(excess(u, branch - x) <= 0, u >= start, branch > t, x >= -t, x <= t),
        "on one side": query(excess(u - SECOND, branch - other) <= 0, *both),
        "on two sides": query(excess(u + SECOND, branch + other) <= 0, *both),
    }


def _violated(claim: Claim, excess: Excess) -> Violation:
    def test(case: Weight) -> str | None:
        values = {mu: case.mu, a: case.a}
        if not all(bool(evaluate(relation, values)) for relation in claim.assumptions):
            return None
        points, image = _graph(claim.subject, values)
        gap, moved = (np.subtract.outer(one, one) for one in (points, image))
        # Two dozen operations on numbers of at most this size.
        scale = np.add.outer(np.abs(points), np.abs(points)) + case.a
        over = excess(moved, gap) / scale**2 - 64 * UNIT
        i, j = np.unravel_index(np.argmax(over), over.shape)
        climb(float(over[i, j]), "excess over a nonexpansive map")
        if over[i, j] <= 0:
            return None
        return (
            f"{points[i]:.6g} and {points[j]:.6g}, {abs(gap[i, j]):.3g} apart, "
            f"go to {image[i]:.6g} and {image[j]:.6g}, {abs(moved[i, j]):.3g} apart,"
        )

    return test


def _graph(subject: Tuple, values: Mapping[Any, float]) -> tuple[Array, Array]:
    """Points of both signs and their images: zero up to t, then the branch."""
    t, start = (float(evaluate(part, values)) for part in (subject[0], subject[2]))
    inner = t * np.linspace(-1, 1, 9)
    beyond = start + t * _STEPS
    place = evaluate(subject[1], {**values, u: beyond}) + 0 * beyond
    points = np.concatenate([-place, inner, place])
    return points, np.concatenate([-beyond, 0 * inner, beyond])


def _lipschitz() -> Claim:
    subject = a**2 / (a**2 - 2 * mu * (a + 1))
    return Claim(
        id="tl1-proximal-map-up-to-the-critical-weight-is-lipschitz",
        label="P7",
        statement="Up to the critical weight, μ < a²/(2(a+1)), the least Lipschitz constant of the "
        "transformed l1 proximal map is {subject}.",
        source=Source(Provenance.DERIVED),
        subject=subject,
        assumptions=(*POSITIVE, mu < CRITICAL),
        example={mu: Rational(1, 8), a: 1},
        evidence=(
            unsatisfiable(_stretched, "no two points are driven apart by a larger factor"),
            vanishing(
                _slope, "the constant is the slope of S at the threshold, so that no smaller one will do"
            ),
            searched(weights, _stretched_farther, "no two of a hundred points go farther apart"),
        ),
        controls=(
            Control("one, as if the penalty were convex", Integer(1)),
            Control("half the second derivative", a**2 / (a**2 - mu * (a + 1))),
            Control("one percent too large", subject * Rational(101, 100)),
            Control("also past the critical weight", without=(mu < CRITICAL,)),
        ),
        uses=("tl1-proximal-map-keeps-sign-and-order",),
    )


def _stretched(claim: Claim) -> Mapping[str, Query]:
    t, branch, _ = inverse("tl1")
    other = branch.subs(u, SECOND)
    factor = claim.subject
    return {
        "one is zero": query(u <= factor * (branch - x), u >= 0, x >= -t, x <= t),
        "on one side": query(SECOND - u <= factor * (other - branch), u >= 0, u <= SECOND),
        "on two sides": query(u + SECOND <= factor * (branch + other), u >= 0, SECOND >= 0),
    }


def _stretched_farther(claim: Claim) -> Violation:
    def test(case: Weight) -> str | None:
        values = {mu: case.mu, a: case.a}
        if not all(bool(evaluate(relation, values)) for relation in claim.assumptions):
            return None
        # Its reciprocal, which stays finite up to the critical weight.
        narrowed = float(evaluate(1 / claim.subject, values))
        points, image = _graph(inverse("tl1"), values)
        gap, moved = (np.abs(np.subtract.outer(one, one)) for one in (points, image))
        # Differences of values of this size.
        size = np.add.outer(np.abs(points), np.abs(points)) + case.a
        over = (moved * narrowed - gap) / size
        climb(float(over.max()), "excess over the Lipschitz constant")
        if over.max() <= 64 * UNIT:
            return None
        i, j = np.unravel_index(np.argmax(over), over.shape)
        return f"{gap[i, j]:.6g} apart go to {moved[i, j]:.6g} apart, more than 1/{narrowed:.6g} times,"

    return test


def _slope(claim: Claim) -> list[Expr]:
    _, branch, _ = inverse("tl1")
    return [1 / diff(branch, u).subs(u, 0) - claim.subject]
