"""The ladder of samplers: one law on every rung, whatever the threads, and honest errors."""

import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from numerics import conditional_sampling, network, network_sampling, reduced_sampling, sobol_sampling
from numerics.closed_forms import expected_coarse_gradient, population_loss
from numerics.frame import frame
from numerics.monte_carlo import RUNGS, monte_carlo
from numerics.network import ESTIMATORS, sample_loss_and_coarse_gradients
from numerics.sampling import Plan, problem
from numerics.streams import STREAMS, in_order, seed_sequence
from proofs_check.claims import ladder, ladder_samples
from tests.strategies import seeds

V, V_STAR = np.array([1.0, -0.5, 0.0]), np.array([0.7, 1.1, -0.4])
W, W_STAR = np.array([0.5, 1.2, -0.3, 0.4]), np.array([0.6, 0.0, 0.8, 0.0])


def tilted(theta, d, norm=1.0):
    """A student at the angle theta from the teacher e_1."""
    w, w_star = np.zeros(d), np.zeros(d)
    w[:2], w_star[0] = (norm * np.cos(theta), norm * np.sin(theta)), 1
    return w, w_star


def same(one, other):
    assert one.loss_mean == other.loss_mean
    assert one.loss_standard_error == other.loss_standard_error
    for ste in one.gradients:
        np.testing.assert_array_equal(one.gradients[ste].mean, other.gradients[ste].mean)
        np.testing.assert_array_equal(one.gradients[ste].standard_error, other.gradients[ste].standard_error)


@pytest.mark.parametrize("rung", RUNGS)
def test_the_number_of_threads_changes_no_digit(rung):
    found = [
        monte_carlo(V, W, V_STAR, W_STAR, ESTIMATORS, samples=3_001, seed=5, rung=rung, threads=t, chunk=16)
        for t in (1, 2, 7)
    ]
    for other in found[1:]:
        same(found[0], other)
    assert found[0].rung == rung
    assert found[0].trusts


@pytest.mark.parametrize("streams", [1, 5])
def test_first_rung_is_the_networks_own_mean(streams):
    found = monte_carlo(
        V, W, V_STAR, W_STAR, ESTIMATORS, samples=500, seed=9, chunk=500 // streams, covariance=True
    )
    children = np.random.SeedSequence(9).spawn(streams)
    drawn = [
        np.random.Generator(np.random.SFC64(c)).standard_normal((500 // streams, 3, 4)) for c in children
    ]
    rows = sample_loss_and_coarse_gradients(np.concatenate(drawn), V, W, V_STAR, W_STAR, ESTIMATORS)
    close = {"rtol": 1e-12, "atol": 1e-12}  # 500 values below 100, summed in two orders
    np.testing.assert_allclose(found.loss_mean, rows[:, 0].mean(), **close)
    np.testing.assert_allclose(found.loss_standard_error, rows[:, 0].std(ddof=1) / np.sqrt(500), **close)
    for k, ste in enumerate(ESTIMATORS):
        gradients = rows[:, 1 + 4 * k : 5 + 4 * k]
        estimated = found.gradients[ste]
        np.testing.assert_allclose(estimated.mean, gradients.mean(axis=0), **close)
        error = gradients.std(axis=0, ddof=1) / np.sqrt(500)
        np.testing.assert_allclose(estimated.standard_error, error, **close)
        np.testing.assert_allclose(estimated.covariance, np.cov(gradients, rowvar=False), **close)


# Filters long and short: the latter are worked on across the samples.
@pytest.mark.parametrize(("m", "d"), [(16, 64), (342, 3)])
def test_standard_errors_from_batches_are_those_of_single_samples(m, d):
    rng = np.random.default_rng(0)
    v, v_star = rng.standard_normal((2, m)) * 4 / np.sqrt(m)
    w, w_star = tilted(1.2, d)
    arguments = (v, w, v_star, w_star, ESTIMATORS)
    # Batches of 8 samples, and what is left over in each stream.
    chunk = network_sampling.chunk_size((m, d), covariance=False) // 8 * 8
    batched = monte_carlo(*arguments, samples=15_003, seed=1)
    single = monte_carlo(*arguments, samples=15_003, seed=1, chunk=chunk, covariance=True)
    plan = Plan(15_003, seed_sequence("", 1))
    assert network_sampling.batch_size(problem("", *arguments), plan, chunk) == 8
    assert batched.samples == 15_003
    np.testing.assert_allclose(batched.loss_mean, single.loss_mean, rtol=1e-12)
    # Uncertain by 1 / sqrt(2 * 15,003 / 8) = 1.6 %: five times that.
    assert batched.loss_standard_error == pytest.approx(single.loss_standard_error, rel=0.08)
    for ste in ESTIMATORS:
        one, other = batched.gradients[ste], single.gradients[ste]
        np.testing.assert_allclose(one.mean, other.mean, rtol=0, atol=1e-12)
        np.testing.assert_allclose(one.standard_error, other.standard_error, rtol=0.08)
        # All coordinates together show a smaller error.
        assert np.mean(one.standard_error / other.standard_error) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("samples", "batch"), [(999, 1), (1999, 1), (2000, 2), (63_999, 32), (10**9, 64)])
def test_batches_are_a_thousand_or_more_and_fit_into_a_chunk(samples, batch):
    w, w_star = tilted(1.2, 128)
    one = problem("", np.ones(16), w, np.ones(16), w_star, "relu")
    plan = Plan(samples, seed_sequence("", 1))
    assert network_sampling.batch_size(one, plan, 64) == batch
    assert network_sampling.batch_size(one, replace(plan, covariance=True), 64) == 1


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize("theta", [0.0, 1e-12, 1e-3, 1.2, np.pi / 2, 2.9, np.pi - 1e-9, np.pi])
def test_every_rung_has_the_means_of_the_closed_forms(rung, m, d, theta):
    w, w_star = tilted(theta, d, norm=1.5)
    if theta == np.pi:
        w[1] = 0.0  # sin(π) is not zero in float64
    v, v_star = V[:m], V_STAR[:m]
    found = monte_carlo(v, w, v_star, w_star, ESTIMATORS, samples=4_000, seed=3, rung=rung)
    # 6 standard errors, and 9 of 16 replicates (Student's law of 15 degrees of freedom): the seed is fixed.
    # The absolute part is rounding, which is all that is left where a rung integrates everything.
    allowed = 9 if rung == "sobol" else 6
    loss = population_loss(v, w, v_star, w_star)
    assert abs(found.loss_mean - loss) <= allowed * found.loss_standard_error + 1e-9
    for ste in ESTIMATORS:
        gap = np.abs(found.gradients[ste].mean - expected_coarse_gradient(v, w, v_star, w_star, ste))
        assert (gap <= allowed * found.gradients[ste].standard_error + 1e-9).all(), ste


@pytest.mark.parametrize("rung", ["reduced", "conditional"])
def test_errors_are_those_seen_from_seed_to_seed(rung):
    runs = [
        monte_carlo(V, W, V_STAR, W_STAR, samples=200, seed=seed, rung=rung, threads=1) for seed in range(400)
    ]
    means = np.array([run.gradient_mean for run in runs])
    stated = np.mean([run.gradient_standard_error**2 for run in runs], axis=0)
    # The variance of 400 means has relative standard error sqrt(2/399) = 0.07; the seeds are fixed.
    np.testing.assert_allclose(means.var(axis=0, ddof=1), stated, rtol=5 * 0.07)


def test_errors_and_covariance_of_the_reduced_law_are_those_of_the_network():
    first, second = (
        monte_carlo(V, W, V_STAR, W_STAR, samples=400_000, seed=1, rung=rung, covariance=True)
        for rung in ("network", "reduced")
    )
    # Entries have relative standard errors of about 0.005 of the trace; the seeds are fixed.
    tolerance = 0.02 * np.trace(first.gradient_covariance)
    np.testing.assert_allclose(second.gradient_covariance, first.gradient_covariance, atol=tolerance)
    np.testing.assert_allclose(
        second.gradient_standard_error**2 * 400_000, np.diag(second.gradient_covariance), rtol=1e-12
    )
    np.testing.assert_allclose(second.gradient_standard_error, first.gradient_standard_error, rtol=0.02)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(0.0)
@example(1.0)
@example(-0.0)
def test_proxies_are_nested_as_the_reduced_law_needs(x):
    chosen = [bool(network.SUPPORTS[ste](np.array([x]))[0]) for ste in reduced_sampling.NARROW_TO_WIDE]
    assert chosen == sorted(chosen)


def test_every_estimator_of_the_network_has_its_place_in_the_nesting():
    assert sorted(reduced_sampling.NARROW_TO_WIDE) == sorted(ESTIMATORS)


@settings(max_examples=40)
@given(seeds(), st.integers(1, 4), st.integers(2, 6))
def test_samplers_use_the_formulas_that_the_ledger_judges(seed, m, d):
    rng = np.random.default_rng(seed)
    v, v_star = rng.standard_normal((2, m))
    w_star = rng.standard_normal(d)
    w_star /= np.linalg.norm(w_star)
    one = problem("test", v, rng.standard_normal(d), v_star, w_star, reduced_sampling.NARROW_TO_WIDE)
    reduced, conditional, sobol = (claim.subject for claim in ladder.claims())
    weights, along, points = rng.standard_normal((m, 7)), rng.standard_normal((m, 7)), rng.random(9)
    np.testing.assert_allclose(
        reduced_sampling.root_of_sum_of_squares(weights),
        ladder_samples.scale_of(reduced)(weights),
        rtol=1e-12,
    )
    seen = frame(one)
    for own, judged in zip(
        conditional_sampling.teacher_given_student(along, seen.cosine, seen.sine),
        ladder_samples.law_of(conditional)(along, seen.cosine, seen.sine),
        strict=True,
    ):
        np.testing.assert_allclose(own, judged, rtol=1e-9, atol=1e-15)  # cotθ magnifies rounding near 0, π
    np.testing.assert_allclose(
        sobol_sampling.normal_quantile(points),
        ladder_samples.quantile_of(sobol)(points),
        rtol=1e-9,
        atol=1e-15,
    )


def test_each_rung_is_better_than_the_one_below():
    errors = [
        np.linalg.norm(
            monte_carlo(V, W, V_STAR, W_STAR, samples=2**14, seed=1, rung=rung).gradient_standard_error
        )
        for rung in RUNGS
    ]
    assert errors[1] == pytest.approx(errors[0], rel=0.1)  # the same law
    assert errors[2] < 0.9 * errors[1]
    assert errors[3] < 0.1 * errors[2]


@pytest.mark.parametrize("rung", RUNGS)
def test_memory_does_not_grow_with_the_number_of_samples(rung):
    def peak(samples):
        tracemalloc.start()
        monte_carlo(V, W, V_STAR, W_STAR, ESTIMATORS, samples=samples, seed=0, rung=rung, chunk=64, threads=2)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(64 * STREAMS)  # the first call pays for imports and caches
    # The runs of two threads meet in memory or miss each other, a quarter of it. A number kept for every
    # sample would be 32 kB of some 100 kB at first, and 256 kB then.
    assert peak(8 * 64 * STREAMS) < 1.5 * peak(64 * STREAMS)


def test_sobol_points_are_rounded_up_to_replicates_of_a_power_of_two():
    counts = {n: monte_carlo(V, W, V_STAR, W_STAR, samples=n, seed=0, rung="sobol").samples for n in (2, 33)}
    assert counts == {2: 16, 33: 64}


def test_a_job_that_fails_stops_the_others_and_is_raised():
    stopped, started = threading.Event(), threading.Event()

    def fail():
        started.wait(10)
        raise ArithmeticError("broken")

    def wait():
        started.set()
        return stopped.wait(10)

    with pytest.raises(ArithmeticError, match="broken"):
        list(in_order([fail, wait, wait], 2, stopped))
    assert stopped.is_set()


def test_results_come_in_order_whoever_is_first():
    first = threading.Event()
    jobs = [lambda: first.wait(10) and "slow", lambda: (first.set(), "quick")[1], lambda: "last"]
    assert list(in_order(jobs, 2, threading.Event())) == ["slow", "quick", "last"]


def test_seeds_of_a_generator_differ_from_call_to_call():
    rng = np.random.default_rng(0)
    assert seed_sequence("test", rng).entropy != seed_sequence("test", rng).entropy
    assert seed_sequence("test", 4).entropy == 4


PROBLEM = (V, W, V_STAR, W_STAR)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: monte_carlo(*PROBLEM, rung="sobool"),
            r"^monte_carlo: rung='sobool', one of 'network', .* is required \(did you mean 'sobol'\?\)$",
        ),
        (lambda: monte_carlo(*PROBLEM, ()), r"^monte_carlo: ste=\(\), one or more different names"),
        (lambda: monte_carlo(*PROBLEM, ["relu", "relu"]), r"^monte_carlo: ste=\('relu', 'relu'\)"),
        (lambda: monte_carlo(*PROBLEM, threads=0), r"^monte_carlo: threads=0, an integer of at least 1"),
        (lambda: monte_carlo(*PROBLEM, chunk=0), r"^monte_carlo: chunk=0, an integer of at least 1"),
        (
            lambda: monte_carlo(*PROBLEM, rung="sobol", covariance=True),
            r"^monte_carlo: covariance=True, False is required for rung='sobol'",
        ),
        (
            lambda: monte_carlo(*PROBLEM, rung="sobol", samples=2**35),
            r"^monte_carlo: samples=34359738368, at most 17179869184 for rung='sobol'$",
        ),
        (
            lambda: monte_carlo(*PROBLEM, ESTIMATORS, samples=9).gradient_mean,
            r"^monte_carlo: gradient_mean of 'identity', 'relu', 'clipped_relu' is not one vector",
        ),
        (
            lambda: monte_carlo(*PROBLEM, samples=9).gradient_covariance,
            r"^monte_carlo: covariance=False, True is required to read gradient_covariance$",
        ),
        (
            lambda: monte_carlo(np.ones(21_202), W, np.ones(21_202), W_STAR, rung="sobol"),
            r"^monte_carlo: v has length 21202, at most 21201 for rung='sobol'$",
        ),
    ],
)
def test_what_a_rung_cannot_do_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered")
@pytest.mark.parametrize("rung", RUNGS)
def test_estimates_that_are_not_finite_are_refused(rung):
    with pytest.raises(ValueError, match=r"^monte_carlo: v, v_star or w too large"):
        monte_carlo(1e200 * V, W, V_STAR, W_STAR, samples=100, seed=0, rung=rung, threads=1)


@pytest.mark.parametrize("group", [1, 2, 3])
def test_means_are_those_of_rows_that_follow_each_other(group):
    rows = np.random.default_rng(0).standard_normal((4 * group, 5))
    kept = rows.copy()
    expected = rows.reshape(4, group, 5).mean(axis=1)
    np.testing.assert_allclose(reduced_sampling.means_of(group, rows), expected, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(rows, kept)


def test_rows_in_the_plane_are_the_networks_where_there_is_nothing_else():
    w, w_star = np.array([0.5, 1.2]), np.array([0.6, -0.8])
    one = problem("test", V, w, V_STAR, w_star, reduced_sampling.NARROW_TO_WIDE)
    source, rng = reduced_sampling.rows_of(one, 50)(), np.random.default_rng(2)
    again = np.random.default_rng(2)
    plane = frame(one).plane
    for n in (50, 7):  # the second is held in memory that the first has used
        normals = again.standard_normal((2, 3, n))
        Z = np.einsum("kmn,kd->nmd", normals, plane)
        rows = source(rng, n)
        expected = sample_loss_and_coarse_gradients(Z, V, w, V_STAR, w_star, one.stes)
        lifted = rows[:, 1:7].reshape(n, 3, 2) @ plane
        np.testing.assert_allclose(rows[:, 0], expected[:, 0], atol=1e-14)
        np.testing.assert_allclose(lifted.reshape(n, 6), expected[:, 1:], atol=1e-13)
        signal, residual_squared = Z @ w, 2 * expected[:, :1]
        sets = np.stack([network.SUPPORTS[ste](signal) @ V**2 for ste in one.stes], axis=1)
        np.testing.assert_allclose(rows[:, 7:].cumsum(axis=1), residual_squared * sets, atol=1e-13)


def test_rest_of_an_estimator_is_the_sum_of_those_of_its_differences():
    seen = frame(problem("test", V, W, V_STAR, W_STAR, reduced_sampling.NARROW_TO_WIDE))
    squares = np.tile([1.0, 2.0, 4.0], (40_000, 1))
    rests = reduced_sampling.rests(seen, squares, np.random.default_rng(0))
    shared = np.einsum("nid,njd->ij", rests, rests) / len(rests) / seen.off_plane.sum()
    # Two estimators share what the narrower one has; the largest standard error is 7/√40000 = 0.035.
    np.testing.assert_allclose(shared, [[1, 1, 1], [1, 3, 3], [1, 3, 7]], rtol=0, atol=0.21)
