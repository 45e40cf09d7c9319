"""Derivations: complete, in closed form, and confirmed where SymPy integrates."""

import mpmath
import pytest
from sympy import Integer, Integral, Rational, Symbol, atan, cos, exp, integrate, lambdify, oo, pi, sin, tan

import theory.derivation
from theory import catalogue, limit
from theory.derivation import DerivationError, confirm, definite_integral, linear_root
from theory.penalties import thresholding
from theory.symbols import NOTATION, a, mu, x

# Beyond the strip the probability of firing is one of the bivariate normal law, which is not elementary.
NOT_ELEMENTARY = {"hidden-loss-clipped-relu"}
T = Symbol("T", real=True)


@pytest.fixture(scope="module")
def formulas():
    return [formula for section in catalogue.SECTIONS for formula in catalogue.derivations(section)]


def test_names_of_formulas_are_unique(formulas):
    assert len({formula.name for formula in formulas}) == len(formulas) > 30


def test_derivations_tell_every_step_in_a_sentence(formulas):
    for formula in formulas:
        assert formula.steps, formula.name
        assert all(step.sentence.strip() == step.sentence != "" for step in formula.steps), formula.name
        assert formula.result == formula.steps[-1].expression, formula.name
        described = (formula.name, formula.label, formula.title, formula.quantity, formula.quantity_latex)
        assert all(described), formula.name


def test_results_have_a_closed_form(formulas):
    assert {formula.name for formula in formulas if formula.result.has(Integral)} == NOT_ELEMENTARY


def test_notation_gives_no_two_symbols_of_a_formula_the_same_letter(formulas):
    for formula in formulas:
        printed = [NOTATION[symbol].text for symbol in formula.result.free_symbols & NOTATION.keys()]
        assert len(set(printed)) == len(printed), formula.name


@pytest.fixture(autouse=True)
def no_primitive_is_remembered():
    theory.derivation._primitive.cache_clear()
    yield
    theory.derivation._primitive.cache_clear()


def test_true_integral_is_accepted():
    assert definite_integral(cos(T), (T, 0, pi / 2)) == 1


@pytest.mark.parametrize("error", [Rational(1, 10**30), Rational(-1, 2)])
def test_wrong_primitive_is_refused(monkeypatch, error):
    monkeypatch.setattr(
        theory.derivation, "integrate", lambda *given, **how: integrate(*given, **how) + error * T
    )
    with pytest.raises(DerivationError, match="is no primitive"):
        definite_integral(cos(T), (T, 0, pi / 2))


@pytest.mark.parametrize("error", [Rational(1, 10**11), Rational(-1, 2)])
def test_wrong_value_of_an_integral_is_refused(error):
    integral = Integral(cos(T), (T, 0, pi / 2))
    confirm("test", Integer(1), integral, [{}])
    with pytest.raises(DerivationError, match="is not the integral"):
        confirm("test", 1 + error, integral, [{}])


def test_value_that_is_wrong_on_a_part_of_the_range_is_refused_if_a_point_lies_there(monkeypatch):
    width = Symbol("L", real=True)
    # atan(tan T) has the derivative 1, and jumps at π/2.
    jumping = sin(T) + atan(tan(T)) - T
    monkeypatch.setattr(theory.derivation, "integrate", lambda *_, **__: jumping)
    limits = (T, 0, width)
    assert definite_integral(cos(T), limits, [{width: 1}]) == jumping.subs(T, width)
    with pytest.raises(DerivationError, match="is not the integral"):
        definite_integral(cos(T), limits, [{width: 1}, {width: 4}])


def test_integral_without_a_closed_form_is_refused():
    with pytest.raises(DerivationError, match="no closed form"):
        definite_integral(exp(sin(T)), (T, 0, 1))


def test_integral_over_half_squares_is_the_integral():
    integrand, limits = T * exp(-(T**2) / 2), (T, 1, oo)
    assert definite_integral(integrand, limits, half_squares=True) == integrate(integrand, limits)


def test_primitive_without_a_value_at_an_end_is_refused():
    with pytest.raises(DerivationError, match="no value at an end"):
        definite_integral(T * exp(-T), (T, 0, oo))


def test_root_of_what_is_linear_is_found():
    assert linear_root(2 * (T - a) + a * T, T) == 2 * a / (a + 2)
    assert linear_root(a - T**2, T**2) == a


@pytest.mark.parametrize("other", [T**2 - a, T * exp(T) - a, 1 / T + T, a + 1, T + T**2])
def test_root_of_what_is_not_linear_is_refused(other):
    with pytest.raises(DerivationError, match="not linear in T"):
        linear_root(other, T)


def test_root_for_a_square_is_refused_beside_the_symbol():
    with pytest.raises(DerivationError, match="not linear"):
        linear_root(T**2 + T, T**2)


def published_root(shape, weight, point):
    """Root of Zhang and Xin (Comm. Math. Sci. 15, 2017), for positive arguments, in mpmath's numbers."""
    phi = mpmath.acos(1 - 27 * weight * shape * (shape + 1) / (2 * (shape + point) ** 3))
    return mpmath.mpf(2) / 3 * (shape + point) * mpmath.cos(phi / 3) - 2 * shape / 3 + point / 3


@pytest.mark.parametrize("shape", [Rational(1, 10), Rational(1), Rational(30)])
@pytest.mark.parametrize("weight", [Rational(1, 1000), Rational(1, 2), Rational(7)])
@pytest.mark.parametrize("beyond", [Rational(1, 10**6), Rational(1, 3), Rational(50)])
def test_half_angle_form_of_transformed_l1_is_the_published_root(shape, weight, beyond):
    # In mpmath: SymPy 1.14 at times takes the arccosine of a rational number just below 1 for zero.
    with mpmath.workdps(60):
        rule = thresholding("tl1")
        start = rule.threshold.subs({a: shape, mu: weight}).n(60)
        numbers = [mpmath.mpmathify(number) for number in (shape.n(60), weight.n(60), start)]
        numbers[2] += mpmath.mpmathify(beyond.n(60))
        seen = lambdify((a, mu, x), rule.active, "mpmath")(*numbers)
        # 60 digits, of which the published form loses two dozen to its cosine.
        assert abs(seen - published_root(*numbers)) < 1e-30


@pytest.mark.parametrize(
    "wrong", [lambda along, across: (along, -across), lambda along, across: (-along, across)]
)
def test_half_angle_of_another_step_is_refused(monkeypatch, wrong):
    right = limit.step_without_penalty()
    monkeypatch.setattr(limit, "step_without_penalty", lambda: wrong(*right))
    with pytest.raises(DerivationError, match="half_angle_factor"):
        limit.half_angle_factor.__wrapped__()
