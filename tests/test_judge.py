"""The judge: every status is reached, and nothing passes by accident."""

from dataclasses import replace

import pytest
from sympy import Integer, Symbol

from proofs_check.context import Context
from proofs_check.judge import Judgement, judge
from proofs_check.ledger import select, validate
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

x = Symbol("x", real=True)


def says(verdict_of, kind="symbolic", strength=Strength.EXACT):
    return Evidence(kind, strength, "a test", lambda claim, _: Finding(verdict_of(claim), "seen"))


def knows_two(claim):
    return Verdict.SUPPORTS if claim.subject == 2 else Verdict.REFUTES


TRUE = Claim(
    id="one-and-one",
    label="T1",
    statement="One and one is {subject}.",
    source=Source(Provenance.FOLKLORE),
    subject=Integer(2),
    assumptions=(),
    example={},
    evidence=(says(knows_two),),
    controls=(Control("off by one", Integer(3)), Control("forgotten", Integer(1))),
)


def judged(**changes) -> Judgement:
    return judge(replace(TRUE, **changes), Context())


def test_true_claim_with_a_check_that_refutes_its_errors_is_exact():
    assert judged().status is Status.EXACT
    assert judged().in_order
    # Two by hand, two by machine.
    assert (judged().caught, judged().planted) == (4, 4)


def test_strength_of_the_evidence_decides_between_exact_sampled_and_cited():
    for strength, status in ((Strength.SAMPLED, Status.SAMPLED), (Strength.CITED, Status.CITED)):
        assert judged(evidence=(says(knows_two, strength=strength),)).status is status


def test_false_claim_is_refuted_and_out_of_order():
    one = judged(subject=Integer(3))
    assert one.status is Status.REFUTED
    assert not one.in_order


def test_evidence_that_nods_makes_a_claim_blind():
    assert judged(evidence=(says(lambda _: Verdict.SUPPORTS),)).status is Status.BLIND


def test_one_nodding_check_beside_a_good_one_makes_a_claim_blind():
    nods = says(lambda _: Verdict.SUPPORTS, "property", Strength.SAMPLED)
    assert judged(evidence=(says(knows_two), nods)).status is Status.BLIND


def test_one_surviving_error_makes_a_claim_blind():
    assert (
        judged(controls=(*TRUE.controls, Control("an error nobody sees", Integer(2)))).status is Status.BLIND
    )


def test_claim_without_controls_or_evidence_is_blind():
    assert judged(controls=()).status is Status.BLIND
    assert judged(evidence=()).status is Status.BLIND


def test_silence_leaves_a_claim_open_even_beside_exact_support():
    silent = says(lambda c: Verdict.SILENT if c.subject == 2 else Verdict.REFUTES, "monte_carlo")
    one = judged(evidence=(says(knows_two), silent))
    assert one.status is Status.OPEN
    assert not one.in_order


def broken(*_):
    raise RuntimeError("no backend")


def test_a_check_that_breaks_is_an_error_never_a_pass():
    one = judged(evidence=(says(knows_two), Evidence("smt", Strength.EXACT, "breaks", broken)))
    assert one.status is Status.ERROR
    assert not one.in_order
    assert "RuntimeError: no backend" in one.findings[1].witness


def test_a_check_that_breaks_on_a_control_only_is_an_error_too():
    def fragile(claim, _):
        return Finding(Verdict.SUPPORTS, "") if claim.subject == 2 else broken()

    assert (
        judged(evidence=(says(knows_two), Evidence("smt", Strength.EXACT, "", fragile))).status
        is Status.ERROR
    )


REPAIR = Control("the right sum", Integer(2), holds=True)


def test_claim_expected_to_fail_is_in_order_when_refuted_and_its_repair_stands():
    one = judged(subject=Integer(3), expected=Expected.FAILS, controls=(Control("worse", Integer(4)), REPAIR))
    assert one.status is Status.REFUTED
    assert one.in_order


def test_claim_expected_to_fail_that_holds_is_out_of_order():
    assert not judged(expected=Expected.FAILS).in_order


def test_check_that_refutes_everything_cannot_carry_an_expected_failure():
    refuses = says(lambda _: Verdict.REFUTES)
    controls = (Control("worse", Integer(4)), REPAIR)
    one = judged(subject=Integer(3), expected=Expected.FAILS, controls=controls, evidence=(refuses,))
    assert one.status is Status.BLIND
    assert not one.in_order


def test_counterexample_that_exact_evidence_contradicts_is_blind():
    controls = (Control("worse", Integer(4)), REPAIR)
    agrees = says(lambda c: Verdict.REFUTES if c.subject == Integer(4) else Verdict.SUPPORTS, "smt")
    in_part = replace(agrees, strength=Strength.SAMPLED)
    for other, status in ((agrees, Status.BLIND), (in_part, Status.REFUTED)):
        evidence = (says(knows_two), other)
        one = judged(subject=Integer(3), expected=Expected.FAILS, controls=controls, evidence=evidence)
        assert one.status is status


def test_expected_failure_without_a_repair_is_blind():
    assert judged(subject=Integer(3), expected=Expected.FAILS).status is Status.BLIND


def test_control_drops_an_assumption():
    claim = replace(TRUE, assumptions=(x > 0, x < 1))
    assert Control("no upper limit", without=(x < 1,)).of(claim).assumptions == (x > 0,)


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ((TRUE, TRUE), "occurs twice"),
        ((replace(TRUE, controls=TRUE.controls[:1]),), "plants 1 errors"),
        ((replace(TRUE, uses=("nowhere",)),), "which is no claim"),
        ((replace(TRUE, uses=("b",)), replace(TRUE, id="b", uses=(TRUE.id,))), "in a circle"),
    ],
)
def test_malformed_ledger_is_refused(claims, message):
    with pytest.raises(ValueError, match=message):
        validate(claims)


def test_claims_are_selected_by_id_or_label_and_unknown_names_are_refused_with_the_nearest():
    other = replace(TRUE, id="other", label="T2")
    assert select((TRUE, other), ["t1"]) == (TRUE,)
    assert select((TRUE, other), []) == (TRUE, other)
    with pytest.raises(ValueError, match="the nearest are other"):
        select((TRUE, other), ["othr"])


@pytest.mark.parametrize(
    ("example", "why"), [({}, "no value for x"), ({x: Integer(-1)}, "violates the assumption x > 0")]
)
def test_claim_whose_example_does_not_meet_its_assumptions_is_an_error(example, why):
    one = judged(assumptions=(x > 0,), example=example)
    assert one.status is Status.ERROR
    assert why in one.vacuity.witness
    assert judged(assumptions=(x > 0,), example={x: Integer(1)}).status is Status.EXACT


def counted(verdict_of, kind="symbolic"):
    asked = []

    def check(claim, _):
        asked.append(claim.subject)
        return Finding(verdict_of(claim), "seen")

    return Evidence(kind, Strength.EXACT, "a test", check), asked


MORE = tuple(Control(f"{k} too many", Integer(2 + k)) for k in (1, 2, 3))


def knows_three(claim):
    return Verdict.REFUTES if claim.subject == 3 else Verdict.SUPPORTS


def judged_by_two(context, dear_knows=knows_two, **changes):
    (cheap, at_once), (dear, later) = counted(knows_two), counted(dear_knows, "monte_carlo")
    claim = replace(TRUE, evidence=(dear, cheap), controls=MORE, **changes)
    return judge(claim, context), at_once, later


def test_dear_check_is_put_to_refuted_errors_only_until_it_has_withheld_once():
    one, at_once, later = judged_by_two(Context())
    assert one.in_order
    assert at_once[:4] == [2, 3, 4, 5]
    assert later == [2, 3]
    assert [row[0].verdict for row in one.rows] == [Verdict.REFUTES, Verdict.UNASKED, Verdict.UNASKED]


def test_check_that_has_withheld_nothing_is_put_to_every_error_and_blinds_the_claim():
    one, _, later = judged_by_two(Context(), lambda _: Verdict.SUPPORTS)
    assert later == [2, 3, 4, 5]
    assert one.status is Status.BLIND


@pytest.mark.parametrize("context", [Context(full=True), Context(controls=True)])
def test_every_check_is_put_to_every_error_if_all_is_asked_for(context):
    one, _, later = judged_by_two(context)
    assert later[:4] == [2, 3, 4, 5]
    assert all(finding.verdict is not Verdict.UNASKED for row in one.rows for finding in row)


def test_error_that_the_cheap_check_misses_is_put_to_the_dear_one():
    (cheap, _), (dear, later) = counted(knows_three), counted(knows_two, "monte_carlo")
    one = judge(replace(TRUE, evidence=(cheap, dear), controls=MORE), Context())
    assert one.in_order
    assert later[:4] == [2, 3, 4, 5]


def test_what_was_not_asked_withholds_nothing():
    never = Finding(Verdict.UNASKED, "")
    one = judged(evidence=(says(knows_two), says(knows_two, "monte_carlo")))
    blind = replace(one, rows=tuple((row[0], never) for row in one.rows))
    assert one.status is Status.EXACT
    assert blind.status is Status.BLIND


def test_repair_is_put_to_every_check_and_an_expected_failure_counts_as_withheld():
    (cheap, _), (dear, later) = counted(knows_two), counted(knows_two, "monte_carlo")
    controls = (Control("worse", Integer(4)), Control("worst", Integer(5)), REPAIR)
    claim = replace(TRUE, subject=Integer(3), expected=Expected.FAILS, evidence=(cheap, dear))
    one = judge(replace(claim, controls=controls), Context())
    assert one.in_order
    assert later == [3, 2]
