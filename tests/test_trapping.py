"""A8 and A13: caps trap the angle, up to their conditions and not beyond; the builders of their evidence."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import Integer, Rational, Symbol, sqrt

from numerics import gaussian
from numerics.closed_forms import evaluate, expected_coarse_gradient, tangential_constant
from numerics.splitting import largest_step, rvscgd
from proofs_check.claims.cases import rounding
from proofs_check.claims.trapping_cases import PulledStep
from proofs_check.context import Context
from proofs_check.evidence.substitution import Instance, at_the_example, holds
from proofs_check.records import Claim, Control, Provenance, Source, Verdict
from theory import estimators
from theory.symbols import norm_v, theta

X = Symbol("x", real=True)
seeds = st.integers(0, 2**32 - 1)


def step(fraction, seed, d=3):
    return PulledStep(d, 1.0, 0.5, fraction, 0.0, seed)


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.sampled_from((1.0, 0.5, 1e-3)), seeds)
@example(0.5, 0.0, 1.0, 0)
@example(0.5, 1.0, 1.0, 0)
def test_no_pull_leads_out_of_a_cap(pull, part, fraction, seed):
    smallest = np.arcsin(pull)
    cap = smallest + part * (np.pi - 2 * smallest)
    after, error = step(fraction, seed).angles(cap, pull)
    assert after.max() <= cap + error


@pytest.mark.parametrize("seed", [524290])
def test_a_pull_that_cancels_the_teacher_to_the_last_digit_leaves_no_angle(seed):
    after, error = PulledStep(2, 1.0, 1.0, 1.0, 0.0, seed).angles(np.pi / 2, 1.0)
    assert len(after) < 43
    assert np.isfinite(error)


def test_some_pull_leads_out_of_a_cap_that_is_too_small_and_of_any_cap_with_a_longer_step():
    after, error = step(1.0, 0).angles(np.arcsin(0.49), 0.5)
    assert after.max() > np.arcsin(0.49) + error
    after, error = step(1.05, 0).angles(np.arcsin(0.5), 0.5)
    assert after.max() > np.arcsin(0.5) + error


@pytest.mark.parametrize("penalty", ["l1", "l0"])
def test_sine_comes_down_to_its_level_from_just_inside_the_last_start(penalty):
    d, c, beta, delta = 4, 1.0, 0.7, 0.6
    target = (1 - 1e-6) * np.sin(delta)
    lam = target / 2 if penalty == "l1" else target**2 / (2 * beta * d)
    w_star = np.full(d, 0.5)
    across = gaussian.normalise(np.array([1.0, -1.0, 0.0, 0.0]))
    angle = np.nextafter(np.pi - delta, 0)
    start = np.cos(angle) * w_star + np.sin(angle) * across
    run = rvscgd([start], w_star, c, penalty, lam, beta, largest_step(c, beta), max_iterations=2000)
    assert run.angle[0] < np.pi / 2
    assert np.sin(run.angle[0]) <= target + 1e-9  # geometric convergence has come to rest


@given(st.sampled_from(("identity", "relu", "clipped_relu")), st.floats(0.01, 3.13))
@example("clipped_relu", np.pi / 2)
def test_expected_coarse_gradient_is_made_of_the_two_constants(ste, angle):
    w, w_star = np.array([1.0, 0.0]), np.array([np.cos(angle), np.sin(angle)])
    gamma = float(evaluate(estimators.radial_constant(ste).result, {theta: angle, norm_v: 1.0}))
    predicted = gamma * w - float(tangential_constant(1.0, angle, ste)) * w_star
    # The components of w and w* cancel at either end of the range by at most 1/sinθ.
    assert np.abs(expected_coarse_gradient([1.0], w, [1.0], w_star, ste) - predicted).max() < 100 * rounding(
        2
    )


def test_clipped_relu_allows_the_step_of_the_relu_in_the_half_sphere_of_the_teacher():
    angles = np.linspace(1e-6, np.pi / 2, 1000)
    relu, clipped = (
        evaluate(estimators.radial_constant(ste).result, {theta: angles, norm_v: 1.0})
        for ste in ("relu", "clipped_relu")
    )
    assert (clipped <= relu * (1 + 1e-15)).all()
    assert clipped[0] == pytest.approx(float(relu), rel=1e-9)


def claim(subject, assumptions=(), example_=None):
    return Claim(
        id="test", label="A8", statement="", source=Source(Provenance.DERIVED), subject=subject,
        assumptions=assumptions, example=example_ or {X: Integer(2)}, evidence=(),
        controls=(Control("none", subject),),
    )  # fmt: skip


def verdict(relation, premises=(), **kwargs):
    piece = at_the_example(lambda _: {"one": Instance(relation, premises)}, "")
    return piece.check(claim(X, **kwargs), Context()).verdict


def test_substitution_supports_what_is_true_and_refutes_what_is_false_at_the_example():
    assert verdict(X > 1) is Verdict.SUPPORTS
    assert verdict(X > 2) is Verdict.REFUTES
    assert verdict(sqrt(X) ** 2 >= X) is Verdict.SUPPORTS
    assert verdict(sqrt(X) > Rational(141421356, 10**8)) is Verdict.SUPPORTS


def test_substitution_is_silent_where_a_premise_or_an_assumption_fails():
    assert verdict(X > 2, premises=(X > 3,)) is Verdict.SILENT
    assert verdict(X > 2, assumptions=(X < 0,)) is Verdict.SILENT


def test_substitution_without_an_instance_is_silent():
    assert at_the_example(lambda _: {}, "").check(claim(X), Context()).verdict is Verdict.SILENT


def test_substitution_refuses_a_relation_without_a_truth_value():
    with pytest.raises(ArithmeticError, match="no truth value"):
        holds(sqrt(X) > 1, {X: Integer(-1)})
    with pytest.raises(ArithmeticError, match="no truth value"):
        holds(X > 1, {})
