"""The compiled simulator agrees with the plain one: every step, every limit, every refusal."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from numerics import kernel
from numerics.gaussian import uniform_sphere
from numerics.kernel_passes import minimise
from numerics.penalties import proximal_map, threshold
from numerics.simulator import iterate
from numerics.splitting import largest_step, rvscgd
from tests.strategies import betas, generators, seeds, step_sizes, tl1_parameters, unit_vectors

ROOT = Path(__file__).resolve().parent.parent
# The maps of a run; for transformed l1 below and above the critical weight.
MAPS = [("l1", None), ("l0", None), ("tl1", 0.1), ("tl1", 1.0), ("tl1", 30.0)]
ROUNDING = 1e-12


@cache
def sizes(most):
    """Dimensions, those at the border of a block among them."""
    return st.one_of(st.sampled_from([2, 63, 64, 65, 128]), st.integers(2, most))


@st.composite
def problems(draw, most=300):
    """Draw starts, teacher, c, weight, beta and eta up to its limit; some supports of u are empty."""
    d = draw(sizes(most))
    teacher = draw(unit_vectors(d))
    starts = uniform_sphere(draw(generators()), draw(st.integers(1, 5)), d)
    c, beta = draw(st.sampled_from([0.1, 1.0, 7.0])), draw(betas())
    # None of them puts a threshold at an entry 1/sqrt(s) of a teacher: there rounding decides what survives.
    mu = draw(st.sampled_from([0.0101, 0.103, 1.07, 10.9])) / np.sqrt(d)
    return starts, teacher, c, mu * beta, beta, draw(step_sizes(c, beta))


def both(problem, penalty, a, **options):
    """Results of the plain and of the compiled program."""
    starts, teacher, c, lam, beta, eta = problem
    arguments = (starts, teacher, c, penalty, lam, beta, eta, a)
    return [rvscgd(*arguments, engine=engine, **options) for engine in ("numpy", "compiled")]


def rounding_of(plain, problem, penalty, a, **options):
    """How far rounding may move the last iterates: ten times as far as noise of 1e-14 in the teacher does.

    Where the multiplier is below beta a step amplifies differences between entries, tenfold and more: equal
    entries of the teacher at which one survives the threshold by little are an unstable balance.
    """
    starts, teacher, *rest = problem
    nudged = teacher * (1 + 1e-14 * np.random.default_rng(0).uniform(-1, 1, teacher.size))
    moved = rvscgd(starts, nudged, rest[0], penalty, *rest[1:], a, engine="numpy", **options)
    return ROUNDING + 10 * np.abs(moved.w - plain.w).max()


# Two entries 1/sqrt(2) that survive the threshold 1/sqrt(2) of l1 by a rounding, or do not.
TWO = np.sqrt(0.5) * (np.arange(200) < 2)
BALANCE = (uniform_sphere(np.random.default_rng(0), 1, 200), TWO, 0.1, np.sqrt(0.5), 1.0, 1 / 1.1)


@pytest.mark.parametrize(("penalty", "a"), MAPS)
@given(problems(), st.sampled_from([0, 1, 2, 9, 40]))
@example(BALANCE, 9)
def test_every_step_is_that_of_the_definition(penalty, a, problem, steps):
    options = {"max_iterations": steps, "tolerance": 0}
    plain, compiled = both(problem, penalty, a, **options)
    rounding = rounding_of(plain, problem, penalty, a, **options)
    np.testing.assert_allclose(compiled.w, plain.w, rtol=0, atol=rounding)
    np.testing.assert_allclose(compiled.u, plain.u, rtol=0, atol=10 * rounding)
    np.testing.assert_allclose(compiled.angle, plain.angle, rtol=0, atol=10 * rounding)


@pytest.mark.parametrize(("penalty", "a"), MAPS)
@settings(max_examples=settings.default.max_examples // 5)  # five times the starts cost hardly more than one
@given(seeds())
def test_rounding_stays_small_from_uniform_starts_with_dense_teachers(penalty, a, seed):
    rng = np.random.default_rng(seed)
    starts, (teacher,) = uniform_sphere(rng, 15, 200), uniform_sphere(rng, 1, 200)
    problem = (starts, teacher, 1.0, 0.001, 0.5, 0.5)
    plain = rvscgd(*problem[:3], penalty, *problem[3:], a, engine="numpy", max_iterations=40)
    assert rounding_of(plain, problem, penalty, a, max_iterations=40) <= 10 * ROUNDING


@pytest.mark.parametrize(("penalty", "a"), MAPS)
@given(problems(most=100))
def test_runs_stop_at_the_same_step_where_rounding_does_not_decide(penalty, a, problem):
    # Nine in ten come to rest by then.
    plain, compiled = both(problem, penalty, a, max_iterations=90, tolerance=1e-5)
    np.testing.assert_array_equal(compiled.iterations, plain.iterations)
    np.testing.assert_array_equal(compiled.converged, plain.converged)


@pytest.mark.parametrize(("penalty", "a"), MAPS)
@settings(max_examples=settings.default.max_examples // 2)  # twice the starts cost hardly more than one
@given(seeds())
def test_limits_agree_at_the_default_tolerance(penalty, a, seed):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 300))
    teacher = np.where(np.arange(d) < rng.integers(1, d + 1), rng.standard_normal(d), 0)
    teacher[0] = 1.0
    starts, c, beta = uniform_sphere(rng, 6, d), 1.0, 0.5
    problem = (starts, teacher / np.linalg.norm(teacher), c, 0.1 * beta / d, beta, largest_step(c, beta))
    plain, compiled = both(problem, penalty, a, max_iterations=1000)
    assert plain.converged.all()
    assert compiled.converged.all()
    np.testing.assert_allclose(compiled.w, plain.w, rtol=0, atol=ROUNDING)
    # Steps shrink by a third or more: one whose length is within a few roundings of the tolerance decides.
    assert (np.abs(compiled.iterations - plain.iterations) <= 2).all()


@pytest.mark.parametrize(("penalty", "a"), MAPS)
def test_disagreement_would_be_seen(penalty, a):
    rng = np.random.default_rng(0)
    starts, teacher = uniform_sphere(rng, 4, 300), uniform_sphere(rng, 1, 300)[0]
    mu, beta, eta = 0.002, 1.0, 0.3
    plain = rvscgd(starts, teacher, 1.0, penalty, mu, beta, eta, a, max_iterations=9, tolerance=0)
    for factor, agrees in ((1.0, True), (1.01, False)):
        t = factor * float(threshold(mu, penalty, a))
        step = kernel.Step(kernel.PENALTIES.index(penalty), t, factor * mu, a or 0.0, 1.0, beta, eta)
        w, _, _ = kernel.iterate(starts, teacher, step, 9, 0.0)
        assert (np.abs(w - plain.w).max() <= ROUNDING) == agrees


@given(tl1_parameters(), st.floats(-4, 3), st.floats(0, 6), generators())
@example(
    1.0, np.log10(0.25), 0.0, np.random.default_rng(0)
)  # the critical weight: a double root at the threshold
@example(1e8, 0.0, 0.0, np.random.default_rng(0))
def test_newton_finds_the_stationary_point_of_transformed_l1(a, log_mu, log_reach, rng):
    mu = 10.0**log_mu
    t = float(threshold(mu, "tl1", a))
    x = t * np.append(1 + 1e-12, 1 + 10 ** (log_reach - 3) * rng.uniform(0, 1, 40))
    u = x.copy()
    minimise(u, len(u), 1.0, mu, a)
    assert (u >= 0).all()
    assert (u <= x).all()
    pull = mu * a * (a + 1) / np.square(a + u)
    assert (np.abs(u + pull - x) <= 8 * 2.0**-53 * (u + pull + x)).all()
    # Of the two stationary points the larger: there the objective is convex.
    assert (2 * pull / (a + u) <= 1 + 1e-6).all()


@pytest.mark.parametrize(("penalty", "a"), MAPS)
def test_entries_at_the_threshold_are_set_to_zero(penalty, a):
    # beta makes mu, and mu the threshold, such that one entry of the start is at it.
    teacher, start = np.array([0.8, 0.6, 0.0]), np.array([[0.6, -0.8, 0.0]])
    for t in (0.6, np.nextafter(0.6, 0), np.nextafter(0.6, 1)):
        step = kernel.Step(kernel.PENALTIES.index(penalty), t, 0.1, a or 0.0, 1.0, 1.0, 0.25)
        w, _, _ = kernel.iterate(start, teacher, step, 1, 0.0)

        def at(x, t=t):
            if penalty == "l1":
                return np.sign(x) * np.maximum(np.abs(x) - t, 0)
            beyond = (
                x if penalty == "l0" else proximal_map(x * (1 + 1e-9) ** (np.abs(x) <= 0.6), 0.1, penalty, a)
            )
            return np.where(np.abs(x) > t, beyond, 0.0)

        plain = iterate(start, teacher, lambda w: w - teacher, at, 1.0, 0.25, max_iterations=1)
        np.testing.assert_allclose(w, plain.w, rtol=0, atol=1e-8)


def test_a_run_that_reaches_zero_is_refused_in_the_same_words():
    # Nothing survives the threshold, and alpha = eta c: from -w* the step ends at zero.
    arguments = ([[1.0, 0.0], [-0.6, -0.8]], [0.6, 0.8], 1.0, "l1", 20.0, 2.0, 0.25)
    messages = []
    for engine in ("numpy", "compiled"):
        with pytest.raises(
            ValueError, match="run 1 reached w=0, which has no direction, at step 1"
        ) as caught:
            rvscgd(*arguments, engine=engine)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_steps_beyond_float64_are_left_to_the_plain_program():
    arguments = ([[0.6, 0.8]], [1.0, 0.0], 1.0, "l1", 0.1, 1.0, 1e200)
    plain, compiled = (
        rvscgd(*arguments, any_step=True, max_iterations=3, engine=e) for e in ("numpy", "compiled")
    )
    np.testing.assert_array_equal(plain.w, compiled.w)


@pytest.mark.parametrize(("penalty", "a"), MAPS)
def test_result_depends_neither_on_threads_nor_on_companions(monkeypatch, penalty, a):
    rng = np.random.default_rng(1)
    starts, teacher = uniform_sphere(rng, 23, 70), uniform_sphere(rng, 1, 70)[0]
    arguments = (teacher, 1.0, penalty, 0.01, 0.5, 0.5, a)
    found = []
    for cores in (1, 2, 5):
        monkeypatch.setattr(kernel, "_cores", lambda cores=cores: cores)
        found.append(rvscgd(starts, *arguments, engine="compiled"))
    alone = rvscgd(starts[7], *arguments, engine="compiled")
    for name in ("w", "u", "angle", "iterations", "converged"):
        for other in found[1:]:
            np.testing.assert_array_equal(getattr(other, name), getattr(found[0], name))
        np.testing.assert_array_equal(getattr(alone, name)[0], getattr(found[0], name)[7])


@pytest.mark.parametrize(("penalty", "a"), MAPS)
def test_entries_that_fade_one_after_the_other_keep_their_sizes(penalty, a):
    rng = np.random.default_rng(0)
    teacher = np.eye(1000)[500]
    arguments = (
        uniform_sphere(rng, 2, 1000),
        teacher,
        1.0,
        penalty,
        0.0005 / 10 ** (penalty == "l0"),
        0.5,
        0.05,
        a,
    )
    for steps in (40, 80, 120):
        plain, compiled = (
            rvscgd(*arguments, tolerance=0, max_iterations=steps, engine=engine)
            for engine in ("numpy", "compiled")
        )
        np.testing.assert_allclose(compiled.w, plain.w, rtol=1e-9, atol=0)


# Of each map a weight mu whose threshold is 0.03 to 0.05.
@pytest.mark.parametrize(
    ("penalty", "a", "mu"),
    [
        ("l1", None, 0.05),
        ("l0", None, 0.00125),
        ("tl1", 0.1, 0.003),
        ("tl1", 1.0, 0.025),
        ("tl1", 30.0, 0.05),
    ],
)
@pytest.mark.parametrize("d", [200, 320])
def test_entries_that_fade_come_back_where_they_grow_beyond_the_threshold(penalty, a, mu, d):
    rng = np.random.default_rng(0)
    t = float(threshold(mu, penalty, a))
    teacher = np.where(np.arange(d) % 40 == 7, 1.0, 0.0)
    teacher /= np.linalg.norm(teacher)
    # Near -w* a step shortens w more than it shortens the entries off the support, which grow by a
    # twentieth then; they fade again when w has turned.
    start = np.where(teacher == 0, t * rng.uniform(-0.9, 0.9, d), 0)
    start -= np.sqrt(1 - start @ start) * teacher
    arguments = (start, teacher, 1.0, penalty, mu, 1.0, 0.1, a)
    plain = rvscgd(*arguments, tolerance=0, max_iterations=150, history=True)
    beyond = (np.abs(plain.history.w[:, 0, teacher == 0]) > t).sum(axis=1)
    assert beyond[0] == beyond[-1] == 0
    assert beyond.max() > 10
    for steps in (1, 20, 40, 80, 150):
        options = {"tolerance": 0, "max_iterations": steps}
        found = rvscgd(*arguments, **options, engine="compiled").w[0]
        np.testing.assert_allclose(found, plain.history.w[steps, 0], rtol=0, atol=ROUNDING)


def test_steps_of_what_fades_count_when_a_run_comes_to_rest():
    # All that still moves is off the support and within the threshold.
    teacher = np.eye(200)[0]
    start = np.append(1.0, np.full(199, 0.004))
    arguments = (start, teacher, 1.0, "l1", 0.05, 1.0, 0.1)
    plain, compiled = (rvscgd(*arguments, tolerance=1e-6, engine=e) for e in ("numpy", "compiled"))
    assert plain.iterations[0] > 40
    np.testing.assert_array_equal(compiled.iterations, plain.iterations)


def test_what_shrinks_off_the_support_ends_at_zero():
    # Without a floor these entries would pass through numbers on which arithmetic is slow.
    teacher, start = np.eye(40)[0], np.full((1, 40), 40**-0.5)
    found = rvscgd(
        start, teacher, 1.0, "l1", 0.01, 0.1, 0.5, max_iterations=2000, tolerance=0, engine="compiled"
    )
    np.testing.assert_array_equal(found.w, teacher[None])


@pytest.mark.parametrize("tolerance", [0.0, 1e-14])
def test_a_fixed_point_is_left_after_one_step(tolerance):
    teacher = np.array([0.6, 0.8])  # far above the threshold of l0, which keeps it
    for found in both((teacher[None], teacher, 1.0, 0.001, 1.0, 0.5), "l0", None, tolerance=tolerance):
        assert (found.iterations[0], found.converged[0]) == (1, True)


def test_arguments_are_left_as_they_were():
    starts = np.array([[3.0, 0.0], [0.0, 2.0]])
    rvscgd(starts, [0.6, 0.8], 1.0, "l1", 0.1, 1.0, 0.5, engine="compiled")
    np.testing.assert_array_equal(starts, [[3.0, 0.0], [0.0, 2.0]])


def test_warming_up_tells_its_seconds():
    assert kernel.warm_up() > 0


def test_numerics_and_the_command_start_without_the_compiler():
    script = "import sys, numerics, numerics.splitting, proofs_check.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "numerics.splitting" in loaded.stdout.split()
    assert not {"numba", "numerics.kernel"} & set(loaded.stdout.split())
