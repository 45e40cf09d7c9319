"""``rvscgd verify``: gather all evidence, show one row a claim, and fail unless every claim is in order."""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs_check.usage import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from proofs_check.judge import Judgement
    from proofs_check.records import Claim
    from proofs_check.trust import Trust

EFFORTS = ("quick", "full")
TOTALS = ("total", "in_order")
# Wide enough for the longest row where the output is no terminal and nobody can scroll.
PLAIN_WIDTH = 200

_EPILOG = """\
examples:
  rvscgd verify                        every claim
  rvscgd verify G2 L5                  the claims with these labels
  rvscgd verify wedge-probability      the claim with this id
  rvscgd verify --controls A6          what refutes some twenty errors in each of these claims
  rvscgd verify --effort full --json verdicts.json --junit verdicts.xml

statuses: exact (decided for all cases), sampled (no counterexample among the cases tried), cited,
open (some evidence could not decide), blind (a planted error was not refuted), refuted, error.
trust: the weakest evidence among a claim and all that it rests on; `rvscgd explain CLAIM` shows which.
exit codes: 0 every claim is in order, 1 some claim is not, 2 bad usage, 130 interrupted, 143 terminated."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand's parser."""
    parser = subparsers.add_parser(
        "verify",
        help="check every claim by every means",
        description="Gather the evidence for each claim and for the errors planted in it, and judge it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="id or label of a claim (default: all)")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of all randomness (default: 0)"
    )
    parser.add_argument(
        "--effort", choices=EFFORTS, default="quick", help="how many samples and cases (default: quick)"
    )
    parser.add_argument(
        "--controls",
        action="store_true",
        help="put all generated errors to every check, and show what refutes them (default: a sample, and no "
        "check beyond those that decide)",
    )
    parser.add_argument(
        "--show-proof", action="store_true", help="print what the solver and the ball arithmetic decided"
    )
    parser.add_argument("--json", metavar="PATH", help="write the verdicts as JSON")
    parser.add_argument("--junit", metavar="PATH", help="write the verdicts as JUnit XML")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judge the chosen claims; return the exit code."""
    from proofs_check.files import check_output

    check_seed(arguments.seed)
    outputs = {
        name: check_output(f"--{name}", path)
        for name in ("json", "junit")
        if (path := getattr(arguments, name)) is not None
    }
    if len(set(outputs.values())) < len(outputs):
        raise UsageError(f"--json={arguments.json} and --junit={arguments.junit}, two files are required")
    return _verify(arguments, outputs)


def check_seed(seed: int) -> None:
    """Refuse a seed that no generator takes."""
    if seed < 0:
        raise UsageError(f"--seed={seed}, a seed is an integer of at least 0")


def derived_ledger(progress: "Console") -> "tuple[Claim, ...]":
    """Build all claims, and say on a terminal that this derives the formulas."""
    from proofs_check.ledger import ledger

    with progress.status("deriving the formulas ..."):
        return ledger()


def _verify(arguments: argparse.Namespace, outputs: Mapping[str, Path]) -> int:
    from rich.console import Console

    from proofs_check.starting import start_method

    if not arguments.claims:
        # Before this process imports and derives, which takes as long as it takes the workers.
        start_method()
    from proofs_check.ledger import select
    from proofs_check.trust import trusts
    from theory.derivation import DerivationError

    start = time.perf_counter()
    progress = Console(stderr=True)
    try:
        claims = derived_ledger(progress)
        chosen = select(claims, arguments.claims)
    except DerivationError as error:
        print(f"rvscgd verify: a derivation contradicts itself: {error}", file=sys.stderr)
        return 1
    judgements: list[Judgement] = []
    interrupted: KeyboardInterrupt | None = None
    try:
        judge_all(chosen, judgements, arguments, progress)
    except KeyboardInterrupt as interrupt:
        interrupted = interrupt
    judgements.sort(key=lambda one: chosen.index(one.claim))
    trust = trusts(claims, judgements)
    _write(outputs, arguments, judgements, trust, [claim for claim in chosen if claim.id not in trust])
    _print(judgements, trust, arguments, time.perf_counter() - start)
    if interrupted is not None:
        raise interrupted
    return 0 if all(one.in_order for one in judgements) else 1


def judge_all(
    chosen: Sequence["Claim"],
    judgements: list["Judgement"],
    arguments: argparse.Namespace,
    progress: "Console",
) -> None:
    """Judge the claims; what is finished by then survives an interrupt."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from proofs_check.workers import judge_each

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    judging = judge_each(chosen, arguments.seed, arguments.effort == "full", arguments.controls)
    with (
        closing(judging),
        Progress(*columns, console=progress, transient=True, disable=not progress.is_terminal) as bar,
    ):
        task = bar.add_task("", total=len(chosen))
        for one in judging:
            judgements.append(one)
            bar.update(task, advance=1, description=f"{one.claim.label} {one.claim.id}")
            if not progress.is_terminal:
                progress.print(f"{len(judgements)}/{len(chosen)} {one.claim.id}", highlight=False)


def _write(
    outputs: Mapping[str, Path],
    arguments: argparse.Namespace,
    judgements: Sequence["Judgement"],
    trust: Mapping[str, "Trust"],
    skipped: Sequence["Claim"],
) -> None:
    from proofs_check.files import write_output
    from proofs_check.report import as_json, as_junit

    if "json" in outputs:
        run_of = {"seed": arguments.seed, "effort": arguments.effort}
        write_output("--json", outputs["json"], as_json(judgements, trust, skipped, run_of))
    if "junit" in outputs:
        write_output("--junit", outputs["junit"], as_junit(judgements, arguments.seed, arguments.effort))


def _print(
    judgements: Sequence["Judgement"],
    trust: Mapping[str, "Trust"],
    arguments: argparse.Namespace,
    seconds: float,
) -> None:
    from rich.console import Console

    from proofs_check.report import summary, table, troubles

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PLAIN_WIDTH)
    console.print(table(judgements, trust))
    if any(not one.judged for one in trust.values()):
        console.print(
            "\nnot judged: a claim that this one rests on was not among the chosen; "
            "`rvscgd explain CLAIM` judges them too",
            soft_wrap=True,
        )
    for one in judgements:
        if not one.in_order:
            console.print()
            for line in troubles(one, arguments.seed, arguments.effort):
                console.print(line, soft_wrap=True)
    if arguments.controls:
        _print_controls(judgements, console)
    if arguments.show_proof:
        for one in judgements:
            for proof in _proofs(one.claim):
                console.print(f"\n{proof}", soft_wrap=True, markup=False)
    counts = summary(judgements)
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count and name not in TOTALS)
    caught, planted = (sum(getattr(one, name) for one in judgements) for name in ("caught", "planted"))
    console.print(
        f"\n{counts['in_order']} of {counts['total']} claims in order ({parts}); "
        f"{caught} of {planted} planted errors refuted; seed {arguments.seed}, "
        f"effort {arguments.effort}, {seconds:.0f} s",
        soft_wrap=True,
    )


def _print_controls(judgements: Sequence["Judgement"], console: "Console") -> None:
    from proofs_check import controls_table

    console.print()
    console.print(controls_table.table(judgements))
    for one in judgements:
        for line in controls_table.findings(one) if one.in_order else ():
            console.print(f"{one.claim.id}:{line}", soft_wrap=True, markup=False)
    console.print(f"\n{controls_table.total(judgements)}", soft_wrap=True)


def _proofs(claim: "Claim") -> Iterator[str]:
    """The proofs of a claim's evidence; the judge has already reported a check that broke."""
    for piece in claim.evidence:
        if piece.proof is not None:
            try:
                yield piece.proof(claim)
            except Exception as error:  # noqa: BLE001 - a solver that is missing must not hide the verdicts
                yield f"; {claim.id}: no proof by {piece.kind}, {type(error).__name__}: {error}"
