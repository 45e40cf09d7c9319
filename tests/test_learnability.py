"""A12: the probability of learning from a uniform start, and the failures that are counted."""

import numpy as np
import pytest
import scipy
from hypothesis import example, given
from hypothesis import strategies as st

from numerics.learnability import count_failures, learning_probability, pull
from numerics.penalties import threshold

levels = st.floats(0, 0.999)


@given(levels)
@example(0.0)
def test_in_the_plane_all_but_an_arc_is_learned(level):
    # The far arc has the half width arcsin(Λ/c) of the whole 2π.
    assert learning_probability(2, level) == pytest.approx(1 - np.arcsin(level) / np.pi, abs=1e-14)


@given(levels)
@example(0.0)
def test_in_space_all_but_a_cap_is_learned(level):
    # Archimedes: a cap's area is proportional to its height. Heights cancel near the pole.
    assert learning_probability(3, level) == pytest.approx((1 + np.sqrt(1 - level**2)) / 2, abs=1e-14)


@pytest.mark.parametrize("d", [2, 5, 40])
def test_probability_is_the_integral_of_the_polar_density(d):
    level = 0.7
    inside = scipy.integrate.quad(lambda phi: np.sin(phi) ** (d - 2), np.arcsin(level), np.pi)[0]
    whole = scipy.integrate.quad(lambda phi: np.sin(phi) ** (d - 2), 0, np.pi)[0]
    # Both integrals are asked for to 1.5e-8.
    assert learning_probability(d, level) == pytest.approx(inside / whole, abs=1e-7)


def test_learning_is_almost_certain_in_many_dimensions():
    assert 1 - learning_probability(200, 0.5) < 1e-50 or learning_probability(200, 0.5) == 1.0
    assert learning_probability(200, 0.5) > learning_probability(20, 0.5) > learning_probability(2, 0.5)


@pytest.mark.parametrize(("penalty", "a"), [("l1", None), ("l0", None), ("tl1", 0.5), ("tl1", 5.0)])
def test_pull_is_the_threshold_in_every_coordinate(penalty, a):
    assert pull(penalty, 0.3, 2.0, 9, a) == pytest.approx(2.0 * 3 * float(threshold(0.15, penalty, a)))


def test_opposite_of_a_teacher_with_one_entry_attracts_runs_with_large_beta():
    counted = count_failures(np.array([1.0, 0.0]), 1.0, "l1", 0.2, 4.0, runs=5000, steps=60, seed=1)
    # The region of attraction |w₂| ≤ λ/β, k > (c+λ)/β fails for certain; its arc is 2 arcsin(λ/β)/2π.
    assert counted.frequency > np.arcsin(0.05) / np.pi / 2
    assert counted.frequency < 1 - learning_probability(2, 0.2 * np.sqrt(2))


def test_no_run_fails_with_beta_below_c():
    counted = count_failures(np.array([1.0, 0.0]), 1.0, "l1", 0.1, 0.5, runs=5000, steps=60, seed=1)
    assert counted.failed == 0


def test_adversary_attains_the_bound():
    counted = count_failures(
        np.array([0.0, 1.0, 0.0]), 1.0, "l1", 1e-6, 0.01, error=0.5, eta=0.3, runs=20_000, steps=60, seed=2
    )
    expected = 1 - learning_probability(3, 0.5)
    # Six standard errors: a false alarm in 5e8 seeds.
    assert abs(counted.frequency - expected) < 6 * np.sqrt(expected * (1 - expected) / 20_000)


def test_same_seed_gives_the_same_count_over_several_blocks():
    first, again = (
        count_failures(np.array([1.0, 0.0]), 1.0, "l1", 0.2, 4.0, runs=12_000, steps=20, seed=3) for _ in "12"
    )
    assert first == again


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: learning_probability(1, 0.5), "d=1"),
        (lambda: learning_probability(2, 1.0), "level=1.0"),
        (lambda: learning_probability(2, -0.1), "level=-0.1"),
        (lambda: pull("l1", 0.0, 1.0, 2), "lam=0.0"),
        (lambda: pull("l2", 0.1, 1.0, 2), "penalty"),
        (
            lambda: count_failures(np.array([1.0, 0.0]), 1.0, "l1", 0.9, 1.0, runs=1, steps=1, seed=0),
            "level=",
        ),
        (
            lambda: count_failures(np.array([1.0, 1.0]), 1.0, "l1", 0.1, 1.0, runs=1, steps=1, seed=0),
            "w_star",
        ),
        (
            lambda: count_failures(np.array([1.0, 0.0]), 1.0, "l1", 0.1, 1.0, runs=0, steps=1, seed=0),
            "runs=0",
        ),
    ],
)
def test_bad_input_is_refused_by_name_and_value(call, words):
    with pytest.raises(ValueError, match=words):
        call()
