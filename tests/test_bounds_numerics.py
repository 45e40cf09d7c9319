"""Simulated errors against the a-priori bounds."""

import dataclasses
import json
from functools import cache, partial
from itertools import chain

import numpy as np
import pytest

from numerics import bounds, gaussian, problem
from numerics.network import ESTIMATORS
from numerics.penalties import PENALTIES


def grid(ste, dim=30, sparsity=4, runs=24, seed=1, penalties=PENALTIES, a=1.0):
    drawn = problem.problem(ste, dim, sparsity, runs, seed)
    return list(bounds.compare(drawn, bounds.plan(drawn, penalties, a)))


@cache
def usual(ste, penalty):
    """The cells of one penalty, which several tests look at and none changes."""
    return tuple(grid(ste, penalties=(penalty,)))


def every_penalty(ste):
    return chain.from_iterable(usual(ste, penalty) for penalty in PENALTIES)


@pytest.mark.parametrize("ste", ESTIMATORS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_no_converged_run_lies_beyond_its_bound(ste, penalty):
    cells = usual(ste, penalty)
    assert len(cells) == len(bounds.WEIGHTS) * len(bounds.RELAXATIONS)
    assert sum(cell.violations for cell in cells) == 0
    assert sum(cell.not_converged for cell in cells) == 0
    assert all(0 < cell.tightness < 1 for cell in cells)


@pytest.mark.parametrize("ste", ESTIMATORS)
def test_error_identity_holds_to_the_rounding_of_the_stopping_rule(ste):
    # c and β are below 1/2 here, so that c sinθ and β‖u⊥‖ round by less than the sine itself.
    assert all(cell.identity_residual <= cell.slack for cell in every_penalty(ste))


def test_starts_in_the_far_cap_of_a_sparse_teacher_are_trapped_within_the_bounds():
    cells = grid("relu", dim=2, sparsity=1, runs=200, penalties=("l1",))
    assert sum(cell.trapped for cell in cells) > 0
    assert sum(cell.violations for cell in cells) == 0
    # β > c is needed for -w* to attract.
    assert all(cell.beta > cell.c for cell in cells if cell.trapped)


@pytest.mark.parametrize("a", [1e-3, 0.3, 1e3])
def test_bounds_of_transformed_l1_hold_for_extreme_shapes(a):
    cells = grid("relu", penalties=("tl1",), a=a)
    assert sum(cell.violations + cell.not_converged for cell in cells) == 0


def test_slack_is_far_below_every_bound_and_error_that_it_is_added_to():
    for cell in every_penalty("clipped_relu"):
        assert cell.slack < 1e-9 * cell.bound_sparse


@pytest.mark.parametrize("ste", ESTIMATORS)
def test_step_before_normalisation_is_never_longer_than_the_slack_allows(ste):
    # ρ ≤ 3 of the module's derivation rests on ‖E g‖ ≤ 2c.
    drawn = problem.problem(ste, 6, 3, 2000, 3)
    from numerics.splitting import population_gradient

    gradient = population_gradient(problem.SECOND_LAYER, drawn.w_star, ste)(drawn.starts)
    assert gaussian.norm(gradient).max() <= 2 * drawn.c * (1 + 1e-12)  # a few dozen roundings


def test_a_bound_too_small_by_its_tightness_is_violated(monkeypatch):
    drawn = problem.problem("relu", 30, 4, 24, 1)
    true = bounds.compare_cell(drawn, "l1", 0.03 * drawn.c, drawn.c)
    formula = bounds.error_bound
    for factor, violated in ((1.01, False), (0.99, True)):
        share = factor * true.tightness_sparse
        monkeypatch.setattr(bounds, "error_bound", lambda *given, share=share: share * formula(*given))
        cell = bounds.compare_cell(drawn, "l1", 0.03 * drawn.c, drawn.c)
        assert (cell.violations > 0) is violated


def test_bound_with_s_is_not_asked_of_runs_with_kappa_below_beta(monkeypatch):
    drawn = problem.problem("relu", 2, 1, 200, 1)
    formula = bounds.error_bound
    negative = lambda p, lam, beta, n, c, a: -1.0 if n == 1 else formula(p, lam, beta, n, c, a)
    monkeypatch.setattr(bounds, "error_bound", negative)
    cell = bounds.compare_cell(drawn, "l1", 0.1 * drawn.c, 2 * drawn.c)
    assert 0 < cell.violations == cell.kappa_above_beta < cell.runs


def test_bound_with_d_is_asked_of_every_converged_run(monkeypatch):
    drawn = problem.problem("relu", 2, 1, 200, 1)
    formula = bounds.error_bound
    negative = lambda p, lam, beta, n, c, a: -1.0 if n == 2 else formula(p, lam, beta, n, c, a)
    monkeypatch.setattr(bounds, "error_bound", negative)
    cell = bounds.compare_cell(drawn, "l1", 0.1 * drawn.c, 2 * drawn.c)
    assert cell.kappa_above_beta < cell.violations == cell.runs


def test_bound_of_an_estimator_rests_on_the_least_constant():
    drawn = problem.problem("clipped_relu", 8, 2, 2, 1)
    cell = bounds.compare_cell(drawn, "l1", 0.1 * drawn.c_min, drawn.c)
    # λ√d/c_min with λ = c_min/10, up to four roundings.
    assert cell.bound == pytest.approx(0.1 * np.sqrt(8), rel=1e-15)
    assert cell.bound_sparse == pytest.approx(0.1 * np.sqrt(2), rel=1e-15)


def test_runs_that_do_not_converge_are_reported_and_not_judged(monkeypatch):
    monkeypatch.setattr(bounds, "simulate", partial(problem.simulate, max_iterations=3))
    drawn = problem.problem("relu", 30, 4, 24, 1)
    cell = bounds.compare_cell(drawn, "l1", 0.001 * drawn.c, drawn.c)
    assert (cell.not_converged, cell.violations, cell.kappa_above_beta) == (24, 0, 0)
    assert cell.median_sine is cell.max_sine is cell.tightness is cell.identity_residual is None


@pytest.mark.parametrize("ste", ESTIMATORS)
def test_constants_are_the_extremes_over_all_angles(ste):
    from numerics.closed_forms import tangential_constant

    drawn = problem.problem(ste, 5, 2, 1, 0)
    values = tangential_constant(1.0, np.linspace(0, np.pi, 1001), ste)
    # Rounding of one erf, two units in the last place.
    assert values.max() == pytest.approx(drawn.c, rel=5e-16)
    assert values.min() == pytest.approx(drawn.c_min, rel=5e-16)


def test_error_bounds_by_hand():
    # λ√d/c; √(2λβd)/c; below the critical λ/β: λ√d(a+1)/(ac); above: β√d(√(2λ(a+1)/β) - a/2)/c.
    cases = (
        (("l1", 0.1, 1.0, 4, 0.5, None), 0.4),
        (("l0", 0.5, 1.0, 9, 2.0, None), 1.5),
        (("tl1", 0.1, 1.0, 4, 0.5, 1.0), 0.8),
        (("tl1", 0.5, 2.0, 4, 4.0, 1.0), 0.5),
    )
    for given, expected in cases:
        assert bounds.error_bound(*given) == pytest.approx(expected, rel=1e-15)  # four roundings


def test_one_seed_draws_one_problem(monkeypatch):
    monkeypatch.setattr(bounds, "WEIGHTS", bounds.WEIGHTS[1::3])
    first, again, other = (problem.problem("relu", 20, 5, 8, seed) for seed in (7, 7, 8))
    assert np.array_equal(first.w_star, again.w_star)
    assert np.array_equal(first.starts, again.starts)
    assert not np.array_equal(first.starts, other.starts)
    assert np.count_nonzero(first.w_star) == 5
    cells = [json.dumps([dataclasses.asdict(c) for c in grid("relu", runs=4, seed=7)]) for _ in range(2)]
    assert cells[0] == cells[1]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"ste": "rleu"}, "ste='rleu'"),
        ({"dim": 1}, "dim=1"),
        ({"sparsity": 0}, "sparsity=0"),
        ({"sparsity": 6}, "sparsity=6, at most dim=5"),
        ({"runs": 0}, "runs=0"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_a_problem_outside_the_theory_is_refused(change, rule):
    with pytest.raises(ValueError, match=rule):
        problem.problem(**{"ste": "relu", "dim": 5, "sparsity": 2, "runs": 3, "seed": 0, **change})
