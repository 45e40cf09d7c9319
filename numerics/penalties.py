"""Penalties and their proximal maps on arrays; the formulas are the theory's."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import validation
from numerics.closed_forms import evaluate, program

Array = NDArray[np.float64]

PENALTIES = ("l1", "l0", "tl1")
# The map of transformed l1 takes the cube of a + |x|, which float64 holds up to 1e102.
LARGEST_SHAPE = 1e100


def shape_parameter(who: str, penalty: str, a: float | None) -> dict[Any, float]:
    """Check the penalty's name and its parameter a, which transformed l1 alone has."""
    from theory import symbols as sym

    validation.one_of(who, "penalty", penalty, PENALTIES)
    if penalty == "tl1":
        if a is None:
            raise ValueError(f"{who}: a=None, the penalty 'tl1' needs its shape a > 0")
        shape = validation.positive(who, "a", a)
        if shape > LARGEST_SHAPE:
            raise ValueError(f"{who}: a={a!r}, a shape of at most {LARGEST_SHAPE:g} is required")
        return {sym.a: shape}
    if a is not None:
        raise ValueError(f"{who}: a={a!r}, the penalty {penalty!r} has no shape parameter")
    return {}


def penalty_value(u: ArrayLike, penalty: str, a: float | None = None) -> Any:
    """Penalty P(u), summed over the last axis.

    Parameters
    ----------
    u : (..., d) array_like
    penalty : {"l1", "l0", "tl1"}
        Sum of magnitudes, number of non-zeros, or transformed l1 Σ (a+1)|uᵢ|/(a+|uᵢ|) (Zhang and Xin,
        Comm. Math. Sci. 15, 2017).
    a : float, optional
        Shape of transformed l1, > 0.

    Returns
    -------
    float or (...) ndarray

    Raises
    ------
    ValueError
        If an entry is not finite, the penalty is unknown, or ``a`` is missing, superfluous or not positive.

    Examples
    --------
    >>> float(penalty_value([3, 0, -1], "l1")), float(penalty_value([3, 0, -1], "l0"))
    (4.0, 2.0)
    """
    from theory import symbols as sym
    from theory.penalties import PENALTY

    array = np.atleast_1d(validation.finite_array("penalty_value", "u", u))
    values = {sym.u: array, **shape_parameter("penalty_value", penalty, a)}
    return np.sum(evaluate(PENALTY[penalty], values), axis=-1)


def threshold(mu: ArrayLike, penalty: str, a: float | None = None) -> Any:
    """Threshold t of the proximal map of μP: S(x) = 0 for |x| < t, statements P1 to P3.

    Parameters
    ----------
    mu : array_like
        Weights of the penalty, > 0.
    penalty : {"l1", "l0", "tl1"}
    a : float, optional
        Shape of transformed l1, > 0.

    Returns
    -------
    float or ndarray, the shape of ``mu``

    Raises
    ------
    ValueError
        If ``mu`` is not positive and finite, the penalty is unknown, or ``a`` does not fit it.

    Examples
    --------
    >>> float(threshold(0.5, "l1")), round(float(threshold(0.5, "l0")), 12)
    (0.5, 1.0)
    """
    from theory import symbols as sym
    from theory.penalties import threshold as derive

    shape = shape_parameter("threshold", penalty, a)
    return evaluate(derive(penalty).result, {sym.mu: _weights("threshold", mu), **shape})


def proximal_map(x: ArrayLike, mu: ArrayLike, penalty: str, a: float | None = None) -> Array:
    """Proximal map of μP, coordinate by coordinate: a minimiser of ½(u - x)² + μP(u).

    For |x| equal to the threshold the l0 and (past its critical μ) the transformed l1 maps are
    set-valued; zero is returned there.

    Parameters
    ----------
    x : array_like of any shape
    mu : float or array_like that broadcasts with ``x``
        Weight of the penalty, λ/β in RVSCGD, > 0.
    penalty : {"l1", "l0", "tl1"}
    a : float, optional
        Shape of transformed l1, > 0.

    Returns
    -------
    ndarray, the shape of ``x`` and ``mu`` broadcast

    Raises
    ------
    ValueError
        If an entry is not finite, ``mu`` is not positive, the penalty is unknown, or ``a`` does not fit it.

    Notes
    -----
    Statements P1 to P3; transformed l1 after Zhang and Xin (Comm. Math. Sci. 15, 2017).

    Examples
    --------
    >>> proximal_map([-2.0, 0.3, 1.5], 0.5, "l1")
    array([-1.5,  0. ,  1. ])
    """
    points = validation.finite_array("proximal_map", "x", x)
    weights = _weights("proximal_map", mu)
    _check_broadcast(points, weights)
    return _map(weights, penalty, a)(points)


def proximal_map_of(mu: float, penalty: str, a: float | None = None) -> Callable[[Array], Array]:
    """`proximal_map` for one weight and many arrays of finite numbers, which are not checked.

    Raises
    ------
    ValueError
        If ``mu`` is not positive, the penalty is unknown, or ``a`` does not fit it.
    """
    return _map(_weights("proximal_map", mu), penalty, a)


def _map(weights: Array, penalty: str, a: float | None) -> Callable[[Array], Array]:
    from theory import symbols as sym
    from theory.penalties import thresholding

    shape = shape_parameter("proximal_map", penalty, a)
    rule = thresholding(penalty)
    threshold = evaluate(rule.threshold, {sym.mu: weights, **shape})
    outside = program(rule.active, (sym.x, sym.mu, *shape))
    parameters = (weights, *shape.values())

    def mapped(points: Array) -> Array:
        size = np.abs(points)
        # A subcritical map starts at zero, where rounding may fall below it.
        active = np.maximum(outside(size, *parameters), 0.0)
        return np.where(size > threshold, np.copysign(active, points), 0.0)

    return mapped


def _check_broadcast(points: Array, weights: Array) -> None:
    try:
        np.broadcast_shapes(points.shape, weights.shape)
    except ValueError as error:
        raise ValueError(
            f"proximal_map: mu has shape {weights.shape}, one that broadcasts with the {points.shape} of x "
            "is required"
        ) from error


def _weights(who: str, mu: ArrayLike) -> Array:
    weights = validation.finite_array(who, "mu", mu)
    if not (weights > 0).all():
        raise ValueError(f"{who}: mu={weights.min()}, every weight of the penalty must be positive")
    return weights
