"""Work that is shared or spared changes no result: it equals what each would have found by itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Piecewise, Rational, Symbol, cos, sin, sqrt

from numerics import gaussian
from numerics.limit import limit_points
from numerics.penalties import proximal_map, proximal_map_of
from proofs_check.claims import runs
from proofs_check.claims.plane import along
from proofs_check.context import Context
from proofs_check.equivalence import Relation, relation
from proofs_check.evidence import smt
from proofs_check.evidence.points import some_points
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source, Verdict
from proofs_check.variants import Variant
from theory.symbols import theta, w_hat, w_star

x, y = Symbol("x", real=True), Symbol("y", real=True)


def claim(subject, assumptions=(), evidence=(), **fields):
    return Claim(
        "shared",
        "T",
        "{subject}",
        Source(Provenance.FOLKLORE),
        subject,
        assumptions,
        {},
        evidence,
        (),
        **fields,
    )


def arrays(batch):
    return [batch.w_star, batch.result.w, batch.result.u, batch.result.history.w, batch.result.iterations]


@pytest.fixture
def few_batches(monkeypatch):
    monkeypatch.setattr(runs, "SETTINGS", runs.SETTINGS[1:3])
    return runs.shared(runs.batches.__wrapped__)


def test_shared_runs_are_those_that_each_claim_would_have_made(few_batches):
    alone = {seed: runs.batches.__wrapped__(Context(seed)) for seed in (0, 1)}
    # In another order, and with another seed in between.
    for seed in (1, 0, 1, 0):
        for one, other in zip(alone[seed], few_batches(Context(seed)), strict=True):
            assert one.name == other.name
            assert all(map(np.array_equal, arrays(one), arrays(other)))
    assert not np.array_equal(alone[0][0].result.w, alone[1][0].result.w)


def test_shared_runs_are_the_same_objects_and_nobody_can_change_them(few_batches):
    first = few_batches(Context())
    assert few_batches(Context()) is first
    for array in arrays(first[0]):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_shared_runs_are_those_of_one_seed_and_effort_and_only_the_last_are_kept():
    made = []
    simulate = runs.shared(lambda context: made.append((context.seed, context.full)) or made[-1:])
    for context in (Context(0), Context(0), Context(0, full=True), Context(1), Context(0)):
        assert simulate(context) == ((context.seed, context.full),)
    assert made == [(0, False), (0, True), (1, False), (0, False)]


def test_what_records_hold_in_records_is_shared_read_only_as_well():
    limit = limit_points([0.8, 0.6], 1.0, "l1", lam=0.1, beta=1.0)
    [(kept,)] = runs.shared(lambda _: [limit])(Context())
    with pytest.raises(ValueError, match="read-only"):
        kept.w[0] = 2.0


CUBE = unsatisfiable(lambda one: {"cube": Query(one.subject >= 0, (x >= y, y >= 0))}, "cubes")


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (x**3 - y**3, Verdict.SUPPORTS),
        (y**3 - x**3, Verdict.REFUTES),
        (x - y - Rational(1, 100), Verdict.REFUTES),
        # False where no point is drawn, so that the solver has to be asked.
        ((x - Rational(1, 3)) ** 2 + (y - Rational(1, 7)) ** 2 - Rational(1, 10**9), Verdict.REFUTES),
    ],
)
def test_points_before_the_solver_change_no_verdict(subject, verdict, monkeypatch):
    planted = claim(subject, planted=True)
    assert CUBE.check(planted, Context()).verdict is verdict
    monkeypatch.setattr(smt, "some_points", lambda *_: iter(()))
    assert CUBE.check(planted, Context()).verdict is verdict
    assert CUBE.check(claim(subject), Context()).verdict is verdict


def test_points_meet_the_assumptions_and_are_no_counterexample_where_a_value_is_undefined():
    bounded = claim(x, (x > 0, x < Rational(1, 8), y >= 2 * x))
    seen = list(some_points(bounded, {x, y}, np.random.default_rng(0)))
    assert seen
    assert all(0 < at[x] < Rational(1, 8) and at[y] >= 2 * at[x] for at in seen)
    assert not list(some_points(claim(x, (x > 1, x < 1)), {x}, np.random.default_rng(0)))
    root = unsatisfiable(lambda one: {"root": Query(1 / one.subject <= 1, (x >= 1,))}, "a pole")
    assert root.check(claim(x, planted=True), Context()).verdict is Verdict.SUPPORTS


CASES = Piecewise((x**2, x < Rational(7, 2)), (Rational(7, 2) * x, True))
WRONG_BEYOND = Piecewise((x**2, x < Rational(7, 2)), (4 * x, True))


def test_each_case_of_a_distinction_is_met_whatever_the_seed():
    residual = vanishing(lambda one: (one.subject - CASES,), "the cases")
    domain = (x > -4, x < 4)
    for number in range(20):
        found = residual.check(claim(WRONG_BEYOND, domain), Context(number))
        assert found.verdict is Verdict.REFUTES
        assert residual.check(claim(CASES, domain), Context(number)).verdict is Verdict.SUPPORTS
        wrong = Control("beyond", WRONG_BEYOND).of(claim(CASES, domain))
        variant = Variant("scaled", "beyond", wrong)
        assert relation(claim(CASES, domain), variant, Context(number)) is Relation.ERROR


def test_variant_that_is_apart_at_a_point_is_put_through_no_normal_form(monkeypatch):
    def never(*_):
        raise AssertionError

    bound = claim(x, (x > 0,), sharper="smaller")
    looser = Variant("scaled", "twice", Control("twice", 2 * x).of(bound))
    monkeypatch.setattr("proofs_check.equivalence._same", never)
    assert relation(bound, looser, Context()) is Relation.WEAKER
    same = Variant("scaled", "in other words", Control("in other words", sqrt(x**2)).of(bound))
    with pytest.raises(AssertionError):
        relation(bound, same, Context())


@given(
    st.sampled_from([("l1", None), ("l0", None), ("tl1", 0.5)]), st.floats(1e-3, 1e3), st.integers(0, 2**32)
)
def test_proximal_map_of_one_weight_is_the_proximal_map(penalty, mu, seed):
    points = np.random.default_rng(seed).standard_normal((3, 4)) * 3
    assert np.array_equal(proximal_map_of(mu, *penalty)(points), proximal_map(points, mu, *penalty))


@given(st.integers(1, 9), st.sampled_from([1, 100, 1000]), st.integers(0, 2**32))
def test_sum_of_short_vectors_is_numpy_s_to_the_last_digit(d, n, seed):
    rows = np.random.default_rng(seed).standard_normal((n, d))
    assert np.array_equal(gaussian._sum(rows), rows.sum(axis=-1))


def test_residual_that_vanished_before_is_looked_at_again_under_other_assumptions():
    context = Context()
    magnitude = vanishing(lambda one: (one.subject,), "magnitude")
    positive = claim(sqrt(x**2) - x, (x > 0,))
    for _ in range(2):
        assert magnitude.check(positive, context).verdict is Verdict.SUPPORTS
        assert magnitude.check(replace(positive, assumptions=()), context).verdict is Verdict.REFUTES


def test_residuals_after_one_that_refutes_are_not_derived():
    def residuals(one):
        yield one.subject
        assert one.subject == 0, "derived in vain"

    assert vanishing(residuals, "the first").check(claim(x - y), Context()).verdict is Verdict.REFUTES
    with pytest.raises(AssertionError, match="derived in vain"):
        vanishing(residuals, "the second").check(claim((x + y) ** 2 - x**2 - 2 * x * y - y**2), Context())


@pytest.mark.parametrize(
    "strange", [w_hat**2, w_hat * w_star, 1 + w_hat, x * (w_hat + 1), w_hat + w_star**2 * x, sqrt(2)]
)
def test_components_are_read_off_a_combination_of_two_vectors_and_of_nothing_else(strange):
    own, across = along(x * (w_hat - y * w_star) + w_star)
    assert own == x + (1 - x * y) * cos(theta)
    assert across == (1 - x * y) * sin(theta)
    with pytest.raises(ValueError, match="a combination of"):
        along(strange)
