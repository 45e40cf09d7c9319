"""Error control of frequencies: exact tails, stated power, numbers of trials, bounds."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy
from sympy import Integer, Rational, Symbol, nan

from proofs_check.context import Context
from proofs_check.evidence import frequencies
from proofs_check.evidence.frequencies import Frequency, Trials, counted, detectable, needed
from proofs_check.evidence.monte_carlo import TooNoisyError
from proofs_check.evidence.scores import FALSE_ALARM, MISS
from proofs_check.judge import judge
from proofs_check.records import Claim, Control, Provenance, Source, Status, Verdict

p = Symbol("p", real=True)


def claim(subject, *evidence, assumptions=(), controls=()):
    source = Source(Provenance.FOLKLORE)
    return Claim("test", "T", "{subject}", source, subject, assumptions, {p: 0.5}, evidence, controls)


def coin(success, attained=True):
    """Trials that succeed with probability ``success``."""
    return Trials(
        lambda: {p: success},
        lambda n, seed: int(np.random.default_rng(seed).binomial(n, 1 - success)),
        attained,
    )


def evidence(*cases):
    return counted(cases, "frequency of a coin")


def found(subject, piece, assumptions=(), **context):
    return piece.check(claim(subject, assumptions=assumptions), Context(**context))


FAIR = evidence(coin(0.7), coin(0.4))


# What is seen


@pytest.mark.parametrize(("full", "error"), [(False, Rational(2, 100)), (True, Rational(5, 1000))])
@pytest.mark.parametrize("side", [-1, 1])
def test_probability_off_by_the_stated_error_is_refuted_at_either_effort(full, error, side):
    assert found(p, FAIR, full=full).verdict is Verdict.SUPPORTS
    assert found(p * (1 + side * error), FAIR, full=full).verdict is Verdict.REFUTES


def test_finding_states_the_errors_that_are_seen_and_the_level_of_the_alarm():
    said = found(p, FAIR).witness
    assert said.startswith("no alarm (below 1e-09) in ")
    assert "2 probabilities: relative errors from 0.019 (of the failures' from 0.043) raise one" in said
    assert said.endswith("with probability 0.999")


@pytest.mark.parametrize(("trials", "rate"), [(20_000, 0.3), (3_000, 0.01), (200_000, 0.9)])
def test_smallest_error_is_seen_with_the_stated_probability_and_no_smaller_one(trials, rate):
    counts = np.arange(trials + 1)
    alarm = (scipy.stats.binom.sf(counts - 1, trials, rate) < FALSE_ALARM) | (
        scipy.stats.binom.cdf(counts, trials, rate) < FALSE_ALARM
    )
    change = detectable(trials, rate)

    def power(true):
        return float(scipy.stats.binom.pmf(counts, trials, true)[alarm].sum())

    def least(distance):
        return min(power(true) for true in (rate - distance, rate + distance) if 0 < true < 1)

    assert least(change) == pytest.approx(1 - MISS, abs=1e-9)
    assert least(0.98 * change) < 1 - MISS
    # And without an error each side raises the alarm with less than its share.
    assert alarm.any()
    assert power(rate) < 2 * FALSE_ALARM


def test_tails_are_those_of_the_binomial_law():
    few, many = Frequency(1000, 260).tails(0.3)
    assert few == pytest.approx(scipy.stats.binom.cdf(260, 1000, 0.3), rel=1e-12)
    assert many == pytest.approx(scipy.stats.binom.sf(259, 1000, 0.3), rel=1e-12)
    assert Frequency(10, 0).tails(0.0) == (1.0, 1.0)
    assert Frequency(10, 1).tails(0.0) == (1.0, 0.0)
    assert Frequency(10, 9).tails(1.0) == (0.0, 1.0)


def test_too_few_trials_for_any_alarm_see_no_error():
    # Ten failures out of ten have the probability 1e-3.
    assert detectable(10, 0.5) == math.inf


# Numbers of trials


def test_number_of_trials_follows_from_the_precision_and_reaches_it():
    few, many = (needed(Frequency(20_000, 6_000), relative) for relative in (0.02, 0.005))
    assert many / few == pytest.approx(16, rel=1e-3)
    for trials, relative in ((few, 0.02), (many, 0.005)):
        assert 0.9 * relative < detectable(trials, 0.3) / 0.7 < relative


def test_rare_success_would_take_too_many_trials_and_leaves_the_claim_open():
    with pytest.raises(TooNoisyError, match="20000000 are the most"):
        needed(Frequency(20_000, 19_900), 0.02)
    assert found(p, evidence(coin(0.005))).verdict is Verdict.SILENT


def test_trials_that_see_less_than_they_have_to_leave_the_claim_open(monkeypatch):
    monkeypatch.setattr(frequencies, "MARGIN", 0.5)
    assert found(p, evidence(coin(0.4))).verdict is Verdict.SILENT


def test_pilot_is_of_its_own_seed_and_is_not_judged():
    made = []

    def count(trials, seed):
        made.append((trials, seed))
        # A pilot that is wrong by half must not sway the verdict.
        return int(trials * (0.75 if len(made) == 1 else 0.5))

    assert found(p, evidence(Trials(lambda: {p: 0.5}, count, True))).verdict is Verdict.SUPPORTS
    assert made[0][0] == frequencies.PILOT
    assert len({seed for _, seed in made}) == len(made) == 2


# Bounds


def test_bound_that_is_not_attained_says_so_and_is_refuted_by_too_many_failures_alone():
    bound = evidence(coin(0.9, attained=False))
    good = found(p - Rational(1, 5), bound)
    assert good.verdict is Verdict.SUPPORTS
    assert "1 bounds are not attained: only more failures than they admit raise one" in good.witness
    assert "relative errors" not in good.witness
    assert found(p * Rational(105, 100), bound).verdict is Verdict.REFUTES
    # A bound below zero is true, and one above one is none.
    assert found(p - 2, bound).verdict is Verdict.SUPPORTS
    assert found(p + 2, bound).verdict is Verdict.REFUTES
    assert found(p - 2, evidence(coin(0.9))).verdict is Verdict.REFUTES


# What cannot be judged


def test_no_case_is_silent_and_no_trial_is_an_error():
    assert found(p, evidence()).verdict is Verdict.SILENT
    assert found(p, FAIR, assumptions=(p > Rational(9, 10),)).verdict is Verdict.SILENT
    for trials, failed in ((0, 0), (10, 11), (10, -1)):
        with pytest.raises(ArithmeticError, match=f"failed={failed} of trials={trials}"):
            Frequency(trials, failed)


@pytest.mark.parametrize("failures", [0.0, 1.0])
def test_pilot_without_a_failure_or_a_success_is_an_error(failures):
    piece = evidence(Trials(lambda: {p: 0.5}, lambda n, _: int(n * failures), True))
    assert judge(claim(p, piece), Context()).status is Status.ERROR


def test_probability_that_is_not_a_number_is_an_error():
    one = judge(claim(nan, FAIR), Context())
    assert one.status is Status.ERROR
    assert "not a number" in one.findings[0].witness


def test_precision_that_exceeds_the_probability_is_an_error(monkeypatch):
    monkeypatch.setattr(frequencies, "PILOT", 200)
    monkeypatch.setattr(frequencies, "MARGIN", 1e-4)
    one = judge(claim(p, evidence(coin(0.3))), Context())
    assert one.status is Status.ERROR
    assert "exceeds the probability that it guards" in one.findings[0].witness


def test_planted_errors_are_refuted_and_both_tails_are_counted():
    wrong = (Control("the complement", 1 - p), Control("two percent", p * Rational(102, 100)))
    one = judge(replace(claim(p, FAIR, controls=wrong), sampled_because="a test"), Context())
    assert one.status is Status.SAMPLED
    assert one.caught == one.planted > 2
    assert FAIR.comparisons.count == 4
    assert found(Integer(1) / 2, FAIR).verdict is Verdict.REFUTES
