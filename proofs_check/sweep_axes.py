"""The values that a key of a sweep's file may take: a value, a list, or a range between two numbers."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from numerics import validation
from numerics.network import ESTIMATORS
from numerics.penalties import PENALTIES
from numerics.problem import TEACHERS
from proofs_check.usage import UsageError, checked

Check = Callable[[str, str, Any], Any]
Number = Callable[[str, str, Any], float]

SCALES = ("linear", "log")


@dataclass(frozen=True)
class Choices:
    """Finitely many values."""

    values: tuple[Any, ...]

    def at(self, share: float) -> Any:
        """The value at a share of the list, in [0, 1)."""
        return self.values[int(share * len(self.values))]


@dataclass(frozen=True)
class Range:
    """All numbers between two, or all integers if both are."""

    first: float
    last: float
    log: bool

    def at(self, share: float) -> Any:
        """The number at a share of the way, in [0, 1); every integer of a linear range has an equal share."""
        whole = isinstance(self.first, int)
        low, high = float(self.first), float(self.last) + whole
        value = low * (high / low) ** share if self.log else low + share * (high - low)
        return min(math.floor(value), self.last) if whole else value

    def points(self, count: int) -> tuple[Any, ...]:
        """`count` values with both ends, equidistant on the scale; integers are rounded, none is repeated."""
        import numpy as np

        space = np.geomspace if self.log else np.linspace
        values = [self.first, *space(self.first, self.last, count)[1:-1].tolist(), self.last]
        return tuple(dict.fromkeys(map(round, values) if isinstance(self.first, int) else values))


Axis = Choices | Range


def _at_most(limit: float, name_of_limit: str, *, zero: bool = False) -> Number:
    def check(who: str, name: str, value: Any) -> float:
        try:
            number = (validation.real if zero else validation.positive)(who, name, value)
        except ValueError:
            number = math.nan
        if not 0 <= number <= limit:
            start = "from 0" if zero else "above 0 and"
            raise UsageError(
                f"{who}: {name}={value!r}, a number {start} {'to' if zero else 'at most'} {name_of_limit} "
                "is required"
            )
        return number

    return check


def _named(names: tuple[str, ...]) -> Check:
    return lambda who, name, value: checked(validation.one_of, who, name, value, names)


def _whole(least: int) -> Check:
    return lambda who, name, value: checked(validation.count, who, name, value, least)


def _positive(who: str, name: str, value: Any) -> float:
    return checked(validation.positive, who, name, value)


_angle = _at_most(math.pi, "pi", zero=True)


def _start(who: str, name: str, value: Any) -> float | None:
    if isinstance(value, str):
        checked(validation.one_of, who, name, value, ("uniform",))
        return None
    return _angle(who, name, value)


AXES: Mapping[str, Check] = {
    "penalty": _named(PENALTIES),
    "estimator": _named(ESTIMATORS),
    "dim": _whole(2),
    "sparsity": _whole(1),
    "density": _at_most(1, "1"),
    "lambda": _positive,
    "beta": _positive,
    "eta": _at_most(1, "1"),
    "a": _positive,
    "teacher": _named(TEACHERS),
    "start": _start,
    "batch": _whole(0),
    "patches": _whole(1),
}
_NAMES = ("penalty", "estimator", "teacher")


def read_axis(who: str, name: str, key: str, given: Any, counted: bool) -> Axis:
    """Read one key's value.

    Parameters
    ----------
    who, name, key : str
        The file, the key with its table, for messages, and the key alone.
    given : object
        As TOML has it: a value, a list of values, or a table with from, to, scale and, if ``counted``, count.
    counted : bool
        Whether a range is a list of ``count`` points, as in a grid, or the whole interval.

    Raises
    ------
    UsageError
        If a value breaks the key's rule.
    """
    if isinstance(given, dict):
        return _read_range(who, name, key, given, counted)
    values = given if isinstance(given, list) else [given]
    if not values:
        raise UsageError(f"{who}: {name}=[], a list of at least one value is required")
    several = isinstance(given, list)
    labels = [f"{name}[{number}]" if several else name for number in range(len(values))]
    read = (AXES[key](who, label, value) for label, value in zip(labels, values, strict=True))
    return Choices(tuple(dict.fromkeys(read)))


def _read_range(who: str, name: str, key: str, given: dict[str, Any], counted: bool) -> Axis:
    if key in _NAMES:
        raise UsageError(f"{who}: {name}={given}, a name or a list of names is required")
    known = ("from", "to", "scale", *(("count",) if counted else ()))
    refuse_unknown(who, name, given, known)
    for needed in ("from", "to", *(("count",) if counted else ())):
        if needed not in given:
            raise UsageError(f"{who}: {name}={given}, a range needs the key {needed!r}")
    first, last = (_end(who, f"{name}.{end}", key, given[end]) for end in ("from", "to"))
    if not first < last:
        raise UsageError(f"{who}: {name}.to={last}, a number above {name}.from={first} is required")
    log = checked(validation.one_of, who, f"{name}.scale", given.get("scale", "linear"), SCALES) == "log"
    if log and first == 0:
        raise UsageError(f"{who}: {name}.from={first}, a number above 0 is required on the scale 'log'")
    axis = Range(first, last, log)
    if not counted:
        return axis
    return Choices(axis.points(checked(validation.count, who, f"{name}.count", given["count"], least=2)))


def _end(who: str, name: str, key: str, value: Any) -> Any:
    number = AXES[key](who, name, value)
    if number is None:
        raise UsageError(f"{who}: {name}={value!r}, a number is required as the end of a range")
    return number


def refuse_unknown(who: str, name: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise UsageError, with the nearest known key, if a table has a key that nobody reads."""
    names = tuple(known)
    for key, value in given.items():
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"{who}: {name}.{key}={value!r}, no such key (known: {', '.join(names)}{hint})")
