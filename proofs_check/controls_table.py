"""What became of the generated errors, for readers and for machines."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from proofs_check.judge import Judgement
from proofs_check.trials import Outcome, Trial
from proofs_check.variants import reason_for_none

# Variants that are no errors, each by a decision.
NO_ERROR = (Outcome.EQUIVALENT, Outcome.WEAKER, Outcome.UNDEFINED)
COLUMNS = ("planted", "refuted", "equivalent", "unneeded", "survivors")


def counts(tried: Sequence[Trial]) -> dict[str, int]:
    """Numbers of variants: planted as errors, refuted of these, survivors of these, and no errors."""
    found = Counter(one.outcome for one in tried)
    return {
        "planted": sum(one.planted for one in tried),
        "refuted": found[Outcome.REFUTED],
        "equivalent": sum(found[outcome] for outcome in NO_ERROR),
        "unneeded": found[Outcome.UNNEEDED],
        "survivors": found[Outcome.SURVIVOR],
    }


def by_kind(tried: Sequence[Trial]) -> dict[str, dict[str, int]]:
    """For each kind of evidence, to how many errors it was put, and what it said of them."""
    kinds = dict.fromkeys(kind for one in tried for kind, _ in one.seen)
    asked = {kind: [v for one in tried if one.planted for k, v in one.seen if k == kind] for kind in kinds}
    return {
        kind: {"planted": len(verdicts), **{str(verdict): n for verdict, n in Counter(verdicts).items()}}
        for kind, verdicts in asked.items()
    }


def table(judgements: Sequence[Judgement]) -> Table:
    """One row for each claim, with the errors that each kind of evidence refutes."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("label", no_wrap=True)
    shown.add_column("claim", no_wrap=True)
    for name in COLUMNS:
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("refuted by each kind of evidence")
    for one in judgements:
        numbers = [str(number) for number in counts(one.trials).values()]
        kinds = (
            f"{kind} {said.get('refutes', 0)}/{said['planted']}" for kind, said in by_kind(one.trials).items()
        )
        shown.add_row(one.claim.label, one.claim.id, *numbers, ", ".join(kinds) or reason_for_none(one.claim))
    return shown


def total(judgements: Sequence[Judgement]) -> str:
    """One sentence on all claims."""
    found = counts([trial for one in judgements for trial in one.trials])
    return (
        f"{found['refuted']} of {found['planted']} generated errors refuted, {found['survivors']} survive; "
        f"{found['equivalent']} variants are no errors, {found['unneeded']} assumptions are not needed"
    )


def findings(one: Judgement) -> list[str]:
    """The survivors of a claim and the assumptions that it does not need, a line each."""
    said = {Outcome.SURVIVOR: "nothing refutes the generated error", Outcome.UNNEEDED: "holds as well"}
    return [
        f"  {said[trial.outcome]}: {trial.error}: {trial.formula} ({_verdicts(trial)})"
        for trial in one.trials
        if trial.outcome in said
    ]


def _verdicts(trial: Trial) -> str:
    return ", ".join(f"{kind} {verdict}" for kind, verdict in trial.seen)


def as_record(one: Judgement) -> dict[str, Any]:
    """The generated errors of one claim as plain data."""
    return {
        **counts(one.trials),
        "none_because": reason_for_none(one.claim),
        "by_kind": by_kind(one.trials),
        "variants": [
            {
                "operator": trial.operator,
                "error": trial.error,
                "formula": trial.formula,
                "outcome": str(trial.outcome),
                "evidence": [{"kind": kind, "verdict": str(verdict)} for kind, verdict in trial.seen],
            }
            for trial in one.trials
        ],
    }
