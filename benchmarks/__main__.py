"""``python -m benchmarks``: measure every row, print a table, write JSON, compare with the committed run."""

import argparse
import json
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import benchmarks
from benchmarks import scaling
from benchmarks.harness import ROUNDS, WORSE, Outcome, Row, document, regressions, run_rows
from proofs_check.files import check_folder, check_output, write_whole

HERE = Path(__file__).parent
COMMITTED = HERE / "results.json"
OUTPUT = HERE / "output"
INTERRUPTED = 130  # 128 and the number of the signal
_EPILOG = """\
examples:
  python -m benchmarks                                   every row, about twenty minutes
  python -m benchmarks "RVSCGD l1" --rounds 9            the rows whose names contain this
  python -m benchmarks --json benchmarks/results.json    a new committed run

exit codes: 0 every row is in order; 1 one missed its target, regressed, broke or lacks a package;
2 bad usage; 130 interrupted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except ValueError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure ratios to peers and to the machine's limits.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="only rows whose names contain one of these")
    add("--list", action="store_true", help="print the names and leave")
    add("--rounds", type=int, default=ROUNDS, metavar="N", help=f"rounds a row; default: {ROUNDS}")
    add("--json", metavar="PATH", help="default: benchmarks/output/results.json")
    add(
        "--against", metavar="PATH", default=str(COMMITTED),
        help=f"earlier results; more than {WORSE} times worse fails; default: benchmarks/results.json",
    )  # fmt: skip
    return parser


def all_rows() -> list[Row]:
    """Rows of every module of this package that has the function `rows`."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__"]
    modules = [import_module(f"benchmarks.{name}") for name in names]
    return [row for module in modules if hasattr(module, "rows") for row in module.rows()]


def _run(arguments: argparse.Namespace) -> int:
    rows = _chosen(all_rows(), arguments.names)
    if arguments.list:
        print(*(row.name for row in rows), sep="\n")
        return 0
    if arguments.rounds < 1:
        raise ValueError(f"--rounds={arguments.rounds}, an integer of at least 1 is required")
    earlier = _earlier(Path(arguments.against))
    target = check_output("--json", arguments.json or check_folder("--json", OUTPUT) / "results.json")
    outcomes: list[Outcome] = []
    interrupted = False
    print(HEADER)
    try:
        for outcome in run_rows(rows, arguments.rounds):
            outcomes.append(outcome)
            print(line(outcome), flush=True)
    except KeyboardInterrupt:
        interrupted = True
    write_whole(target, json.dumps(document(outcomes), indent=2) + "\n")
    if interrupted:
        print(f"interrupted after {len(outcomes)} of {len(rows)} rows", file=sys.stderr)
        return INTERRUPTED
    if any(row.name.startswith("exponent") for row in rows):
        print(f"figure of the exponents: {scaling.figure(check_folder('--json', OUTPUT))}")
    return verdict(outcomes, earlier)


def _chosen(rows: list[Row], names: list[str]) -> list[Row]:
    for name in names:
        if not any(name in row.name for row in rows):
            raise ValueError(f"NAME={name!r}, part of a row's name is required; --list prints them")
    return [row for row in rows if not names or any(name in row.name for name in names)]


def _earlier(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"--against={path}, a file of earlier results is required ({error})") from error
    return found


HEADER = f"{'':64} {'median':>9} {'min':>9} {'max':>9}   {'target':>10}"


def line(outcome: Outcome) -> str:
    """Row of the table."""
    sign = ">=" if outcome.at_least else "<="
    target = f"{sign} {outcome.target:g} {outcome.unit}"
    if outcome.median is None:
        return f"{outcome.name:64} {'':29}   {target:>10}  {outcome.status}: {outcome.note}"
    numbers = (outcome.median, min(outcome.values), max(outcome.values))
    return f"{outcome.name:64} {' '.join(f'{x:9.3g}' for x in numbers)}   {target:>10}  {outcome.status}"


def verdict(outcomes: list[Outcome], earlier: dict[str, Any]) -> int:
    """Print what is not in order and return the exit code."""
    worse = regressions(outcomes, earlier)
    for name, times in worse.items():
        print(f"regression: {name} is {times:.2f} times worse than before (at most {WORSE} is allowed)")
    wrong = [outcome for outcome in outcomes if outcome.status != "met"]
    for outcome in wrong:
        print(f"{outcome.status}: {outcome.name} {outcome.note}".rstrip())
    return 1 if worse or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
