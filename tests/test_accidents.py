"""Nothing passes by accident: each checker against each thing that can go wrong with a check.

A cell of the table is a claim in which that thing goes wrong, or the reason why it cannot. That no cell is
missing is a test of its own, and so is that each checker supports its claim while nothing goes wrong.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain, product, repeat
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from sympy import Eq, Integer, Rational, S, Symbol, exp, sqrt

from numerics.monte_carlo import Estimate, estimate
from proofs_check.cli import main
from proofs_check.context import Context
from proofs_check.evidence import cases, enclosure, monte_carlo, quadrature, real_solver, symbolic
from proofs_check.evidence.cases import searched, simulated
from proofs_check.evidence.enclosure import positive_on_box
from proofs_check.evidence.monte_carlo import sampled_mean
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.real_solver import Problem
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.evidence.tolerance import BlindToleranceError
from proofs_check.judge import judge
from proofs_check.records import Claim, Control, Evidence, Provenance, Source, Status, Verdict
from proofs_check.trust import CAN_MISS

x = Symbol("x", real=True)

FALSE, TIME_OUT, EXCEPTION = "a false statement", "a time-out", "an exception"
EMPTY, NO_NUMBER = "an empty sample", "a value that is no number"
MISSING, BROKEN = "a missing library", "a broken library"
EXCLUDE, NO_CASE = "assumptions that exclude each other", "no valid case"
ACCIDENTS = (FALSE, TIME_OUT, EXCEPTION, EMPTY, NO_NUMBER, MISSING, BROKEN, EXCLUDE, NO_CASE)


@dataclass(frozen=True)
class Checker:
    """A true statement with a check of it, and statements that are false."""

    evidence: Evidence
    subject: Any
    false: tuple[Any, Any]
    status: Status = Status.SAMPLED
    assumptions: tuple[Any, ...] = ()

    def claim(self, **changes: Any) -> Claim:
        """The true claim, or one with an accident in it."""
        controls = tuple(Control(f"error {k}", wrong) for k, wrong in enumerate(self.false))
        example = {x: Integer(1)}
        plain = Claim(
            "accident", "T", "{subject}", Source(Provenance.FOLKLORE), self.subject, self.assumptions,
            example, (self.evidence,), controls, sampled_because="This is a test of the checkers.",
        )  # fmt: skip
        return replace(plain, **changes)


def raises(error: Exception) -> Callable[..., Any]:
    def broken(*_: Any) -> Any:
        raise error

    return broken


LATE, BROKE = TimeoutError("out of time"), ZeroDivisionError("division by zero")
PRECISE = Rational(1, 10**6)


def absolute(case, samples, rng):
    return estimate(lambda z: np.abs(z) * case, (1,), samples, rng)


def mean(sample=absolute, where=lambda _: [1.0]):
    return sampled_mean(where, sample, lambda subject, _: np.array([float(subject)]), "mean of |z|")


def of(subject):
    return (subject,)


def area(at):
    return (quadrature.integral(lambda z: z.exp(), 0 * at["x"], at["x"]),)


def below(one):
    return lambda case: None if case < one.subject else f"{case} is not below"


def no_number(_):
    return lambda case: None if not np.float64(np.inf) - np.float64(np.inf) > case else "above"


def never(_):
    return lambda _: assume(False)


UNIT = {x: (0, 1)}
CHECKERS = {
    "symbolic": Checker(
        vanishing(lambda one: (one.subject - x**2 - 2 * x - 1,), "square of a sum"),
        (x + 1) ** 2, ((x - 1) ** 2, (x + 1) ** 2 + PRECISE), Status.EXACT,
    ),
    "enclosure": Checker(
        positive_on_box(lambda one: [one.subject], UNIT, "positive"),
        exp(x) - x, (exp(x) - 2, PRECISE - x), Status.EXACT,
    ),
    "smt": Checker(
        unsatisfiable(lambda one: {"bound": Query(one.subject >= 2 * x)}, "above twice x"),
        x**2 + 1, (x**2, x**2 + 1 - PRECISE), Status.EXACT,
    ),
    "quadrature": Checker(
        integrals(of, area, "area under exp"),
        exp(x) - 1, (exp(x), (exp(x) - 1) * (1 + PRECISE)), assumptions=(x > 0,),
    ),
    "monte_carlo": Checker(mean(), sqrt(2 / S.Pi), (Rational(85, 100), Rational(78, 100))),
    "property": Checker(
        searched(lambda: st.integers(0, 1000), below, "below"), Integer(1001), (Integer(900), Integer(5))
    ),
    "simulation": Checker(
        simulated(lambda context: list(context.rng("runs").uniform(0, 1, 500)), below, "below"),
        Integer(1), (Rational(95, 100), Rational(1, 2)),
    ),
}  # fmt: skip


def with_evidence(kind, evidence):
    return lambda _: CHECKERS[kind].claim(evidence=(evidence,))


def with_subject(kind, subject):
    return lambda _: CHECKERS[kind].claim(subject=subject)


def with_assumptions(kind, *assumptions):
    def plant(patch):
        # Few boxes show as much as many.
        patch.setattr(enclosure, "BOXES", 200)
        return CHECKERS[kind].claim(assumptions=assumptions)

    return plant


def at_a_third_only(kind):
    """Assumptions that the example meets, and no other point that is tried."""
    third = Rational(1, 3)
    return lambda _: CHECKERS[kind].claim(assumptions=(Eq(x, third),), example={x: third})


def patched(kind, target, name, value):
    def plant(patch):
        patch.setattr(target, name, value)
        return CHECKERS[kind].claim()

    return plant


def module(kind, name, replacement):
    def plant(patch):
        patch.setitem(sys.modules, name, replacement)
        return CHECKERS[kind].claim()

    return plant


def not_finite(case, samples, rng):
    return Estimate(np.array([np.nan]), np.eye(1), samples)


def flaky_backend(patch):
    """Hypothesis that runs nothing."""
    patch.setattr(cases, "given", lambda _: lambda _: lambda: None)
    patch.setattr(cases, "settings", lambda **_: lambda run: run)
    patch.setattr(cases, "seed", lambda _: lambda run: run)
    return CHECKERS["property"].claim()


def no_ball(patch):
    patch.setattr(enclosure, "BOXES", 200)
    return CHECKERS["enclosure"].claim(subject=sqrt(-1 - x) + 1)


OPEN_OR_ERROR = {Status.OPEN, Status.ERROR}
# From a monkeypatch to the claim in which it goes wrong.
CELLS: dict[tuple[str, str], Callable[[pytest.MonkeyPatch], Claim]] = {
    ("symbolic", TIME_OUT): patched("symbolic", symbolic, "expand", raises(LATE)),
    ("symbolic", EXCEPTION): with_evidence("symbolic", vanishing(raises(BROKE), "breaks")),
    ("symbolic", EMPTY): with_evidence("symbolic", vanishing(lambda _: (), "nothing")),
    ("symbolic", NO_NUMBER): with_subject("symbolic", S.NaN),
    ("symbolic", BROKEN): patched("symbolic", symbolic, "_is_zero", lambda *_: False),
    ("symbolic", NO_CASE): at_a_third_only("symbolic"),
    ("enclosure", TIME_OUT): patched("enclosure", enclosure, "BOXES", 0),
    ("enclosure", EXCEPTION): with_evidence("enclosure", positive_on_box(raises(BROKE), UNIT, "breaks")),
    ("enclosure", EMPTY): with_evidence("enclosure", positive_on_box(lambda _: [], UNIT, "nothing")),
    ("enclosure", NO_NUMBER): no_ball,
    ("enclosure", MISSING): module("enclosure", "flint", None),
    ("enclosure", BROKEN): module("enclosure", "flint", ModuleType("flint")),
    ("enclosure", NO_CASE): with_evidence(
        "enclosure", positive_on_box(lambda one: [one.subject], {x: (1, 0)}, "no box")
    ),
    ("smt", TIME_OUT): patched("smt", real_solver, "STEPS", 1),
    ("smt", EXCEPTION): with_evidence("smt", unsatisfiable(raises(BROKE), "breaks")),
    ("smt", EMPTY): with_evidence("smt", unsatisfiable(lambda _: {}, "nothing")),
    ("smt", NO_NUMBER): with_subject("smt", S.NaN),
    ("smt", MISSING): module("smt", "z3", None),
    ("smt", BROKEN): module("smt", "z3", ModuleType("z3")),
    ("smt", NO_CASE): with_assumptions("smt", x**2 < 0),
    ("quadrature", TIME_OUT): with_evidence("quadrature", integrals(of, raises(LATE), "late")),
    ("quadrature", EXCEPTION): patched("quadrature", quadrature, "integral", raises(BROKE)),
    ("quadrature", EMPTY): with_evidence("quadrature", integrals(lambda _: (), lambda _: (), "nothing")),
    ("quadrature", NO_NUMBER): with_evidence("quadrature", integrals(of, lambda at: (at["x"] / 0,), "nan")),
    ("quadrature", MISSING): module("quadrature", "flint", None),
    ("quadrature", BROKEN): module("quadrature", "flint", ModuleType("flint")),
    ("quadrature", NO_CASE): at_a_third_only("quadrature"),
    ("monte_carlo", TIME_OUT): patched("monte_carlo", monte_carlo, "MOST_SAMPLES_TIMES", 1),
    ("monte_carlo", EXCEPTION): with_evidence("monte_carlo", mean(raises(BROKE))),
    ("monte_carlo", EMPTY): with_evidence("monte_carlo", mean(where=lambda _: [])),
    ("monte_carlo", NO_NUMBER): with_evidence("monte_carlo", mean(not_finite)),
    ("monte_carlo", MISSING): module("monte_carlo", "scipy.special", None),
    ("monte_carlo", BROKEN): patched("monte_carlo", monte_carlo, "detectable", lambda _: np.nan),
    ("property", TIME_OUT): with_evidence(
        "property", searched(st.integers, lambda _: raises(LATE), "late")
    ),
    ("property", EXCEPTION): with_evidence("property", searched(st.integers, raises(BROKE), "breaks")),
    ("property", EMPTY): with_evidence("property", searched(st.nothing, below, "nothing")),
    ("property", NO_NUMBER): with_evidence("property", searched(st.integers, no_number, "nan")),
    ("property", BROKEN): flaky_backend,
    ("property", NO_CASE): with_evidence("property", searched(st.integers, never, "never")),
    ("simulation", TIME_OUT): with_evidence("simulation", simulated(raises(LATE), below, "late")),
    ("simulation", EXCEPTION): with_evidence("simulation", simulated(raises(BROKE), below, "breaks")),
    ("simulation", EMPTY): with_evidence("simulation", simulated(lambda _: [], below, "nothing")),
    ("simulation", NO_NUMBER): with_evidence(
        "simulation", simulated(lambda _: [0.0, np.array([0.5, np.nan])], lambda _: lambda _: None, "nan")
    ),
    ("simulation", BROKEN): with_evidence("simulation", simulated(lambda _: None, below, "no runs")),
}  # fmt: skip
CELLS |= {(kind, FALSE): with_subject(kind, one.false[1]) for kind, one in CHECKERS.items()}
CELLS |= {(kind, EXCLUDE): with_assumptions(kind, x > 0, x < 0) for kind in CHECKERS}
CANNOT = {
    ("symbolic", MISSING): "the statements are SymPy's: verify does not start, see below",
    ("property", MISSING): "Hypothesis is imported with the claims: verify does not start, see below",
    ("simulation", MISSING): "the simulator is imported with the claims: verify does not start, see below",
    ("monte_carlo", NO_CASE): "networks are constructed, and none of them is rejected",
    ("simulation", NO_CASE): "runs are constructed, and none of them is rejected",
}


def test_table_has_a_cell_for_every_checker_and_every_accident():
    assert set(CHECKERS) == set(CAN_MISS)
    assert set(CELLS) | set(CANNOT) == set(product(CHECKERS, ACCIDENTS))
    assert not set(CELLS) & set(CANNOT)


@pytest.mark.parametrize("kind", CHECKERS)
def test_checker_supports_a_true_statement_and_is_of_its_kind(kind):
    one = judge(CHECKERS[kind].claim(), Context())
    assert one.status is CHECKERS[kind].status, one.findings
    assert one.in_order
    assert CHECKERS[kind].evidence.kind == kind


@pytest.mark.parametrize(("kind", "accident"), CELLS, ids=lambda name: name.replace(" ", "-"))
def test_accident_never_passes_and_verify_exits_with_one(kind, accident, monkeypatch, capsys, tmp_path):
    written = tmp_path / "verdicts.json"
    with monkeypatch.context() as patch:
        claim = CELLS[kind, accident](patch)
        patch.setattr("proofs_check.ledger.ledger", lambda: (claim,))
        # Which libraries are installed takes longer to find out than most of the verdicts.
        patch.setattr("proofs_check.report.versions", dict)
        assert main(["verify", claim.id, "--json", str(written)]) == 1
    (one,) = json.loads(written.read_text())["claims"]
    allowed = {Status.REFUTED} if accident == FALSE else OPEN_OR_ERROR
    assert Status(one["status"]) in allowed, one["evidence"]
    assert not one["in_order"]
    assert "0 of 1 claims in order" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["sympy", "mpmath", "hypothesis", "numpy"])
def test_verify_does_not_start_without_a_library_that_the_claims_import(name):
    script = f"import sys; sys.modules[{name!r}] = None\n"
    script += "from proofs_check.cli import main; sys.exit(main(['verify', 'G1']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert name in done.stderr
    assert "in order" not in done.stdout


# Accidents of one checker alone


@pytest.mark.parametrize("answer", ["unsat", "sat", "unknown", "None"])
def test_solver_that_answers_the_same_to_everything_passes_nothing(answer, monkeypatch):
    monkeypatch.setattr(Problem, "solve", lambda *_, **__: answer)
    monkeypatch.setattr(Problem, "reason", lambda _: "told so")
    monkeypatch.setattr(Problem, "solution", lambda _: {x: Integer(1)})
    assert judge(CHECKERS["smt"].claim(), Context()).status in OPEN_OR_ERROR


def test_solver_that_calls_every_violation_impossible_leaves_the_claim_blind(monkeypatch):
    # What is assumed is asked about once, after the first conclusion.
    answers = chain(["unsat", "sat"], repeat("unsat"))
    monkeypatch.setattr(Problem, "solve", lambda *_, **__: next(answers))
    assert judge(CHECKERS["smt"].claim(), Context()).status is Status.BLIND


def test_balls_that_are_always_positive_leave_the_claim_blind(monkeypatch):
    from flint import arb

    monkeypatch.setattr(enclosure, "_value", lambda *_: arb(1))
    assert judge(CHECKERS["enclosure"].claim(), Context()).status is Status.BLIND


def test_ball_that_is_no_number_is_silent(monkeypatch):
    from flint import arb

    monkeypatch.setattr(enclosure, "_value", lambda *_: arb("nan"))
    monkeypatch.setattr(enclosure, "BOXES", 50)
    assert judge(CHECKERS["enclosure"].claim(), Context()).status is Status.OPEN


def test_search_that_filters_nearly_everything_leaves_the_claim_open():
    rare = searched(lambda: st.integers(0, 10**9), lambda _: lambda case: assume(case == 123456), "rare")
    assert judge(CHECKERS["property"].claim(evidence=(rare,)), Context()).status is Status.OPEN


def test_search_whose_test_changes_its_mind_is_an_error():
    said = iter(["a violation", *[None] * 10_000])
    fickle = searched(lambda: st.just(1), lambda _: lambda _: next(said), "fickle")
    assert judge(CHECKERS["property"].claim(evidence=(fickle,)), Context()).status is Status.ERROR


def test_case_that_is_no_number_is_an_error_even_if_its_test_lets_it_pass():
    lets_pass = searched(lambda: st.just(float("nan")), lambda _: lambda case: "up" if case > 1 else None, "")
    assert judge(CHECKERS["property"].claim(evidence=(lets_pass,)), Context()).status is Status.ERROR


def test_infinite_residual_is_an_error():
    assert judge(CHECKERS["symbolic"].claim(subject=S.Infinity), Context()).status is Status.ERROR


def test_pole_says_nothing_at_one_point_that_was_drawn_and_breaks_the_check_elsewhere(monkeypatch):
    def judged(points, constant=1):
        poled = vanishing(lambda _: ((x**2 - 1) / (x - 1) - x - constant,), "a pole where x is one")
        known = CHECKERS["symbolic"].claim(evidence=(poled,), example={x: Integer(points[0])})
        drawn = [dict(known.example), *({x: Integer(one)} for one in points[1:])]
        monkeypatch.setattr(symbolic, "kept_points", lambda *_: drawn)
        return judge(known, Context()).findings[0].verdict

    assert judged((2, 1, 3, 4)) is Verdict.SUPPORTS
    assert judged((2, 1, 3, 4), constant=2) is Verdict.REFUTES
    assert judged((1, 2, 3, 4)) is Verdict.BROKE
    assert judged((2, 1, 3, 1)) is Verdict.BROKE
    assert judged((2, 1)) is Verdict.BROKE


def test_simplification_that_is_always_zero_does_not_save_a_false_statement(monkeypatch):
    monkeypatch.setattr(symbolic, "_is_zero", lambda *_: True)
    assert judge(CHECKERS["symbolic"].claim(subject=x**2), Context()).status is Status.REFUTED


# Tolerances that are larger than what they guard


@pytest.mark.parametrize("size", [Rational(1, 10**35), Rational(1, 10**33), Rational(1, 10**400)])
def test_residual_whose_terms_are_all_negligible_is_an_error_unless_its_sign_is_certain(size):
    def judged(constant):
        terms = (x**2, 2 * x, constant, -((x + 1) ** 2))
        tiny = vanishing(lambda _: (sum(size * sqrt(2) * term for term in terms),), "tiny")
        return judge(CHECKERS["symbolic"].claim(evidence=(tiny,), assumptions=(x > 0, x < 2)), Context())

    assert judged(1).status is Status.ERROR
    assert judged(2).status is Status.REFUTED


def test_terms_may_fade_at_some_of_the_points_but_not_at_nearly_all():
    def judged(scale):
        density = sqrt(2) * exp(-((scale * x) ** 2))
        terms = (density * term for term in (x**2, 2 * x, 1, -((x + 1) ** 2)))
        fading = vanishing(lambda _: (sum(terms),), "fading")
        return fading.check(CHECKERS["symbolic"].claim(assumptions=(x > 0,)), Context())

    # Points lie up to 4. The density is negligible beyond 8.3, 2.8 and 0.08.
    assert [judged(scale).verdict for scale in (1, 3)] == [Verdict.SUPPORTS] * 2
    with pytest.raises(BlindToleranceError):
        judged(100)


def test_integrals_below_the_width_that_is_allowed_are_an_error():
    factor = Rational(1, 10**40)
    tiny = integrals(lambda one: (factor * one,), lambda at: (area(at)[0] / 10**40,), "tiny")
    assert judge(CHECKERS["quadrature"].claim(evidence=(tiny,)), Context()).status is Status.ERROR


def test_quantity_that_drowns_in_the_noise_is_an_error():
    drowned = mean(lambda _, n, rng: estimate(lambda z: z + 1e-5, (1,), n, rng))
    assert judge(CHECKERS["monte_carlo"].claim(evidence=(drowned,)), Context()).status is Status.ERROR
