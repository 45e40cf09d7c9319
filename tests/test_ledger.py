"""What has to be true of the ledger as a whole; whether each claim is in order, `test_verify.py` sees."""

from itertools import islice

import pytest

from proofs_check.context import Context
from proofs_check.evidence.scores import FALSE_ALARM, FAMILY_FALSE_ALARM
from proofs_check.judge import judge
from proofs_check.ledger import comparisons, ledger, select
from proofs_check.trials import Outcome
from proofs_check.variants import reason_for_none, variants
from proofs_check.workers import expected_cost


def test_ledger_has_at_least_five_hundred_variants():
    # The first few of each claim are enough of them.
    found = {claim.id: len(list(islice(variants(claim), 5))) for claim in ledger()}
    assert sum(found.values()) >= 500
    for claim in ledger():
        assert found[claim.id] or reason_for_none(claim), claim.id


@pytest.mark.parametrize(
    "name",
    [
        "wedge-probability",
        "filter-gradient",  # a factor that is forgotten leaves a number for a vector
        "l1-stationary-branch-is-global-minimum",
        "caps-around-the-teacher-are-invariant",
    ],
)
def test_no_generated_error_survives_in_the_ledger(name):
    for claim in select(ledger(), [name]):
        one = judge(claim, Context(controls=True))
        assert one.trials
        assert not [trial.error for trial in one.trials if trial.outcome is Outcome.SURVIVOR], claim.id


def test_frequencies_of_the_ledger_state_what_they_see():
    pieces = [(one, e) for one in ledger() for e in one.evidence if e.kind == "simulation" and e.comparisons]
    assert [one.id for one, _ in pieces] == ["uniform-start-outside-the-far-cap", "learning-probability"]
    one, piece = pieces[0]
    assert "3 probabilities: relative errors from 0.019" in piece.check(one, Context()).witness


def test_comparisons_of_the_whole_ledger_share_a_false_alarm_probability_of_a_millionth():
    made = comparisons(ledger())
    assert made > 80
    assert made * FALSE_ALARM <= FAMILY_FALSE_ALARM == 1e-6


def test_every_monte_carlo_check_of_the_ledger_is_counted():
    pieces = [piece for one in ledger() for piece in one.evidence]
    assert all(p.comparisons is not None and p.comparisons.count for p in pieces if p.kind == "monte_carlo")
    # Frequencies of failures are judged by chance as well.
    assert "simulation" in {p.kind for p in pieces if p.comparisons is not None}


def test_longest_claims_are_judged_first():
    costs = {claim.id: expected_cost(claim) for claim in ledger()}
    assert min(costs.values()) > 0
    assert costs["expected-coarse-gradient-clipped-relu"] > costs["loss-has-a-cone-at-the-teacher"]
