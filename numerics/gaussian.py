"""Directions and the angles between them, to full precision, and uniform points on the sphere.

The arc cosine of an inner product cannot resolve angles below 1e-8, because the cosine is flat at 0 and pi.
The half-angle is instead read off the isosceles triangle with sides of length 1 along the two vectors: half
the base, ||a^ - b^|| / 2, is its sine and the height, ||a^ + b^|| / 2, its cosine, and neither is flat where
it is small. (This is W. Kahan's formula.)

Squares of entries beyond 1e154 overflow and those of entries below 1e-154 vanish. Where that could happen the
vectors are first multiplied by a power of two, which rounds nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import validation

# Squared norms in this range neither overflowed nor lost anything: an entry whose square falls below the
# smallest normal number 2e-308 contributes less than 1e-16 of 1e-280, even if there are 10^11 such entries.
_SAFE_SQUARES = (1e-280, 1e300)

# NumPy adds fewer than eight terms one after the other; from a thousand numbers on its loop over short
# vectors takes longer than a loop over their entries.
SHORT, MANY = 8, 1000

# So many numbers are compared one by one in a third of the time that reductions need to begin.
FEW = 16

Array = NDArray[np.float64]


def norm(x: Array) -> Array:
    """Return the Euclidean norms along the last axis, correct wherever they are representable.

    Parameters
    ----------
    x : (..., d) float64

    Returns
    -------
    (...) float64
    """
    with _quiet():
        return _norm(x)


def normalise(x: ArrayLike) -> Array:
    """Return the unit vectors along the last axis.

    Parameters
    ----------
    x : (..., d) array_like

    Returns
    -------
    (..., d) float64
        A new array.

    Raises
    ------
    ValueError
        If an entry is not finite or a vector is zero.

    Examples
    --------
    >>> normalise([3e200, 4e200])
    array([0.6, 0.8])
    """
    with _quiet():
        return _unit("normalise", "x", x)


def angle(a: ArrayLike, b: ArrayLike) -> Array:
    """Return the angles between vectors, in radians in [0, pi], broadcast over the leading axes.

    Parameters
    ----------
    a, b : (..., d) array_like
        Any lengths but zero.

    Returns
    -------
    (...) float64
        With an absolute error of a few units of 1e-16, also at 0 and pi.

    Raises
    ------
    ValueError
        If an entry is not finite, a vector is zero, or the last axes differ.

    Examples
    --------
    >>> float(angle([1.0, 0.0], [0.0, 1e-200])) == np.pi / 2
    True
    >>> float(angle([1.0, 0.0], [1.0, 1e-12]))
    1e-12
    """
    with _quiet():
        unit_a, unit_b = _pair("angle", a, b)
        return np.asarray(2 * np.arctan2(_norm(unit_a - unit_b), _norm(unit_a + unit_b)))


def sine(a: ArrayLike, b: ArrayLike) -> Array:
    """Return the sines of the angles between vectors: the norm of the part of a^ perpendicular to b^.

    Parameters
    ----------
    a, b : (..., d) array_like
        Any lengths but zero.

    Returns
    -------
    (...) float64
        In [0, 1] up to rounding, with an absolute error of a few units of 1e-16, also at 0 and pi.

    Raises
    ------
    ValueError
        If an entry is not finite, a vector is zero, or the last axes differ.

    Examples
    --------
    >>> float(sine([1.0, 1e-12], [-2.0, 0.0]))
    1e-12
    """
    with _quiet():
        return _norm(_reject(*_pair("sine", a, b)))


def perpendicular(x: ArrayLike, w: ArrayLike) -> Array:
    """Return the part of `x` perpendicular to `w`, broadcast over the leading axes.

    Parameters
    ----------
    x : (..., d) array_like
    w : (..., d) array_like
        Not zero; its length does not matter.

    Returns
    -------
    (..., d) float64

    Raises
    ------
    ValueError
        If an entry is not finite, a `w` is zero, or the last axes differ.

    Examples
    --------
    >>> perpendicular([3.0, 4.0], [0.0, 2.0])
    array([3., 0.])
    """
    vector = _vectors("perpendicular", "x", x)
    validation.check_finite("perpendicular", "x", vector)
    with _quiet():
        unit = _unit("perpendicular", "w", w)
        _check_pair("perpendicular", "x", vector, "w", unit)
        scaled, exponent = _balance(vector)  # a projection of entries near 1e308 would overflow
        return np.asarray(np.ldexp(_reject(scaled, unit), exponent))


def uniform_sphere(rng: np.random.Generator, runs: int, d: int) -> Array:
    """Draw points uniformly on the unit sphere.

    Parameters
    ----------
    rng : numpy.random.Generator
    runs : int
        Number of points, at least 1.
    d : int
        Dimension of the space, at least 2.

    Returns
    -------
    (runs, d) float64
        Directions of standard normal vectors, whose density depends on the norm alone.

    Raises
    ------
    ValueError
        If `runs` or `d` is not an integer in its range.
    """
    runs = validation.count("uniform_sphere", "runs", runs)
    d = validation.count("uniform_sphere", "d", d, least=2)
    return normalise(rng.standard_normal((runs, d)))


def _reject(x: Array, unit: Array) -> Array:
    """Return x less its projections on the unit vectors, (..., d).

    Twice: the first difference leaves a rest of 1e-16 ||x|| along `unit`, which matters where what remains is
    small; the second takes it away.
    """
    once = x - _sum(x * unit)[..., None] * unit
    return np.asarray(once - _sum(once * unit)[..., None] * unit)


def _pair(who: str, a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    unit_a, unit_b = _unit(who, "a", a), _unit(who, "b", b)
    _check_pair(who, "a", unit_a, "b", unit_b)
    return unit_a, unit_b


def _check_pair(who: str, name: str, x: Array, other_name: str, other: Array) -> None:
    validation.same_length(who, name, x, other_name, other)
    if x.ndim == 1 or other.ndim == 1:  # one vector goes with any number of them
        return
    try:
        np.broadcast_shapes(x.shape, other.shape)
    except ValueError as error:
        raise ValueError(
            f"{who}: {name} has shape {x.shape}, one that broadcasts with the {other.shape} of {other_name} "
            "is required"
        ) from error


def _vectors(who: str, name: str, x: ArrayLike) -> Array:
    vectors = validation.float_array(who, name, x)
    if vectors.ndim == 0:
        raise ValueError(f"{who}: {name}={x!r}, a vector is required")
    return vectors


def _quiet() -> np.errstate:
    """Silence what overflows or vanishes, which is looked for; in the block run the functions below."""
    return np.errstate(over="ignore", under="ignore", invalid="ignore")


def _norm(x: Array) -> Array:
    squares = _squared_norm(x)
    if _is_safe(squares):
        return np.asarray(np.sqrt(squares))
    scaled, exponent = _balance(x)
    # A norm beyond float64 is inf, as the caller can see.
    return np.asarray(np.ldexp(np.sqrt(_squared_norm(scaled)), exponent[..., 0]))


def _unit(who: str, name: str, x: ArrayLike) -> Array:
    vectors = _vectors(who, name, x)
    squares = _squared_norm(vectors)
    if not _is_safe(squares):
        validation.check_finite(who, name, vectors)  # infinity and NaN, squared and added, are not safe
        nonzero = vectors.any(axis=-1)
        if not nonzero.all():
            where = ", ".join(str(i) for i in np.argwhere(~nonzero)[0])
            label = f"{name}[{where}]" if where else name
            raise ValueError(f"{who}: {label}=0, a vector with a direction is required")
        vectors, _ = _balance(vectors)
        squares = _squared_norm(vectors)
    return np.asarray(vectors / np.sqrt(squares)[..., None])


def _squared_norm(x: Array) -> Array:
    # Pairwise: sums in one pass, as einsum's, gather errors in proportion to d where entries are equal.
    return _sum(np.square(x))


def _sum(x: Array) -> Array:
    """Sum over the last axis; for many short vectors entry by entry, as NumPy adds fewer than eight."""
    if x.size < MANY or not 1 < x.shape[-1] < SHORT:
        return np.asarray(np.add.reduce(x, -1))
    total = x[..., 0] + x[..., 1]
    for k in range(2, x.shape[-1]):
        total += x[..., k]
    return total


def _is_safe(squares: Array) -> bool:
    """Whether all are in the range, which none is that is not a number."""
    least, most = _SAFE_SQUARES
    if squares.size <= FEW:
        return all(least <= one <= most for one in squares.ravel().tolist())
    smallest = np.minimum.reduce(squares, axis=None, initial=most)
    return bool(least <= smallest and np.maximum.reduce(squares, axis=None, initial=least) <= most)


def _balance(x: Array) -> tuple[Array, NDArray[Any]]:
    """Return x * 2^-k (..., d) with its largest entries in [1/2, 1), and the exponents k (..., 1)."""
    exponent = np.frexp(np.abs(x).max(axis=-1, keepdims=True, initial=0.0))[1]
    # Entries 2^-1000 below the largest vanish, and cannot matter.
    return np.asarray(np.ldexp(x, -exponent)), exponent
