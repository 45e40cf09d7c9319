"""The mini-batch form of RVSCGD: its gradient is the network's, and tends to the expected coarse gradient."""

import numpy as np
import pytest

from numerics import network
from numerics.splitting import mean_coarse_gradients, minibatch_gradient, population_gradient, rvscgd

EPS = 2.0**-53


def unit(x):
    return x / np.linalg.norm(x)


@pytest.mark.parametrize("ste", network.ESTIMATORS)
@pytest.mark.parametrize("runs", [1, 5])
def test_the_batched_mean_is_that_of_the_network_run_by_run(ste, runs):
    rng = np.random.default_rng(8)
    Z, v, w = rng.normal(size=(40, 3, 4)), rng.normal(size=3), rng.normal(size=(runs, 4))
    teacher = unit(rng.normal(size=4))
    rows = [network.sample_coarse_gradient(Z, v, row, v, teacher, ste).mean(axis=0) for row in w]
    # Two orders of summation of 40·3 products with |v| ≤ 3, |h - y| ≤ 9 and |z| ≤ 5.
    assert np.abs(mean_coarse_gradients(Z, v, w, teacher, ste) - rows).max() <= 120 * EPS * 3 * 9 * 5


def batch_scores(ste, batch, repeats, shift=1.0):
    """z-scores (R, d) of mini-batch gradients against the expected one, and their standard deviation."""
    rng = np.random.default_rng(9)
    v, teacher, w = np.array([1.0, -0.5, 2.0]), unit(np.array([1.0, 2.0, -2.0])), rng.normal(size=(4, 3))
    draw = minibatch_gradient(v, teacher, ste, batch, rng)
    sample = np.array([draw(w) for _ in range(repeats)])
    spread = sample.std(axis=0, ddof=1)
    error = sample.mean(axis=0) - shift * population_gradient(v, teacher, ste)(w)
    return error * np.sqrt(repeats) / spread, spread


@pytest.mark.parametrize("ste", network.ESTIMATORS)
def test_the_minibatch_gradient_approaches_the_expected_one_as_the_batch_grows(ste):
    # 200 means each: one of 2 × 12 scores exceeds 5 with probability 24 · 1.3e-6 = 3e-5 (Student's t with 199
    # degrees of freedom); the seed is fixed.
    small, spread = batch_scores(ste, 25, 200)
    large, narrow = batch_scores(ste, 400, 200)
    assert np.abs([small, large]).max() <= 5
    # Sixteen times the batch, a quarter of the spread; the ratio's own standard error is 7 %, five are 35 %.
    assert np.abs(narrow / spread * 4 - 1).max() <= 0.35


def test_an_error_of_ten_per_cent_in_the_expected_gradient_is_seen():
    assert np.abs(batch_scores("relu", 400, 200, shift=1.1)[0]).max() > 5


def test_a_minibatch_run_comes_as_close_to_the_teacher_as_its_batch_allows():
    rng, teacher, v = np.random.default_rng(10), unit(np.array([1.0, 0, 0, -1.0])), np.ones(3)
    c = 3 / (2 * np.sqrt(2 * np.pi))
    errors = []
    for batch in (10, 1000):
        draw = minibatch_gradient(v, teacher, "relu", batch, rng)
        run = rvscgd(
            rng.normal(size=(20, 4)), teacher, c, "l1", 1e-4, 0.1, 0.2, gradient=draw, max_iterations=200
        )
        errors.append(np.median(run.angle))
    assert errors[1] < errors[0] / 3  # the noise falls tenfold, and the loss has no flat minimum to hide it


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"v": [[1.0]]}, "v"),
        ({"w_star": [1.0, 1.0]}, "w_star"),
        ({"ste": "rleu"}, "ste"),
        ({"batch": 0}, "batch"),
    ],
)
def test_bad_arguments_of_the_minibatch_gradient_are_refused_by_name(change, named):
    good = {"v": [1.0], "w_star": [0.0, 1.0], "ste": "relu", "batch": 3, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=rf"^minibatch_gradient: {named}\b"):
        minibatch_gradient(**{**good, **change})
