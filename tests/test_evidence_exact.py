"""Exact evidence by solver and by balls: supports, refutes with a witness, is silent, or breaks."""

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Abs,
    And,
    Eq,
    Float,
    Function,
    Integer,
    Max,
    Min,
    Or,
    Piecewise,
    Rational,
    Symbol,
    asin,
    cos,
    cot,
    erf,
    exp,
    expand,
    floor,
    pi,
    sign,
    sin,
    sqrt,
    tan,
)

from proofs_check.context import Context
from proofs_check.evidence import enclosure, real_solver, smt
from proofs_check.evidence.enclosure import positive_on_box
from proofs_check.evidence.pythagorean import pythagorean
from proofs_check.evidence.real_solver import Problem, TranslationError, _root_of_quadratic
from proofs_check.evidence.smt import Query, VacuousError, square_roots, unsatisfiable
from proofs_check.judge import judge
from proofs_check.records import Claim, Control, Provenance, Source, Status, Verdict

x, y = Symbol("x", real=True), Symbol("y", real=True)


def claim(subject, evidence=(), assumptions=(), controls=()):
    return Claim(
        "test", "T", "{subject}", Source(Provenance.FOLKLORE), subject, assumptions, {}, evidence, controls
    )


def finding(evidence, subject, **fields):
    return evidence.check(claim(subject, **fields), Context())


def decided(conclusion, *assumptions):
    roots = square_roots(conclusion, *assumptions)
    return unsatisfiable(lambda _: {"it": Query(conclusion, assumptions, roots)}, "it").check(
        claim(x), Context()
    )


def test_query_that_holds_is_asked_once_and_another_is_not_taken_for_it(monkeypatch):
    context, r = Context(), Symbol("r", real=True)
    times = []
    monkeypatch.setattr(smt, "_decide", lambda *given, real=smt._decide: times.append(1) or real(*given))

    def verdict(query, *assumed):
        return (
            unsatisfiable(lambda _: {"it": query}, "it").check(claim(x, assumptions=assumed), context).verdict
        )

    holds = Query(x * y >= 0, (y >= 0,))
    for _ in range(2):
        assert verdict(holds, x >= 0) is Verdict.SUPPORTS
        assert len(times) == 1
    assert verdict(holds) is Verdict.REFUTES
    assert verdict(Query(x * y >= 0), x >= 0) is Verdict.REFUTES
    assert verdict(Query(x * y > 0, (y >= 0,)), x >= 0) is Verdict.REFUTES
    assert verdict(Query(r + y >= 0, (y >= 0,), {sqrt(x): r}), x >= 0) is Verdict.SUPPORTS
    assert verdict(Query(r + y >= 0, (y >= 0,)), x >= 0) is Verdict.REFUTES
    for _ in range(2):
        with pytest.raises(VacuousError):
            verdict(holds, x >= 0, y < 0)


def above(subject):
    return {"above": Query(subject >= 2 * x * y)}


MEANS = unsatisfiable(lambda one: above(one.subject), "squares exceed twice the product")
WRONG = (Control("less", x**2 + y**2 - 1), Control("half", x**2 / 2 + y**2))

# Solver


def test_solver_supports_an_inequality_for_all_real_numbers_and_refutes_a_near_one_with_a_point():
    assert finding(MEANS, x**2 + y**2).verdict is Verdict.SUPPORTS
    found = finding(MEANS, x**2 + y**2 * (1 - Rational(1, 10**12)))
    assert found.verdict is Verdict.REFUTES
    assert "x = " in found.witness
    assert "y = " in found.witness


def test_solver_uses_the_assumptions_of_the_claim():
    bound = unsatisfiable(lambda one: {"growth": Query(x**2 >= one.subject)}, "squares grow")
    assert finding(bound, x, assumptions=(x >= 1,)).verdict is Verdict.SUPPORTS
    assert finding(bound, x).verdict is Verdict.REFUTES


def test_solver_judges_a_claim_exact_only_if_its_controls_are_refuted():
    whole = claim(x**2 + y**2, (MEANS,), controls=WRONG)
    assert judge(whole, Context()).status is Status.EXACT
    nods = replace(MEANS, check=lambda *_: finding(MEANS, x**2 + y**2))
    assert judge(replace(whole, evidence=(nods,)), Context()).status is Status.BLIND
    assert judge(replace(whole, evidence=(MEANS, nods)), Context()).status is Status.BLIND


@pytest.mark.parametrize(
    ("conclusion", "holds"),
    [
        (Abs(x) >= x, True),
        (Abs(x) > x, False),
        (Max(x, y, 0) >= y, True),
        (Max(x, y) <= y, False),
        (Min(x, y) <= (x + y) / 2, True),
        (Min(x, y) >= (x + y) / 2, False),
        (sign(x) * x >= 0, True),
        (sign(x) * x > 0, False),
        (Piecewise((x, x > 0), (-x, True)) >= 0, True),
        (Piecewise((x, x > 1), (-x, True)) >= 0, False),
        (And(x**2 >= 0, Or(x <= 1, x > Rational(1, 2))), True),
        (Or(x < 0, x > 0), False),
        (Eq((x + y) ** 3, x**3 + 3 * x**2 * y + 3 * x * y**2 + y**3), True),
        (sqrt(1 + x**2) > Abs(x), True),
        (sqrt(1 + x**2) >= 1 + Abs(x) / 10, False),
        (1 / sqrt(1 + x**2) >= 1 / (1 + Abs(x)), True),
        (Piecewise((1, x > 2), (2, x > 1), (3, True)) >= 2, False),
        (Or(Piecewise((1, x > 2), (2, x > 1), (3, True)) < 2, x <= 2), True),
        (1 / (1 + x**2) <= 1, True),
        (1 / (1 + x**2) <= Rational(99, 100), False),
        (x**3 < 2, False),
    ],
)
def test_translation_agrees_with_mathematics(conclusion, holds):
    assert decided(conclusion).verdict is (Verdict.SUPPORTS if holds else Verdict.REFUTES)


@given(
    st.sampled_from(
        [x**2 - 3 * y, Abs(x - y) * x, Piecewise((x, x < y), (y**2, True)), Max(x, y**2) / (1 + x**2)]
    ),
    st.fractions(-9, 9, max_denominator=8),
    st.fractions(-9, 9, max_denominator=8),
)
def test_translation_has_the_value_of_the_expression(expression, one, other):
    at = {x: Rational(one), y: Rational(other)}
    value = Symbol("value", real=True)
    problem = Problem([Eq(value, expression), *(Eq(name, number) for name, number in at.items())], {})
    assert problem.solve() == "sat"
    assert problem.solution()[value] == expression.subs(at)


def test_further_relation_is_asked_beside_the_others_and_leaves_them_as_they_were():
    above = Problem([x**2 > 2], {})
    below = above.also(x + y < 1).also(x > 1)
    assert below.solve() == "sat"
    at = below.solution()
    assert at[x] > 1
    assert at[x] + at[y] < 1
    assert above.also(x**2 < 2).solve() == "unsat"
    assert above.solve() == "sat"
    assert set(above.solution()) == {x}
    with pytest.raises(TranslationError, match="one real symbol of each name"):
        above.also(Symbol("x", positive=True) > 1)


@pytest.mark.parametrize("root", [sqrt(2), -sqrt(2), (1 + sqrt(61)) / 6, (1 - sqrt(61)) / 6])
@pytest.mark.parametrize("way", [1, -1])
def test_irrational_solution_of_a_quadratic_equation_is_its_root_on_the_side_that_is_asked_for(root, way):
    other = {sqrt(2): -sqrt(2), -sqrt(2): sqrt(2)}.get(root, Rational(1, 3) - root)
    equation = Eq(way * expand((x - root) * (x - other)), 0)
    problem = Problem([equation, x > 0 if root > 0 else x < 0], {})
    assert problem.solve() == "sat"
    assert problem.solution() == {x: root}


def test_larger_root_of_a_quadratic_polynomial_is_larger_whatever_its_sign():
    for way in (1, -1):
        roots = [_root_of_quadratic(*map(Integer, (-2 * way, 0, way)), larger=one) for one in (False, True)]
        assert roots == [-sqrt(2), sqrt(2)]


def test_solutions_of_any_size_and_sign_are_rational_numbers():
    for number in (Integer(0), Integer(-7), Rational(-5, 7), Rational(10**40 + 1, 10**30)):
        problem = Problem([Eq(x, number, evaluate=False)], {})
        assert problem.solve() == "sat"
        assert problem.solution() == {x: number}


def test_algebraic_counterexample_is_found_and_checked():
    found = decided(x**2 < 2, Eq(x**3, 5))
    assert found.verdict is Verdict.REFUTES
    assert "CRootOf" in found.witness
    assert decided(x < 1, Eq(x**2, 2)).verdict is Verdict.REFUTES


def test_root_of_a_number_that_may_be_negative_is_not_supported():
    found = decided(sqrt(x) >= 0)
    assert found.verdict is Verdict.REFUTES
    assert "is real" in found.witness
    assert decided(sqrt(x) >= 0, x >= 0).verdict is Verdict.SUPPORTS


def test_quotient_by_zero_is_neither_supported_nor_a_counterexample():
    with pytest.raises(ArithmeticError, match=r"no truth value|no counterexample"):
        decided(1 / x > 0, x >= 0)


@pytest.mark.parametrize(
    "strange",
    [sin(x) <= 1, exp(x) > x, x**pi > 0, x ** Rational(1, 3) > 0, Function("f")(x) > 0, pi > x,
     Symbol("z") > 0, Symbol("x", positive=True) + x > 0, x**y > 0],
)  # fmt: skip
def test_solver_refuses_what_it_cannot_translate(strange):
    whole = claim(x, (unsatisfiable(lambda _: {"it": Query(strange)}, "it"),))
    assert judge(whole, Context()).status is Status.ERROR
    with pytest.raises(TranslationError):
        Problem([strange], {})


def test_root_that_the_query_does_not_name_gets_a_variable_and_has_to_be_real():
    evidence = unsatisfiable(lambda one: {"it": Query(sqrt(one.subject) >= x, (x >= 0,))}, "it")
    assert finding(evidence, x**2).verdict is Verdict.SUPPORTS
    assert finding(evidence, x**2 / 2).verdict is Verdict.REFUTES
    not_negative = unsatisfiable(lambda one: {"it": Query(sqrt(one.subject) >= 0)}, "it")
    assert finding(not_negative, x**2 + 1).verdict is Verdict.SUPPORTS
    assert "is real" in finding(not_negative, x).witness
    above_one = unsatisfiable(lambda one: {"it": Query(one.subject >= 1, (x >= 1,))}, "it")
    assert finding(above_one, 2 * x ** Rational(-1, 2), assumptions=(x <= 4,)).verdict is Verdict.SUPPORTS
    assert finding(above_one, 2 * x ** Rational(-3, 2), assumptions=(x <= 4,)).verdict is Verdict.REFUTES
    with pytest.raises(TranslationError):
        Problem([sqrt(x) >= 0], {})


def test_counterexample_is_sought_beside_poles_and_a_pole_alone_is_none():
    evidence = unsatisfiable(lambda one: {"it": Query(x / one.subject <= 1, (x >= 0,))}, "it")
    assert finding(evidence, 1 + x).verdict is Verdict.SUPPORTS
    assert finding(evidence, x - 1).verdict is Verdict.REFUTES
    only_there = unsatisfiable(lambda one: {"it": Query(one.subject / x <= 1)}, "it")
    assert finding(only_there, Integer(0)).verdict is Verdict.SUPPORTS
    assert finding(only_there, x).verdict is Verdict.SUPPORTS
    with pytest.raises(ArithmeticError, match="no truth value"):
        finding(unsatisfiable(lambda _: {"it": Query(1 / x > 1, (x <= 0, x >= 0))}, "it"), x)


def test_counterexample_of_one_query_stands_although_another_is_about_nothing():
    def queries(one):
        return {"about nothing": Query(x > 0, (x**2 < 0,)), "about squares": Query(one.subject >= 0)}

    both = unsatisfiable(queries, "two")
    assert finding(both, x).verdict is Verdict.REFUTES
    with pytest.raises(VacuousError):
        finding(both, x**2)


def test_assumptions_that_cannot_be_met_or_are_undecided_stay_so_when_they_are_asked_about_again(monkeypatch):
    context = Context()
    for _ in range(2):
        with pytest.raises(VacuousError):
            MEANS.check(claim(x**2 + y**2, assumptions=(x > 1, x < 1)), context)
    monkeypatch.setattr(Problem, "solve", lambda *_, **__: "unknown")
    for _ in range(2):
        assert MEANS.check(claim(x**2 + y**2, assumptions=(x > 2,)), context).verdict is Verdict.SILENT


def test_nothing_is_supported_by_assumptions_that_may_be_contradictory(monkeypatch):
    answers = iter(["unsat", "unknown"])
    monkeypatch.setattr(Problem, "solve", lambda *_, **__: next(answers))
    assert finding(MEANS, x**2 + y**2).verdict is Verdict.SILENT


def test_contradictory_assumptions_and_missing_queries_are_errors():
    vacuous = claim(x**2 + y**2, (MEANS,), assumptions=(x > 0, x**2 < 0))
    assert judge(vacuous, Context()).status is Status.ERROR
    nothing = claim(x, (unsatisfiable(lambda _: {}, "nothing"),))
    assert judge(nothing, Context()).status is Status.ERROR


def test_solver_that_runs_out_of_steps_leaves_the_claim_open(monkeypatch):
    monkeypatch.setattr(real_solver, "STEPS", 1)
    found = finding(MEANS, x**2 + y**2)
    assert found.verdict is Verdict.SILENT
    assert "unknown" in found.witness
    assert judge(claim(x**2 + y**2, (MEANS,)), Context()).status is Status.OPEN


def test_solver_that_lies_about_a_counterexample_is_caught(monkeypatch):
    monkeypatch.setattr(Problem, "solve", lambda *_, **__: "sat")
    monkeypatch.setattr(Problem, "solution", lambda _: {x: Integer(1), y: Integer(1)})
    assert judge(claim(x**2 + y**2, (MEANS,)), Context()).status is Status.ERROR


def test_refutation_of_one_query_outweighs_silence_of_another(monkeypatch):
    answers = iter(["unknown"])
    solve = Problem.solve
    monkeypatch.setattr(Problem, "solve", lambda self, **_: next(answers, None) or solve(self))
    monkeypatch.setattr(Problem, "reason", lambda _: "told so")
    both = unsatisfiable(lambda _: {"first": Query(x**2 >= 0), "second": Query(x >= 0)}, "two")
    assert finding(both, x).verdict is Verdict.REFUTES


@pytest.mark.parametrize("module", ["z3", "flint"])
def test_missing_backend_is_an_error_never_a_pass(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    evidence = MEANS if module == "z3" else POSITIVE
    assert judge(claim(x**2 + y**2 + 1, (evidence,)), Context()).status is Status.ERROR


def test_proof_is_smt_lib_that_the_solver_reads_back_as_unsatisfiable():
    import z3

    text = MEANS.proof(claim(x**2 + y**2))
    assert "(check-sat)" in text
    solver = z3.Solver()
    solver.from_string(text)
    assert solver.check() == z3.unsat


# Balls

UNIT_BOX = {x: (0, 1), y: (Rational(-1, 2), 1)}
POSITIVE = positive_on_box(lambda one: [one.subject], UNIT_BOX, "positive")


def test_balls_support_a_positive_expression_and_refute_one_that_dips_below_zero_with_a_point():
    dip = (x - Rational(1, 3)) ** 2 + y**2
    assert finding(POSITIVE, dip + Rational(1, 1000)).verdict is Verdict.SUPPORTS
    found = finding(POSITIVE, dip - Rational(1, 1000))
    assert found.verdict is Verdict.REFUTES
    assert "x = " in found.witness


def test_balls_are_silent_where_an_expression_touches_zero(monkeypatch):
    monkeypatch.setattr(enclosure, "BOXES", 500)
    found = finding(POSITIVE, (x - Rational(1, 3)) ** 2 + y**2)
    assert found.verdict is Verdict.SILENT
    assert "500 boxes" in found.witness


@pytest.mark.parametrize("nowhere", [sqrt(x - 2), asin(x + 2), 1 / x, sqrt(x - Rational(1, 2)) + 1])
def test_ball_that_is_no_number_is_never_positive(nowhere, monkeypatch):
    monkeypatch.setattr(enclosure, "BOXES", 100)
    assert finding(POSITIVE, nowhere).verdict is Verdict.SILENT


def test_balls_use_the_assumptions_of_the_claim():
    assert finding(POSITIVE, x + y, assumptions=(y > 0, x >= Rational(1, 10))).verdict is Verdict.SUPPORTS
    assert finding(POSITIVE, x + y).verdict is Verdict.REFUTES
    # The centre of the whole box is negative, and excluded.
    inner = (x >= Rational(7, 10),)
    assert finding(POSITIVE, x - Rational(6, 10), assumptions=inner).verdict is Verdict.SUPPORTS
    vacuous = claim(x + y, (POSITIVE,), assumptions=(x > 2,))
    assert judge(vacuous, Context()).status is Status.ERROR


@pytest.mark.parametrize("f", [exp, erf, sin, cos, tan, cot, asin, sqrt])
def test_balls_enclose_the_value_that_sympy_computes(f):
    at = Rational(2, 7)
    exact = f(at).n(60)
    gap, tiny = f(x) - Rational(exact), Rational(1, 10**30)
    point = {x: (at, at)}
    for shift, verdict in ((tiny, Verdict.SUPPORTS), (-tiny, Verdict.REFUTES)):
        assert finding(positive_on_box(lambda _, s=shift: [gap + s], point, ""), x).verdict is verdict


@pytest.mark.parametrize(
    ("expression", "box"),
    [
        (Function("f")(x), UNIT_BOX),
        (x + Symbol("z", real=True), UNIT_BOX),
        (x, {x: (1, 0)}),
        (floor(x), UNIT_BOX),
        (Piecewise((x, x < Rational(1, 2)), (1, True)), UNIT_BOX),
        (Float(0.5) * x, UNIT_BOX),
    ],
)
def test_balls_refuse_what_they_cannot_enclose(expression, box):
    whole = claim(expression, (positive_on_box(lambda one: [one.subject], box, ""),))
    assert judge(whole, Context()).status is Status.ERROR


def test_balls_refuse_an_empty_list_of_expressions():
    assert judge(claim(x, (positive_on_box(lambda _: [], UNIT_BOX, ""),)), Context()).status is Status.ERROR


def test_nodding_balls_leave_a_claim_blind():
    wrong = (Control("lower", x - Rational(1, 2)), Control("negative", -1 - x))
    # Positive for x + 1 alone, as generated errors may well be positive.
    near = positive_on_box(lambda one: [Rational(1, 10**8) - (one.subject - x - 1) ** 2], UNIT_BOX, "near")
    whole = claim(x + 1, (near,), controls=wrong)
    assert judge(whole, Context()).status is Status.EXACT
    nods = replace(near, check=lambda *_: finding(near, x + 1))
    assert judge(replace(whole, evidence=(nods,)), Context()).status is Status.BLIND


def test_proof_by_balls_lists_boxes_that_fill_the_whole_box():
    boxes = enclosure._cover(x + y + Rational(51, 100), claim(x), UNIT_BOX).boxes
    assert sum(enclosure._volume(edges) for edges, _ in boxes) == Rational(3, 2)
    assert all(bound > 0 for _, bound in boxes)
    text = POSITIVE.proof(claim(x + y + Rational(51, 100)))
    assert f"{len(boxes)} boxes" in text
    assert "x in [" in text


def test_forty_digits_separate_algebraic_numbers():
    assert smt.EQUAL == 1e-40
    assert smt._true(Eq(x**2, 2), {x: sqrt(2)})
    assert not smt._true(Eq(x**2, 2), {x: sqrt(2) + Rational(1, 10**30)})


# Command line


@pytest.mark.parametrize(
    "zero",
    [
        sin(x) ** 2 + cos(x) ** 2 - 1,
        tan(x) * cot(x) - 1,
        1 / cos(x) ** 2 - 1 - tan(x) ** 2,
        exp(-(y**2) / 2) * exp(-(y**2) * cot(x) ** 2 / 2) - exp(-(y**2) / (2 * sin(x) ** 2)),
        erf(y / sin(x) ** 2) - erf(y * (1 + cot(x) ** 2)),
        (sin(x) ** 4 - cos(x) ** 4) * (sin(y) ** 2 + cos(y) ** 2) - 1 + 2 * cos(x) ** 2,
    ],
)
def test_normal_form_by_pythagoras_is_zero_for_what_vanishes_and_for_nothing_near_it(zero):
    assert pythagorean(zero) == 0
    for wrong in (zero + Rational(1, 10**9), zero + cos(x) / 10**9, zero + exp(-(y**2)) * sin(x)):
        assert pythagorean(wrong) == wrong


@pytest.mark.parametrize(
    "wrong",
    [
        sin(x) - sin(y),
        sin(x) ** 2 + cos(y) ** 2 - 1,
        erf(sin(x)) - erf(sin(y)),
        erf(x) - exp(x),
        sqrt(sin(x) ** 2) - sin(x),
        Abs(erf(y)) - erf(y),
    ],
)
def test_normal_form_by_pythagoras_tells_angles_functions_and_signs_apart(wrong):
    assert pythagorean(wrong) == wrong


def test_normal_form_by_pythagoras_leaves_what_it_cannot_read():
    for strange in (sqrt(1 - cos(x) ** 2) - sqrt(cos(x)), Abs(cos(x)) * cos(x), cos(x) ** y - sin(x) ** y):
        assert pythagorean(strange) == strange
