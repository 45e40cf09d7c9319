"""RVSCGD on the sphere: exact decrease A1, fixed points A4 and error identity A5.

Everything is compared with definitions written here in NumPy. The step is w⁺ = (αw + ηp)/ρ, p = c w* + βu.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.penalties import proximal_map
from numerics.splitting import rvscgd, surrogate_lagrangian

EPS = 2.0**-53
TAU = 1e-14  # steps as short as this end a run
seeds = st.integers(0, 2**32 - 1)
# The maps that a run may use; for transformed l1 below and above the critical μ.
PENALTIES = [("l1", None), ("l0", None), ("tl1", 0.1), ("tl1", 10.0)]


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def problem(seed, runs=6):
    """Random starts, a sparse teacher, and parameters with η below its limit or on it."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 9))
    teacher = unit(rng.normal(size=d) * (np.arange(d) < rng.integers(1, d + 1)))
    c, lam, beta = 10 ** rng.uniform([-1, -3, -1], [1, -0.5, 1])
    eta = rng.choice([1.0, 0.9, 0.3, 0.01]) / (c + beta)
    return unit(rng.normal(size=(runs, d))), teacher, float(c), float(lam), float(beta), float(eta)


def penalty(u, name, a):
    size = np.abs(u)
    values = {
        "l1": size,
        "l0": size > 0,
        "tl1": ((a or 0) + 1) * size / np.where(size > 0, (a or 0) + size, 1),
    }
    return values[name].sum(axis=-1)


def lagrangian(w, u, teacher, c, name, lam, beta, a):
    """Φ(u, w) by its definition."""
    relaxation = beta / 2 * np.square(w - u).sum(axis=-1)
    return c * (1 - w @ teacher) + lam * penalty(u, name, a) + relaxation


def allowance(w, u, c, name, lam, beta, a):
    """64 roundings of the largest terms of Φ, which has at most d + 8 roundings and d ≤ 8."""
    return 64 * EPS * (2 * c + lam * penalty(u, name, a) + beta * (1 + np.square(u).sum(axis=-1)))


def check_decrease(phi, seed, name, a):
    starts, teacher, c, lam, beta, eta = problem(seed)
    once = rvscgd(starts, teacher, c, name, lam, beta, eta, a, max_iterations=1, history=True).history
    (w, new), u = once.w, once.u[0]
    alpha = 1 - eta * (c + beta)
    rho = np.linalg.norm(alpha * w + eta * (c * teacher + beta * u), axis=-1)
    gain = phi(w, u, teacher, c, name, lam, beta, a) - phi(new, u, teacher, c, name, lam, beta, a)
    exact = (rho + alpha) / (2 * eta) * np.square(new - w).sum(axis=-1)
    # w⁺ has an error of a few ε, to which Φ responds with ‖p‖ ≤ c + β; the right side is below 2‖p‖ too.
    limit = 2 * allowance(w, u, c, name, lam, beta, a) + 16 * EPS * (c + beta)
    assert (np.abs(gain - exact) <= limit).all()


def check_monotone(seed, name, a, factor=1.0):
    """Both half-steps of every iteration, with the step size times ``factor``."""
    starts, teacher, c, lam, beta, eta = problem(seed)
    path = rvscgd(
        starts, teacher, c, name, lam, beta, factor * eta, a,
        max_iterations=60, history=True, any_step=factor > 1,
    ).history  # fmt: skip
    rest = (teacher, c, name, lam, beta, a)
    before = surrogate_lagrangian(path.w[:-1], path.u[:-1], *rest)
    half = surrogate_lagrangian(path.w[1:], path.u[:-1], *rest)
    after = surrogate_lagrangian(path.w[1:], path.u[1:], *rest)
    limit = 2 * allowance(path.w[:-1], path.u[:-1], c, name, lam, beta, a) + 16 * EPS * (c + beta)
    assert (half <= before + limit).all()
    assert (after <= half + limit).all()


def fails(check, *args):
    """The check has power: it refuses this."""
    with pytest.raises(AssertionError):
        check(*args)


@given(seeds, st.sampled_from(PENALTIES))
def test_the_surrogate_lagrangian_is_what_its_definition_says(seed, case):
    starts, teacher, c, lam, beta, _ = problem(seed)
    u = np.random.default_rng(seed).normal(size=starts.shape) * (starts > 0)
    name, a = case
    value = surrogate_lagrangian(starts, u, teacher, c, name, lam, beta, a)
    expected = lagrangian(starts, u, teacher, c, name, lam, beta, a)
    assert (np.abs(value - expected) <= 2 * allowance(starts, u, c, name, lam, beta, a)).all()


@pytest.mark.parametrize("phi", [lagrangian, surrogate_lagrangian])
@given(seed=seeds, case=st.sampled_from(PENALTIES))
def test_a_step_lowers_the_surrogate_lagrangian_by_exactly_the_weighted_squared_step(phi, seed, case):
    check_decrease(phi, seed, *case)


def test_the_decrease_of_a_wrong_lagrangian_is_caught():
    args = (1, "l1", None)
    fails(check_decrease, lambda *known: 1.01 * lagrangian(*known), *args)
    fails(check_decrease, lambda w, u, t, c, *rest: lagrangian(w, u, t, 1.01 * c, *rest), *args)
    fails(check_decrease, lambda w, u, *rest: lagrangian(w, 1.01 * u, *rest), *args)


@given(seeds, st.sampled_from(PENALTIES))
def test_no_half_step_of_a_run_raises_the_surrogate_lagrangian(seed, case):
    check_monotone(seed, *case)


def test_steps_far_above_the_limit_do_raise_the_surrogate_lagrangian():
    raised = 0
    for seed in range(20):
        try:
            check_monotone(seed, "l1", None, 3.0)
        except AssertionError:
            raised += 1
    assert raised > 0


def check_fixed_point(seed, name, a, slip=1.0):
    """A4 and A5 with c times ``slip``, at the runs that have converged.

    Allowance: a last step ≤ τ leaves ρτ/η of p across w, ρ ≤ 1 + η(c + β); then u moves by at most 2βτ, since
    1/S′ = 1 - 2μa(a+1)/(a+u)³ is at least 1/2 for the weights μ chosen here, and κw by (c + β)τ. Roundings of
    16ε in w count like a step.
    """
    starts, teacher, c, _, beta, _ = problem(seed, runs=30)
    eta, mu = (
        0.8 / (c + beta),
        0.02,
    )  # far below the critical μ of a = 20, 9.5, and far above that of 0.01, 5e-5
    run = rvscgd(starts, teacher, c, name, mu * beta, beta, eta, a, max_iterations=2000)
    w, u = run.w[run.converged], run.u[run.converged]
    assert np.array_equal(u, proximal_map(w, mu, name, a))
    p = slip * c * teacher + beta * u
    kappa = np.einsum("rd,rd->r", w, p)[:, None]
    limit = ((1 + eta * (c + beta)) / eta + 3 * (c + beta)) * (TAU + 16 * EPS)
    assert (np.linalg.norm(p - kappa * w, axis=-1) <= limit).all()
    assert (1 + eta * (kappa - c - beta) > 0).all()
    check_error_identity(run, w, u, slip * c, beta, limit)
    return len(w)


def check_error_identity(run, w, u, c, beta, limit):
    for across in (u, w - u):
        pull = beta * np.linalg.norm(across - np.einsum("rd,rd->r", w, across)[:, None] * w, axis=-1)
        assert (np.abs(c * np.sin(run.angle[run.converged]) - pull) <= limit).all()


@pytest.mark.parametrize(("name", "a"), [("l1", None), ("l0", None), ("tl1", 20.0), ("tl1", 0.01)])
def test_converged_runs_are_fixed_points_and_obey_the_error_identity(name, a):
    assert sum(check_fixed_point(seed, name, a) for seed in range(8)) > 200  # of 240; the others are slow


def test_a_constant_one_per_cent_off_breaks_fixed_point_and_error_identity():
    fails(check_fixed_point, 0, "l1", None, 1.01)
    run = rvscgd([[1.0, 1.0]], [0.6, 0.8], 1.0, "l1", 0.05, 1.0, 0.5)
    check_error_identity(run, run.w, run.u, 1.0, 1.0, 1e-12)  # τ with room: the identity holds
    fails(check_error_identity, run, run.w, run.u, 1.01, 1.0, 1e-12)


def test_without_normalisation_converged_runs_balance_gradient_and_relaxation():
    """The balance times w is c‖w‖(1 - cosθ) + β⟨w, w - u⟩ = 0, two terms ≥ 0: θ = 0, S(w) = w."""
    starts, teacher, c, _, beta, _ = problem(3, runs=100)
    eta = 0.8 / (c + beta)
    run = rvscgd(3 * starts, teacher, c, "l0", 1e-4 * beta, beta, eta, normalise=False, max_iterations=3000)
    assert run.converged.sum() > 30
    w, u = run.w[run.converged], run.u[run.converged]
    force = c * (unit(w) - teacher) + beta * (w - u)
    # The last step was η times the force, at most τ‖w‖; the force changes by c/‖w‖ + 2β times the step.
    size = np.linalg.norm(w, axis=-1)
    limit = (TAU + 16 * EPS) * (size / eta + c + 2 * beta * size) + 16 * EPS * c
    assert (np.linalg.norm(force, axis=-1) <= limit).all()


@pytest.mark.parametrize(("name", "a"), [("l1", None), ("tl1", 1.0)])
def test_without_normalisation_a_penalty_that_moves_every_point_shrinks_the_filter_for_ever(name, a):
    # By the same balance S(w) = w ≠ 0, which these maps never allow: no fixed point exists.
    starts, teacher, c, _, beta, _ = problem(3, runs=100)
    eta = 0.8 / (c + beta)
    run = rvscgd(
        3 * starts, teacher, c, name, 0.05 * beta, beta, eta, a, normalise=False, max_iterations=1000
    )  # fmt: skip
    assert not run.converged.any()
    assert (np.linalg.norm(run.w, axis=-1) < 1).all()


def test_without_normalisation_starts_keep_their_length():
    run = rvscgd([[3.0, 4.0]], [0.0, 1.0], 1.0, "l1", 0.1, 1.0, 0.5, normalise=False, max_iterations=0)
    assert run.w.tolist() == [[3.0, 4.0]]
    run = rvscgd([[3.0, 4.0]], [0.0, 1.0], 1.0, "l1", 0.1, 1.0, 0.5, max_iterations=0)
    assert run.w.tolist() == [[0.6, 0.8]]
