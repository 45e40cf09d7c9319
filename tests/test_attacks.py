"""Every theorem is attacked: some claim of it is searched, by Hypothesis, for a case that violates it."""

import pytest

from proofs_check.context import Context
from proofs_check.evidence import cases
from proofs_check.ledger import ledger
from proofs_check.records import Expected, Verdict

THEOREMS = ("L7", "L9", *(f"A{k}" for k in range(1, 14)))


def attacked(label):
    return [
        (claim, piece)
        for claim in ledger()
        for piece in claim.evidence
        if claim.label == label and claim.expected is Expected.HOLDS and piece.kind == "property"
    ]


@pytest.mark.parametrize("label", THEOREMS)
def test_theorem_has_a_claim_that_is_searched(label):
    assert attacked(label)


@pytest.mark.parametrize("label", THEOREMS)
def test_search_climbs_towards_a_violation(label, monkeypatch):
    labels = set()
    monkeypatch.setattr(cases, "EXAMPLES_QUICK", 10)
    monkeypatch.setattr(cases, "target", lambda _, label: labels.add(label))
    for claim, piece in attacked(label):
        labels.clear()
        assert piece.check(claim, Context()).verdict is Verdict.SUPPORTS, claim.id
        assert labels, claim.id
