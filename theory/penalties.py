"""Penalties and their proximal maps P1 to P3, from the optimality condition.

For one coordinate the proximal map of μP at x is the set of minimisers of ½(u - x)² + μP(u). P is
even, so the minimiser has the sign of x and x > 0 may be assumed. A stationary point u > 0 satisfies
u - x + μP′(u) = 0; it competes with u = 0, and the threshold is the x at which the two change places.

l1 and l0 are folklore; transformed l1 is the result of Zhang and Xin (Comm. Math. Sci. 15, 2017), whose
trigonometric root is rewritten with the half angle, because 1 - cos ω cancels for small ω.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sympy import (
    Abs,
    Expr,
    Ne,
    Piecewise,
    Rational,
    Symbol,
    acos,
    asin,
    cancel,
    cos,
    diff,
    expand,
    expand_trig,
    factor,
    sign,
    sin,
    sqrt,
    together,
)

from theory.derivation import Derivation, DerivationError, Step, linear_root
from theory.symbols import a, mu, t, u, x

PENALTIES = ("l1", "l0", "tl1")
TITLES: Mapping[str, str] = {"l1": "l1", "l0": "l0", "tl1": "transformed l1"}
# The penalty of one coordinate; l0 counts the non-zeros.
PENALTY: Mapping[str, Expr] = {
    "l1": Abs(u),
    "l0": Piecewise((1, Ne(u, 0)), (0, True)),
    "tl1": (a + 1) * Abs(u) / (a + Abs(u)),
}


@dataclass(frozen=True)
class Thresholding:
    """A proximal map that is zero up to a threshold and a formula beyond it.

    Attributes
    ----------
    penalty : str
        One of ``PENALTIES``.
    threshold : Expr
        The threshold t, by μ (and a).
    active : Expr
        |S(x)| for |x| > t, by x > 0 and μ (and a).
    """

    penalty: str
    threshold: Expr
    active: Expr

    @property
    def map(self) -> Expr:
        """The proximal map for x of any sign by its threshold t; zero where it is set-valued."""
        return Piecewise((0, Abs(x) <= t), (sign(x) * self.active.subs(x, Abs(x)), True))


def objective(penalty: str) -> Expr:
    """Objective ½(u - x)² + μP(u) of the proximal map, in one coordinate."""
    return (u - x) ** 2 / 2 + mu * PENALTY[penalty]


def _on_positive(expression: Expr) -> Expr:
    """Take the branch u > 0, where |u| = u."""
    positive = Symbol("u", positive=True)
    return expression.subs(u, positive).subs(positive, u)


@cache
def threshold(penalty: str) -> Derivation:
    """P1 to P3: the threshold below which the proximal map is zero."""
    steps, result = _THRESHOLDS[penalty]()
    return Derivation(
        f"threshold-{penalty}",
        _LABELS[penalty],
        f"Threshold of the {TITLES[penalty]} proximal map",
        f"t, {TITLES[penalty]}",
        "t",
        (*steps, Step("The threshold.", result)),
    )


@cache
def thresholding(penalty: str) -> Thresholding:
    """Threshold and formula of the proximal map of ``penalty``."""
    return Thresholding(penalty, threshold(penalty).result, _active(penalty)[-1].expression)


@cache
def _active(penalty: str) -> tuple[Step, ...]:
    return _ACTIVE[penalty]()


@cache
def proximal_map(penalty: str) -> Derivation:
    """P1 to P3: the proximal map."""
    return Derivation(
        f"proximal-map-{penalty}",
        _LABELS[penalty],
        f"Proximal map of the {TITLES[penalty]} penalty",
        f"S(x), {TITLES[penalty]}",
        "S(x)",
        (
            Step("The objective.", objective(penalty)),
            *_active(penalty),
            Step("Zero up to the threshold, by symmetry odd.", thresholding(penalty).map),
        ),
    )


def _l1_threshold() -> tuple[tuple[Step, ...], Expr]:
    slope = diff(_on_positive(objective("l1")), u).subs(u, 0)
    step = Step("Slope of the convex objective at u = 0+; zero is optimal while it is not negative.", slope)
    return (step,), linear_root(slope, x)


def _l1_active() -> tuple[Step, ...]:
    condition = diff(_on_positive(objective("l1")), u)
    return (
        Step("For u > 0 the derivative vanishes.", condition),
        Step("Its root, positive beyond the threshold.", linear_root(condition, u)),
    )


def _l0_threshold() -> tuple[tuple[Step, ...], Expr]:
    gap = _on_positive(objective("l0")).subs(u, x) - objective("l0").subs(u, 0)
    positive = Symbol("mu", positive=True)
    root = sqrt(linear_root(gap.subs(mu, positive), x**2))
    return (Step("Objective at u = x less that at u = 0.", gap),), root.subs(positive, mu)


def _l0_active() -> tuple[Step, ...]:
    condition = diff(_on_positive(objective("l0")), u)
    return (
        Step("For u > 0 the penalty is constant; the derivative vanishes.", condition),
        Step("Its root.", linear_root(condition, u)),
    )


def _tl1_threshold() -> tuple[tuple[Step, ...], Expr]:
    level = _on_positive(objective("tl1"))
    slope = expand(diff(level, u).subs(u, 0))
    curvature = together(diff(level, u, 2).subs(u, 0))
    # With q = a + u and Q² = 2μ(a+1) the gap to u = 0, divided by u, is ½(q - a) - x + Q²/(2q); its
    # minimum over q > a is the smallest x at which some u > 0 does as well as zero.
    q, big_q = Symbol("q", positive=True), Symbol("Q", positive=True)
    gap = expand(cancel((level - level.subs(u, 0)).subs({u: q - a, mu: big_q**2 / (2 * (a + 1))}) / (q - a)))
    best = sqrt(linear_root(q**2 * diff(gap, q), q**2))
    jump = expand(linear_root(gap.subs(q, best), x)).subs(big_q, sqrt(2 * mu * (a + 1)))
    critical = factor(linear_root(curvature, mu))
    touching = expand(linear_root(slope, x))
    return (
        Step("Slope of the objective at u = 0+; zero is a local minimum while it is not negative.", slope),
        Step("Second derivative there; while it is not negative the objective is convex.", curvature),
        Step("So the regimes change at this μ.", critical),
        Step("Below it the threshold is where the slope vanishes.", touching),
        Step("Above it: (objective(u) - objective(0))/u with q = a + u and Q² = 2μ(a+1).", gap),
        Step("Its minimum over q is at q = Q, and vanishes at this x.", jump),
    ), Piecewise((factor(touching), mu <= critical), (jump, True))


def _tl1_active() -> tuple[Step, ...]:
    omega, phi = Symbol("omega", real=True), Symbol("phi", real=True)
    condition = factor(diff(_on_positive(objective("tl1")), u))
    y = Symbol("y", real=True)
    cubic = expand(condition.as_numer_denom()[0]).subs(u, y - a)
    # y = (a+x)(1 + 2 cos ω)/3 removes the quadratic term and leaves cos 3ω.
    turned = cubic.subs(y, (a + x) * (1 + 2 * cos(omega)) / 3)
    triple = cubic.subs(y, 0).expand() + Rational(2, 27) * (a + x) ** 3 * (cos(3 * omega) - 1)
    triple = triple.subs(cubic.subs(y, 0).expand(), mu * a * (a + 1))
    if expand(turned - expand_trig(triple)) != 0:
        raise DerivationError("proximal_map: the cubic of transformed l1 is not the triple angle's")
    cosine = linear_root(triple, cos(3 * omega))
    root = (a + x) * (1 + 2 * cos(phi / 3)) / 3 - a
    ratio = factor((1 - cosine) / 2)
    # 1 - cos ω = 2 sin²(ω/2), with ω = φ/3 and sin²(φ/2) = (1 - cos φ)/2.
    half = x - Rational(4, 3) * (a + x) * sin(phi / 6) ** 2
    if expand((root - half).subs(cos(phi / 3), 1 - 2 * sin(phi / 6) ** 2)) != 0:
        raise DerivationError("proximal_map: the half-angle form is not the trigonometric root")
    return (
        Step("For u > 0 the derivative vanishes.", condition),
        Step("A cubic in y = a + u.", _collect_cubic(cubic, y)),
        Step("With y = (a+x)(1 + 2 cos ω)/3.", triple),
        Step("The largest root is at 3ω = φ, so that u is, with φ from the next line.", root),
        Step("φ.", acos(1 - 2 * ratio)),
        Step("With the half angle, which does not cancel.", half.subs(phi, 2 * asin(sqrt(ratio)))),
    )


def _collect_cubic(cubic: Expr, y: Symbol) -> Expr:
    return sum(factor(expand(cubic).coeff(y, power)) * y**power for power in range(4))


_LABELS: Mapping[str, str] = {"l1": "P1", "l0": "P2", "tl1": "P3"}
_THRESHOLDS = {"l1": _l1_threshold, "l0": _l0_threshold, "tl1": _tl1_threshold}
_ACTIVE = {"l1": _l1_active, "l0": _l0_active, "tl1": _tl1_active}
