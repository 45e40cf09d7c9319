"""What was judged, for readers and for machines: table, JSON and JUnit."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any
from xml.etree import ElementTree

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from proofs_check import controls_table
from proofs_check.judge import Judgement
from proofs_check.records import Claim, Expected, Status, Verdict
from proofs_check.rendering import latex, text
from proofs_check.trust import Trust

LIBRARIES = ("rvscgd", "sympy", "mpmath", "numpy", "scipy", "hypothesis", "z3-solver", "python-flint")
NOT_RUN = "not run"
COLOURS = {True: "green", False: "bold red"}


def statement(claim: Claim) -> str:
    """The claim's sentence, with its formula."""
    return claim.statement.replace("{subject}", text(claim.subject))


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that the evidence rests on."""
    found = {"python": python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def table(judgements: Sequence[Judgement], trust: Mapping[str, Trust]) -> Table:
    """One row for each claim."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("label", "claim", "status", "trust", "evidence", "controls", "seconds"):
        shown.add_column(name, justify="right" if name in ("controls", "seconds") else "left", no_wrap=True)
    for one in judgements:
        kinds = ", ".join(dict.fromkeys(piece.kind for piece in one.claim.evidence))
        status = Text(str(one.status), COLOURS[one.in_order])
        caught = f"{one.caught}/{one.planted}"
        trusted, seconds = str(trust[one.claim.id]), f"{one.seconds:.1f}"
        row = (one.claim.label, one.claim.id, status, trusted, kinds, caught, seconds)
        # In text without markup Rich need not look for any.
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return shown


def summary(judgements: Sequence[Judgement]) -> dict[str, int]:
    """A count for each status, the total, and how many claims are in order."""
    counts = Counter(str(one.status) for one in judgements)
    return {
        **{str(status): counts[str(status)] for status in Status},
        "total": len(judgements),
        "in_order": sum(one.in_order for one in judgements),
    }


def troubles(one: Judgement, seed: int, effort: str) -> list[str]:
    """Why a claim is not in order, and how to see it again."""
    hope = "to hold" if one.claim.expected is Expected.HOLDS else "to be refuted"
    lines = [f"{one.claim.label} {one.claim.id} is {one.status}, expected {hope}: {statement(one.claim)}"]
    if one.vacuity.verdict is not Verdict.SUPPORTS:
        lines.append(f"  example {one.vacuity.verdict}: {one.vacuity.witness}")
    for piece, finding in zip(one.claim.evidence, one.findings, strict=True):
        if finding.verdict is not Verdict.SUPPORTS:
            lines.append(f"  {piece.kind} {finding.verdict}: {finding.witness}")
            lines += [f"    {line}" for line in finding.code.splitlines()]
    for control, row, kinds in zip(one.claim.controls, one.rows, one.refuted_by, strict=True):
        if not kinds and not control.holds:
            lines.append(f"  nothing refutes the planted error: {control.error}")
        lines += [f"  on {control.error!r}: {f.witness}" for f in row if f.verdict is Verdict.BROKE]
    lines += controls_table.findings(one)
    lines.append(f"  again: {again(one.claim, seed, effort)}")
    return [escape(line) for line in lines]


def again(claim: Claim, seed: int, effort: str) -> str:
    """Return the command that repeats the verdict on just this claim."""
    return f"rvscgd verify {claim.id} --seed {seed} --effort {effort}"


def _claim_fields(claim: Claim) -> dict[str, Any]:
    source = ", ".join(part for part in (claim.source.reference, claim.source.locator) if part)
    return {
        "id": claim.id,
        "label": claim.label,
        "statement": statement(claim),
        "latex": latex(claim.subject),
        "provenance": str(claim.source.provenance),
        "source": source,
        "assumptions": [text(relation) for relation in claim.assumptions],
        "uses": list(claim.uses),
        "expected": claim.expected.value,
        "sampled_because": claim.sampled_because,
    }


def as_record(one: Judgement, trust: Trust) -> dict[str, Any]:
    """One judged claim as plain data."""
    return {
        **_claim_fields(one.claim),
        "status": str(one.status),
        "trust": {"by": str(trust), "weakest": trust.weakest},
        "in_order": one.in_order,
        "seconds": round(one.seconds, 3),
        "example": one.vacuity.witness,
        "evidence": [
            {
                "kind": piece.kind,
                "strength": piece.strength.name.lower(),
                "shows": piece.shows,
                "verdict": str(finding.verdict),
                "witness": finding.witness,
                "code": finding.code,
            }
            for piece, finding in zip(one.claim.evidence, one.findings, strict=True)
        ],
        "controls": [
            {"error": control.error, "holds": control.holds, "refuted_by": list(kinds)}
            for control, kinds in zip(one.claim.controls, one.refuted_by, strict=True)
        ],
        "generated": controls_table.as_record(one),
    }


def as_json(
    judgements: Sequence[Judgement],
    trust: Mapping[str, Trust],
    skipped: Sequence[Claim],
    run: Mapping[str, Any],
) -> str:
    """The whole run; claims that were not reached are listed as not run."""
    rest = [
        {
            **_claim_fields(claim),
            "status": NOT_RUN,
            "in_order": False,
            "seconds": 0.0,
            "evidence": [],
            "controls": [],
        }
        for claim in skipped
    ]
    counts = summary(judgements)
    counts["total"] += len(rest)
    if rest:
        counts[NOT_RUN] = len(rest)
    document = {
        "claims": [*(as_record(one, trust[one.claim.id]) for one in judgements), *rest],
        **run,
        "versions": versions(),
        "summary": counts,
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_junit(judgements: Sequence[Judgement], seed: int, effort: str) -> bytes:
    """The run as a JUnit report: one test case for each claim."""
    failures = sum(not one.in_order for one in judgements)
    suite = ElementTree.Element(
        "testsuite",
        name="rvscgd verify",
        tests=str(len(judgements)),
        failures=str(failures),
        time=f"{sum(one.seconds for one in judgements):.3f}",
    )
    for one in judgements:
        case = ElementTree.SubElement(
            suite, "testcase", classname=one.claim.label, name=one.claim.id, time=f"{one.seconds:.3f}"
        )
        if not one.in_order:
            failure = ElementTree.SubElement(case, "failure", message=f"{one.claim.id} is {one.status}")
            failure.text = "\n".join(troubles(one, seed, effort))
    document: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return document
