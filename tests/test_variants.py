"""Errors made by machine: the operators make errors, what is no error is recognised, and blindness shows."""

import json
import time
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    And,
    Function,
    ImmutableMatrix,
    Integer,
    Le,
    Lt,
    N,
    Or,
    Piecewise,
    Rational,
    Symbol,
    Tuple,
    acos,
    asin,
    betainc_regularized,
    cos,
    erf,
    erfinv,
    pi,
    sin,
    sqrt,
    true,
)

from proofs_check import controls_table, equivalence, ledger, operators, trials
from proofs_check.cli import main
from proofs_check.context import Context
from proofs_check.equivalence import Relation, relation
from proofs_check.evidence.symbolic import vanishing
from proofs_check.judge import judge
from proofs_check.records import (
    Claim,
    Control,
    Evidence,
    Expected,
    Finding,
    Provenance,
    Source,
    Status,
    Strength,
    Verdict,
)
from proofs_check.trials import SAMPLE, Outcome
from proofs_check.variants import PER_OPERATOR, Variant, hypotheses, reason_for_none, variants
from theory.symbols import a, beta, c, eta, kappa, lam, mu, norm_v, norm_w, theta, w_hat, w_star

x, y = Symbol("x", real=True), Symbol("y", real=True)


def compares(tolerance=0, size=lambda value: value):
    """A check of the claim's subject against ½xy², good or, with a tolerance or a size, bad."""

    def check(claim, _):
        point = {x: Rational(3, 2), y: Rational(7, 5)}
        seen, right = (N(size(one.subs(point))) for one in (claim.subject, x * y**2 / 2))
        close = abs(seen - right) <= tolerance * abs(right)
        return Finding(Verdict.SUPPORTS if close else Verdict.REFUTES, str(seen))

    return Evidence("quadrature", Strength.SAMPLED, "a test", check)


CLAIM = Claim(
    id="half-of-x-y-squared",
    label="T1",
    statement="It is {subject}.",
    source=Source(Provenance.FOLKLORE),
    subject=x * y**2 / 2,
    assumptions=(x > 0, y > 0),
    example={x: Integer(1), y: Integer(2)},
    evidence=(compares(1e-9),),
    controls=(Control("twice", x * y**2), Control("a cube", x * y**3 / 2)),
)


def with_error(claim, wrong, **changes):
    return relation(claim, Variant("test", "test", replace(claim, subject=wrong, **changes)), Context())


def about(subject, *assumptions, **changes):
    symbols = subject.free_symbols.union(*(one.free_symbols for one in assumptions))
    example = {symbol: Rational(3, 2) for symbol in symbols}
    return replace(CLAIM, subject=subject, assumptions=assumptions, example=example, **changes)


@pytest.mark.parametrize(
    ("operator", "right", "wrong"),
    [
        (operators.scaled, x * y, Rational(101, 100) * x * y),
        (operators.scaled, x + sin(y), x + sin(2 * y)),
        (operators.scaled, x + y, x + y / 2),
        (operators.flipped, x + y, x - y),
        (operators.exponents, norm_v**2 * x, norm_v * x),
        (operators.exponents, sqrt(x), x),
        (operators.exponents, 1 / x, x ** Rational(-3, 2)),
        (operators.dropped, x + y, x),
        (operators.dropped, x / 2, x),
        (operators.swapped, x - 2 * y, y - 2 * x),
        (operators.shifted, Integer(0), Rational(1, 100)),
        (operators.turned, Piecewise((0, x <= y), (x, True)), Piecewise((0, x >= y), (x, True))),
        (operators.scaled, Piecewise((0, x <= y), (x, True)), Piecewise((0, x <= 2 * y), (x, True))),
        (operators.another_angle, cos(theta / 2), cos(theta)),
        (operators.another_angle, theta, pi - theta),
        (operators.another_angle, sin(theta), cos(theta)),
        (operators.another_threshold, sqrt(2) * sqrt(lam / beta), lam / beta),
        (operators.another_threshold, sqrt(2) * sqrt(mu), mu),
        (operators.another_threshold, Piecewise((mu * (a + 1) / a, mu < a), (sqrt(mu), True)), mu),
        (operators.another_norm, x / norm_w, x),
        (operators.another_norm, x * erf(y), x),
        (operators.another_norm, Abs(x) + y, x + y),
    ],
)
def test_operator_makes_the_error_that_it_is_named_for(operator, right, wrong):
    assert wrong in [build() for _, build in operator(right)]


def test_vectors_are_neither_dropped_nor_raised_nor_swapped_with_numbers():
    field = x * w_hat - norm_w * w_star
    for operator in (operators.dropped, operators.exponents):
        assert all(build().has(w_hat, w_star) for _, build in operator(field))
    swapped = [build() for _, build in operators.swapped(field)]
    assert {w_hat: x} not in swapped
    assert (x * w_star - norm_w * w_hat) in swapped


EXPRESSIONS = st.recursive(
    st.sampled_from((x, y, Integer(1), Integer(2), Rational(1, 2))),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(sum),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        inner.map(lambda one: one**2),
        inner.map(sqrt),
        inner.map(cos),
    ),
    max_leaves=4,
)
ELSEWHERE = [{x: Rational(p, 7), y: Rational(q, 11)} for p, q in ((3, 5), (9, 2), (13, 40), (1, 1), (20, 9))]


@settings(max_examples=25)
@given(EXPRESSIONS.filter(lambda one: one.free_symbols), st.sampled_from(list(operators.OPERATORS.values())))
def test_variant_differs_in_value_unless_it_is_recognised_as_equivalent(right, operator):
    claim = replace(CLAIM, subject=right)
    for error, build in operator(right):
        wrong = build()
        gaps = [abs(N((wrong - right).subs(point), 30)) for point in ELSEWHERE]
        said = with_error(claim, wrong)
        if said is Relation.EQUIVALENT:
            assert all(gap < 1e-20 for gap in gaps), error
        else:
            assert any(not gap < 1e-20 for gap in gaps), error


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (cos(x), cos(-x)),
        (sin(x) ** 2, 1 - cos(x) ** 2),
        (sqrt(x) * sqrt(y), sqrt(x * y)),
        (Abs(x) + y, x + y),
        ((x**2 - y**2) / (x + y), x - y),
    ],
)
def test_same_formula_in_other_words_is_equivalent(right, wrong):
    assert with_error(about(right, x > 0, y > 0), wrong) is Relation.EQUIVALENT


def test_condition_is_the_same_in_other_words_and_an_error_when_weaker_or_stronger():
    condition = about(Or(x > y, x > 1), x > 0, y > 0)
    assert with_error(condition, Or(2 * x > 2, y < x)) is Relation.EQUIVALENT
    for wrong in (x > y, Or(x > y, x > 1, y > 1), And(x > y, x > 1)):
        assert with_error(condition, wrong) is Relation.ERROR
    # A root that is not real is no way to say the same.
    condition = about(Or(x > 1, y > 1, x < -5))
    assert with_error(condition, Or(sqrt(x) > 1, y > 1)) is Relation.ERROR
    assert with_error(about(Lt(x, 1)), Lt(sqrt(x), 1)) is Relation.ERROR
    assert with_error(about(Lt(x, 1), x > 0), Lt(sqrt(x), 1)) is Relation.EQUIVALENT


def test_border_moved_by_less_than_points_tell_is_an_error_without_a_normal_form(monkeypatch):
    def refuse(*_):
        raise AssertionError("a normal form was sought")

    right = Piecewise((x, x <= sqrt(y)), (2 * x, True))
    monkeypatch.setattr(equivalence, "_same", refuse)
    moved = Piecewise((x, x <= sqrt(y) * (1 + Rational(1, 10**6))), (2 * x, True))
    assert with_error(about(right, x > 0, y > 0), moved) is Relation.ERROR
    with pytest.raises(AssertionError, match="normal form"):
        with_error(about(right, x > 0, y > 0), Piecewise((x, x**2 <= y), (2 * x, True)))


def test_a_thousandth_of_a_percent_is_an_error():
    assert with_error(about(x, x > 0), x * (1 + Rational(1, 10**5))) is Relation.ERROR


def test_formula_that_is_equal_at_the_example_alone_is_an_error():
    assert with_error(about(x, x > 0), x**2 / Rational(3, 2)) is Relation.ERROR


@pytest.mark.parametrize(
    ("sharper", "looser", "tighter"),
    [("smaller", Rational(101, 100), Rational(99, 100)), ("larger", Rational(99, 100), Rational(101, 100))],
)
def test_loosened_bound_is_weaker_and_tightened_bound_an_error(sharper, looser, tighter):
    claim = about(sqrt(x) * y, x > 0, y > 0, sharper=sharper)
    assert with_error(claim, looser * claim.subject) is Relation.WEAKER
    assert with_error(claim, tighter * claim.subject) is Relation.ERROR
    assert with_error(replace(claim, sharper=None), looser * claim.subject) is Relation.ERROR


def test_bound_that_is_looser_on_a_part_of_the_domain_only_is_an_error():
    claim = about(x, x > 0, sharper="smaller")
    assert with_error(claim, x**2) is Relation.ERROR
    assert with_error(replace(claim, assumptions=(x > 1,)), x**2) is Relation.WEAKER


def test_direction_belongs_to_each_component():
    claim = about(Tuple(x, y), x > 0, y > 0, sharper=("smaller", None))
    assert with_error(claim, Tuple(2 * x, y)) is Relation.WEAKER
    assert with_error(claim, Tuple(x, 2 * y)) is Relation.ERROR
    assert with_error(claim, Tuple(2 * x, 2 * y)) is Relation.ERROR


def test_malformed_direction_is_refused():
    with pytest.raises(ValueError, match="half-of-x-y-squared: sharper='up'"):
        with_error(about(x, x > 0, sharper="up"), 2 * x)


def test_bound_without_a_real_value_says_nothing():
    claim = replace(about(asin(x), x > 0, x < 1), example={x: Rational(1, 3)})
    assert with_error(claim, asin(2 + x)) is Relation.UNDEFINED
    # The integral of a power at or below -1 diverges, whatever else is assumed of other symbols.
    share = betainc_regularized(x, Rational(1, 2), 0, sin(y) ** 2)
    claim_of_share = replace(about(share, x > 0, y < pi / 2), example={x: 1, y: 1})
    for power in (Rational(-1, 2), -x):
        assert with_error(claim_of_share, share.subs(x, power)) is Relation.UNDEFINED
    assert with_error(claim_of_share, share.subs(x, 2 * x)) is Relation.ERROR
    assert with_error(claim, asin(2 * x)) is Relation.ERROR
    assert with_error(claim, acos(x)) is Relation.ERROR


def test_relation_that_follows_from_the_right_one_is_weaker():
    claim = about(Lt(x, y), x > 0)
    assert with_error(claim, Lt(x, y + 1)) is Relation.WEAKER
    assert with_error(claim, Lt(x + 1, y)) is Relation.ERROR
    assert with_error(claim, Lt(2 * x, 2 * y, evaluate=False)) is Relation.EQUIVALENT


def dropped(claim, assumption):
    (found,) = (v for v in variants(claim) if v.operator == "removed" and v.dropped == assumption)
    return relation(claim, found, Context())


def test_assumption_that_follows_from_the_others_is_no_loss():
    assert dropped(about(x * y, x > y, x + 1 > y), x + 1 > y) is Relation.EQUIVALENT
    assert dropped(about(x * y, x > y, x + 1 > y), x > y) is Relation.ERROR


def test_assumption_that_only_makes_the_formula_real_is_no_loss():
    assert dropped(about(asin(x / y), x > 0, y > 0, y >= x), y >= x) is Relation.UNDEFINED
    share = betainc_regularized(Rational(1, 2), Rational(3, 2), 0, x / y)
    assert dropped(about(share, x > 0, y > 0, y >= x), y >= x) is Relation.UNDEFINED
    assert dropped(about(share, x > 0, y > 0, y > x), y > x) is Relation.ERROR
    assert dropped(about(x / y, x > 0, y > 0, y > x), y > x) is Relation.ERROR


def test_value_without_a_ball_is_that_of_its_own_formula_and_point():
    context, points = Context(), ({norm_w: Rational(1, 4)}, {norm_w: Rational(1, 2)})
    formulas = (erfinv(norm_w), 2 * erfinv(norm_w), norm_w + Function("proxy")(norm_w))
    first, second = ([equivalence._number(one, at, context) for one in formulas] for at in points)
    assert first[0] < first[1] < second[0] < second[1]
    assert first[2] is second[2] is None
    assert equivalence._number(formulas[0], points[0], context) is first[0]


def test_values_that_a_symbol_has_in_the_model_are_no_hypotheses():
    claim = about(x, c > 0, theta < pi, theta > 0, eta <= 1 / c, kappa > beta, theta < pi / 2)
    assert hypotheses(claim) == (eta <= 1 / c, kappa > beta, theta < pi / 2)


def test_loosened_hypothesis_admits_one_percent_more():
    loosened = {v.dropped: set(v.claim.assumptions) for v in variants(about(x, eta <= 1 / c, kappa > beta))
                if v.operator == "loosened"}  # fmt: skip
    assert loosened == {
        eta <= 1 / c: {eta <= Rational(101, 100) / c, kappa > beta},
        kappa > beta: {eta <= 1 / c, kappa > 99 * beta / 100},
    }


@pytest.mark.parametrize("subject", [Tuple(x, 2 * y), ImmutableMatrix([[x, 2 * y]]), Le(x, 2 * y)])
def test_tuples_matrices_and_relations_are_changed_in_each_part(subject):
    wrong = {one.claim.subject for one in variants(about(subject, x > 0))}
    assert all(type(one) is type(subject) or isinstance(subject, Le) for one in wrong)
    assert len(wrong) > 4


def test_claim_that_cannot_be_changed_says_so():
    assert reason_for_none(replace(CLAIM, subject=true)) == "no operator applies to a BooleanTrue"
    assert "false as it stands" in reason_for_none(replace(CLAIM, expected=Expected.FAILS))
    assert not list(variants(replace(CLAIM, subject=true)))


def test_variants_differ_from_the_claim_and_from_each_other():
    subjects = [one.claim.subject for one in variants(CLAIM)]
    assert len(set(subjects)) == len(subjects)
    assert CLAIM.subject not in subjects
    shuffled = [one.claim.subject for one in variants(CLAIM, shuffled=True)]
    assert set(shuffled) == set(subjects)
    assert shuffled != subjects
    operators_used = [one.operator for one in variants(CLAIM)]
    assert max(map(operators_used.count, operators_used)) == PER_OPERATOR


def all_errors(claim):
    return judge(claim, Context(controls=True))


def survivors(one):
    return {trial.error for trial in one.trials if trial.outcome is Outcome.SURVIVOR}


def test_good_check_refutes_every_variant_and_the_claim_stands():
    one = all_errors(CLAIM)
    assert one.status is Status.SAMPLED
    numbers = controls_table.counts(one.trials)
    assert numbers["planted"] == numbers["refuted"] > 10
    assert numbers["survivors"] == 0


def knows_its_controls(claim, _):
    known = claim.subject in {control.subject for control in CLAIM.controls}
    return Finding(Verdict.REFUTES if known else Verdict.SUPPORTS, "")


NODS = Evidence("property", Strength.SAMPLED, "nods at all but the hand-picked controls", knows_its_controls)


@pytest.mark.parametrize("controls", [True, False])
def test_check_that_nods_at_all_but_the_hand_picked_errors_makes_the_claim_blind(controls):
    one = judge(replace(CLAIM, evidence=(NODS,)), Context(controls=controls))
    assert one.status is Status.BLIND
    assert survivors(one)
    assert one.caught < one.planted


def test_nodding_check_beside_a_good_one_leaves_no_survivor_but_shows_in_its_column():
    one = all_errors(replace(CLAIM, evidence=(compares(1e-9), NODS)))
    assert one.status is Status.SAMPLED
    kinds = controls_table.by_kind(one.trials)
    assert kinds["quadrature"]["refutes"] == kinds["quadrature"]["planted"]
    assert kinds["property"].get("refutes", 0) <= len(CLAIM.controls) < kinds["property"]["planted"]


def test_tolerance_of_five_percent_is_noticed():
    one = all_errors(replace(CLAIM, evidence=(compares(0.05),)))
    assert one.status is Status.BLIND
    assert any("one percent more" in error for error in survivors(one))


def test_check_that_does_not_see_a_sign_is_noticed():
    one = all_errors(replace(CLAIM, evidence=(compares(1e-9, abs),)))
    assert one.status is Status.BLIND
    assert any("the sign" in error for error in survivors(one))


def test_builder_that_reads_its_first_residual_only_is_noticed():
    def broken_builder(residuals, shows):
        return vanishing(lambda claim: residuals(claim)[:1], shows)

    def both(claim):
        return [claim.subject[0] - x, claim.subject[1] - 2 * y]

    pair = about(Tuple(x, 2 * y), x > 0, y > 0)
    pair = replace(pair, controls=(Control("twice", Tuple(2 * x, y)), Control("none", Tuple(0 * x, y))))
    assert all_errors(replace(pair, evidence=(vanishing(both, ""),))).status is Status.EXACT
    one = all_errors(replace(pair, evidence=(broken_builder(both, ""),)))
    assert one.status is Status.BLIND
    assert all("component 2" in error for error in survivors(one))


@pytest.mark.parametrize("verdict", [Verdict.SILENT, Verdict.BROKE])
def test_silence_or_a_broken_check_refutes_nothing(verdict):
    known = (CLAIM.subject, *(control.subject for control in CLAIM.controls))

    def gives_up(claim, context):
        return compares(1e-9).check(claim, context) if claim.subject in known else Finding(verdict, "")

    one = all_errors(replace(CLAIM, evidence=(Evidence("smt", Strength.EXACT, "", gives_up),)))
    assert one.status is Status.BLIND
    assert not any(trial.outcome is Outcome.REFUTED for trial in one.trials if trial.operator == "scaled")


def decides(claim, _):
    right = claim.subject == CLAIM.subject
    return Finding(Verdict.SUPPORTS if right else Verdict.REFUTES, "")


def test_assumption_that_exact_evidence_does_without_is_reported_and_sampled_evidence_cannot_do_so():
    hypothesis = (*CLAIM.assumptions, x < 2 * y)
    exact = Evidence("smt", Strength.EXACT, "", decides)
    one = all_errors(replace(CLAIM, assumptions=hypothesis, evidence=(exact,)))
    assert one.status is Status.EXACT
    assert controls_table.counts(one.trials)["unneeded"] == 2
    one = all_errors(
        replace(CLAIM, assumptions=hypothesis, evidence=(replace(exact, strength=Strength.SAMPLED),))
    )
    assert one.status is Status.BLIND
    assert {trial.operator for trial in one.trials if trial.outcome is Outcome.SURVIVOR} == {
        "removed",
        "loosened",
    }


def test_identity_that_still_holds_does_not_show_that_an_assumption_is_not_needed():
    hypothesis = (*CLAIM.assumptions, x < 2 * y)
    identity = Evidence("symbolic", Strength.EXACT, "", decides)
    assert all_errors(replace(CLAIM, assumptions=hypothesis, evidence=(identity,))).status is Status.BLIND


def test_sample_is_a_fixed_part_of_the_variants_and_stops_at_the_first_refutation():
    claim = replace(CLAIM, evidence=(NODS, compares(1e-9)))
    one, again = (judge(claim, Context(seed)) for seed in (0, 1))
    assert one.trials == again.trials
    assert len(one.trials) == SAMPLE
    assert {trial.error for trial in one.trials} < {trial.error for trial in all_errors(claim).trials}
    # Quadrature is cheaper than the search, whatever the order in the claim.
    assert all(trial.seen == (("quadrature", Verdict.REFUTES),) for trial in one.trials)


def verify(monkeypatch, claim, *arguments):
    monkeypatch.setattr(ledger, "ledger", lambda: (claim,))
    return main(["verify", *arguments])


def test_verify_controls_exits_with_one_and_names_the_survivors(monkeypatch, capsys, tmp_path):
    path = tmp_path / "verdicts.json"
    assert verify(monkeypatch, replace(CLAIM, evidence=(NODS,)), "--controls", "--json", str(path)) == 1
    said = capsys.readouterr().out
    assert "is blind" in said
    assert "nothing refutes the generated error" in said
    (record,) = json.loads(path.read_text(encoding="utf-8"))["claims"]
    assert record["status"] == "blind"
    assert record["generated"]["survivors"] > 0


def test_verify_controls_prints_a_row_for_each_claim_and_writes_each_variant(monkeypatch, capsys, tmp_path):
    path = tmp_path / "verdicts.json"
    assert verify(monkeypatch, CLAIM, "--controls", "--json", str(path)) == 0
    said = capsys.readouterr().out
    for column in (*controls_table.COLUMNS, "refuted by each kind of evidence"):
        assert column in said
    generated = json.loads(path.read_text(encoding="utf-8"))["claims"][0]["generated"]
    assert set(generated) == {*controls_table.COLUMNS, "none_because", "by_kind", "variants"}
    assert generated["planted"] == generated["refuted"] == generated["by_kind"]["quadrature"]["planted"]
    assert len(generated["variants"]) == len(list(variants(CLAIM)))
    for one in generated["variants"]:
        assert set(one) == {"operator", "error", "formula", "outcome", "evidence"}
    assert f"{generated['refuted']} of {generated['planted']} generated errors refuted, 0 survive" in said


@pytest.mark.parametrize("controls", [True, False])
def test_error_that_cannot_be_built_leaves_its_claim_blind_and_ends_no_run(monkeypatch, controls):
    def broken(_):
        yield "a quotient by zero", lambda: 1 // 0

    monkeypatch.setattr("proofs_check.variants.OPERATORS", {"broken": broken})
    one = judge(CLAIM, Context(controls=controls))
    assert one.status is Status.BLIND
    assert "ZeroDivisionError" in one.trials[-1].error


def test_check_that_never_answers_on_a_variant_is_stopped_and_refutes_nothing(monkeypatch):
    def forever(claim, _):
        if claim.subject == CLAIM.subject:
            return Finding(Verdict.SUPPORTS, "seen")
        time.sleep(60)
        return Finding(Verdict.REFUTES, "too late")

    monkeypatch.setattr(trials, "LIMIT", 0.2)
    monkeypatch.setattr(trials, "variants", lambda claim, **_: islice(variants(claim), 2))
    slow = replace(CLAIM, evidence=(Evidence("symbolic", Strength.EXACT, "a test", forever),), controls=())
    tried = judge(slow, Context(controls=True)).trials
    assert {one.outcome for one in tried if one.planted} == {Outcome.SURVIVOR}
