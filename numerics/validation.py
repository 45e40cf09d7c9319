"""Argument checks shared by the numerics.

Each check returns the argument in the form the caller computes with, or raises ValueError with one sentence
that names who was called, which argument it was, its value, and the rule it breaks.
"""

import difflib
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Normalising in float64 leaves the norm within d * 2.2e-16 of 1 in the worst case, so 1e-9 admits every
# normalised vector up to d = 4 million. It refuses one normalised in float32 (off by 6e-8) or not at all.
UNIT_NORM_TOLERANCE = 1e-9

_FLOAT64 = np.dtype(np.float64)


def finite_array(who: str, name: str, x: Any, ndim: int | None = None) -> NDArray[np.float64]:
    """Return `x` as a float64 array, copied only when its type has to change.

    Parameters
    ----------
    who, name : str
        The function called and the argument's name, for the message.
    x : array_like of real numbers
    ndim : int, optional
        The number of axes required.

    Raises
    ------
    ValueError
        If `x` is ragged, not real, holds NaN or infinity, or has another number of axes.

    Examples
    --------
    >>> finite_array("angle", "a", [1, float("nan")])
    Traceback (most recent call last):
    ...
    ValueError: angle: a[1]=nan, every entry must be finite
    """
    array = float_array(who, name, x)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{who}: {name} has shape {array.shape}, an array of {ndim} axes is required")
    check_finite(who, name, array)
    return array


def float_array(who: str, name: str, x: Any) -> NDArray[np.float64]:
    """Return `x` as a float64 array that may hold NaN and infinity.

    Raises
    ------
    ValueError
        If `x` is ragged or not real.
    """
    try:
        raw = np.asarray(x)
    except ValueError as error:  # NumPy refuses ragged nesting
        raise ValueError(f"{who}: {name}={x!r}, rows of equal length are required") from error
    if raw.dtype is _FLOAT64:  # most frequent
        return raw
    if raw.dtype.kind not in "iuf":
        raise ValueError(f"{who}: {name} has entries of type {raw.dtype}, real numbers are required")
    with np.errstate(over="ignore"):  # an extended-precision entry beyond float64 becomes inf
        return raw.astype(np.float64)


def check_finite(who: str, name: str, array: NDArray[np.float64]) -> None:
    """Check that every entry is finite.

    Raises
    ------
    ValueError
        If one is not; the message tells where.
    """
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        index = f"[{', '.join(map(str, where))}]" if where else ""
        raise ValueError(f"{who}: {name}{index}={array[where]}, every entry must be finite")


def real(who: str, name: str, value: Any, *, least: float = -math.inf) -> float:
    """Return `value` as a finite float of at least `least`.

    Raises
    ------
    ValueError
        If `value` is not one real number, not finite, or below `least`.

    Examples
    --------
    >>> real("iterate", "beta", -1, least=0)
    Traceback (most recent call last):
    ...
    ValueError: iterate: beta=-1, a finite number of at least 0 is required
    """
    number = _as_float(value)
    if not (math.isfinite(number) and number >= least):
        rule = "" if least == -math.inf else f" of at least {least:g}"
        raise ValueError(f"{who}: {name}={value!r}, a finite number{rule} is required")
    return number


def positive(who: str, name: str, value: Any) -> float:
    """Return `value` as a finite float above zero.

    Raises
    ------
    ValueError
        If `value` is not one real number, not finite, or not above zero.

    Examples
    --------
    >>> positive("iterate", "eta", 0.0)
    Traceback (most recent call last):
    ...
    ValueError: iterate: eta=0.0, a finite number above 0 is required
    """
    number = _as_float(value)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{who}: {name}={value!r}, a finite number above 0 is required")
    return number


def _as_float(value: Any) -> float:
    """Return a real scalar as float, and NaN for anything else, which every rule refuses."""
    if isinstance(value, bool | np.bool_ | str | bytes):  # float() takes these, but a number was meant
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def count(who: str, name: str, value: Any, least: int = 1) -> int:
    """Return `value` as an int of at least `least`.

    Raises
    ------
    ValueError
        If `value` is not an integer (a float with an integral value is not one) or is below `least`.

    Examples
    --------
    >>> count("estimate", "samples", 1, least=2)
    Traceback (most recent call last):
    ...
    ValueError: estimate: samples=1, an integer of at least 2 is required
    """
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise ValueError(f"{who}: {name}={value!r}, an integer of at least {least} is required")
    return number


def vector(who: str, name: str, x: Any, least: int = 1) -> NDArray[np.float64]:
    """Return `x` as a finite vector of at least `least` entries.

    Raises
    ------
    ValueError
        If `x` is not a finite vector or is shorter.
    """
    entries = finite_array(who, name, x, ndim=1)
    if len(entries) < least:
        raise ValueError(f"{who}: {name} has length {len(entries)}, at least {least} is required")
    return entries


def filter_vector(who: str, name: str, x: Any) -> NDArray[np.float64]:
    """Return `x` as a finite vector (d,), d >= 2, that is not zero: the weights of a filter.

    Raises
    ------
    ValueError
        If `x` is not a finite vector, is shorter than 2, or is zero and so has no direction.
    """
    weights = vector(who, name, x, least=2)
    if not weights.any():
        raise ValueError(f"{who}: {name}=0, a vector with a direction is required")
    return weights


def unit_vector(who: str, name: str, x: Any) -> NDArray[np.float64]:
    """Return `x` as a finite vector (d,), d >= 2, whose norm is 1 up to `UNIT_NORM_TOLERANCE`.

    Raises
    ------
    ValueError
        If `x` is not a finite vector, is shorter than 2, or has another norm.

    Examples
    --------
    >>> unit_vector("iterate", "w_star", [3.0, 4.0])
    Traceback (most recent call last):
    ...
    ValueError: iterate: w_star has norm 5, a unit vector is required
    """
    weights = filter_vector(who, name, x)
    norm = math.hypot(*weights.tolist())  # hypot neither overflows nor underflows
    if abs(norm - 1) > UNIT_NORM_TOLERANCE:
        raise ValueError(f"{who}: {name} has norm {norm:.12g}, a unit vector is required")
    return weights


def same_length(
    who: str, name: str, x: NDArray[np.float64], other_name: str, other: NDArray[np.float64]
) -> None:
    """Check that the last axes of two arrays have one length.

    Raises
    ------
    ValueError
        If they differ.
    """
    if x.shape[-1] != other.shape[-1]:
        raise ValueError(
            f"{who}: {name} has length {x.shape[-1]}, that of {other_name}, {other.shape[-1]}, is required"
        )


def one_of(who: str, name: str, value: Any, allowed: Sequence[str]) -> str:
    """Return `value` if it is one of the `allowed` names.

    Raises
    ------
    ValueError
        If it is not; the message names the nearest allowed one, if any is near.

    Examples
    --------
    >>> one_of("monte_carlo", "ste", "rleu", ("identity", "relu"))
    Traceback (most recent call last):
    ...
    ValueError: monte_carlo: ste='rleu', one of 'identity', 'relu' is required (did you mean 'relu'?)
    """
    if isinstance(value, str) and value in allowed:
        return value
    near = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise ValueError(f"{who}: {name}={value!r}, one of {', '.join(map(repr, allowed))} is required{hint}")
