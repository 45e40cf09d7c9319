"""P1 to P3: the proximal maps of l1, l0 and transformed l1 are global minimisers.

By symmetry x >= 0 may be assumed, and then u < 0 is never better than -u. Two facts are used in all three
proofs: for u > 0 the difference objective(u) - objective(0) falls with x, so that zero is a minimiser for
all x <= t once it is one at x = t; and S is odd by its construction from (threshold, active).

Transformed l1, with Q² = 2μ(a+1). A point u* >= 0 is stationary if x = u* + aQ²/(2(a+u*)²), and then
objective(u) - objective(u*) = (u - u*)² [1/2 - μa(a+1)/((a+u*)²(a+u))] for every u >= 0. The bracket
rises with u and is 1/2 - μ(a+1)/(a+u*)² at u = 0, so that u* is a global minimiser if and only if a + u*
>= Q. With y = a + u stationary points are roots of the cubic C(y) = y³ - (a+x)y² + aQ²/2, which falls to
its minimum at y = 2(a+x)/3 and rises from there: a root that is not below 2(a+x)/3 is the largest. C
falls with x, so the largest root rises with x. At x = t it is max(Q, a), which is not below 2(a+t)/3 in
either regime. So for x > t the active branch has a + u* > max(Q, a): it is positive and a global
minimiser. At x = t, if Q <= a then u* = 0 itself is stationary with a + u* >= Q; if Q > a then u* = Q - a
is a minimiser and the bracket vanishes at u = 0, a tie. In both cases zero is a global minimiser at t,
hence below. The arc sine is defined for x >= t, because C has a root there.
"""

from collections.abc import Callable, Iterable, Mapping

from sympy import (
    Expr,
    Piecewise,
    Rational,
    Tuple,
    asin,
    pi,
    sqrt,
)

from proofs_check.claims.penalty_checks import beaten, l0_residuals, l1_residuals, tl1_residuals, weights
from proofs_check.evidence.cases import searched
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory.penalties import TITLES, Thresholding, thresholding
from theory.symbols import a, mu, u, x


def claims() -> tuple[Claim, ...]:
    """P1, P2 and P3."""
    return _l1(), _l0(), _tl1()


def _claim(penalty: str, source: Source, residuals: Callable[[Claim], Iterable[Expr]], shows: str,
           controls: tuple[Control, ...]) -> Claim:  # fmt: skip
    positive = (mu > 0, x > 0) if penalty != "tl1" else (mu > 0, x > 0, a > 0)
    return Claim(
        id=f"{penalty}-thresholding-is-a-global-minimiser",
        label={"l1": "P1", "l0": "P2", "tl1": "P3"}[penalty],
        statement=f"With (threshold, value beyond it) = {{subject}} for x > 0, and odd, the "
        f"{TITLES[penalty]} "
        "thresholding is a global minimiser of ½(u - x)² + μP(u).",
        source=source,
        subject=_pair(thresholding(penalty)),
        assumptions=positive,
        example={mu: Rational(1, 2), x: 2, a: 1, u: 1},
        evidence=(
            vanishing(residuals, shows),
            searched(
                weights,
                lambda claim: beaten(claim, penalty),
                "no u among some 300 has a smaller objective, for x of both signs, also at the threshold",
            ),
        ),
        controls=controls,
    )


def _pair(rule: Thresholding) -> Tuple:
    return Tuple(rule.threshold, rule.active)


def _controls(penalty: str, errors: Mapping[str, tuple[Expr, Expr]]) -> tuple[Control, ...]:
    t, active = _pair(thresholding(penalty))
    common = {
        "a threshold one percent too high": (t * Rational(101, 100), active),
        "a threshold one percent too low": (t * Rational(99, 100), active),
        "a shrinkage of 2μ": (t, active.subs(mu, 2 * mu) if penalty != "l0" else x - 2 * mu),
    }
    return tuple(Control(error, Tuple(*pair)) for error, pair in {**errors, **common}.items())


def _l1() -> Claim:
    t, active = _pair(thresholding("l1"))
    return _claim(
        "l1",
        Source(Provenance.FOLKLORE, locator="soft thresholding"),
        l1_residuals,
        "objective(u) - objective(S(x)) is ½(u - S(x))² + μ(|u| - u) beyond t, and ½u² + t(|u| - u) + (t - "
        "x)u at and "
        "below t; each term is non-negative (for u >= 0, which suffices below t)",
        _controls(
            "l1",
            {
                "the l0 threshold": (sqrt(2 * mu), active),
                "½(u - x)² without the ½": (t / 2, active.subs(mu, mu / 2)),
                "no shrinkage": (t, x),
            },
        ),
    )


def _l0() -> Claim:
    t, active = _pair(thresholding("l0"))
    return _claim(
        "l0",
        Source(Provenance.FOLKLORE, locator="hard thresholding"),
        l0_residuals,
        "among u ≠ 0 the value beyond t is best, by ½(u - x)²; against u = 0 its advantage, which rises "
        "with x, is zero "
        "at t >= 0",
        _controls(
            "l0",
            {
                "threshold μ": (mu, active),
                "½(u - x)² without the ½": (sqrt(mu), active),
                "the shrinkage of l1": (t, x - mu),
                "2μ without the root": (2 * mu, active),
            },
        ),
    )


def _tl1() -> Claim:
    t, active = _pair(thresholding("tl1"))
    below, above = (piece.expr for piece in t.args)
    return _claim(
        "tl1",
        Source(Provenance.ZX, "Comm. Math. Sci. 15 (2017)", "thresholding of transformed l1"),
        tl1_residuals,
        "the factorisation of objective(u) - objective(u*) at a stationary u*; the value beyond t is a "
        "stationary point, "
        "the largest root of the cubic; at t that root is max(Q, a): which decides global minimality, see "
        "the module",
        _controls(
            "tl1",
            {
                "the threshold of l1": (mu, active),
                "the subcritical threshold in both regimes": (below, active),
                "the supercritical threshold in both regimes": (above, active),
                "the regimes change at a²/(a+1)": (
                    Piecewise((below, mu <= a**2 / (a + 1)), (above, True)), active,
                ),
                "a/2 forgotten in the supercritical threshold": (t.subs(above, above + a / 2), active),
                "l1's value beyond the threshold": (t, x - mu),
                "the middle root of the cubic": (t, _middle_root(active)),
            },
        ),
    )  # fmt: skip


def _middle_root(active: Expr) -> Expr:
    """The stationary point left of the largest: 2π - φ in place of φ."""
    (angle,) = active.atoms(asin)
    return active.xreplace({angle: pi - angle})
