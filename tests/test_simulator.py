"""The RVSCGD iteration: its step by the definition, runs apart from each other, and honest stopping."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.gaussian import angle, norm, normalise, uniform_sphere
from numerics.simulator import STEP_TOLERANCE, iterate
from tests.strategies import betas, dimensions, generators, step_sizes, unit_vectors

EPS = np.finfo(np.float64).eps
C = 0.5


def toward(w_star, c=C):
    """Return a coarse gradient of the form c (w - w*)."""
    return lambda w: c * (w - w_star)


def soft(t):
    return lambda w: np.sign(w) * np.maximum(np.abs(w) - t, 0)


def hard(t):
    return lambda w: np.where(np.abs(w) > t, w, 0.0)


def identity(w):
    return w


@st.composite
def batches(draw):
    """Draw a teacher, some starts, a threshold, beta and eta."""
    d = draw(dimensions())
    w_star = draw(unit_vectors(d))
    w0 = uniform_sphere(draw(generators()), draw(st.integers(1, 6)), d)
    beta = draw(betas())
    return w0, w_star, draw(st.floats(0, 0.3)) / math.sqrt(d), beta, draw(step_sizes(C, beta))


def one_run(w, w_star, gradient, proximal_map, beta, eta, steps, on_sphere):
    """Run the definition on a single start, and return every w and u."""
    if on_sphere:
        w = w / np.linalg.norm(w)
    u = proximal_map(w)
    ws, us = [w], [u]
    for _ in range(steps):
        w = w - eta * gradient(w) - eta * beta * (w - u)
        if on_sphere:
            w = w / np.linalg.norm(w)
        u = proximal_map(w)
        ws.append(w)
        us.append(u)
    return np.array(ws), np.array(us)


@given(batches(), st.booleans(), st.floats(0.1, 10))
def test_every_iterate_is_that_of_the_definition(batch, on_sphere, length):
    w0, w_star, t, beta, eta = batch
    gradient, proximal_map = toward(w_star), soft(t)
    found = iterate(
        length * w0,
        w_star,
        gradient,
        proximal_map,
        beta,
        eta,
        normalise=on_sphere,
        max_iterations=6,
        tolerance=0,
        history=True,
    ).history
    for run, start in enumerate(w0):
        w, u = one_run(length * start, w_star, gradient, proximal_map, beta, eta, 6, on_sphere)
        last = len(found.w)  # a run at a fixed point stops early and would repeat itself
        # 6 steps of some ten roundings each on vectors of length <= 10 (soft thresholding expands nothing;
        # on the sphere a division by a norm down to about 1e-2, when w0 is near -w*, may amplify them).
        np.testing.assert_allclose(found.w[:, run], w[:last], rtol=0, atol=1e-10)
        np.testing.assert_allclose(found.u[:, run], u[:last], rtol=0, atol=1e-10)
        np.testing.assert_allclose(found.angle[:, run], angle(w[:last], w_star), rtol=0, atol=1e-10)


@given(batches(), st.sampled_from([soft, hard]), st.booleans())
def test_a_run_does_not_depend_on_its_companions(batch, shape, on_sphere):
    w0, w_star, t, beta, eta = batch
    arguments = (w_star, toward(w_star), shape(t), beta, eta)
    # By then nine in ten runs have stopped and left their companions, as many as within 200 steps to 1e-14.
    options = {"normalise": on_sphere, "max_iterations": 60, "tolerance": 1e-5}
    together = iterate(w0, *arguments, **options)
    for run in range(len(w0)):
        alone = iterate(w0[run : run + 1], *arguments, **options)
        for name in ("w", "u", "angle", "iterations", "converged"):
            np.testing.assert_array_equal(getattr(alone, name)[0], getattr(together, name)[run], err_msg=name)


def test_runs_stop_at_different_steps_and_leave_the_batch():
    w_star = np.array([1.0, 0.0])
    w0 = np.array([[0.0, 1.0], [1.0, 0.0], [math.cos(1e-6), math.sin(1e-6)]])
    sizes = []

    def gradient(w):
        sizes.append(len(w))
        return C * (w - w_star)

    found = iterate(w0, w_star, gradient, identity, 1.0, 0.5)
    assert found.converged.all()
    assert found.iterations[1] == 1  # starts at the teacher
    assert found.iterations[1] < found.iterations[2] < found.iterations[0]
    # The gradient is asked for the moving runs only.
    assert sizes == [
        sum(step <= last for last in found.iterations) for step in range(1, max(found.iterations) + 1)
    ]


@given(batches())
def test_a_stopped_run_repeats_its_last_state_in_the_history(batch):
    w0, w_star, t, beta, eta = batch
    options = {"max_iterations": 80, "tolerance": 1e-5, "history": True}
    found = iterate(w0, w_star, toward(w_star), soft(t), beta, eta, **options)
    history = found.history
    assert len(history.w) == len(history.u) == len(history.angle) == found.iterations.max() + 1
    np.testing.assert_array_equal(history.angle, angle(history.w, w_star))
    for run, last in enumerate(found.iterations):
        tail = history.w[last:, run]
        np.testing.assert_array_equal(tail, np.broadcast_to(found.w[run], tail.shape))
        np.testing.assert_array_equal(history.u[last:, run], np.broadcast_to(found.u[run], tail.shape))
    np.testing.assert_array_equal(found.angle, history.angle[-1])


@given(batches())
def test_a_run_stops_at_its_first_short_step_and_no_other(batch):
    w0, w_star, t, beta, eta = batch
    tolerance, steps = 1e-5, 60
    arguments = (w0, w_star, toward(w_star), soft(t), beta, eta)
    free = iterate(*arguments, tolerance=0, max_iterations=steps, history=True).history
    found = iterate(*arguments, tolerance=tolerance, max_iterations=steps)
    short = norm(np.diff(free.w, axis=0)) <= tolerance
    for run in range(len(w0)):
        first = np.argmax(short[:, run]) + 1 if short[:, run].any() else steps
        assert found.iterations[run] == first
        assert found.converged[run] == short[:, run].any()


def test_converged_says_whether_the_last_step_permitted_was_short():
    w_star = np.array([1.0, 0.0])
    arguments = ([[0.0, 1.0]], w_star, toward(w_star), identity, 1.0, 0.5)
    needed = int(iterate(*arguments).iterations[0])
    exact, short = (iterate(*arguments, max_iterations=n) for n in (needed, needed - 1))
    assert exact.converged[0]
    assert exact.iterations[0] == needed
    assert not short.converged[0]
    assert short.iterations[0] == needed - 1
    still = iterate(*arguments, max_iterations=0, history=True)
    np.testing.assert_array_equal(still.history.w, [[[0.0, 1.0]]])
    assert (still.iterations[0], still.converged[0]) == (0, False)


@pytest.mark.parametrize("d", [2, 10, 300, 10_000])
@pytest.mark.parametrize("proximal_map", [soft, hard], ids=["soft", "hard"])
def test_rounding_leaves_steps_far_below_the_default_tolerance(d, proximal_map):
    rng = np.random.default_rng(d)
    # Equal magnitudes are the case in which sums gather errors fastest: at d = 10,000 a norm summed in one
    # pass leaves cycles with steps up to 55 * 2.2e-16, beyond the tolerance.
    w_star = np.zeros(d)
    support = max(1, d // 10)
    w_star[:support] = rng.choice([-1, 1], support) / math.sqrt(support)
    w_star /= np.linalg.norm(w_star)
    w0 = uniform_sphere(rng, 2, d)
    w0 *= np.where(w0 @ w_star < 0, -1, 1)[:, None]
    arguments = (w0, w_star, toward(w_star, 1.0), proximal_map(1 / math.sqrt(d)), 0.1, 0.9 / 1.1)
    found = iterate(*arguments, tolerance=0, max_iterations=60, history=True)
    # The contraction factor is below 1/4, so that the last steps are but rounding.
    assert norm(np.diff(found.history.w[-20:], axis=0)).max() <= STEP_TOLERANCE / 10
    assert iterate(*arguments, max_iterations=60).converged.all()
    assert STEP_TOLERANCE > 4 * EPS


@given(batches())
def test_iterates_stay_on_the_sphere_and_starts_are_put_there(batch):
    w0, w_star, t, beta, eta = batch
    arguments = (w_star, toward(w_star), soft(t), beta, eta)
    found = iterate(7 * w0, *arguments, max_iterations=20, history=True)
    np.testing.assert_allclose(norm(found.history.w), 1, rtol=0, atol=4 * EPS)
    np.testing.assert_array_equal(found.history.w[0], normalise(7 * w0))


def test_without_normalisation_the_length_is_free():
    w_star = np.array([0.6, 0.8])
    found = iterate([[3.0, 0.0]], w_star, lambda w: C * (w - 2 * w_star), identity, 1.0, 0.5, normalise=False)
    # w = 2 w* to the last step's 1e-14, times q / (1 - q) = 3 for the contraction factor q = 1 - eta c = 3/4.
    np.testing.assert_allclose(found.w[0], 2 * w_star, rtol=0, atol=2 * 3 * STEP_TOLERANCE + 8 * EPS)


def test_with_tolerance_zero_a_run_stops_at_an_exact_fixed_point_only():
    w_star = np.array([1.0, 0.0])
    w0 = [[1.0, 0.0], [math.cos(1e-15), math.sin(1e-15)]]
    found = iterate(w0, w_star, toward(w_star), identity, 1.0, 0.5, tolerance=0, max_iterations=3)
    np.testing.assert_array_equal(found.iterations, [1, 3])
    np.testing.assert_array_equal(found.converged, [True, False])


@given(batches(), st.sampled_from([2.0**-600, 2.0**-20, 2.0**20, 2.0**400]))
def test_without_normalisation_steps_are_judged_relative_to_the_length(batch, unit):
    w0, w_star, t, beta, eta = batch
    options = {"normalise": False, "max_iterations": 60, "tolerance": 1e-3}
    found = iterate(w0, w_star, toward(w_star), soft(t), beta, eta, **options)
    # All of the problem in another unit of length, a power of two, so that no rounding differs.
    scaled = iterate(unit * w0, w_star, toward(unit * w_star), soft(unit * t), beta, eta, **options)
    np.testing.assert_array_equal(scaled.iterations, found.iterations)
    # Entries that fade away underflow sooner in the small unit: below 2^-1074 / 2^-600 = 2^-474.
    np.testing.assert_allclose(scaled.w / unit, found.w, rtol=0, atol=2.0**-470)


def test_a_stochastic_gradient_does_not_stop():
    rng = np.random.default_rng(0)
    w_star = np.array([0.6, 0.8])
    found = iterate(
        uniform_sphere(rng, 3, 2),
        w_star,
        lambda w: C * (w - w_star) + 0.1 * rng.standard_normal(w.shape),
        identity,
        1.0,
        0.1,
        max_iterations=50,
    )
    assert not found.converged.any()
    assert (found.iterations == 50).all()


def test_the_arguments_are_left_as_they_were():
    w_star, w0 = np.array([0.6, 0.8]), np.array([[1.0, 0.0]])
    found = iterate(w0, w_star, toward(w_star), identity, 1.0, 0.5, normalise=False, max_iterations=3)
    np.testing.assert_array_equal(w0, [[1.0, 0.0]])
    assert not np.shares_memory(found.w, w0)
    assert not np.shares_memory(found.u, found.w)


@pytest.mark.parametrize("history", [False, True])
def test_a_batch_without_runs_is_at_its_end(history):
    result = iterate(np.empty((0, 2)), [0.6, 0.8], identity, identity, 1.0, 0.5, history=history)
    assert result.w.shape == result.u.shape == (0, 2)
    assert result.angle.shape == result.converged.shape == (0,)
