"""The claims on the proximal maps, the splitting and the bounds refute wrong formulas.

That they are in order is seen by `test_verify.py`, which judges the whole ledger.
"""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Piecewise, Rational, Tuple

from numerics.splitting import rvscgd, surrogate_lagrangian
from proofs_check.claims import (
    bounds,
    bounds_sharp,
    cases,
    exact_angle,
    fixed_points,
    lagrangian,
    limit_l0,
    limit_multiplier,
    limit_support,
    penalties,
    runs,
    splitting,
    telescoping,
)
from proofs_check.context import Context
from proofs_check.judge import judge
from proofs_check.records import Verdict
from theory.symbols import a, alpha, beta, c, d, eta, kappa, lam, mu, norm_u_perp, rho, s, theta, x

CONTEXT = Context()
FILES = (
    penalties,
    splitting,
    fixed_points,
    telescoping,
    lagrangian,
    bounds,
    bounds_sharp,
    exact_angle,
    limit_support,
    limit_multiplier,
    limit_l0,
)
L1, L0, TL1 = (f"{name}-thresholding-is-a-global-minimiser" for name in ("l1", "l0", "tl1"))


@pytest.fixture(scope="module")
def claims():
    return {claim.id: claim for file in FILES for claim in file.claims()}


def test_examples_meet_the_assumptions(claims):
    violated = {
        (claim.id, relation)
        for claim in claims.values()
        for relation in claim.assumptions
        if relation.subs(claim.example) != True  # noqa: E712
    }
    assert violated == set()


def _part(name, index, wrong):
    def plant(subject):
        parts = list(subject)
        parts[index] = wrong(parts[index])
        return Tuple(*parts)

    return name, plant


def _whole(name, wrong):
    return name, wrong


def _critical_weight(threshold):
    """The threshold of transformed l1 with its regimes parted at twice the critical weight."""
    (below, _), (above, _) = threshold.args
    return Piecewise((below, mu <= a**2 / (a + 1)), (above, True))


PLANTED = {
    "l1 shrinks by half": _part(L1, 1, lambda active: (active + x) / 2),
    "l1 threshold three percent low": _part(L1, 0, lambda t: t * Rational(97, 100)),
    "l0 threshold by mu/2": _part(L0, 0, lambda t: t / 2),
    "l0 shrinks": _part(L0, 1, lambda active: active * Rational(999, 1000)),
    "tl1 regimes": _part(TL1, 0, _critical_weight),
    "tl1 value one per mille low": _part(TL1, 1, lambda active: active * Rational(999, 1000)),
    "tl1 with a + 2 for a + 1": _part(TL1, 0, lambda t: t.subs(mu, mu * (a + 2) / (a + 1))),
    "decrease one per mille high": _whole(
        "w-step-decreases-the-surrogate-by-an-exact-amount", lambda f: f * Rational(1001, 1000)
    ),
    "decrease with alpha twice": _whole(
        "w-step-decreases-the-surrogate-by-an-exact-amount", lambda f: f + alpha / (2 * eta)
    ),
    "largest step two percent high": _whole("largest-step-without-increase", lambda f: f * Rational(51, 50)),
    "largest step of runs by c + beta": _whole(
        "largest-step-of-runs-without-increase", lambda _: Rational(3, 2) / (c + beta)
    ),
    "residual gain two percent high": _whole(
        "squared-residuals-sum-to-at-most-the-start", lambda f: f * Rational(51, 50)
    ),
    "steps weighted by rho alone": _whole(
        "weighted-squared-steps-sum-to-at-most-the-start", lambda f: 3 * f.subs(alpha, 0)
    ),
    "pull up to the mean of the two": _whole(
        "true-lagrangian-falls-while-the-pull-is-small", lambda f: sum(f.args) / 2
    ),
    "relaxation inverted": _whole("u-step-minimises-the-surrogate", lambda f: 1 / f),
    "fixed point without eta": _whole("fixed-points-of-the-step", lambda f: f.subs(eta, 1)),
    "error by kappa - beta": _whole("exact-error-of-a-fixed-point", lambda f: f.subs(c, kappa - beta)),
    "error one per mille high": _whole("exact-error-of-a-fixed-point", lambda f: f * Rational(1001, 1000)),
    "l1 bound two percent low": _whole("l1-error-bound", lambda f: f * Rational(49, 50)),
    "l0 bound without the two": _whole("l0-error-bound", lambda f: f.subs(lam, lam / 2)),
    "tl1 bound by d - 1 times a third": _whole("tl1-error-bound", lambda f: f.subs(d, d / 3)),
    "sharp l1 bound two percent low": _whole("l1-sharp-error-bound", lambda f: f * Rational(49, 50)),
    # √(s-1) becomes √((s-1)/2), which has a value for a single entry, too.
    "sharp sparse tl1 bound of half the entries": _whole(
        "tl1-sharp-error-bound-by-the-sparsity", lambda f: f.subs(s, (s + 1) / 2)
    ),
    "angle of l1 without its norm": _whole(
        "l1-error-angle-where-no-entry-is-lost", lambda f: f.subs(lam, lam * Rational(101, 100))
    ),
    "sparse l0 bound by half the support": _whole(
        "l0-error-bound-by-the-sparsity", lambda f: f.subs(s, s / 2)
    ),
    "distance by the cosine": _whole(
        "distance-of-the-filters-by-their-angle", lambda f: 2 - 2 * f.subs(theta, 0)
    ),
}


@pytest.mark.parametrize("error", PLANTED)
def test_wrong_formula_is_refuted_without_the_symbols(error, claims):
    name, plant = PLANTED[error]
    right = claims[name]
    wrong = replace(right, subject=plant(right.subject))
    assert wrong.subject != right.subject
    others = (piece for piece in wrong.evidence if piece.kind != "symbolic")
    assert any(piece.check(wrong, CONTEXT).verdict is Verdict.REFUTES for piece in others)


def test_decrease_up_to_twice_the_step_fails_by_a_case_that_can_be_rebuilt(claims):
    failing = claims["no-increase-up-to-twice-the-step"]
    readable, finding, exact = (piece.check(failing, CONTEXT) for piece in failing.evidence)
    assert "eta = 3/5" in readable.witness
    assert "eta = " in exact.witness
    assert "FreeStep(d=" in finding.witness
    assert "seed=" in finding.witness


def test_longer_steps_than_the_general_limit_do_not_increase_the_surrogate_in_runs_with_beta_below_c(claims):
    teacher, beta_ = np.array([0.6, 0.8, 0.0]), 0.5
    starts = np.random.default_rng(0).standard_normal((50, 3))
    eta_ = float(claims["largest-step-of-runs-without-increase"].subject.subs({c: 1, beta: beta_}))
    assert eta_ == pytest.approx(1.0)  # 1/(c + β) is two thirds
    run = rvscgd(starts, teacher, 1.0, "l1", 0.1, beta_, eta_, any_step=True, history=True)
    level = surrogate_lagrangian(run.history.w, run.history.u, teacher, 1.0, "l1", 0.1, beta_)
    # A few dozen operations on numbers of order one.
    assert np.diff(level, axis=0).max() <= 64 * 2.0**-53


def test_teacher_with_a_single_entry_is_found_exactly():
    run = rvscgd(np.full((1, 30), 1.0), np.eye(30)[3], 1.0, "l0", 0.01, 0.5, 0.5)
    assert run.converged.all()
    assert run.angle[0] <= 1e-12


def test_second_limit_of_l0_is_kept_by_rvscgd_although_every_entry_exceeds_the_threshold():
    teacher, other = np.array([0.8, 0.6]), np.array([12.0, 5.0]) / 13
    run = rvscgd(other, teacher, 75.0, "l0", 6.5, 52.0, 1 / 127, max_iterations=50)
    assert np.abs(run.w[0] - other).max() <= 1e-14
    assert run.u[0, 1] == 0


def test_verdicts_do_not_depend_on_the_seed(claims):
    for name in (TL1, "tl1-error-bound-by-the-sparsity", "l0-error-bound"):
        assert judge(claims[name], Context(seed=1)).in_order


def test_runs_converge_with_every_setting():
    assert len(runs.batches(CONTEXT)) == 2 * len(runs.SETTINGS)


def test_constructed_fixed_points_solve_their_equation_and_nearly_attain_the_bound(claims):
    case = cases.ThresholdedFixedPoint("l0", None, 1e-8, 1.0, 2.0, 1000, False, 0)
    w, u, w_star, norm = (of_levels[0] for of_levels in case.vectors(2.0, cases.LEVELS))
    residual = 2.0 * case.beta * w - norm * w_star - case.beta * u
    assert abs(residual).max() <= case.allowance(2.0, norm) * norm
    # 1000 of 1002 entries move by almost t; the part along w and the two others cost two parts in a thousand.
    claim = claims["l0-error-bound"]
    bound = claim.subject.subs({c: norm, lam: case.lam, beta: case.beta, d: len(w)})
    sine = (1 - min(1.0, float(w @ w_star)) ** 2) ** 0.5
    assert 0.998 * float(bound) < sine < float(bound)


def test_signs_of_rho_and_norm_are_assumptions_that_the_example_shows(claims):
    assert claims["w-step-decreases-the-surrogate-by-an-exact-amount"].example[rho] > 0
    assert claims["exact-error-of-a-fixed-point"].example[norm_u_perp] > 0
