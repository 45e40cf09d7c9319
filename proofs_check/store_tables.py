"""Tables of what a sweep's store holds, one a penalty, 80 columns wide; many values make ranges."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from numerics.sweep_records import Row
from proofs_check.comparison_table import number
from proofs_check.sweep_store import read_store
from proofs_check.usage import UsageError

# More values than these are gathered by half decades.
MOST_VALUES = 8

_POPULATION = (
    "λ/c", "β/c", "cells", "median\nsin θ", "max\nsin θ", "tight-\nness", "with s", "A5\nrest",
    "exact\nsupport", "open/\ntrapped", "viol.",
)  # fmt: skip
_MINIBATCH = (
    "batch", "η(c+β)", "cells", "median\nsin θ", "95 %\nsin θ", "max\nsin θ", "median\nε", "max\nε",
    "(Λ+ε)/c", "trapped",
)  # fmt: skip
_LEGEND = {
    "sin θ": "error of converged runs, or in the last quarter of mini-batch steps",
    "tightness": "largest max sin θ / bound A6 with d; with s where κ > β",
    "A5 rest": "largest |c sin θ - β‖u⊥‖|, which is 0 in exact arithmetic",
    "exact": "share of the runs whose u has the teacher's support",
    "open": "runs that did not converge; not judged",
    "trapped": "runs that ended beyond θ = π/2",
    "viol.": "runs beyond a bound by more than rounding",
    "ε": "norm of a mini-batch gradient's error; in (Λ+ε)/c, A8, the largest",
}


def tables(rows: Sequence[Row]) -> list[RenderableType]:
    """One table for each penalty in population form, one for each with mini-batches, and a legend."""
    drawn: list[RenderableType] = []
    for penalty in dict.fromkeys(row.penalty for row in rows):
        mine = [row for row in rows if row.penalty == penalty]
        population = [row for row in mine if not row.batch]
        batches = [row for row in mine if row.batch]
        if population:
            axes = (lambda row: row.lam_over_c, lambda row: row.beta_over_c)
            drawn.append(_table(penalty, _POPULATION, _groups(population, axes), _population))
        if batches:
            axes = (lambda row: row.batch, lambda row: row.eta_fraction)
            drawn.append(_table(f"{penalty}, mini-batches", _MINIBATCH, _groups(batches, axes), _minibatch))
    width = max(map(len, _LEGEND))
    drawn.append(Text("".join(f"{name:<{width}}  {meaning}\n" for name, meaning in _LEGEND.items())))
    return drawn


Groups = list[tuple[tuple[str, ...], list[Row]]]


def _groups(rows: Sequence[Row], axes: Sequence[Callable[[Row], float]]) -> Groups:
    """Rows by the values of some parameters, or by half decades where there are many, in rising order."""
    many = [len({axis(row) for row in rows}) > MOST_VALUES for axis in axes]
    found: dict[tuple[float, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(_half_decade(a(row)) if m else a(row) for a, m in zip(axes, many, strict=True))].append(
            row
        )
    return [
        (tuple(_range(v) if m else f"{v:.3g}" for v, m in zip(key, many, strict=True)), found[key])
        for key in sorted(found)
    ]


def _half_decade(value: float) -> float:
    return math.floor(2 * math.log10(value))


def _range(half_decade: float) -> str:
    return f"{10 ** (half_decade / 2):.1g}-{10 ** ((half_decade + 1) / 2):.1g}"


def _table(
    title: str, headings: Sequence[str], groups: Groups, cells: Callable[[list[Row]], tuple[str, ...]]
) -> Table:
    drawn = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0
    )
    for heading in headings:
        drawn.add_column(heading, justify="right", no_wrap=True)
    for labels, rows in groups:
        style = "bold red" if any(row.violations for row in rows) else None
        drawn.add_row(*labels, *cells(rows), style=style)
    return drawn


def _population(rows: list[Row]) -> tuple[str, ...]:
    done = sum(row.runs - row.not_converged for row in rows)
    return (
        str(len(rows)),
        number(_middle(rows, "median_sine")),
        number(_largest(rows, "max_sine")),
        number(_largest(rows, "tightness"), ".2g"),
        number(_largest(rows, "tightness_sparse"), ".2g"),
        number(_largest(rows, "identity_residual"), ".0e"),
        f"{sum(row.exact_support for row in rows) / done:.0%}" if done else "-",
        f"{sum(row.not_converged for row in rows)}/{sum(row.trapped for row in rows)}",
        str(sum(row.violations or 0 for row in rows)),
    )


def _minibatch(rows: list[Row]) -> tuple[str, ...]:
    return (
        str(len(rows)),
        number(_middle(rows, "median_sine")),
        number(_largest(rows, "q95_sine")),
        number(_largest(rows, "max_sine")),
        number(_middle(rows, "median_gradient_error")),
        number(_largest(rows, "max_gradient_error")),
        number(_largest(rows, "bound_inexact")),
        str(sum(row.trapped for row in rows)),
    )


def _values(rows: Iterable[Row], name: str) -> list[Any]:
    return [value for row in rows if (value := getattr(row, name)) is not None]


def _largest(rows: Iterable[Row], name: str) -> float | None:
    return max(_values(rows, name), default=None)


def _middle(rows: Iterable[Row], name: str) -> float | None:
    from statistics import median

    values = _values(rows, name)
    return median(values) if values else None


def show(path: str, penalties: Sequence[str]) -> tuple[int, list[Row]]:
    """Print the tables of a store; return 1 if a bound is violated, else 0, and the rows.

    Raises
    ------
    UsageError
        If there is no such store, or it holds no row of these penalties.
    """
    about, counts, found = read_store(path)
    rows = [row for row in found if row.penalty in penalties]
    if not rows:
        raise UsageError(f"--store={path}, a store with rows of {', '.join(penalties)} is required")
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    for piece in tables(rows):
        console.print(piece)
    violations = sum(row.violations or 0 for row in rows)
    console.print(
        f"{violations} violations in {sum(row.runs for row in rows)} runs ({len(rows)} cells); "
        f"{counts['done']} of {sum(counts.values())} cells are measured, {counts['failed']} failed.\n"
        f"Repeat: rvscgd sweep {about['source']} --store NEW.sqlite --seed {about['seed']}",
        soft_wrap=True,
    )
    return (1 if violations else 0), rows
