"""Every theorem can fail: an assumption less, and a claim of the ledger is there that does."""

from dataclasses import replace

import pytest

from proofs_check.ledger import ledger, validate
from proofs_check.records import Expected, Strength, Weakening
from theory.symbols import c, eta

CLAIMS = ledger()
THEOREMS = [f"A{number}" for number in range(1, 14)]
LONGER = "half-angle-shrinks-for-steps-beyond-two"


def of(label, expected):
    return [one for one in CLAIMS if one.label == label and one.expected is expected]


@pytest.mark.parametrize("label", THEOREMS)
def test_every_theorem_has_a_claim_that_is_decided_and_speaks_of_something(label):
    decided = [
        one
        for one in of(label, Expected.HOLDS)
        if any(piece.strength is Strength.EXACT for piece in one.evidence)
    ]
    assert decided
    assert all(one.example for one in decided if one.assumptions)


@pytest.mark.parametrize("label", THEOREMS)
def test_every_theorem_fails_with_less_than_its_assumptions(label):
    failing = of(label, Expected.FAILS)
    assert failing
    assert all(one.weakens for one in failing)


def test_claims_weaken_what_others_assume_and_nothing_else():
    one = next(one for one in CLAIMS if one.id == LONGER)
    others = tuple(other for other in CLAIMS if other is not one)

    def weakening(claim, assumption):
        return validate((*others, replace(one, weakens=(Weakening(claim, assumption),))))

    weakening("half-angle-shrinks-without-penalty", eta <= 1 / c)
    weakening("half-angle-shrinks-without-penalty-under-any-step", "η < 2/c")
    with pytest.raises(ValueError, match="which half-angle-shrinks-without-penalty does not assume"):
        weakening("half-angle-shrinks-without-penalty", eta <= 2 / c)
    with pytest.raises(ValueError, match="does not assume"):
        weakening("half-angle-shrinks-without-penalty-under-any-step", "η < 3/c")
    with pytest.raises(ValueError, match="weakens 'no-such-claim'"):
        weakening("no-such-claim", eta <= 1 / c)
    with pytest.raises(ValueError, match="weakens 'every-start-is-learned', a claim expected to hold"):
        weakening("every-start-is-learned", c > 0)
