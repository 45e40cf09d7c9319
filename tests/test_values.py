"""Values and truth at points: balls say what SymPy says, and leave to SymPy what they cannot decide."""

import pytest
from flint import fmpq
from hypothesis import example, given
from hypothesis import strategies as st
from sympy import (
    Abs,
    And,
    CRootOf,
    E,
    Eq,
    Function,
    Ge,
    Gt,
    I,
    Integer,
    Le,
    Lt,
    Max,
    Min,
    N,
    Ne,
    Not,
    Or,
    Piecewise,
    Poly,
    Rational,
    Symbol,
    acos,
    atan,
    betainc_regularized,
    cosh,
    exp,
    log,
    pi,
    sign,
    sinh,
    sqrt,
    tanh,
)

from proofs_check.evidence.balls import rational_ball
from proofs_check.evidence.values import all_true, ball_of, certain, true_at, value
from tests.strategies import A_QUARTER

x = Symbol("x", real=True)
NUMBERS = st.builds(Rational, st.integers(-256, 256), st.just(64))
FORMS = (
    Abs(x), sign(x), Max(x, 1, -x), Min(x, 1), sinh(x), cosh(x), tanh(x), atan(x), E * x + pi,
    exp(-(x**2)) * 3**x,
    Piecewise((x**2, x < -1), (-x, And(x >= -1, x <= 0)), (sqrt(x), True)),
    acos(x / 5), log(5 + x), betainc_regularized(2, Rational(1, 2), 0, x**2 / 20),
)  # fmt: skip


def at_each(*borders, **fixed):
    """Try these values of x, too."""

    def with_borders(test):
        for border in borders:
            test = example(at=Rational(border), **fixed)(test)
        return test

    return with_borders


@pytest.mark.parametrize("expression", FORMS)
@A_QUARTER
@given(at=NUMBERS)
@at_each(-4, -1, 0, 1, 4)
def test_ball_contains_the_value_that_sympy_computes(expression, at):
    seen = value(expression, {x: at})
    assert seen.overlaps(ball_of(N(expression.subs(x, at), 50), Rational(1, 10**40)))
    assert seen.rad() < 1e-60


@pytest.mark.parametrize(
    "expression",
    [
        sqrt(x),
        1 / (x + 2),
        log(x),
        acos(x),
        betainc_regularized(x, 1, 0, Rational(1, 2)),
        betainc_regularized(1, 1, x, Rational(1, 2)),
        Function("f")(x),
        x * I,
        Piecewise((1, x < -3), (2, x > 0)),
        Piecewise((1, Eq(log(x + 5), log(3))), (2, True)),
    ],
)
def test_what_is_no_certain_finite_real_number_has_no_ball(expression):
    assert value(expression, {x: Integer(-2)}) is None


@pytest.mark.parametrize("relation", [Lt, Le, Gt, Ge, Eq, Ne])
@A_QUARTER
@given(at=NUMBERS, bound=st.sampled_from([-2, -1, 0, 1, Rational(1, 64), Rational(1, 3)]))
@at_each(-1, 0, 1, bound=1)
@at_each(Rational(1, 64), bound=Rational(1, 64))
def test_truth_is_that_of_exact_substitution(relation, at, bound):
    for one in (relation(x, bound), relation(x**2 + 2 * x + 1, (x + 1) ** 2), relation(sqrt(x) ** 2, x)):
        for truth in (one, Not(one), And(one, x > 0), Or(one, x < 0)):
            said = truth.subs(x, at)
            assert true_at(truth, {x: at}) is (said == True)  # noqa: E712 - SymPy's true


def test_coordinate_may_be_a_root_and_a_bound_that_is_no_real_number_is_met_by_nothing():
    assert true_at(Eq(x**2, 2), {x: sqrt(2)})
    assert not true_at(Lt(x, sqrt(x)), {x: Integer(-2)})
    assert not true_at(Ge(x, sqrt(x)), {x: Integer(-2)})


def test_root_of_a_polynomial_has_a_ball_and_only_its_neighbours_a_certain_order():
    root = CRootOf(x**3 - x - 1, 0)
    assert value(x, {x: root}).overlaps(ball_of(N(root, 50), Rational(1, 10**49)))
    assert value(x**3 - x, {x: root}).overlaps(1)
    assert certain(x > Rational(13247, 10000), {x: root}) is True
    assert certain(x > Rational(13248, 10000), {x: root}) is False
    assert certain(Eq(x**3, x + 1), {x: root}) is None


@pytest.mark.parametrize(
    "polynomial",
    [
        x**3 - 3 * x + 1,
        3 * x**6 - 7 * x**2 + 1,
        (x**2 - 2) * (x**2 - 3) * (2 * x - 3),
        x**5 - x - 1,
        9 * x**2 - 2,
    ],
)
def test_balls_around_the_roots_of_a_polynomial_are_those_of_sympy(polynomial):
    real = Poly(polynomial).count_roots()
    for k in range(real):
        root = CRootOf(polynomial, k)
        found = value(x, {x: root})
        assert found.rad() < 1e-70
        assert found.overlaps(ball_of(N(root, 60), Rational(1, 10**58)))
        others = [value(x, {x: CRootOf(polynomial, j)}) for j in range(real) if j != k]
        assert not any(found.overlaps(other) for other in others)
    if real < Poly(polynomial).degree():
        assert value(x, {x: CRootOf(polynomial, real)}) is None


def test_what_is_certain_of_one_relation_leaves_the_others_to_be_decided():
    meets = Eq(x**2, 2)
    assert certain(meets, {x: sqrt(2)}) is None
    assert all_true((x > 1, meets, x < 2), {x: sqrt(2)})
    assert not all_true((meets, x > 2), {x: sqrt(2)})
    assert not all_true((x > 1, Eq(x**2, 2) & (x < 1)), {x: sqrt(2)})
    assert all_true((), {})


def test_ball_of_a_rational_number_is_made_in_the_precision_that_is_asked_for():
    from flint import ctx

    # Again and again, so that a number made before is no excuse.
    for precision in (64, 272, 64, 272):
        with ctx.workprec(precision):
            third = rational_ball(Rational(1, 3))
            assert 2.0 ** -(precision + 4) < third.rad() < 2.0**-precision
            assert third.contains(fmpq(1, 3))


def test_balls_that_meet_have_no_certain_order():
    third = value(x, {x: Rational(1, 3)})
    close = value(x, {x: Rational(1, 3) + Rational(1, 10**70)})
    assert third < close
    assert not ball_of(N(Rational(1, 3), 40), Rational(1, 10**30)) < close
