"""``rvscgd compare``: simulated errors of RVSCGD beside the a-priori bounds."""

import argparse
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numerics.bounds import Cell
    from numerics.problem import Problem

# Spelled out and not taken from the numerics, whose import is NumPy's; a test compares them.
PENALTIES = ("l1", "l0", "tl1")
ESTIMATORS = ("identity", "relu", "clipped_relu")
_EPILOG = """\
examples:
  rvscgd compare                                     all penalties, ReLU estimator
  rvscgd compare --penalty l1 tl1 --shape-a 0.5 --dim 200 --sparsity 10
  rvscgd compare --ste clipped_relu --json errors.json --figures figures
  rvscgd compare --store sweep.sqlite                what a sweep found (see rvscgd sweep --help)

exit codes: 0 no bound is violated, 1 one is, 2 bad usage."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "compare",
        help="run RVSCGD and compare its errors with the a-priori bounds",
        description="Run RVSCGD from random starts and compare its error angles with the a-priori bounds A6 "
        "and the error identity A5,\nover a grid of penalty weights lambda and relaxation parameters beta.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--penalty", nargs="+", choices=PENALTIES, default=PENALTIES, help="default: all")
    add("--ste", choices=ESTIMATORS, default="relu", help="straight-through estimator; default: relu")
    add("--dim", type=int, default=50, metavar="N", help="filter size d, at least 2; default: 50")
    add("--sparsity", type=int, metavar="N", help="non-zeros s of the teacher; default: 5, or d if smaller")
    add("--shape-a", type=float, metavar="A", help="shape a > 0 of transformed l1; default: 1")
    add("--runs", type=int, default=64, metavar="N", help="random starts a cell of the grid; default: 64")
    add("--seed", type=int, default=0, metavar="N", help="of teacher and starts, at least 0; default: 0")
    add("--store", metavar="FILE", help="show the tables of this store of `rvscgd sweep` instead")
    add("--json", metavar="PATH", help="write parameters, rows and summary to this file")
    add("--csv", metavar="PATH", help="write the rows to this file")
    add("--figures", metavar="DIR", help="draw errors against bounds, and angles over the iterations")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Simulate, print the table, write what was asked for; ValueError for a bad argument."""
    if arguments.store is not None:
        return _show_store(arguments)
    sparsity, shape = _check_numbers(arguments)
    outputs, folder = _check_outputs(arguments)
    from numerics import bounds
    from numerics.problem import MAX_ITERATIONS, problem
    from numerics.simulator import STEP_TOLERANCE

    penalties = tuple(dict.fromkeys(arguments.penalty))
    drawn = problem(arguments.ste, arguments.dim, sparsity, arguments.runs, arguments.seed)
    if bounds.needs_compiler(drawn):
        _compile()
    total = len(penalties) * len(bounds.WEIGHTS) * len(bounds.RELAXATIONS)
    cells = list(_watched(bounds.compare(drawn, penalties, shape), total))
    if folder is not None:
        _guard("--figures", lambda: _draw(folder, drawn, cells, shape))
    parameters = {
        "penalties": penalties,
        "ste": arguments.ste,
        "dim": arguments.dim,
        "sparsity": sparsity,
        "shape_a": shape if "tl1" in penalties else None,
        "runs": arguments.runs,
        "max_iterations": MAX_ITERATIONS,
        "step_tolerance": STEP_TOLERANCE,
    }
    writers = {"--json": lambda: _json(parameters, arguments.seed, cells), "--csv": lambda: _csv(cells)}
    _write(outputs, writers)
    _print(cells, arguments.dim, sparsity)
    return 1 if summary(cells)["violations"] else 0


def _show_store(arguments: argparse.Namespace) -> int:
    """Print the tables of a store, with which only --penalty goes together."""
    simulated = {
        "--ste": (arguments.ste, "relu"), "--dim": (arguments.dim, 50), "--runs": (arguments.runs, 64),
        "--sparsity": (arguments.sparsity, None), "--shape-a": (arguments.shape_a, None),
        "--seed": (arguments.seed, 0),
    }  # fmt: skip
    written = {"--json": arguments.json, "--csv": arguments.csv, "--figures": arguments.figures}
    for option, (value, default) in simulated.items():
        if value != default:
            raise ValueError(
                f"{option}={value}, with --store nothing is simulated; only --penalty chooses rows"
            )
    for option, value in written.items():
        if value is not None:
            raise ValueError(f"{option}={value}, with --store use `rvscgd sweep --store FILE --export PATH`")
    from proofs_check.store_tables import show

    return show(arguments.store, tuple(dict.fromkeys(arguments.penalty)))


def _check_numbers(arguments: argparse.Namespace) -> tuple[int, float]:
    """Return sparsity and shape with their defaults."""
    for option, value, least in (
        ("--dim", arguments.dim, 2),
        ("--runs", arguments.runs, 1),
        ("--seed", arguments.seed, 0),
    ):
        if value < least:
            raise ValueError(f"{option}={value}, an integer of at least {least} is required")
    sparsity = min(5, arguments.dim) if arguments.sparsity is None else arguments.sparsity
    if not 1 <= sparsity <= arguments.dim:
        raise ValueError(f"--sparsity={sparsity}, an integer from 1 to --dim={arguments.dim} is required")
    shape = arguments.shape_a
    if shape is None:
        return sparsity, 1.0
    if not (math.isfinite(shape) and shape > 0):
        raise ValueError(f"--shape-a={shape}, a finite number above 0 is required")
    if "tl1" not in arguments.penalty:
        raise ValueError(f"--shape-a={shape}, only --penalty tl1 has a shape")
    return sparsity, shape


def _check_outputs(arguments: argparse.Namespace) -> tuple[dict[str, Path], Path | None]:
    """Return the files by option, and the folder; it is made last, when all else is in order."""
    from proofs_check.files import check_folder, check_output

    given = {"--json": arguments.json, "--csv": arguments.csv}
    outputs = {option: check_output(option, path) for option, path in given.items() if path is not None}
    if len(set(outputs.values())) < len(outputs):
        raise ValueError(f"--csv={arguments.csv}, another file than that of --json is required")
    folder = arguments.figures
    return outputs, None if folder is None else check_folder("--figures", folder)


def _compile() -> None:
    """Have the compiled simulator ready before the progress begins, and tell what that took."""
    from rich.console import Console

    from numerics.kernel import warm_up

    console = Console(stderr=True, highlight=False)
    with console.status("compiling the simulator (once on a machine) ..."):
        took = warm_up()
    console.print(f"simulator compiled or loaded in {took:.1f} s")


def _watched(cells: "Iterator[Cell]", total: int) -> "Iterator[Cell]":
    """Pass the cells on and show on a terminal how many are done."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(
        cells, "simulating", total, console=console, transient=True, disable=not console.is_terminal
    )


def _guard(option: str, work: Any) -> None:
    """Turn a full disk or a folder that has gone into a sentence."""
    try:
        work()
    except OSError as error:
        raise ValueError(f"{option}, the file could not be written ({error})") from error


def _draw(folder: Path, drawn: "Problem", cells: "list[Cell]", shape: float) -> None:
    from proofs_check import figures

    for penalty in dict.fromkeys(cell.penalty for cell in cells):
        a = shape if penalty == "tl1" else None
        figures.save(figures.bounds([c for c in cells if c.penalty == penalty]), folder, f"bounds-{penalty}")
        figures.save(figures.angles(drawn, penalty, a), folder, f"angles-{penalty}")


def _write(outputs: Mapping[str, Path], writers: Mapping[str, Any]) -> None:
    from proofs_check.files import write_whole

    for option, path in outputs.items():
        _guard(option, lambda path=path, option=option: write_whole(path, writers[option]()))


def summary(cells: "Iterable[Cell]") -> dict[str, Any]:
    """Sums and extremes over all cells; ``None`` where no run converged."""
    rows = list(cells)

    def largest(name: str) -> float | None:
        return max((getattr(c, name) for c in rows if getattr(c, name) is not None), default=None)

    return {
        "cells": len(rows),
        **{n: sum(getattr(c, n) for c in rows) for n in ("runs", "violations", "not_converged", "trapped")},
        **{n: largest(n) for n in ("tightness", "tightness_sparse", "identity_residual", "most_iterations")},
    }


def _json(parameters: Mapping[str, Any], seed: int, cells: "list[Cell]") -> str:
    import json
    import platform
    from dataclasses import asdict
    from importlib.metadata import PackageNotFoundError, version

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
        "summary": summary(cells),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _csv(cells: "list[Cell]") -> str:
    import csv
    import io
    from dataclasses import asdict

    rows = [asdict(cell) for cell in cells]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _print(cells: "list[Cell]", dim: int, sparsity: int) -> None:
    from rich.console import Console

    from proofs_check.comparison_table import legend, table

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
