"""Rows of a benchmark: measured in alternating rounds, judged by their medians, compared with an earlier run.

A duration says as much about the machine, and about what else it is doing, as about the program. A row is
therefore a ratio of two durations that are taken one soon after the other, the order changing from round to
round, so that a slow spell meets both sides alike; its median over the rounds is what counts.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from statistics import median
from typing import Any

ROUNDS = 5
# A ratio this many times worse than the committed one is a regression: twice the spread that medians of five
# rounds show on a machine that does something else as well.
WORSE = 1.5
# Seconds before a program is timed. Threads of OpenMP and XLA wait for more work on the cores after theirs,
# for up to 0.05 s as measured, and would take half of the time from a program that comes next.
REST = 0.1
# What takes fewer seconds is repeated until it takes so many: once would meet one moment of a machine whose
# speed changes by half from one to the next, where the other side of the ratio meets their mean.
LEAST = 0.3


@dataclass(frozen=True)
class Row:
    """One number of the benchmark, and what is asked of it.

    Attributes
    ----------
    name : str
    target : float
    at_least : bool
        Whether the number must be at least the target, or at most.
    prepare : callable
        Builds the state and returns a function that runs one round and returns its number.
    needs : tuple of str
        Optional packages; a row that lacks one is reported as missing, and is not in order.
    unit : str
        "x" for ratios. Others depend on the machine and are not compared with an earlier run.
    rounds : int, optional
        For rows too long to be repeated as often as the others.
    """

    name: str
    target: float
    at_least: bool
    prepare: Callable[[], Callable[[], float]]
    needs: tuple[str, ...] = ()
    unit: str = "x"
    rounds: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What a row measured: `status` is "met", "missed", "missing" or "error"; `values` one number a round."""

    name: str
    unit: str
    target: float
    at_least: bool
    status: str
    note: str = ""
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float | None:
        """Median over the rounds, or None if nothing was measured."""
        return median(self.values) if self.values else None

    def record(self) -> dict[str, Any]:
        """Return the fields, median and extremes for JSON."""
        extremes = {"min": min(self.values), "max": max(self.values)} if self.values else {}
        return {**asdict(self), "median": self.median, **extremes}


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed_ratio(numerator: Callable[[], object], denominator: Callable[[], object]) -> Callable[[], float]:
    """Return a function that times both and returns numerator/denominator.

    Each is called at first for compilation and caches, and to see how often it has to be repeated. The order
    changes from round to round.
    """
    numerator, denominator = _repeated(numerator), _repeated(denominator)
    numerator_first = True

    def one_round() -> float:
        nonlocal numerator_first
        if numerator_first:
            above, below = numerator(), denominator()
        else:
            below, above = denominator(), numerator()
        numerator_first = not numerator_first
        return above / below

    return one_round


def _repeated(work: Callable[[], object]) -> Callable[[], float]:
    """Return what times a call: the mean over as many as take `LEAST` seconds, begun at rest."""
    work()
    times = max(1, math.ceil(LEAST / seconds(work)))

    def repeated() -> None:
        for _ in range(times):
            work()

    def mean() -> float:
        time.sleep(REST)
        return seconds(repeated) / times

    return mean


def run_row(row: Row, rounds: int = ROUNDS) -> Outcome:
    """Measure a row; a missing package or an exception is its outcome, not the end of the run."""
    missing = [name for name in row.needs if find_spec(name) is None]
    if missing:
        return _outcome(row, "missing", f"needs {', '.join(missing)}")
    try:
        one_round = row.prepare()
        values = [float(one_round()) for _ in range(row.rounds or rounds)]
    except Exception as error:  # noqa: BLE001 - a row that breaks must not hide the others
        return _outcome(row, "error", f"{type(error).__name__}: {error}")
    middle = median(values)
    # Written so that NaN misses either way.
    met = middle >= row.target if row.at_least else middle <= row.target
    return _outcome(row, "met" if met else "missed", values=values)


def _outcome(row: Row, status: str, note: str = "", values: list[float] | None = None) -> Outcome:
    return Outcome(row.name, row.unit, row.target, row.at_least, status, note, values or [])


def run_rows(rows: Iterable[Row], rounds: int = ROUNDS) -> Iterator[Outcome]:
    """Measure rows one after the other."""
    for row in rows:
        yield run_row(row, rounds)


def regressions(outcomes: Iterable[Outcome], earlier: Mapping[str, Any]) -> dict[str, float]:
    """By how many times each ratio is worse than in an earlier document, where that is more than `WORSE`.

    Parameters
    ----------
    outcomes : iterable of Outcome
    earlier : mapping
        As written by `document`; rows that it does not have are new and not compared.
    """
    before = {record["name"]: record["median"] for record in earlier.get("rows", ())}
    found = {}
    for outcome in outcomes:
        now, then = outcome.median, before.get(outcome.name)
        if outcome.unit != "x" or now is None or then is None:
            continue
        worse = then / now if outcome.at_least else now / then
        if not worse <= WORSE:
            found[outcome.name] = worse
    return found


def document(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return everything for JSON: the machine, and a record a row."""
    return {"machine": machine(), "rows": [outcome.record() for outcome in outcomes]}


def machine() -> dict[str, Any]:
    """Processor, cores and the versions of what was measured."""
    import os
    import platform
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for name in ("rvscgd", "numpy", "scipy", "sympy", "numba", "jax", "torch"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "(not installed)"
    return {"processor": _processor(), "cores": os.cpu_count(), "versions": versions}


def _processor() -> str:
    import platform
    from pathlib import Path

    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
