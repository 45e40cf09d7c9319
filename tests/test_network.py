"""The network and its sample gradients, against their definition written out one sample at a time."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics import network
from tests.strategies import dimensions, generators, second_layers, unit_vectors

ESTIMATORS = ("identity", "relu", "clipped_relu")


def inner(a, b):
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def proxy(ste, x):
    if ste == "identity":
        return 1.0
    if ste == "relu":
        return 1.0 if x > 0 else 0.0
    return 1.0 if 0 < x < 1 else 0.0


def definition(sample, v, w, v_star, w_star, ste):
    """Return h, loss, coarse gradient and output gradient of one sample, patch by patch."""
    m, d = len(v), len(w)
    # Python's own floats: NumPy's have the same sums and take several times as long.
    sample, v, w, v_star, w_star = (array.tolist() for array in (sample, v, w, v_star, w_star))
    inputs = [inner(patch, w) for patch in sample]
    active = [x > 0 for x in inputs]
    h = sum(v[j] for j in range(m) if active[j])
    y = sum(v_star[j] for j in range(m) if inner(sample[j], w_star) > 0)
    slopes = [proxy(ste, x) for x in inputs]
    coarse = [sum(sample[j][i] * slopes[j] * v[j] for j in range(m)) * (h - y) for i in range(d)]
    output = [(h - y) * (1.0 if active[j] else 0.0) for j in range(m)]
    return h, (h - y) ** 2 / 2, coarse, output


@st.composite
def problems(draw):
    """Draw Z, v, w, v*, w*: w has any length and is sometimes a multiple of w*."""
    d, m, samples = draw(dimensions(most=12)), draw(st.integers(1, 5)), draw(st.integers(0, 6))
    w_star = draw(unit_vectors(d))
    w = draw(st.one_of(unit_vectors(d), st.just(w_star))) * draw(st.sampled_from([0.1, 1.0, 3.0, -2.0]))
    Z = draw(generators()).standard_normal((samples, m, d))
    return Z, draw(second_layers(m)), w, draw(second_layers(m)), w_star


@given(problems(), st.sampled_from(ESTIMATORS))
def test_network_and_gradients_are_those_of_the_definition(problem, ste):
    Z, v, w, v_star, w_star = problem
    slow = [definition(sample, v, w, v_star, w_star, ste) for sample in Z]
    h, loss, coarse, output = ([row[k] for row in slow] for k in range(4))
    # Sums of at most 5 products of size below 100, in another order: 5 * 100 * 2.2e-16 = 1.1e-13.
    close = {"rtol": 0, "atol": 2e-13}
    np.testing.assert_allclose(network.forward(Z, v, w), h, **close)
    np.testing.assert_allclose(network.sample_loss(*problem), loss, **close)
    np.testing.assert_allclose(
        network.sample_coarse_gradient(*problem, ste), np.reshape(coarse, (len(Z), len(w))), **close
    )
    np.testing.assert_allclose(
        network.sample_output_gradient(*problem), np.reshape(output, (len(Z), len(v))), **close
    )


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    ("m", "d"),
    [
        (1, 1023),
        (1, 1024),
        (16, 64),
        (32, 40),
        (341, 3),
        (342, 3),
        (16, 1024),
        (17, 1024),
        (3, 4000),
        (1, 9000),
    ],
)
def test_small_and_large_inputs_in_either_layout_meet_the_same_network(m, d, last):
    rng = np.random.default_rng(m)
    Z, (v, v_star), w, w_star = (rng.standard_normal(s) for s in ((3, m, d), (2, m), d, d))
    w_star /= np.linalg.norm(w_star)
    w *= 0.7 / np.linalg.norm(w)
    held = np.moveaxis(np.moveaxis(Z, 0, -1).copy(), -1, 0) if last else Z
    rows = network.forward_pass(held, v, w, v_star, w_star).rows(
        ESTIMATORS, np.empty((3, 1 + len(ESTIMATORS) * d))
    )
    for sample, row in zip(Z, rows, strict=True):
        for k, ste in enumerate(ESTIMATORS):
            _, loss, coarse, _ = definition(sample, v, w, v_star, w_star, ste)
            # At most 342 products of some hundreds, the sizes of h - y and of sums of patches, each rounded.
            np.testing.assert_allclose(row[0], loss, rtol=0, atol=1e-10)
            np.testing.assert_allclose(row[1 + k * d : 1 + (k + 1) * d], coarse, rtol=0, atol=1e-10)


# Products in blocks of some and of all rows of a batch, in a stack where blocks would be too small, and
# across the samples.
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("batch", [1, 2, 6])
@pytest.mark.parametrize(
    ("m", "d"), [(16, 64), (16, 1024), (17, 1024), (7, 700), (1, 9000), (3, 4000), (1, 1024), (342, 3)]
)
def test_means_over_batches_are_means_of_the_samples(m, d, batch, last):
    rng = np.random.default_rng(m)
    Z, (v, v_star), w, w_star = (rng.standard_normal(s) for s in ((6, m, d), (2, m), d, d))
    w_star /= np.linalg.norm(w_star)
    w *= 0.7 / np.linalg.norm(w)
    single = network.sample_loss_and_coarse_gradients(Z, v, w, v_star, w_star, ESTIMATORS)
    held = np.moveaxis(np.moveaxis(Z, 0, -1).copy(), -1, 0) if last else Z
    rows = np.empty((6 // batch, single.shape[1]))
    network.forward_pass(held, v, w, v_star, w_star).rows(ESTIMATORS, rows, batch)
    expected = single.reshape(-1, batch, single.shape[1]).mean(axis=1)
    # m products of the size of h - y, some sqrt(m), each rounded.
    np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-12 * m)


@given(problems(), st.sampled_from(ESTIMATORS))
def test_loss_and_gradient_of_one_pass_are_those_of_two(problem, ste):
    both = network.sample_loss_and_coarse_gradients(*problem, [ste])
    np.testing.assert_array_equal(both[:, 0], network.sample_loss(*problem))
    np.testing.assert_array_equal(both[:, 1:], network.sample_coarse_gradient(*problem, ste))


@given(problems())
def test_output_gradient_is_the_slope_of_the_loss_in_v(problem):
    Z, v, w, v_star, w_star = problem
    step = 0.5  # the loss is quadratic in v, so that central differences are exact at any step
    slopes = [
        (
            network.sample_loss(Z, v + step * e, w, v_star, w_star)
            - network.sample_loss(Z, v - step * e, w, v_star, w_star)
        )
        / (2 * step)
        for e in np.eye(len(v))
    ]
    # Losses below (30 + 1)^2 / 2 = 480 lose 480 * 2.2e-16 = 1.1e-13 each.
    gradient = network.sample_output_gradient(*problem)
    np.testing.assert_allclose(gradient, np.transpose(slopes).reshape(gradient.shape), rtol=0, atol=1e-12)


@given(problems(), st.floats(0.01, 100))
def test_outputs_do_not_depend_on_the_length_of_the_filter(problem, length):
    Z, v, w, _, _ = problem
    np.testing.assert_array_equal(network.forward(Z, v, w), network.forward(Z, v, length * w))


@pytest.mark.parametrize(
    ("ste", "slopes"), [("identity", (1, 1, 1, 1)), ("relu", (0, 0, 1, 1)), ("clipped_relu", (0, 0, 1, 0))]
)
def test_activation_and_proxies_at_their_breaks(ste, slopes):
    # One patch, w = (1, 0): Z w = -1, 0, 1/2, 1, so that the open ends of every set are met exactly.
    Z = np.array([[[-1.0, 1.0]], [[0.0, 1.0]], [[0.5, 1.0]], [[1.0, 1.0]]])
    np.testing.assert_array_equal(network.forward(Z, [1.0], [1.0, 0.0]), [0, 0, 1, 1])
    # The teacher w* = (0, 1) answers v* = -3 everywhere, so that h - y = 3 where the student rests, else 4.
    gradient = network.sample_coarse_gradient(Z, [1.0], [1.0, 0.0], [-3.0], [0.0, 1.0], ste)
    np.testing.assert_array_equal(gradient[:, 1], np.array(slopes) * [3, 3, 4, 4])


def test_estimators_are_listed():
    assert network.ESTIMATORS == ESTIMATORS


@given(st.integers(0, 5), st.integers(1, 5), dimensions(most=9))
def test_patches_do_not_overlap_and_cover_the_input(samples, m, d):
    x = np.arange(float(samples * m * d)).reshape(samples, m * d)
    Z = network.patches(x, m)
    assert Z.shape == (samples, m, d)
    assert not samples or np.shares_memory(Z, x)
    for j in range(m):
        np.testing.assert_array_equal(Z[:, j], x[:, j * d : (j + 1) * d])


def test_inputs_in_any_memory_layout_give_the_same_network():
    Z = np.random.default_rng(0).standard_normal((4, 3, 5))
    problem = ([1.0, -2.0, 0.5], np.ones(5), [1.0, 1.0, 0.0], np.eye(5)[0])
    expected = network.sample_loss_and_coarse_gradients(Z, *problem, ["relu"])
    for layout in (np.asfortranarray(Z), Z[::-1].copy()[::-1], Z.tolist()):
        found = network.sample_loss_and_coarse_gradients(layout, *problem, ["relu"])
        np.testing.assert_allclose(found, expected, rtol=1e-13)  # sums of 3 terms without much cancellation


GOOD = {
    "Z": np.ones((2, 3, 4)),
    "v": np.ones(3),
    "w": np.ones(4),
    "v_star": np.ones(3),
    "w_star": np.full(4, 0.5),
}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("w", np.zeros(4), "w=0, a vector with a direction is required"),
        ("w", [1, 1, math.nan, 1], "w[2]=nan, every entry must be finite"),
        ("w", np.ones(5), "Z has shape (2, 3, 4), v of length 3 and w of length 5 require (N, 3, 5)"),
        ("v", np.ones(2), "Z has shape (2, 3, 4), v of length 2 and w of length 4 require (N, 2, 4)"),
        ("v", [1, 1, math.inf], "v[2]=inf, every entry must be finite"),
        ("v_star", np.ones(4), "Z has shape (2, 3, 4), v_star of length 4 and w_star of length 4 require"),
        ("w_star", np.ones(4), "w_star has norm 2, a unit vector is required"),
        ("w_star", np.eye(3)[0], "Z has shape (2, 3, 4), v_star of length 3 and w_star of length 3 require"),
        ("Z", np.ones((2, 12)), "Z has shape (2, 12), an array of 3 axes is required"),
        ("Z", np.full((2, 3, 4), -math.inf), "Z[0, 0, 0]=-inf, every entry must be finite"),
    ],
)
def test_networks_that_are_not_defined_are_refused(name, value, message):
    arguments = GOOD | {name: value}
    for function in (network.sample_loss, network.sample_output_gradient):
        function(**GOOD)
        with pytest.raises(ValueError, match=f"^{function.__name__}: {re.escape(message)}"):
            function(**arguments)
    with pytest.raises(ValueError, match=f"^sample_coarse_gradient: {re.escape(message)}"):
        network.sample_coarse_gradient(**arguments, ste="relu")
    if not name.endswith("_star"):
        with pytest.raises(ValueError, match=f"^forward: {re.escape(message)}"):
            network.forward(**{key: arguments[key] for key in ("Z", "v", "w")})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: network.patches(np.ones((2, 7)), 3), "patches: x has rows of length 7, m=3 patches of one"),
        (lambda: network.patches(np.ones((2, 3)), 3), "patches: x has rows of length 3, m=3 patches of one"),
        (lambda: network.patches(np.ones(4), 2), "patches: x has shape (4,), an array of 2 axes is required"),
        (lambda: network.patches(np.ones((2, 4)), 0), "patches: m=0, an integer of at least 1 is required"),
        (lambda: network.patches(np.ones((2, 4)), 2.0), "patches: m=2.0, an integer of at least 1"),
        (
            lambda: network.forward(np.ones((1, 2, 1)), np.ones(2), [1.0]),
            "forward: w has length 1, at least 2",
        ),
        (
            lambda: network.sample_coarse_gradient(**GOOD, ste="Relu"),
            "sample_coarse_gradient: ste='Relu', one of 'identity', 'relu', 'clipped_relu' is required "
            "(did you mean 'relu'?)",
        ),
    ],
)
def test_inputs_and_estimators_that_do_not_exist_are_refused(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()
