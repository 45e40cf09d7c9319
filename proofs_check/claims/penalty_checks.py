"""What the claims on the proximal maps are checked by: exact residuals, and a search for a better point.

The objective is always that of the penalty's definition. The argument is in
``proofs_check.claims.penalties``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray
from sympy import (
    Abs,
    Expr,
    LessThan,
    Rational,
    Symbol,
    asin,
    cancel,
    diff,
    expand,
    expand_power_base,
    factor,
    false,
    sin,
    true,
)

from numerics.closed_forms import evaluate
from proofs_check.claims.cases import UNIT
from proofs_check.claims.draws import decades, either, part_of, strategy_of
from proofs_check.evidence.cases import Violation, climb
from proofs_check.evidence.values import value
from proofs_check.records import Claim
from theory.penalties import PENALTY
from theory.symbols import a, mu, u, x

Array = NDArray[np.float64]
# Q² = 2μ(a+1), and a.
BIG_Q, SHAPE = Symbol("Q", positive=True), Symbol("a", positive=True)


# Where x is placed: around the threshold down to the last digit, and over the scales of the penalty.
_AROUND = np.array(
    [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1 - 1e-6, 1 - 2**-53, 1, 1 + 2**-52, 1 + 1e-6, 1.001, 1.01, 1.1, 2, 30]
)


_SCALES = np.array([0.03, 0.3, 0.7, 0.99, 1.0, 1.01, 1.4, 1.45, 2.0, 2.1, 5.0])


_NEAR = np.concatenate([sign * np.array([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]) for sign in (1, -1)])


_GRID = np.concatenate([np.linspace(-0.1, 1.2, 261), 10.0 ** np.arange(-6, 0), [10.0]])


def _positive_part(penalty: str) -> Expr:
    """P(u) for u > 0."""
    size = Symbol("u", positive=True)
    return PENALTY[penalty].subs(u, size).subs(size, u)


@dataclass(frozen=True)
class Weight:
    """Weight mu and shape a of a penalty in one coordinate."""

    mu: float
    a: float


# Of a²/(a+1); the regimes of transformed l1 meet at one half of it.
_PARTS = (0.5, 0.3, 0.499, 0.501, 0.7, 0.9, 1.1, 2.0)


def weights() -> SearchStrategy[Weight]:
    """Weights of all sizes, and around the critical weight of transformed l1; a in [0.01, 100]."""
    shapes = decades(-2, 2)
    critical = part_of(lambda a, part: Weight(part * a**2 / (a + 1), a), shapes, st.sampled_from(_PARTS))
    return strategy_of(either(part_of(Weight, decades(-5, 3), shapes), critical))


def l1_residuals(claim: Claim) -> list[Expr]:
    """The objective above its value at S(x), less sums of terms that are not negative."""
    t, active = claim.subject
    size = PENALTY["l1"]
    beyond = ((u - x) ** 2 - (active - x) ** 2) / 2 + mu * (size - size.subs(Abs(u), active))
    below = ((u - t) ** 2 - t**2) / 2 + mu * size
    return [
        expand(beyond - (u - active) ** 2 / 2 - mu * (size - u)),
        expand(below - u**2 / 2 - t * (size - u)),
    ]


def l0_residuals(claim: Claim) -> list[Expr]:
    """The objective above its value at x, the tie at the threshold, and its sign."""
    t, active = claim.subject
    cost = mu * _positive_part("l0")
    advantage = x**2 / 2 + mu * PENALTY["l0"].subs(u, 0) - ((active - x) ** 2 / 2 + cost)
    best = (u - x) ** 2 / 2 + cost - ((active - x) ** 2 / 2 + cost) - (u - x) ** 2 / 2
    return [expand(best), expand(advantage.subs(x, t)), Abs(t) - t]


def tl1_residuals(claim: Claim) -> Iterator[Expr]:
    """Threshold, largest root and factorisation, as the argument needs them, one after the other."""
    t, active = claim.subject
    yield from threshold_residuals("tl1", t)
    yield from _largest_root(active)
    yield _factorisation()


@cache
def _factorisation() -> Expr:
    """objective(u) - objective(u*) less its factored form, for u, u* > 0 and x from stationarity."""
    star = Symbol("u_star", real=True)
    level = (u - x) ** 2 / 2 + mu * _positive_part("tl1")
    stationary = star + mu * a * (a + 1) / (a + star) ** 2
    bracket = Rational(1, 2) - mu * a * (a + 1) / ((a + star) ** 2 * (a + u))
    return factor((level - level.subs(u, star)).subs(x, stationary) - (u - star) ** 2 * bracket)


@cache
def _cubic() -> Expr:
    """y² times the derivative of the objective at y - a > 0, a cubic in y, which is called u."""
    slope = u - x + mu * diff(_positive_part("tl1"), u)
    return cancel((slope * (a + u) ** 2).xreplace({u: u - a}))


@cache
def _largest_root(active: Expr) -> tuple[Expr, ...]:
    """Cubic at the value beyond t, and 3y - 2(a+x) less (a+x)(1 - 4s²), which is not negative.

    With μ = 4(a+x)³ sin²ψ/(27a(a+1)), 0 < ψ <= π/2, every stationary x is met; s = sin(ψ/3) <= 1/2 and
    sinψ = 3s - 4s³, after which both residuals are polynomials.
    """
    sin_psi, size, shape = (Symbol(name, positive=True) for name in ("sin_psi", "x", "a"))
    psi, s = Symbol("psi", real=True), Symbol("sin_third_psi", real=True)
    weight = 4 * (shape + size) ** 3 * sin_psi**2 / (27 * shape * (shape + 1))

    def turned(expression: Expr) -> Expr:
        plain = expression.xreplace({a: shape, x: size}).xreplace({mu: weight})
        plain = expand_power_base(_with_factored_roots(plain))
        plain = plain.xreplace({asin(sin_psi): psi}).xreplace({sin(psi / 3): s})
        return plain.xreplace({sin_psi: 3 * s - 4 * s**3, size: x, shape: a})

    y = turned(a + active)
    slack = 3 * y - 2 * (a + x) - (a + x) * (1 - 4 * s**2)
    return turned(_cubic()).xreplace({u: y}), slack


def threshold_residuals(penalty: str, t: Expr) -> Iterator[Expr]:
    """Residuals that vanish if and only if t is the threshold.

    l1: the slope at u = 0+ vanishes. l0: u = 0 and u = x tie. Transformed l1: the largest root of the cubic
    is max(Q, a), with a = Q + e, e >= 0, in the subcritical regime, and with Q = a + e, e > 0, in the other.
    """
    if penalty == "l1":
        yield expand(t - mu * diff(_positive_part("l1"), u))
    elif penalty == "l0":
        yield expand(t**2 / 2 - mu * _positive_part("l0"))
        yield Abs(t) - t
    else:
        yield _at_threshold(t, SHAPE, BIG_Q + Symbol("e", nonnegative=True))
        yield _at_threshold(t, BIG_Q, SHAPE + Symbol("e", positive=True))


@cache
def _at_threshold(t: Expr, name: Symbol, larger: Expr) -> Expr:
    """Residual where the one of Q and a with this name is larger than the other."""
    regime = {name: larger}
    here = {a: SHAPE.xreplace(regime), mu: (BIG_Q**2 / (2 * (SHAPE + 1))).xreplace(regime)}

    # Conditions are decided before the substitution, which may turn them round or expand them.
    regimes = {one: _decided(one, tuple(here.items())) for one in t.atoms(LessThan)}
    place = t.xreplace(regimes).xreplace(here)
    residual = _factored(_cubic().xreplace({u: larger, x: _with_factored_roots(place), **here}))
    # Squares, so that the residual is read at positive Q, a and e only.
    return residual.xreplace(
        {one: Symbol(f"root_{one.name}", real=True) ** 2 for one in (BIG_Q, SHAPE, *larger.free_symbols)}
    )


def _with_factored_roots(expression: Expr) -> Expr:
    """Roots of squares are taken once their arguments are factored."""
    return expression.replace(lambda e: e.is_Pow and not e.exp.is_Integer, lambda e: factor(e.base) ** e.exp)


@cache
def _factored(residual: Expr) -> Expr:
    """The residual factored; left as it is where a ball at one point excludes zero, to spare the time."""
    ordered = sorted(residual.free_symbols, key=str)
    seen = value(residual, {symbol: Rational(k + 3, 2) for k, symbol in enumerate(ordered)})
    return residual if seen is not None and not seen.overlaps(0) else factor(residual)


@cache
def _decided(relation: Expr, here: tuple[tuple[Symbol, Expr], ...]) -> Expr:
    gap = factor((relation.lhs - relation.rhs).xreplace(dict(here)))
    return true if gap.is_nonpositive else false if gap.is_positive else relation


def beaten(claim: Claim, penalty: str) -> Violation:
    """A point with a smaller objective than S(x), by more than rounding."""

    def test(case: Weight) -> str | None:
        values = {mu: case.mu, a: case.a}
        t = float(evaluate(claim.subject[0], values))
        scales = np.array([case.mu, np.sqrt(case.mu), case.a])
        points = np.unique(np.concatenate([t * _AROUND, *np.outer(scales, _SCALES)]))
        points = np.concatenate([-points, points])[:, None]
        size = np.abs(points)
        active = evaluate(claim.subject[1], {**values, x: size}) + np.zeros_like(size)
        # A subcritical map starts at zero, where the rounding of a double root, see _allowance, may make it
        # negative; what is further below is the formula's.
        rounded = (active < 0) & (active > -np.sqrt(64 * UNIT) * (case.a + size))
        active = np.where(rounded, 0.0, active)
        chosen = np.where(size <= t, 0.0, np.copysign(1.0, points) * active)
        moves = chosen + (points - chosen) * _NEAR
        others = np.concatenate([points * _GRID, moves, chosen * (1 + _NEAR / 10)], axis=1)
        best, rival = (_objective(penalty, u_, points, values) for u_ in (chosen, others))
        excess = best - rival - _allowance(best + rival, size, case)
        row, column = np.unravel_index(np.argmax(excess), excess.shape)
        climb(float(np.max((best - rival) / (best + rival + 1))), "a better value")
        if not excess[row, column] > 0:
            return None
        return (
            f"objective {best[row, 0]:.12g} at S(x) = {chosen[row, 0]:.9g} exceeds "
            f"{rival[row, column]:.12g} at u = {others[row, column]:.9g}, x = {points[row, 0]:.9g}, "
            f"t = {t:.9g}"
        )

    return test


def _objective(penalty: str, at: Array, points: Array, values: Mapping[Expr, float]) -> Array:
    return np.asarray((at - points) ** 2 / 2 + values[mu] * evaluate(PENALTY[penalty], {u: at, **values}))


def _allowance(terms: Array, size: Array, case: Weight) -> Array:
    """Rounding of two objectives, and of S(x) where its arc sine is steep.

    Each objective takes a dozen operations on non-negative terms. At a double root of the cubic the arc sine
    turns k roundings into √(2k·UNIT)(a+x) of u, where the objective is flat to third order.
    """
    return np.asarray(32 * UNIT * terms + (64 * UNIT) ** 1.5 * (case.a + size) ** 2)
