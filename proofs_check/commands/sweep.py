"""``rvscgd sweep``: thousands of cells, each a row of a store that survives anything."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs_check.usage import UsageError

if TYPE_CHECKING:
    from proofs_check.sweep_run import Executor, Watch
    from proofs_check.sweep_store import Store

LARGEST_SEED = 2**63 - 1  # SQLite's integers end there
PLAIN_SECONDS = 5.0  # between lines of progress where there is no terminal

_EPILOG = """\
the file GRID.toml:
  [[grid]]                                # every combination of the values; repeat the table to add more
  penalty = ["l1", "l0", "tl1"]           # default: these three
  estimator = "relu"                      # identity, relu, clipped_relu; default: relu
  dim = [50, 200]                         # filter size d; default: 50
  density = [0.02, 0.1]                   # s/d, or sparsity = [1, 5]; default: sparsity = 5
  lambda = {from = 1e-3, to = 0.1, count = 9, scale = "log"}   # in units of c
  beta = [0.5, 1.0, 2.0]                  # in units of c
  eta = 1.0                               # in units of the largest step 1/(c+beta), at most 1; default: 1
  a = [0.5, 1.0]                          # shape of transformed l1; default: 1
  teacher = "random"                      # or "equal": non-zeros of one magnitude; default: random
  start = "uniform"                       # or angles from the teacher in radians, up to pi
  batch = 0                               # samples of a mini-batch; 0, the default, is the population form
  patches = 4                             # of the network that mini-batches sample; default: 1
  teachers = 8                            # teachers drawn for a cell, and
  starts = 8                              # starts for each of them; defaults: 8 and 8
  max_iterations = 20000                  # of a run; with mini-batches `iterations = 1000` are made

  [[design]]                              # the same keys, quasi-random points in place of all combinations
  method = "sobol"                        # or "halton"; default: sobol
  points = 256                            # a power of 2 for sobol
  lambda = {from = 1e-3, to = 0.1, scale = "log"}              # the whole interval: no count

  A value is a number or name, a list, or a range {from, to, count, scale}, scale "linear" or "log".

examples:
  rvscgd sweep grid.toml --store sweep.sqlite
  rvscgd sweep grid.toml --store sweep.sqlite --resume       go on after an interruption
  rvscgd sweep grid.toml --store sweep.sqlite --dask tcp://scheduler:8786
  rvscgd sweep --store sweep.sqlite --export rows.csv        or rows.parquet
  rvscgd compare --store sweep.sqlite                        tables of what came out

A finished cell is in the store for good and never run again, whatever happens to the process. Start the same
command in several processes on one store and they share the work. One grid and seed give the same rows with
any number of workers, in any order.

exit codes: 0 all is in order, 1 a bound is violated or a cell failed, 2 bad usage, 130 interrupted,
143 terminated."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "sweep",
        help="run RVSCGD over a grid or a quasi-random design of parameters, into a store",
        description="Run RVSCGD for every cell of a grid or a quasi-random design, and keep one row a cell: "
        "errors, bounds, support,\niterations, rate, failures.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("grid", nargs="?", metavar="GRID.toml", help="the cells; may be left out with --export")
    add("--store", required=True, metavar="FILE", help="SQLite file of the rows; created if it is missing")
    add("--resume", action="store_true", help="go on with a store that holds rows of this sweep")
    add("--seed", type=int, default=0, metavar="N", help="of all randomness, at least 0; default: 0")
    add("--workers", type=int, metavar="N", help="processes on this machine; default: one a core")
    add("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster to use instead, as tcp://host:8786")
    add("--export", metavar="PATH", help="write the rows to this .csv or .parquet file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the sweep, export what was asked for; UsageError for a bad argument."""
    _check(arguments)
    from proofs_check.files import check_output, write_output
    from proofs_check.sweep_export import check_kind, export
    from proofs_check.sweep_store import Store

    path = check_output("--store", arguments.store)
    target = kind = None
    if arguments.export is not None:
        kind, target = check_kind(arguments.export), check_output("--export", arguments.export)
    if arguments.grid is None and not path.exists():
        raise UsageError(f"--store={arguments.store}, a store that exists is required to export from it")
    code = 0
    with closing(_opened(arguments, path) if arguments.grid else Store(path, "rw")) as store:
        if arguments.grid is not None:
            code = _sweep(arguments, store)
        if target is not None and kind is not None:
            store.about()
            rows = store.rows()
            write_output("--export", target, export(rows, kind))
            print(f"{len(rows)} of {sum(store.counts().values())} cells written to {arguments.export}")
    return code


def _check(arguments: argparse.Namespace) -> None:
    if not 0 <= arguments.seed <= LARGEST_SEED:
        raise UsageError(f"--seed={arguments.seed}, an integer from 0 to 2**63 - 1 is required")
    if arguments.workers is not None and arguments.workers < 1:
        raise UsageError(f"--workers={arguments.workers}, an integer of at least 1 is required")
    if arguments.workers is not None and arguments.dask is not None:
        raise UsageError(f"--workers={arguments.workers}, with --dask the cluster has its own workers")
    if arguments.grid is None and arguments.export is None:
        raise UsageError("GRID.toml, the file of the cells, is required (or --export)")
    if arguments.grid is None and arguments.resume:
        raise UsageError("--resume, the GRID.toml of the sweep is required")


def _opened(arguments: argparse.Namespace, path: Path) -> "Store":
    """Return the store, made or checked for the cells of the grid."""
    from proofs_check.sweep_design import read_cells
    from proofs_check.sweep_store import Store

    arguments.cells = read_cells(arguments.grid, arguments.seed)
    store = Store(path)
    try:
        store.prepare(arguments.cells, arguments.seed, arguments.grid, arguments.resume)
    except BaseException:
        store.close()
        raise
    return store


def _sweep(arguments: argparse.Namespace, store: "Store") -> int:
    from proofs_check.sweep_run import carry_out

    begun, before = time.perf_counter(), store.counts()
    again = f"rvscgd sweep {arguments.grid} --store {arguments.store} --seed {arguments.seed} --resume"
    try:
        with _watched(before) as watch:
            carry_out(store, arguments.cells, arguments.seed, _executor(arguments), watch)
    except KeyboardInterrupt:
        counts = store.counts()
        print(
            f"{counts['done']} of {sum(counts.values())} cells are in {arguments.store}; go on with: {again}",
            file=sys.stderr,
        )
        raise
    counts, seconds = store.counts(), time.perf_counter() - begun
    return _report(arguments, store, counts["done"] - before["done"], seconds)


def _executor(arguments: argparse.Namespace) -> "Executor":
    from proofs_check.executors import on_dask, on_processes

    if arguments.dask is not None:
        return partial(on_dask, address=arguments.dask)
    return partial(on_processes, workers=arguments.workers or os.cpu_count() or 1)


@contextmanager
def _watched(before: dict[str, int]) -> Iterator["Watch"]:
    """Show progress, throughput and time left: a bar on a terminal, else a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    total, begun, told = sum(before.values()), time.perf_counter(), time.perf_counter()
    columns = (TextColumn("cells"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=total, completed=total - before["open"])

        def watch(counts: dict[str, int]) -> None:
            nonlocal told
            settled = total - counts["open"]
            seconds = time.perf_counter() - begun
            pace = max(0, before["open"] - counts["open"]) / seconds
            bar.update(task, completed=settled, description=f"{pace:.3g} a second")
            if not console.is_terminal and time.perf_counter() - told >= PLAIN_SECONDS:
                told = time.perf_counter()
                left = f"{counts['open'] / pace:.0f} s left" if pace else "time left unknown"
                console.print(f"{settled}/{total} cells, {pace:.3g} a second, {left}", soft_wrap=True)

        yield watch


def _report(arguments: argparse.Namespace, store: "Store", measured: int, seconds: float) -> int:
    """Print what the store holds; return the exit code."""
    rows, failures = store.rows(), store.failures()
    violations = sum(row.violations or 0 for row in rows)
    for key, sentence in failures:
        print(f"cell {key} failed: {sentence}", file=sys.stderr)
    print(
        f"{len(rows)} of {len(arguments.cells)} cells in {arguments.store}, {measured} of them new in "
        f"{seconds:.0f} s; {violations} violations and {sum(row.trapped for row in rows)} trapped in "
        f"{sum(row.runs for row in rows)} runs, {sum(row.not_converged for row in rows)} not converged, "
        f"{len(failures)} cells failed.\n"
        f"Tables: rvscgd compare --store {arguments.store}"
    )
    return 1 if violations or failures else 0
