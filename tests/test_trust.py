"""Trust follows the dependencies, and a counterexample can be run again."""

import re
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from sympy import Integer

from proofs_check.cli import main
from proofs_check.context import Context
from proofs_check.judge import judge
from proofs_check.ledger import TOPICS, ledger, select, validate
from proofs_check.records import (
    Claim,
    Control,
    Evidence,
    Expected,
    Finding,
    Provenance,
    Source,
    Strength,
    Verdict,
)
from proofs_check.replay import code, violations
from proofs_check.trust import CAN_MISS, ancestors, trusts


def claim(name, *uses, kind="symbolic", strength=Strength.EXACT, truth=2, expected=Expected.HOLDS):
    def check(one, _):
        return Finding(Verdict.SUPPORTS if one.subject == truth else Verdict.REFUTES, "seen")

    planted = (Control("three", Integer(3)), Control("four", Integer(4)))
    repair = (Control("five", Integer(5), holds=True),) if expected is Expected.FAILS else ()
    return Claim(
        id=name, label="T1", statement="{subject}", source=Source(Provenance.FOLKLORE), subject=Integer(2),
        assumptions=(), example={}, evidence=(Evidence(kind, strength, "a test", check),),
        controls=(*planted, *repair),
        uses=uses, expected=expected,
    )  # fmt: skip


def trust_of(*claims):
    return trusts(claims, [judge(one, Context()) for one in claims])


def test_trust_is_the_weakest_evidence_among_a_claim_and_all_it_rests_on():
    base = claim("base", kind="property", strength=Strength.SAMPLED)
    found = trust_of(base, claim("middle", "base", kind="smt"), claim("top", "middle"))
    assert [str(found[name]) for name in ("base", "middle", "top")] == ["property"] * 3
    assert found["top"].weakest == "base"


def test_trust_of_claims_that_rest_on_nothing_weaker_is_their_own():
    found = trust_of(claim("base"), claim("top", "base", kind="quadrature", strength=Strength.SAMPLED))
    assert (str(found["base"]), str(found["top"])) == ("symbolic", "quadrature")
    assert found["top"].weakest == "top"


def test_ancestor_that_is_not_in_order_takes_all_trust():
    found = trust_of(claim("base", truth=7), claim("top", "base"))
    assert str(found["top"]) == "none"
    assert found["top"].weakest == "base"


def test_ancestor_that_was_not_judged_leaves_trust_unknown():
    base, top = claim("base"), claim("top", "base")
    found = trusts([base, top], [judge(top, Context())])
    assert str(found["top"]) == "not judged"
    assert "base" not in found


def test_exact_kind_that_decides_a_part_only_is_weaker_than_any_that_decides_all():
    part = claim("part", kind="symbolic", strength=Strength.SAMPLED)
    found = trust_of(part, claim("top", "part", kind="smt"))
    assert str(found["top"]) == "symbolic in part"


def test_counterexample_stands_on_itself():
    base = claim("base", kind="simulation", strength=Strength.SAMPLED)
    found = trust_of(base, claim("false", "base", truth=5, expected=Expected.FAILS))
    assert str(found["false"]) == "symbolic"


def test_claim_may_not_rest_on_one_that_is_expected_to_fail():
    with pytest.raises(ValueError, match="top uses 'false', which is expected to fail"):
        validate([claim("false", truth=5, expected=Expected.FAILS), claim("top", "false")])


def test_claim_that_is_only_sampled_has_to_say_why():
    sampled = claim("base", kind="property", strength=Strength.SAMPLED)
    with pytest.raises(ValueError, match="base has no exact evidence"):
        validate([sampled])
    validate([replace(sampled, sampled_because="It speaks of limits of infinite sequences.")])


def test_unknown_kind_of_evidence_is_refused():
    with pytest.raises(ValueError, match="kind='hearsay'"):
        validate([claim("base", kind="hearsay")])


def test_ancestors_are_found_through_others():
    chain = [claim("a"), claim("b", "a"), claim("c", "b"), claim("other")]
    assert [one.id for one in ancestors(chain, ["c"])] == ["a", "b"]


def test_readme_argues_the_order_of_the_kinds_of_evidence():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert [name for name in named if name in CAN_MISS] == list(CAN_MISS)


def refuted_by_search():
    for one in ledger():
        if one.expected is Expected.FAILS and any(piece.kind == "property" for piece in one.evidence):
            yield one


def test_counterexamples_are_code_that_shows_the_violation_again():
    claims = list(refuted_by_search())
    found = [
        finding
        for one in claims
        for piece in one.evidence
        if piece.kind == "property" and (finding := piece.check(one, Context())).code
    ]
    assert found
    for finding in found:
        with redirect_stdout(StringIO()) as said:
            exec(finding.code, {})  # noqa: S102 - what the report tells a reader to run
        assert said.getvalue().startswith(("['", '["')), finding.code
    # A process of its own has all that the code needs, too; it derives the claims of one topic alone.
    topic = next(one.__name__ for one in TOPICS if claims[0].id in {claim.id for claim in one.claims()})
    script = (
        f"from proofs_check import ledger\nimport {topic} as topic\n"
        f"ledger.TOPICS, ledger.validate = (topic,), lambda _: None\n{found[0].code}"
    )
    alone = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert alone.stdout.startswith(("['", '["'))


def test_case_that_violates_nothing_is_told_so_and_claims_without_search_are_refused():
    (one,) = select(ledger(), ["no-increase-up-to-twice-the-step"])
    assert any(piece.test is not None for piece in one.evidence)
    with pytest.raises(ValueError, match="a claim with evidence by property is required"):
        violations("wedge-probability", None)


def test_code_of_a_case_imports_what_its_text_names():
    assert "from math import inf, nan" in code("x", (float("inf"),))


@pytest.fixture
def explain(capsys):
    """The command in this process, which has derived the ledger: exit code, output and errors."""

    def command(*arguments):
        return main(["explain", *arguments]), *capsys.readouterr()

    return command


def test_explain_shows_statement_ancestors_evidence_controls_and_the_command(explain):
    code_, out, err = explain("wedge-mean", "--seed", "3")
    assert code_ == 0, err
    for part in ("statement", "source", "assumes", "example", "rests on", "evidence", "can miss", "planted"):
        assert part in out
    assert "rvscgd verify wedge-mean --seed 3 --effort quick" in out


def test_explain_shows_what_a_claim_weakens_in_the_words_of_the_other(explain):
    code_, out, _ = explain("every-solution-is-a-fixed-point")
    assert code_ == 0
    assert "solutions-fixed-by-every-short-step, which assumes: exactly if κ > 0" in out


def test_explain_refuses_an_unknown_claim_in_one_sentence(explain):
    code_, out, err = explain("no-such-claim")
    assert (code_, out) == (2, "")
    assert err.startswith("rvscgd explain: CLAIM='no-such-claim'")
    assert err.count("\n") == 1
