"""Every theorem can fail: an assumption less, and a claim of the ledger is there that does."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Symbol, pi

from numerics.splitting import largest_step, rvscgd
from proofs_check.ledger import ledger, validate
from proofs_check.records import Expected, Strength, Weakening
from proofs_check.variants import hypotheses
from theory.symbols import c, delta, eta, s

THEOREMS = [*(f"A{number}" for number in range(1, 14)), "P1", "P5", "P6"]
# No restriction: the inequality of Cauchy and Schwarz for the s non-zero entries of a unit vector.
ALWAYS_TRUE = {s >= Symbol("norm_w_star_1", real=True) ** 2}
LONGER = "half-angle-shrinks-for-steps-beyond-two"


def of(label, expected):
    return [one for one in ledger() if one.label == label and one.expected is expected]


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


def missing(claims):
    """The hypotheses of the theorems that no claim does without."""
    weakened = {(weakening.claim, weakening.assumption) for one in claims for weakening in one.weakens}
    return {
        (one.id, relation)
        for one in claims
        if one.label in THEOREMS and one.expected is Expected.HOLDS
        for relation in hypotheses(one)
        if relation not in ALWAYS_TRUE and (one.id, relation) not in weakened
    }


def test_every_hypothesis_of_a_theorem_is_dropped_or_loosened_by_another_claim():
    assert not missing(ledger())


def test_hypothesis_that_nothing_weakens_would_be_noticed():
    without = tuple(one for one in ledger() if one.id != "start-probability-beyond-the-right-angle")
    assert missing(without) == {("uniform-start-outside-the-far-cap", delta <= pi / 2)}


E1 = (1, 0)
LIMITS = [
    # penalty, a, w, w*, c, λ, β
    ("l1", None, (-3, *(1,) * 7), (1, *(0,) * 7), 2, 1, 5),
    ("tl1", 27 / 25, (-8, 3, 3, 3, 3), (1, 0, 0, 0, 0), 2, 15 / 26, 5),
    ("l0", None, (3, 4), E1, 3, 1, 5),
    ("l1", None, (-1, 0), E1, 1, 1, 3),
    ("l0", None, (5, 12), (3, 4), 75, 13 / 2, 52),
    ("l1", None, (-4, 3), E1, 1, 3, 6),
    ("l1", None, (12, 5), (15, 8), 17, 3, 8),
]


def moved(limit, factor=1.0):
    """By how much a step with ``factor`` times the weight moves a limit."""
    penalty, shape, w, w_star, c_, lam, beta = limit
    start, teacher = (np.array(vector) / np.linalg.norm(vector) for vector in (w, w_star))
    step = largest_step(c_, beta) / 2
    after = rvscgd([start], teacher, c_, penalty, factor * lam, beta, step, a=shape, max_iterations=1)
    return np.abs(after.w[0] - start).max()


@pytest.mark.parametrize("limit", LIMITS)
def test_limits_of_the_counterexamples_are_kept_by_the_algorithm(limit):
    assert moved(limit) < 1e-14  # some twenty roundings of numbers of size one


@pytest.mark.parametrize("limit", [one for one in LIMITS if one[0] != "l0" and one[2] != (-1, 0)])
def test_limits_of_the_counterexamples_are_not_kept_with_another_weight(limit):
    assert moved(limit, 1.01) > 1e-6


def test_claims_weaken_what_others_assume_and_nothing_else():
    one = next(one for one in ledger() if one.id == LONGER)
    others = tuple(other for other in ledger() if other is not one)

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
