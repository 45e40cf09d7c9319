"""Evidence builders: each supports a true claim, refutes a false one, is silent when it cannot decide."""

import importlib
import random
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, configuration
from hypothesis import strategies as st
from hypothesis.internal.entropy import deterministic_PRNG
from sympy import Abs, Function, Integer, Integral, Rational, Symbol, cos, exp, pi, sin, sqrt

from proofs_check.claims.draws import case_of
from proofs_check.context import Context
from proofs_check.evidence import cases, quadrature, symbolic
from proofs_check.evidence.cases import climb, searched, simulated
from proofs_check.evidence.points import NoPointError, points
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.judge import judge
from proofs_check.records import Claim, Control, Provenance, Source, Status, Verdict
from theory.gaussian import wedge_probability
from theory.symbols import theta

x = Symbol("x", real=True)


def claim(subject, evidence=(), assumptions=(), example=None, controls=()):
    return Claim(
        id="test",
        label="T",
        statement="{subject}",
        source=Source(Provenance.FOLKLORE),
        subject=subject,
        assumptions=assumptions,
        example=example or {},
        evidence=evidence,
        controls=controls,
    )


def verdict(evidence, subject, **fields):
    return evidence.check(claim(subject, **fields), Context()).verdict


# symbolic

PYTHAGORAS = vanishing(lambda one: (one.subject - 1,), "the identity")


@pytest.mark.parametrize("place", range(3))
def test_an_error_in_any_residual_is_seen(place):
    zero = sin(x) ** 2 + cos(x) ** 2 - 1
    residuals = [zero + x * int(k == place) for k in range(3)]
    assert verdict(vanishing(lambda _: iter(residuals), "all three"), x) is Verdict.REFUTES


def test_symbolic_evidence_supports_an_identity_and_refutes_a_near_one():
    assert verdict(PYTHAGORAS, sin(x) ** 2 + cos(x) ** 2) is Verdict.SUPPORTS
    found = PYTHAGORAS.check(claim(sin(x) ** 2 + cos(x) ** 2 * (1 + Rational(1, 10**12))), Context())
    assert found.verdict is Verdict.REFUTES
    assert "x =" in found.witness


def test_proof_of_an_identity_shows_residual_points_and_the_normal_form_that_is_zero():
    text = PYTHAGORAS.proof(claim(sin(x) ** 2 + cos(x) ** 2))
    assert "residual 1: sin(x)**2 + cos(x)**2 - 1" in text
    assert text.count("at x = ") == symbolic.POINTS
    assert text.splitlines()[-1] == "  pythagorean: 0"
    # A false identity has no zero to show.
    assert "pythagorean: 0" not in PYTHAGORAS.proof(claim(sin(x) ** 2 + 2 * cos(x) ** 2))


def test_proof_tells_how_the_theory_derives_the_subject():
    text = PYTHAGORAS.proof(claim(wedge_probability().result, example={theta: Integer(1)}))
    assert "derived as wedge-probability" in text
    assert wedge_probability().steps[0].sentence in text


def test_integral_that_is_left_over_is_not_decided():
    left = Integral(x, (x, 0, 1))
    zero = vanishing(lambda one: (one.subject - left.xreplace({x: Symbol("y", real=True)}),), "an integral")
    assert verdict(zero, left) is Verdict.SILENT


def test_symbolic_evidence_is_silent_when_no_normal_form_is_zero(monkeypatch):
    monkeypatch.setattr("proofs_check.evidence.symbolic._is_zero", lambda *_: False)
    assert verdict(PYTHAGORAS, sin(x) ** 2 + cos(x) ** 2) is Verdict.SILENT


def test_symbolic_evidence_distrusts_a_wrong_simplification(monkeypatch):
    monkeypatch.setattr("proofs_check.evidence.symbolic._is_zero", lambda *_: True)
    assert verdict(PYTHAGORAS, 2 * sin(x) ** 2 + cos(x) ** 2) is Verdict.REFUTES


def test_symbolic_evidence_uses_assumptions_and_refutes_without_them():
    root = vanishing(lambda one: (one.subject - x,), "root of the square")
    assert verdict(root, sqrt(x**2), assumptions=(x > 0,)) is Verdict.SUPPORTS
    assert verdict(root, sqrt(x**2)) is Verdict.REFUTES


def test_a_residual_that_vanishes_on_one_side_is_refuted_whatever_the_seed():
    # Four random points are all positive for one seed in sixteen.
    one_sided = claim(Abs(x), example={x: Integer(3)})
    even = vanishing(lambda one: (one.subject - x,), "even for odd")
    assert {even.check(one_sided, Context(seed)).verdict for seed in range(60)} == {Verdict.REFUTES}


def test_symbolic_evidence_breaks_on_an_undefined_residual():
    undefined = claim(Function("f")(x), (PYTHAGORAS,))
    assert judge(undefined, Context()).status is Status.ERROR


def test_contradictory_assumptions_are_an_error_not_a_pass():
    vacuous = claim(x + 1, (PYTHAGORAS,), assumptions=(x > 0, x < 0))
    assert judge(vacuous, Context()).status is Status.ERROR


def test_example_that_violates_the_assumptions_is_refused():
    with pytest.raises(NoPointError, match="example"):
        points(claim(x, assumptions=(x > 0,), example={x: Integer(-1)}), [x], np.random.default_rng(0), 1)


# quadrature

AREA = integrals(
    lambda subject: (subject,),
    lambda at: (quadrature.integral(lambda z: z.exp(), 0 * at["x"], at["x"]),),
    "area under exp",
)
SHORT_OF_TWO = (x > 0, x < 2)


def test_certified_integral_supports_a_closed_form_and_refutes_an_error_in_the_thirtieth_digit():
    assert verdict(AREA, exp(x) - 1, assumptions=SHORT_OF_TWO) is Verdict.SUPPORTS
    wrong = exp(x) - 1 + Rational(1, 10**30)
    assert verdict(AREA, wrong, assumptions=SHORT_OF_TWO) is Verdict.REFUTES


def test_balls_too_wide_to_tell_thirty_digits_decide_nothing(monkeypatch):
    monkeypatch.setattr(quadrature, "PRECISION", 53)
    found = AREA.check(claim(exp(x) - 1, assumptions=SHORT_OF_TWO), Context())
    assert found.verdict is Verdict.SILENT
    assert "wide" in found.witness
    # A wide ball still refutes what lies outside it.
    assert verdict(AREA, exp(x), assumptions=SHORT_OF_TWO) is Verdict.REFUTES


def test_integrand_with_a_branch_point_is_refused():
    kink = integrals(
        lambda subject: (subject,),
        lambda at: (quadrature.integral(lambda z: z.sqrt(analytic=True), -at["x"], at["x"]),),
        "across a branch point",
    )
    whole = claim(x, (kink,), assumptions=SHORT_OF_TWO, example={x: Integer(1)})
    assert judge(whole, Context()).status is Status.ERROR


@pytest.mark.parametrize(("power", "moment"), [(0, Rational(1, 2)), (1, 1 / sqrt(2 * pi))])
def test_improper_integral_contains_its_value_with_the_tail(power, moment):
    half_line = integrals(
        lambda subject: (subject,),
        lambda _: (quadrature.normal_integral(lambda z: z**power * quadrature.density(z), power, None),),
        "half-line",
    )
    assert verdict(half_line, moment) is Verdict.SUPPORTS
    assert verdict(half_line, moment + Rational(1, 10**30)) is Verdict.REFUTES


def test_tail_that_is_cut_off_too_early_shows_as_a_wide_ball(monkeypatch):
    monkeypatch.setattr(quadrature, "END", 5)
    half_line = integrals(
        lambda subject: (subject,),
        lambda _: (quadrature.normal_integral(quadrature.density, 0, None),),
        "half-line",
    )
    assert verdict(half_line, Rational(1, 2)) is Verdict.SILENT


def test_quadrature_breaks_on_a_value_that_is_no_number():
    nowhere = integrals(lambda subject: (subject,), lambda at: (at["x"] / 0,), "nothing")
    assert judge(claim(x, (nowhere,)), Context()).status is Status.ERROR


def test_quadrature_refuses_a_missing_component():
    short = integrals(lambda subject: (subject, subject), lambda at: (at["x"],), "one for two")
    assert judge(claim(x, (short,)), Context()).status is Status.ERROR


# Hypothesis

BELOW = searched(
    lambda: st.integers(0, 1000),
    lambda one: lambda case: None if case < one.subject else f"{case} is not below",
    "integers are below",
)


def test_property_supports_a_bound_and_shrinks_the_counterexample_of_a_wrong_one():
    assert verdict(BELOW, Integer(1001)) is Verdict.SUPPORTS
    found = BELOW.check(claim(Integer(500)), Context())
    assert found.verdict is Verdict.REFUTES
    assert found.witness == "500 is not below for 500"


def test_property_is_silent_when_no_case_is_valid():
    def never(_):
        def test(case):
            assume(False)

        return test

    assert verdict(searched(st.integers, never, "nothing"), Integer(0)) is Verdict.SILENT


def test_property_that_raises_is_an_error():
    def broken(_):
        def test(case):
            raise ZeroDivisionError

        return test

    evidence = searched(st.integers, broken, "breaks")
    assert judge(claim(Integer(0), (evidence,)), Context()).status is Status.ERROR


def test_property_repeats_itself_for_the_same_seed():
    seen = []

    def record(_):
        return seen.append

    evidence = searched(st.integers, record, "records")
    evidence.check(claim(Integer(0)), Context(seed=3))
    first, seen[:] = list(seen), []
    evidence.check(claim(Integer(0)), Context(seed=3))
    assert first == seen


def test_cases_depend_on_no_module_that_happens_to_be_loaded_and_leave_no_file(monkeypatch, tmp_path):
    def drawn():
        seen = []
        searched(lambda: st.integers(0, 2**32), lambda _: seen.append, "records").check(claim(x), Context())
        return seen

    # Where Hypothesis keeps the constants of the sources that it has read.
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / "kept"))
    monkeypatch.setattr(configuration, "__hypothesis_home_directory", None)
    before = drawn()
    (tmp_path / "more_constants.py").write_text(f"MORE = {list(range(10**6, 10**6 + 1000))}")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("more_constants")
    assert drawn() == before
    assert not (tmp_path / "kept").exists()


def test_generators_of_the_process_stay_untouched_and_cases_are_those_of_hypothesis_as_it_is(monkeypatch):
    def found(limit):
        seen = []

        def below(one):
            return lambda case: seen.append(case) or (f"{case} is large" if case > one.subject else None)

        evidence = searched(lambda: st.integers(0, 2**32), below, "integers are small")
        return evidence.check(claim(Integer(limit)), Context()), seen

    before = cases._shared_generators()
    here = [found(limit) for limit in (10, 2**32)]
    assert cases._shared_generators() == before
    with monkeypatch.context() as as_it_is:
        as_it_is.setattr(cases, "_left_alone", lambda *_: deterministic_PRNG())
        assert [found(limit) for limit in (10, 2**32)] == here
    assert [one.verdict for one, _ in here] == [Verdict.REFUTES, Verdict.SUPPORTS]


@pytest.mark.parametrize("use", [random.random, np.random.random, lambda: random.seed(1)])
@pytest.mark.parametrize("where", ["case", "test"])
def test_use_of_a_generator_of_the_process_breaks_the_check(where, use):
    def used(place):
        return (lambda _: use() and None) if where == place else lambda _: None

    evidence = searched(
        lambda: st.integers(0, 9).map(used("case")), lambda _: used("test"), "what no seed repeats"
    )
    assert judge(claim(x, (evidence,)), Context()).status is Status.ERROR


@pytest.mark.parametrize("planted", [False, True])
def test_violation_that_is_not_seen_again_breaks_the_check(planted):
    said = iter(["a violation", *[None] * 10_000])
    fickle = searched(lambda: st.just(1), lambda _: lambda _: next(said), "fickle")
    one = replace(claim(Integer(0), (fickle,)), planted=planted)
    assert judge(one, Context()).findings[0].verdict is Verdict.BROKE


def test_borders_of_a_property_are_tried_before_any_case_that_is_drawn():
    def record(_):
        return seen.append

    seen = []
    searched(lambda: st.integers(0, 9), record, "records", borders=(-1, 10)).check(claim(x), Context())
    assert seen[:2] == [-1, 10]
    assert all(0 <= case <= 9 for case in seen[2:])


@pytest.mark.parametrize("planted", [False, True])
def test_violation_at_a_border_that_is_never_drawn_is_found(planted):
    below = searched(
        lambda: st.integers(0, 9),
        lambda one: lambda case: None if case < one.subject else "too large",
        "smaller than the subject",
        borders=(10,),
    )
    assert below.check(replace(claim(Integer(11)), planted=planted), Context()).verdict is Verdict.SUPPORTS
    assert below.check(replace(claim(Integer(10)), planted=planted), Context()).verdict is Verdict.REFUTES


@dataclass(frozen=True)
class Case:
    """A record with a number in it."""

    name: str
    held: Any


@pytest.mark.parametrize(
    "held", [nan, np.float32("nan"), np.array([1.0, nan]), [1, (2.0, nan)], Case("inner", (nan,))]
)
def test_not_a_number_is_refused_wherever_a_case_holds_it(held):
    nods = searched(lambda: st.just(Case("outer", held)), lambda _: lambda _: None, "nods")
    with pytest.raises(ArithmeticError, match="not a number"):
        nods.check(claim(x), Context())


@pytest.mark.parametrize("held", [inf, np.array([2]), np.array(["a"]), [1, (2.0, "nan")], None, True, Case])
def test_other_values_are_no_reason_to_refuse_a_case(held):
    nods = searched(lambda: st.just(Case("outer", held)), lambda _: lambda _: None, "nods")
    assert nods.check(claim(x), Context()).verdict is Verdict.SUPPORTS


@pytest.mark.parametrize(
    ("climbing", "expected"), [(climb, Verdict.REFUTES), (lambda *_: None, Verdict.SUPPORTS)]
)
def test_search_climbs_towards_a_violation_that_chance_does_not_find(climbing, expected):
    def below(one):
        def test(case):
            climbing(sum(case), "a larger sum")
            return None if sum(case) < one.subject else "too large"

        return test

    digits = case_of(lambda *case: case, *[st.integers(0, 9)] * 4)
    assert verdict(searched(lambda: digits, below, "smaller than the subject"), Integer(4 * 9)) is expected


@pytest.mark.parametrize("borders", [(), [(-1, -1)]])
def test_search_does_not_walk_along_a_number_that_does_not_matter(borders):
    def level(_):
        return lambda case: seen.append(case) or climb(float(case in borders), "the same, but at the border")

    seen = []
    pairs = case_of(lambda *case: case, st.integers(0, 10**6), st.integers(0, 10**6))
    searched(lambda: pairs, level, "all numbers", borders=borders).check(claim(x), Context())
    assert len({first for first, _ in seen}) > 0.8 * len(seen)


def test_dear_cases_are_fewer():
    evidence = searched(lambda: st.integers(0, 10**9), lambda _: lambda _: None, "nods", fewer=5)
    assert evidence.check(claim(x), Context()).witness == "no violation in 8 cases"


@pytest.mark.parametrize(("planted", "cases"), [(False, 500), (True, 40)])
def test_full_effort_is_for_the_claim_and_a_planted_error_gets_what_the_quick_one_allows(planted, cases):
    evidence = searched(lambda: st.integers(0, 10**9), lambda _: lambda _: None, "nods")
    found = evidence.check(replace(claim(x), planted=planted), Context(full=True))
    assert found.witness == f"no violation in {cases} cases"


# simulation

RUNS = simulated(
    lambda context: list(context.rng("runs").uniform(0, 1, 50)),
    lambda one: lambda value: None if value <= one.subject else f"{value} is above",
    "runs stay below",
)


def test_simulation_supports_a_bound_refutes_a_wrong_one_and_is_silent_without_runs():
    assert verdict(RUNS, Integer(1)) is Verdict.SUPPORTS
    assert verdict(RUNS, Rational(1, 2)) is Verdict.REFUTES
    nothing = simulated(lambda _: [], lambda _: lambda _: None, "nothing")
    assert verdict(nothing, Integer(1)) is Verdict.SILENT


def test_nodding_evidence_of_any_kind_leaves_a_claim_blind():
    wrong = (Control("half", Rational(1, 2)), Control("a third", Rational(1, 3)))
    nods = simulated(lambda _: [0.0], lambda _: lambda _: None, "nods")
    assert judge(claim(Integer(1), (RUNS,), controls=wrong), Context()).status is Status.SAMPLED
    assert judge(claim(Integer(1), (RUNS, nods), controls=wrong), Context()).status is Status.BLIND
    assert replace(wrong[0], holds=True).holds


def test_a_planted_error_changes_the_work_on_a_counterexample_and_never_the_verdict():
    below = searched(
        lambda: st.integers(0, 1000),
        lambda one: lambda case: None if case < one.subject else "too large",
        "smaller than the subject",
    )
    for subject, expected in ((Integer(1001), Verdict.SUPPORTS), (Integer(500), Verdict.REFUTES)):
        for planted in (False, True):
            one = replace(claim(subject), planted=planted)
            assert below.check(one, Context()).verdict is expected
    assert "500" in below.check(claim(Integer(500)), Context()).witness  # the smallest counterexample
    assert Control("error", Integer(1)).of(claim(x)).planted
    assert not Control("repair", Integer(1), holds=True).of(claim(x)).planted
