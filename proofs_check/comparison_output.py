"""What `rvscgd compare` prints and writes: the table, where figures are, and the rows as JSON and CSV."""

import csv
import io
import json
import platform
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Console

from numerics.bounds import Cell, Choice
from proofs_check.comparison_table import legend, table


def summary(cells: Iterable[Cell]) -> dict[str, Any]:
    """Sums and extremes over all cells; ``None`` where no run converged."""
    rows = list(cells)

    def largest(name: str) -> float | None:
        return max((getattr(c, name) for c in rows if getattr(c, name) is not None), default=None)

    return {
        "cells": len(rows),
        **{n: sum(getattr(c, n) for c in rows) for n in ("runs", "violations", "not_converged", "trapped")},
        **{n: largest(n) for n in ("tightness", "tightness_sparse", "identity_residual", "most_iterations")},
    }


def as_json(
    parameters: Mapping[str, Any], seed: int, cells: Sequence[Cell], skipped: Sequence[Choice]
) -> str:
    """The whole run; cells that were not reached are listed as not run."""
    versions = {"python": platform.python_version()}
    for name in ("rvscgd", "numpy", "scipy", "sympy"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "(not installed)"
    document = {
        "parameters": parameters,
        "seed": seed,
        "versions": versions,
        "rows": [asdict(cell) for cell in cells],
        "not_run": [dict(zip(("penalty", "lam", "beta", "a"), choice, strict=True)) for choice in skipped],
        "summary": summary(cells),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_csv(cells: Sequence[Cell]) -> str:
    """The rows under their names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Cell)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, cells))
    return text.getvalue()


def print_table(cells: Sequence[Cell], dim: int, sparsity: int) -> None:
    """Print the table, what its columns mean, and the sums."""
    if not cells:
        return
    # A pipe has no width: a wide one keeps every row on its line.
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    console.print(table(cells))
    console.print(legend(cells, dim, sparsity))
    total = summary(cells)
    console.print(
        f"{total['violations']} violations in {total['runs']} runs ({total['cells']} cells); "
        f"{total['not_converged']} not converged, {total['trapped']} trapped."
    )


def told(drawn: Iterable[tuple[str, str]], folder: str, again: Sequence[str]) -> Iterator[str]:
    """Lines that name each file and the command that draws it again.

    Examples
    --------
    >>> print(*told([("support", "support-l1")], "out", ["--seed", "3"]))
    out/support-l1.svg, .png: rvscgd compare --only support --figures out --seed 3
    """
    for name, file in drawn:
        command = ["rvscgd", "compare", "--only", name, "--figures", folder, *again]
        yield f"{folder}/{file}.svg, .png: {shlex.join(command)}"
