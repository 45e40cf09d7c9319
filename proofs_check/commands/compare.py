"""``rvscgd compare``: simulated errors of RVSCGD beside the a-priori bounds."""

import argparse
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from proofs_check.usage import UsageError

if TYPE_CHECKING:
    from numerics.bounds import Cell, Choice
    from numerics.problem import Problem
    from numerics.sweep_records import CellSpec

Item = TypeVar("Item")
# Spelled out and not taken from the numerics, whose import is NumPy's; a test compares them.
PENALTIES = ("l1", "l0", "tl1")
ESTIMATORS = ("identity", "relu", "clipped_relu")
PICTURES = ("bounds", "angles", "tightness", "support", "penalties", "failures", "minibatch")
# Teachers of the experiments behind the figures; each has a share of the runs.
TEACHERS = 8
_EPILOG = """\
examples:
  rvscgd compare                                     all penalties, ReLU estimator
  rvscgd compare --penalty l1 tl1 --shape-a 0.5 --dim 200 --sparsity 10
  rvscgd compare --ste clipped_relu --json errors.json --figures figures
  rvscgd compare --figures figures --only support failures
  rvscgd compare --store sweep.sqlite --figures figures    what a sweep found (see rvscgd sweep --help)

figures, as SVG and PNG:
  bounds      largest error against its bounds, over λ and β; one for each penalty
  angles      angle to the teacher and distance from the limit over the iterations, with the predicted rate
  tightness   largest error over its bound with s, over λ and s
  support     how often the support is recovered over λ and s/d, with the frontier that A7 predicts
  penalties   l1, l0 and transformed l1 at equal support
  failures    share of trapped starts against the learnability bound A12, over d and Λ/c
  minibatch   error floor over the batch size against A8's inexact form

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
    add("--figures", metavar="DIR", help="draw figures into this folder, see below")
    add("--only", nargs="+", choices=PICTURES, metavar="NAME", help="which figures; default: all")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Simulate, print the table, write what was asked for; UsageError for a bad argument."""
    if arguments.store is not None:
        return _show_store(arguments)
    sparsity, shape = _check_numbers(arguments)
    outputs, folder = _check_outputs(arguments)
    from numerics import bounds
    from numerics.problem import MAX_ITERATIONS, problem
    from numerics.simulator import STEP_TOLERANCE
    from proofs_check.comparison_output import print_table, summary

    penalties = tuple(dict.fromkeys(arguments.penalty))
    drawn = problem(arguments.ste, arguments.dim, sparsity, arguments.runs, arguments.seed)
    if bounds.needs_compiler(drawn):
        _compile()
    chosen = bounds.plan(drawn, penalties, shape)
    cells: list[Cell] = []
    interrupted: KeyboardInterrupt | None = None
    try:
        cells.extend(_watched(bounds.compare(drawn, chosen), len(chosen)))
        lines = [] if folder is None else list(_draw(arguments, folder, drawn, penalties, shape))
    except KeyboardInterrupt as interrupt:
        interrupted = interrupt
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
    _write(outputs, parameters, arguments.seed, cells, chosen[len(cells) :])
    print_table(cells, arguments.dim, sparsity)
    if interrupted is not None:
        raise interrupted
    for line in lines:
        print(line)
    return 1 if summary(cells)["violations"] else 0


def _show_store(arguments: argparse.Namespace) -> int:
    """Print the tables of a store and draw its figures; what is simulated cannot be chosen any more."""
    simulated = {
        "--ste": (arguments.ste, "relu"), "--dim": (arguments.dim, 50), "--runs": (arguments.runs, 64),
        "--sparsity": (arguments.sparsity, None), "--shape-a": (arguments.shape_a, None),
        "--seed": (arguments.seed, 0),
    }  # fmt: skip
    written = {"--json": arguments.json, "--csv": arguments.csv}
    for option, (value, default) in simulated.items():
        if value != default:
            raise UsageError(
                f"{option}={value}, with --store nothing is simulated; only --penalty chooses rows"
            )
    for option, value in written.items():
        if value is not None:
            raise UsageError(f"{option}={value}, with --store use `rvscgd sweep --store FILE --export PATH`")
    if "angles" in (arguments.only or ()):
        raise UsageError("--only=angles, a store keeps no iterates; leave out --store")
    _, folder = _check_outputs(arguments)
    from proofs_check.store_tables import show

    code, rows = show(arguments.store, tuple(dict.fromkeys(arguments.penalty)))
    if folder is not None:
        from proofs_check.comparison_output import told
        from proofs_check.figures.gallery import draw

        names = [name for name in arguments.only or PICTURES if name != "angles"]
        again = ["--store", arguments.store, *_options(arguments, ("penalty",))]
        for line in told(draw(rows, names, folder), arguments.figures, again):
            print(line)
    return code


def _check_numbers(arguments: argparse.Namespace) -> tuple[int, float]:
    """Return sparsity and shape with their defaults."""
    for option, value, least in (
        ("--dim", arguments.dim, 2),
        ("--runs", arguments.runs, 1),
        ("--seed", arguments.seed, 0),
    ):
        if value < least:
            raise UsageError(f"{option}={value}, an integer of at least {least} is required")
    sparsity = min(5, arguments.dim) if arguments.sparsity is None else arguments.sparsity
    if not 1 <= sparsity <= arguments.dim:
        raise UsageError(f"--sparsity={sparsity}, an integer from 1 to --dim={arguments.dim} is required")
    shape = arguments.shape_a
    if shape is None:
        return sparsity, 1.0
    if not (math.isfinite(shape) and shape > 0):
        raise UsageError(f"--shape-a={shape}, a finite number above 0 is required")
    if "tl1" not in arguments.penalty:
        raise UsageError(f"--shape-a={shape}, only --penalty tl1 has a shape")
    return sparsity, shape


def _check_outputs(arguments: argparse.Namespace) -> tuple[dict[str, Path], Path | None]:
    """Return the files by option, and the folder; it is made last, when all else is in order."""
    from proofs_check.files import check_folder, check_output

    given = {"--json": arguments.json, "--csv": arguments.csv}
    outputs = {option: check_output(option, path) for option, path in given.items() if path is not None}
    if len(set(outputs.values())) < len(outputs):
        raise UsageError(f"--csv={arguments.csv}, another file than that of --json is required")
    folder = arguments.figures
    if arguments.only is not None and folder is None:
        raise UsageError(f"--only={' '.join(arguments.only)}, --figures DIR is required to draw them")
    return outputs, None if folder is None else check_folder("--figures", folder)


def _compile() -> None:
    """Have the compiled simulator ready before the progress begins, and tell what that took."""
    from rich.console import Console

    from numerics.kernel import warm_up

    console = Console(stderr=True, highlight=False)
    with console.status("compiling the simulator (once on a machine) ..."):
        took = warm_up()
    console.print(f"simulator compiled or loaded in {took:.1f} s")


def _watched(items: Iterable[Item], total: int, what: str = "simulating") -> Iterator[Item]:
    """Pass the items on and show on a terminal how many are done."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(items, what, total, console=console, transient=True, disable=not console.is_terminal)


def _draw(
    arguments: argparse.Namespace, folder: Path, drawn: "Problem", penalties: Sequence[str], shape: float
) -> Iterator[str]:
    """Draw the figures; yield lines that say where each is and what draws it again."""
    from proofs_check.comparison_output import told
    from proofs_check.figures import gallery

    names = tuple(dict.fromkeys(arguments.only or PICTURES))
    others = [name for name in names if name != "angles"]
    bases = _bases(arguments, drawn, penalties, shape)
    cells = gallery.experiment(others, bases)
    rows = gallery.measured(
        cells, arguments.seed, os.cpu_count() or 1, lambda items, total: _watched(items, total, "drawing")
    )
    again = _options(arguments, ("penalty", "ste", "dim", "sparsity", "shape_a", "runs", "seed"))
    try:
        if "angles" in names:
            files = gallery.draw_angles(drawn, penalties, shape, folder)
            yield from told(files, arguments.figures, again)
        for name in others:
            # Of its own cells alone, or the figure would change with the others that are asked for.
            own = [rows[cell] for cell in gallery.experiment([name], bases) if cell in rows]
            yield from told(gallery.draw(own, [name], folder), arguments.figures, again)
    except OSError as error:
        raise UsageError(f"--figures, the file could not be written ({error})") from error


def _bases(
    arguments: argparse.Namespace, drawn: "Problem", penalties: Sequence[str], shape: float
) -> "list[CellSpec]":
    """For each penalty a cell with the common parameters, that experiments vary."""
    from numerics.problem import MAX_ITERATIONS
    from numerics.sweep_records import CellSpec

    return [
        CellSpec(
            penalty, arguments.ste, arguments.dim, drawn.sparsity, 0.01, 1.0, 1.0,
            shape if penalty == "tl1" else None, "random", None,
            TEACHERS, max(1, arguments.runs // TEACHERS), MAX_ITERATIONS, 0, None,
        )
        for penalty in penalties
    ]  # fmt: skip


def _options(arguments: argparse.Namespace, names: Sequence[str]) -> list[str]:
    """The given options that differ from their defaults, as on a command line."""
    defaults = {"penalty": PENALTIES, "ste": "relu", "dim": 50, "runs": 64, "seed": 0}
    found: list[str] = []
    for name in names:
        value = getattr(arguments, name)
        if value is not None and value != defaults.get(name):
            values = value if isinstance(value, (list, tuple)) else [value]
            found += [f"--{name.replace('_', '-')}", *map(str, values)]
    return found


def _write(
    outputs: Mapping[str, Path],
    parameters: Mapping[str, Any],
    seed: int,
    cells: "list[Cell]",
    skipped: "Sequence[Choice]",
) -> None:
    from proofs_check.comparison_output import as_csv, as_json
    from proofs_check.files import write_output

    contents = {
        "--json": lambda: as_json(parameters, seed, cells, skipped),
        "--csv": lambda: as_csv(cells),
    }
    for option, path in outputs.items():
        write_output(option, path, contents[option]())
