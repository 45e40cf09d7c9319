"""Means over orbits of inputs: the symmetry that they trust, one sample an orbit, errors as they claim."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics import network_sampling, orbits
from numerics.moments import Moments
from numerics.monte_carlo import estimate
from tests.strategies import seeds

# Inputs that are held with the samples last, and with the samples first.
SHAPES = ((2,), (2, 3), (4, 1), (2, 9))


def signed_shift(d):
    """The step as a matrix."""
    matrix = np.roll(np.eye(d), 1, axis=1)
    matrix[-1, 0] = -1
    return matrix


def whole(inputs):
    """All inputs of the orbits, (2d, n, ..., d), by matrix products."""
    turn, found = signed_shift(inputs.shape[-1]), [inputs]
    for _ in range(2 * inputs.shape[-1] - 1):
        found.append(found[-1] @ turn.T)
    return np.array(found)


def features(inputs):
    """Even and odd ones, that look at several entries."""
    flat = inputs.reshape(len(inputs), -1)
    return np.column_stack(
        [np.exp(flat[:, 0]), flat[:, 0] * flat[:, -1] + flat[:, -1], (flat > 0) @ flat[0] ** 0]
    )


@pytest.mark.parametrize("d", range(1, 18))  # 8 is where NumPy's strided negation errs
def test_step_keeps_the_law_of_independent_symmetric_entries_and_has_order_2d(d):
    turn = signed_shift(d)
    # One entry of size one in each row and each column: entries are permuted, signs changed.
    np.testing.assert_array_equal(np.abs(turn).sum(axis=0), 1)
    np.testing.assert_array_equal(np.abs(turn).sum(axis=1), 1)
    np.testing.assert_array_equal(np.linalg.matrix_power(turn, d), -np.eye(d))
    inputs = np.random.default_rng(0).standard_normal((5, 3, d))
    images = np.concatenate([inputs, np.empty((5 * (orbits.size((3, d)) - 1), 3, d))])
    orbits.complete(images, 5)
    np.testing.assert_array_equal(images.reshape(2 * d, 5, 3, d), whole(inputs))


@given(seeds(), st.sampled_from(SHAPES), st.integers(1, 20))
def test_buffer_holds_whole_orbits_of_the_inputs_drawn(seed, shape, n):
    orbit = orbits.size(shape)
    buffer = network_sampling.InputBuffer(shape, 20 * orbit)
    found = buffer.draw(np.random.default_rng(seed), n, orbit)
    drawn = np.random.default_rng(seed).standard_normal((n, *shape))
    np.testing.assert_array_equal(found.reshape(orbit, n, *shape), whole(drawn))


@given(seeds(), st.sampled_from(SHAPES), st.integers(2, 30), st.integers(1, 31))
def test_a_sample_is_the_mean_over_an_orbit(seed, shape, samples, chunk):
    rng, reference = np.random.default_rng(seed), np.random.default_rng(seed)
    found = estimate(features, shape, samples, rng, chunk, by_orbit=True)
    drawn = reference.standard_normal((samples, *shape))
    rows = np.mean([features(images) for images in whole(drawn)], axis=0)
    # Entries below e^6 = 403 and 18 * 30 of them: 403 * 540 * 2.2e-16 < 1e-10 covers any order of sums.
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.covariance, np.cov(rows, rowvar=False), rtol=1e-10, atol=1e-8)
    assert found.samples == samples
    # No more inputs are drawn than there are orbits.
    assert rng.standard_normal() == reference.standard_normal()


def coverage(run, truth):
    """Share of 400 runs of which the mean is within two standard errors of the truth."""
    rng = np.random.default_rng(11)
    runs = [run(rng) for _ in range(400)]
    return np.mean([abs(one.mean[0] - truth) <= 2 * one.standard_error[0] for one in runs])


def square(z):
    return np.square(z).sum(axis=1, keepdims=True)


def positive_part(z):
    return np.maximum(z[:, :1] - z[:, 1:2] / 2, 0)


# The mean of the positive part of a normal of variance 5/4.
MEAN = np.sqrt(5 / 4 / (2 * np.pi))


@pytest.mark.parametrize(("statistic", "truth"), [(square, 3.0), (positive_part, MEAN)])
def test_standard_errors_of_orbits_cover_the_mean_as_often_as_they_claim(statistic, truth):
    # As for single inputs: 0.954 with standard error 0.0105, of which four are allowed.
    share = coverage(lambda rng: estimate(statistic, (3,), 500, rng, by_orbit=True), truth)
    assert share == pytest.approx(0.954, abs=0.042)


def test_images_taken_for_independent_samples_claim_errors_that_are_too_small():
    def wrong(rng):
        buffer, moments = network_sampling.InputBuffer((3,), 600), Moments(full=True)
        moments.add(square(buffer.draw(rng, 100, orbit=6)))

        class Found:
            mean, standard_error = moments.mean, np.sqrt(moments.variance / moments.count)

        return Found

    # A square is the same on all of an orbit: errors are too small by √6, and P(|z| < 2/√6) = 0.586.
    assert coverage(wrong, 3.0) == pytest.approx(0.586, abs=0.1)


def test_an_orbit_of_the_network_says_more_than_as_many_inputs():
    def fires(z):
        return ((z @ [0.6, 0.8] > 0) & (z @ [1.0, 0.0] > 0))[:, None] * 1.0

    one = estimate(fires, (2,), 20_000, np.random.default_rng(0))
    orbit = estimate(fires, (2,), 20_000, np.random.default_rng(0), by_orbit=True)
    assert one.covariance[0, 0] > 3 * 4 * orbit.covariance[0, 0]


def test_inputs_without_an_axis_and_rows_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match=r"^estimate: shape=\(\), entries along an axis are required"):
        estimate(np.square, (), 9, np.random.default_rng(0), by_orbit=True)

    def one_image_is_infinite(z):
        rows = np.zeros((len(z), 1))
        rows[14] = np.inf
        return rows

    # Four inputs at a time, with images after them: the fifteenth row is of the third input.
    with pytest.raises(ValueError, match=r"^estimate: statistic=\[inf\] at sample 2, every entry"):
        estimate(one_image_is_infinite, (2,), 9, np.random.default_rng(0), 4, by_orbit=True)
