"""``rvscgd explain``: all that is known of a claim and of what it rests on."""

import argparse
import sys
from typing import Any

from proofs_check.commands.verify import EFFORTS, PLAIN_WIDTH

_EPILOG = """\
examples:
  rvscgd explain A5                    the claims with this label
  rvscgd explain wedge-probability     the claim with this id

The claim and all claims that it rests on are judged, so that its trust is known: the weakest evidence
among them.
exit codes: 0 the claim and its ancestors are in order, 1 one is not, 2 bad usage, 130 interrupted,
143 terminated."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand's parser."""
    parser = subparsers.add_parser(
        "explain",
        help="show all that is known of a claim",
        description="Judge a claim and all that it rests on, and show its statement, provenance, "
        "assumptions,\nancestors, evidence, planted errors, and the command that repeats it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("claims", nargs="+", metavar="CLAIM", help="id or label of a claim")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of all randomness (default: 0)"
    )
    parser.add_argument(
        "--effort", choices=EFFORTS, default="quick", help="how many samples and cases (default: quick)"
    )
    # A sample of the generated errors, as in `verify` by default.
    parser.set_defaults(run=run, controls=False)


def run(arguments: argparse.Namespace) -> int:
    """Judge the claims and their ancestors, and print what is known; return the exit code."""
    from rich.console import Console

    from proofs_check.commands.verify import check_seed, derived_ledger, judge_all
    from proofs_check.explanation import explanation
    from proofs_check.ledger import select
    from proofs_check.trust import ancestors, trusts

    check_seed(arguments.seed)
    progress = Console(stderr=True)
    claims = derived_ledger(progress)
    chosen = select(claims, arguments.claims)
    ids = {claim.id for claim in (*chosen, *ancestors(claims, [claim.id for claim in chosen]))}
    judgements: list[Any] = []
    judge_all([claim for claim in claims if claim.id in ids], judgements, arguments, progress)
    judged = {one.claim.id: one for one in judgements}
    trust = trusts(claims, judgements)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PLAIN_WIDTH, file=sys.stdout)
    for claim in chosen:
        console.print(explanation(judged[claim.id], claims, judged, trust, arguments.seed, arguments.effort))
    return 0 if all(one.in_order for one in judgements) else 1
