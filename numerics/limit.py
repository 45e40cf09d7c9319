"""Limits of RVSCGD computed directly, with no iteration: the sparsifying operation A7.

At a limit κw = c w* + βS(w) on the unit sphere. With the gap g = κ - β each coordinate is known by g alone:
S gives zero there, or what the theory's formula gives. As ‖w‖ falls with g, bisection finds the g at which
it is 1. Which coordinates survive is a choice where S jumps. The choices tried are the k largest |w*ᵢ|,
k = 0, ..., s; each result is kept only if S(w) is what it was built from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import gaussian, validation
from numerics.closed_forms import program
from numerics.penalties import proximal_map, shape_parameter

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# 64 halvings of 52 binary orders of magnitude leave a relative error of 52 log(2) 2^-64 = 2e-18.
ORDERS, HALVINGS = 52, 64
# Inconsistent choices differ from S(w) by about a threshold; the root of transformed l1 loses half of the 16
# digits where it is double.
CONSISTENT = 1e-8


@dataclass(frozen=True, eq=False)
class LimitPoint:
    """A fixed point of RVSCGD.

    Attributes
    ----------
    w, u : (d,) float64
        The unit filter and its thresholded form S(w).
    kappa : float
        Multiplier ⟨w, c w* + βu⟩ of the sphere.
    angle : float
        Between w and the teacher's filter, in radians.
    """

    w: Array
    u: Array
    kappa: float
    angle: float


def limit_points(
    w_star: ArrayLike,
    c: float,
    penalty: str,
    lam: float,
    beta: float,
    a: float | None = None,
    *,
    survivors: ArrayLike | None = None,
) -> tuple[LimitPoint, ...]:
    """Compute limits of RVSCGD without iterating it (A7).

    Parameters
    ----------
    w_star : (d,) array_like
        The teacher's filter, a unit vector.
    c : float
        Tangential constant of the coarse gradient, > 0.
    penalty : {"l1", "l0", "tl1"}
    lam, beta : float
        Penalty weight and relaxation parameter, > 0.
    a : float, optional
        Shape of transformed l1, > 0.
    survivors : (K, d) array_like of bool, optional
        Choices of the coordinates that survive, to be tried in place of the k largest.

    Returns
    -------
    tuple of LimitPoint
        All fixed points with κ > β, or with u = 0 and κ = c, at which exactly the k largest |w*ᵢ| survive,
        for some k, on the upper branch of the thresholding; by increasing k. Empty if there is none.

        For l1 these are all the fixed points with κ > β or u = 0, and there is at most one: none exactly if
        λ/β < max|w*ᵢ| ≤ λ/c. For l0 and transformed l1 there may be several, the teacher among them where l0
        gives no bias, and RVSCGD goes to one of them according to its start. Fixed points at which a smaller
        |w*ᵢ| survives and a larger one does not may exist too; they are found if ``survivors`` names them.
        Those with κ ≤ β and u ≠ 0, at which l1 and l0 repel if two or more coordinates survive, are left out.

    Raises
    ------
    ValueError
        If ``w_star`` is not a unit vector, a parameter is not positive, the penalty is unknown, ``a`` does
        not fit it, or ``survivors`` is not a boolean array with rows of length d.

    Notes
    -----
    Memory is a few arrays of (s + 1) d numbers, for l1 of d.

    Examples
    --------
    >>> [limit] = limit_points([0.8, 0.6, 0.0], 1.0, "l1", lam=0.1, beta=1.0)
    >>> limit.w.round(4), round(limit.angle, 4)
    (array([0.8137, 0.5812, 0.    ]), 0.0233)
    >>> [round(point.angle, 4) for point in limit_points([0.8, 0.6], 1.0, "l0", lam=0.16, beta=2.0)]
    [0.429, 0.0]
    >>> limit_points([0.8, 0.6], 1.0, "l1", lam=0.9, beta=2.0)
    ()
    """
    teacher = validation.unit_vector("limit_points", "w_star", w_star)
    c, lam, beta = (
        validation.positive("limit_points", name, value)
        for name, value in (("c", c), ("lam", lam), ("beta", beta))
    )
    shape_parameter("limit_points", penalty, a)
    size = np.abs(teacher)
    chosen = _choices(size, penalty) if survivors is None else _masks(survivors, size)
    survivors_at = _survivors(size, chosen, c, penalty, lam, beta, a)
    sparse = survivors_at(_gaps(size, survivors_at, len(chosen), c, beta))
    # With no survivor w = w*, whatever the gap.
    pull = c * teacher + beta * np.copysign(sparse, teacher)
    kappa = gaussian.norm(pull)
    w = pull / kappa[:, None]
    u = proximal_map(w, lam / beta, penalty, a)
    good = (np.abs(np.abs(u) - sparse) <= CONSISTENT).all(axis=1)
    if penalty != "l1" or survivors is not None:  # the max with zero keeps l1's own cut
        good &= ((u != 0) == chosen).all(axis=1)
    good &= (kappa > beta) | ~u.any(axis=1)
    angles = gaussian.angle(w, teacher)
    return tuple(LimitPoint(w[k], u[k], float(kappa[k]), float(angles[k])) for k in np.flatnonzero(good))


def _choices(size: Array, penalty: str) -> Mask:
    """Which coordinates may survive, one choice a row."""
    support = size > 0
    if penalty == "l1":
        return support[None]
    # Equal magnitudes survive together.
    cuts = np.concatenate([[np.inf], np.unique(size[support])[::-1]])
    return np.asarray(size >= cuts[:, None])


def _masks(survivors: ArrayLike, size: Array) -> Mask:
    chosen = np.asarray(survivors)
    if chosen.dtype != np.bool_ or chosen.ndim != 2 or chosen.shape[1] != len(size):
        raise ValueError(
            f"limit_points: survivors has shape {chosen.shape} and type {chosen.dtype}, "
            f"booleans of shape (K, {len(size)}) are required"
        )
    return chosen & (size > 0)


def _survivors(
    size: Array,
    chosen: Mask,
    c: float,
    penalty: str,
    lam: float,
    beta: float,
    a: float | None,
) -> Callable[[Array], Array]:
    """From the gaps κ - β (K,) to the magnitudes of u, at least zero; (K, d)."""
    from theory import symbols as sym
    from theory.penalties import thresholding

    names, rest = (sym.rho, sym.w_star_i, sym.c, sym.lam, sym.beta), (size, c, lam, beta)
    if penalty == "l1":
        soft = program(_soft(), names)

        def active(gap: Array) -> Any:
            return soft(gap, *rest)
    else:
        shape = shape_parameter("limit_points", penalty, a)
        effective = [program(one, names) for one in _effective()]
        upper = program(thresholding(penalty).active, (sym.x, sym.mu, *shape))

        def active(gap: Array) -> Any:
            return upper(*(one(gap, *rest) for one in effective), *shape.values())

    return lambda gap: np.where(chosen, np.maximum(active(gap[:, None]), 0.0), 0.0)


@cache
def _effective() -> tuple[Any, Any]:
    """Effective point and weight by the gap κ - β itself, because it cancels in the difference."""
    from theory import symbols as sym
    from theory.limit import EFFECTIVE_POINT, EFFECTIVE_WEIGHT

    shifted = {sym.kappa: sym.beta + sym.rho}
    return EFFECTIVE_POINT.subs(shifted), EFFECTIVE_WEIGHT.subs(shifted)


@cache
def _soft() -> Any:
    """The survivor of l1 by the gap, as (c|w*ᵢ| - λ)/gap - λ/β: of terms over the gap none cancels."""
    from sympy import collect, expand

    from theory import symbols as sym
    from theory.limit import large_coordinate

    shifted = large_coordinate("l1").result.subs(sym.kappa, sym.beta + sym.rho)
    return collect(expand(shifted), 1 / sym.rho)


def _gaps(size: Array, survivors_at: Callable[[Array], Array], choices: int, c: float, beta: float) -> Array:
    """Gaps κ - β in (0, c] at which ‖w‖ = 1, (K,); an end of the interval where there is none."""
    # κ = ‖c w* + βu‖ <= c + β bounds the gap.
    high = np.full(choices, np.log2(c) + 2.0**-50)
    low, pull = high - ORDERS, c * size
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        gap = np.exp2(middle)
        too_long = gaussian.norm(pull + beta * survivors_at(gap)) > beta + gap
        low, high = np.where(too_long, middle, low), np.where(too_long, high, middle)
    return np.asarray(np.exp2(high))
