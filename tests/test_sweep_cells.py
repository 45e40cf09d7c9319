"""What a sweep measures of one cell."""

from dataclasses import asdict, astuple, fields, replace

import numpy as np
import pytest

from numerics import bounds, gaussian, rate
from numerics.minibatch_floor import error_floor
from numerics.network import ESTIMATORS
from numerics.penalties import PENALTIES
from numerics.problem import problem
from numerics.sweep import BLOCK, QUANTILES, measure
from numerics.sweep_records import CellSpec, Row

CELL = CellSpec(
    penalty="l1", ste="relu", dim=12, sparsity=3, lam_over_c=0.01, beta_over_c=1.0, eta_fraction=1.0, a=None,
    teacher="random", start_angle=None, teachers=3, starts=4, iterations=20_000, batch=0, patches=None,
)  # fmt: skip


def cell(**change):
    spec = replace(CELL, **change)
    return replace(spec, a=1.0) if spec.penalty == "tl1" and spec.a is None else spec


@pytest.mark.parametrize("ste", ESTIMATORS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_errors_of_a_cell_lie_in_order_and_within_the_bounds(penalty, ste):
    row = measure(cell(penalty=penalty, ste=ste), 1)
    quantiles = [getattr(row, name) for name in QUANTILES]
    assert quantiles == sorted(quantiles)
    assert (row.violations, row.not_converged, row.trapped, row.runs) == (0, 0, 0, 12)
    assert row.max_sine <= row.bound
    assert row.max_sine_sparse <= row.bound_sparse <= row.bound
    assert row.identity_residual <= row.slack
    assert row.min_kappa <= row.median_kappa


def test_a_cell_depends_on_its_parameters_and_the_seed_alone():
    first = measure(CELL, 5)
    measure(cell(lam_over_c=0.1), 5)
    assert measure(CELL, 5) == first
    assert measure(CELL, 6).median_sine != first.median_sine
    assert isinstance(first, Row)
    assert first.key == CELL.key != cell(starts=5).key


def test_cells_that_differ_in_the_algorithm_alone_have_the_same_teachers_and_starts():
    words = lambda sequence: sequence.generate_state(4).tolist()
    one, *same = [
        words(spec.seeds(1)[2])
        for spec in (CELL, cell(penalty="l0"), cell(beta_over_c=3.0), cell(batch=8, patches=2, iterations=9))
    ]
    assert all(other == one for other in same)
    assert words(cell(sparsity=4).seeds(1)[2]) != one
    assert words(CELL.seeds(2)[2]) != one != words(CELL.seeds(1)[1])
    small, large = (cell(batch=size, patches=2, iterations=9).batch_seeds(1)[2] for size in (8, 16))
    assert words(small) != words(large)


def test_a_sweep_and_a_comparison_of_the_same_runs_agree():
    spec = cell(teachers=1)
    row = measure(spec, 3)
    drawn = problem("relu", 12, 3, 4, spec.seeds(3)[0])
    compared = bounds.compare_cell(drawn, "l1", row.lam, row.beta)
    shared = {field.name for field in fields(bounds.Cell)} & {field.name for field in fields(Row)}
    assert {"max_sine", "bound", "violations", "eta", "identity_residual", "trapped"} <= shared
    shared.remove("median_sine")  # a quantile rounds differently from a median
    assert [getattr(row, name) for name in shared] == [getattr(compared, name) for name in shared]
    assert row.median_sine == pytest.approx(compared.median_sine, rel=1e-14)


def test_blocks_of_starts_do_not_change_a_row(monkeypatch):
    whole = measure(CELL, 2)
    monkeypatch.setattr("numerics.sweep.BLOCK", 2 * CELL.dim)
    assert 2 * CELL.dim < BLOCK
    # A matrix product of other size may round differently, here and there by an ulp.
    parts = measure(CELL, 2)
    assert [v for v in astuple(parts) if isinstance(v, str | int)] == [
        v for v in astuple(whole) if isinstance(v, str | int)
    ]
    assert parts.median_sine == pytest.approx(whole.median_sine, rel=1e-10)


@pytest.mark.parametrize("penalty", ["l1", "l0"])
@pytest.mark.parametrize("eta", [1.0, 0.3])
def test_measured_rate_is_the_predicted_one_to_four_digits(penalty, eta):
    row = measure(cell(penalty=penalty, eta_fraction=eta, teacher="equal", lam_over_c=0.03), 0)
    assert row.rate == pytest.approx(row.predicted_rate, rel=1e-4)


def test_a_wrong_step_size_in_the_prediction_is_seen(monkeypatch):
    right = rate.predicted_factor

    def half(drawn, penalty, u, beta, step, kappa):
        return right(drawn, penalty, u, beta, step / 2, kappa)

    monkeypatch.setattr(rate, "predicted_factor", half)
    row = measure(cell(teacher="equal", lam_over_c=0.03), 0)
    assert row.rate != pytest.approx(row.predicted_rate, rel=1e-2)


def test_rate_is_that_of_the_slowest_error_where_the_runs_took_a_special_path():
    # Few entries survive, and none of a start: the first step lands on the teacher and the rest is faster.
    row = measure(cell(penalty="l0", dim=200, sparsity=20, lam_over_c=0.03, beta_over_c=0.5, teachers=8), 0)
    assert 1 < row.median_support < 20
    assert row.rate == pytest.approx(row.predicted_rate, rel=1e-3)
    assert row.median_iterations < np.log(1e-14) / np.log(row.rate)


def test_rate_of_runs_that_start_at_their_limit_can_be_measured():
    row = measure(cell(teacher="equal", start_angle=0.0), 0)
    assert row.rate == pytest.approx(row.predicted_rate, rel=1e-4)


def test_no_rate_is_predicted_where_the_theory_has_none():
    for change in ({"penalty": "tl1"}, {"ste": "clipped_relu"}, {"sparsity": 1, "lam_over_c": 0.01}):
        assert measure(cell(**change), 0).predicted_rate is None


def test_the_rate_of_a_run_that_did_not_converge_is_not_known():
    row = measure(cell(iterations=3), 0)
    assert (row.not_converged, row.violations) == (12, 0)
    assert row.rate is row.median_sine is row.max_sine is row.median_kappa is row.tightness is None
    assert row.exact_support == 0


@pytest.mark.parametrize("lam", [0.01, 0.2, 0.6])
def test_support_is_recovered_exactly_from_the_teachers_for_which_the_limit_has_it(lam):
    # l1 with κ > β has one limit, so that every start of a teacher finds it or none does.
    row = measure(cell(lam_over_c=lam, beta_over_c=0.5, teachers=20), 0)
    assert row.kappa_above_beta == row.runs
    assert row.exact_support == row.starts * row.predicted_support
    assert row.false_entries == 0


def test_both_outcomes_of_support_recovery_occur():
    found = [measure(cell(lam_over_c=lam, beta_over_c=0.5, teachers=20), 0) for lam in (0.001, 0.6)]
    assert found[0].exact_support > found[1].exact_support
    assert found[1].missed_entries > 0


def test_starts_near_the_far_pole_of_a_one_sparse_teacher_are_trapped_for_beta_above_c():
    far = cell(sparsity=1, beta_over_c=2.0, start_angle=np.pi - 0.01)
    assert measure(far, 0).trapped == far.teachers * far.starts
    assert measure(replace(far, start_angle=0.5), 0).trapped == 0
    assert measure(replace(far, beta_over_c=0.5), 0).trapped == 0


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1.0, np.pi])
def test_starts_lie_at_the_angle_asked_for(angle):
    drawn = problem("relu", 9, 4, 50, 0, start_angle=angle)
    assert np.abs(gaussian.angle(drawn.starts, drawn.w_star) - angle).max() < 1e-15 * 8


def test_equal_magnitudes_are_equal_and_of_both_signs():
    entries = problem("relu", 40, 30, 1, 0, teacher="equal").w_star
    assert set(np.round(np.sqrt(30) * entries, 12)) == {-1.0, 0.0, 1.0}
    assert measure(cell(teacher="equal"), 0).asymptotic_max < 1e-9  # no bias along w* alone


def test_error_of_l1_tends_to_its_asymptotic_form():
    row = measure(cell(lam_over_c=1e-5, teachers=6), 4)
    assert row.median_sine == pytest.approx(row.asymptotic_median, rel=1e-3)
    assert row.max_sine == pytest.approx(row.asymptotic_max, rel=1e-3)
    assert measure(cell(penalty="l0"), 0).asymptotic_max is None


def test_learnability_is_the_frequency_of_starts_outside_the_far_cap():
    row = measure(cell(dim=3, sparsity=1, lam_over_c=0.4, teachers=1, starts=1), 0)
    drawn = problem("relu", 3, 1, 100_000, 7)
    inside = gaussian.angle(drawn.starts, drawn.w_star) <= np.pi - np.arcsin(row.bound)
    spread = np.sqrt(row.success_bound * (1 - row.success_bound) / inside.size)
    # Beyond five standard errors once in two million; the seed is fixed.
    assert abs(inside.mean() - row.success_bound) < 5 * spread
    assert 0.5 < row.success_bound < 1
    assert measure(cell(start_angle=1.0), 0).success_bound is None


def minibatch(**change):
    return cell(batch=16, patches=2, iterations=40, **change)


def test_error_floor_and_gradient_error_fall_faster_than_the_root_of_the_batch():
    small, large = (measure(replace(minibatch(eta_fraction=0.3), batch=size), 0) for size in (16, 1024))
    # Sixty-four times the batch has an eighth of the noise at one angle. But samples err less often as the
    # angle falls, so that noise and angle shrink each other, down to 1/64 at most.
    assert 8 < small.median_gradient_error / large.median_gradient_error < 64
    assert small.median_sine > 2 * large.median_sine
    assert large.bound_inexact == pytest.approx(large.bound + large.max_gradient_error / large.c)
    assert (large.violations, large.rate, large.identity_residual) == (None, None, None)


def test_minibatch_runs_that_sit_on_the_teacher_go_on():
    # No sample is ever wrong there, so that the gradient is zero and the step too.
    drawn = problem("relu", 6, 1, 3, 0, start_angle=0.0)
    floor = error_floor(drawn, "l0", 1e-4, 0.2, None, np.random.default_rng(0), patches=1, batch=2, steps=8)
    assert floor.sine.shape == (6,)
    assert floor.sine.max() < 1e-15
    # The expected gradient is zero too: the error is not the gradient's own noise.
    assert floor.max_gradient_error < 1e-15


@pytest.mark.parametrize(
    ("change", "named"),
    [({"penalty": "l2"}, "penalty"), ({"dim": 1}, "dim"), ({"start_angle": 4.0}, "start_angle"),
     ({"teacher": "dense"}, "teacher"), ({"sparsity": 13}, "sparsity"), ({"lam_over_c": -1.0}, "lam")],
)  # fmt: skip
def test_a_cell_out_of_range_is_refused_by_name(change, named):
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        measure(cell(**change), 0)


def test_rows_hold_plain_numbers():
    assert {type(value) for value in asdict(measure(CELL, 0)).values()} <= {int, float, str, type(None)}
