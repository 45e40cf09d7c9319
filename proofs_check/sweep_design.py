"""The cells of a sweep, from a TOML file: grids, which are products, and quasi-random designs.

A scrambled Sobol or Halton sequence fills the unit cube evenly; each key with more than one value is an axis
of the cube. What cannot be meant is refused: unknown keys, values out of range, settings without an effect.
"""

import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numerics import validation
from numerics.sweep_records import CellSpec
from proofs_check.sweep_axes import AXES, Axis, Choices, Range, read_axis, refuse_unknown
from proofs_check.usage import UsageError, checked

METHODS = ("sobol", "halton")
MOST_CELLS = 100_000

# The values of `rvscgd compare`, in its units.
DEFAULTS: Mapping[str, Any] = {
    "penalty": ["l1", "l0", "tl1"],
    "estimator": "relu",
    "dim": 50,
    "lambda": [0.001, 0.003, 0.01, 0.03, 0.1],
    "beta": [0.5, 1.0, 2.0],
    "eta": 1.0,
    "a": 1.0,
    "teacher": "random",
    "start": "uniform",
    "batch": 0,
    "patches": 1,
}
DEFAULT_SPARSITY = 5
SETTINGS: Mapping[str, int] = {"teachers": 8, "starts": 8, "max_iterations": 20_000, "iterations": 1_000}


@dataclass(frozen=True)
class Table:
    """One grid or design of the file, read."""

    axes: Mapping[str, Axis]
    settings: Mapping[str, int]
    method: str | None
    points: int


def read_cells(path: str | Path, seed: int) -> tuple[CellSpec, ...]:
    """Read the cells that a file describes, each once, in the order of the file.

    Parameters
    ----------
    path : str or Path
    seed : int
        Of the scrambling of quasi-random designs; at least 0.

    Raises
    ------
    UsageError
        If the file cannot be read, is not TOML, or a key or value breaks its rule; one sentence that names
        the file, the key, the value and the rule.
    """
    who = str(path)
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{who}, a file that can be read is required ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{who}, a TOML file is required ({error})") from error
    refuse_unknown(who, "file", document, ("grid", "design"))
    tables = list(_tables(who, document))
    if not tables:
        raise UsageError(f"{who}, a table [grid] or [design] is required")
    cells: dict[CellSpec, None] = {}
    for number, (name, kind, given) in enumerate(tables):
        cells |= dict.fromkeys(_cells(who, name, _read_table(who, name, kind, given), seed, number))
    return tuple(cells)


def _tables(who: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Names, kinds and contents of the tables; [[grid]] gives several."""
    for kind, given in document.items():
        several = isinstance(given, list)
        for number, table in enumerate(given if several else [given]):
            name = f"{kind}[{number}]" if several else kind
            if not isinstance(table, dict):
                raise UsageError(f"{who}: {name}={table!r}, a table [{kind}] is required")
            yield name, kind, table


def _read_table(who: str, name: str, kind: str, given: Mapping[str, Any]) -> Table:
    known = (*AXES, *SETTINGS, *(("method", "points") if kind == "design" else ()))
    refuse_unknown(who, name, given, known)
    values = {**DEFAULTS, **{key: given[key] for key in AXES if key in given}}
    if "sparsity" in given and "density" in given:
        raise UsageError(
            f"{who}: {name}.density={given['density']!r}, sparsity is given too, one is required"
        )
    axes = {key: read_axis(who, f"{name}.{key}", key, value, kind == "grid") for key, value in values.items()}
    if "density" not in axes and "sparsity" not in axes:
        axes["sparsity"] = Choices((min(DEFAULT_SPARSITY, int(_ends(axes["dim"])[0])),))
    settings = {
        key: checked(validation.count, who, f"{name}.{key}", given.get(key, default))
        for key, default in SETTINGS.items()
    }
    _check_together(who, name, given, axes)
    method, points = (None, 0) if kind == "grid" else _read_method(who, name, given)
    return Table(axes, settings, method, points)


def _read_method(who: str, name: str, given: Mapping[str, Any]) -> tuple[str, int]:
    method = checked(validation.one_of, who, f"{name}.method", given.get("method", "sobol"), METHODS)
    if "points" not in given:
        raise UsageError(f"{who}: {name}.points, the number of cells is required")
    points = checked(validation.count, who, f"{name}.points", given["points"])
    if points > MOST_CELLS:
        raise UsageError(f"{who}: {name}.points={points}, at most {MOST_CELLS} are allowed")
    if method == "sobol" and points & (points - 1):
        raise UsageError(f"{who}: {name}.points={points}, a power of 2 is required for 'sobol', or 'halton'")
    return method, points


def _ends(axis: Axis) -> tuple[Any, Any]:
    if isinstance(axis, Range):
        return axis.first, axis.last
    return min(axis.values), max(axis.values)


def _check_together(who: str, name: str, given: Mapping[str, Any], axes: Mapping[str, Axis]) -> None:
    """Refuse combinations that cannot be, and values that nothing reads."""
    least = _ends(axes["dim"])[0]
    if "sparsity" in axes and (most := _ends(axes["sparsity"])[1]) > least:
        raise UsageError(
            f"{who}: {name}.sparsity={most}, at most the least dim={least} is required (or density, s/d)"
        )
    penalties = axes["penalty"]
    assert isinstance(penalties, Choices)
    smallest, largest = _ends(axes["batch"])
    unread = {
        "a": ("tl1" not in penalties.values, "only the penalty 'tl1' has a shape"),
        "patches": (largest == 0, "only mini-batches, batch > 0, sample the network"),
        "iterations": (largest == 0, "only mini-batches, batch > 0, make a fixed number of steps"),
        "max_iterations": (smallest > 0, "mini-batches make a fixed number of steps, iterations"),
    }
    for key, (superfluous, rule) in unread.items():
        if key in given and superfluous:
            raise UsageError(f"{who}: {name}.{key}={given[key]!r}, {rule}")


def _cells(who: str, name: str, table: Table, seed: int, number: int) -> Iterator[CellSpec]:
    points = (
        _grid(who, name, table) if table.method is None else _quasi_random(who, name, table, seed, number)
    )
    for point in points:
        yield _cell(point, table.settings)


def _grid(who: str, name: str, table: Table) -> Iterator[dict[str, Any]]:
    values = [axis.values for axis in table.axes.values() if isinstance(axis, Choices)]
    if (size := math.prod(map(len, values))) > MOST_CELLS:
        raise UsageError(f"{who}: {name} has {size} cells, at most {MOST_CELLS} are allowed")
    for point in itertools.product(*values):
        yield dict(zip(table.axes, point, strict=True))


def _quasi_random(who: str, name: str, table: Table, seed: int, number: int) -> Iterator[dict[str, Any]]:
    import numpy as np
    from scipy.stats import qmc

    moving = [key for key, axis in table.axes.items() if isinstance(axis, Range) or len(axis.values) > 1]
    if not moving:
        raise UsageError(f"{who}: {name}, a key with a range or several values is required")
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    sequence = (qmc.Sobol if table.method == "sobol" else qmc.Halton)(len(moving), seed=rng)
    for shares in sequence.random(table.points).tolist():
        where = dict(zip(moving, shares, strict=True))
        yield {key: axis.at(where.get(key, 0.0)) for key, axis in table.axes.items()}


def _cell(point: Mapping[str, Any], settings: Mapping[str, int]) -> CellSpec:
    batch, dim = point["batch"], point["dim"]
    sparsity = point["sparsity"] if "sparsity" in point else max(1, round(point["density"] * dim))
    return CellSpec(
        penalty=point["penalty"], ste=point["estimator"], dim=dim, sparsity=sparsity,
        lam_over_c=point["lambda"], beta_over_c=point["beta"], eta_fraction=point["eta"],
        a=point["a"] if point["penalty"] == "tl1" else None,
        teacher=point["teacher"], start_angle=point["start"],
        teachers=settings["teachers"], starts=settings["starts"],
        iterations=settings["iterations" if batch else "max_iterations"],
        batch=batch, patches=point["patches"] if batch else None,
    )  # fmt: skip
