"""All that is known of one claim, for a reader."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from proofs_check.judge import Judgement
from proofs_check.records import Claim, Expected
from proofs_check.rendering import text
from proofs_check.report import again, statement
from proofs_check.trust import CAN_MISS, Trust, ancestors

Row = tuple[str, str]


def explanation(
    one: Judgement,
    claims: Sequence[Claim],
    judged: Mapping[str, Judgement],
    trust: Mapping[str, Trust],
    seed: int,
    effort: str,
) -> Group:
    """Draw statement, provenance, assumptions, ancestors, evidence, planted errors and the command again.

    Parameters
    ----------
    one : Judgement
        Of the claim to explain.
    claims : sequence of Claim
        The whole ledger.
    judged, trust : mappings by id
        Of the claim and of its ancestors.
    """
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(no_wrap=True, style="bold")
    drawn.add_column()
    for name, value in (
        *_facts(one),
        *_weakens(one.claim, claims),
        *_rests(one.claim, claims, judged, trust),
        *_seen(one),
    ):
        drawn.add_row(name, Text(value))
    drawn.add_row("again", Text(again(one.claim, seed, effort)))
    title = Text(f"{one.claim.label}  {one.claim.id}: {one.status}", style="bold")
    title.append(f", trust {_trust(one.claim, trust)}", style="not bold")
    return Group(title, Padding(drawn, (0, 0, 1, 2), expand=False))


def _trust(claim: Claim, trust: Mapping[str, Trust]) -> str:
    mine = trust[claim.id]
    return str(mine) if mine.weakest == claim.id else f"{mine} (by {mine.weakest})"


def _facts(one: Judgement) -> Iterator[Row]:
    claim = one.claim
    yield "statement", statement(claim)
    if claim.expected is Expected.FAILS:
        yield "expected", "to fail: it is kept because the counterexample is instructive"
    source = claim.source
    yield "source", ", ".join(part for part in (source.provenance, source.reference, source.locator) if part)
    yield "assumes", ", ".join(text(relation) for relation in claim.assumptions) or "nothing"
    yield "example", one.vacuity.witness


def _weakens(claim: Claim, claims: Sequence[Claim]) -> Iterator[Row]:
    by_id = {other.id: other for other in claims}
    for place, one in enumerate(claim.weakens):
        said = one.assumption
        # Words may name the formula of the claim that they stand in.
        words = statement(replace(by_id[one.claim], statement=said)) if isinstance(said, str) else text(said)
        yield "weakens" if place == 0 else "", f"{one.claim}, which assumes: {words}"


def _rests(
    claim: Claim, claims: Sequence[Claim], judged: Mapping[str, Judgement], trust: Mapping[str, Trust]
) -> Iterator[Row]:
    below = ancestors(claims, [claim.id])
    for place, other in enumerate(below):
        link = "" if other.id in claim.uses else ", through others"
        status = f"{judged[other.id].status}, trust {_trust(other, trust)}{link}"
        yield "rests on" if place == 0 else "", f"{other.label} {other.id}: {status}"
    if not below:
        yield "rests on", "no other claim"


def _seen(one: Judgement) -> Iterator[Row]:
    for place, (piece, finding) in enumerate(zip(one.claim.evidence, one.findings, strict=True)):
        yield "evidence" if place == 0 else "", f"{piece.kind} {finding.verdict}: {piece.shows}"
        yield "", f"  seen: {finding.witness}"
        yield "", f"  can miss: {CAN_MISS[piece.kind]}"
    if one.claim.sampled_because:
        yield "not exact", one.claim.sampled_because
    for place, (control, kinds) in enumerate(zip(one.claim.controls, one.refuted_by, strict=True)):
        fate = "stands, as it should" if control.holds else f"refuted by {', '.join(kinds) or 'nothing'}"
        yield "planted" if place == 0 else "", f"{control.error}: {fate}"
