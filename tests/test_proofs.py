"""What ``--show-proof`` prints can be checked again by a reader, without this program."""

import pytest

from proofs_check.ledger import ledger
from proofs_check.records import Expected


@pytest.fixture(scope="module")
def claims():
    return {claim.id: claim for claim in ledger()}


def answers(claim):
    """What the solver says to each query that is printed for a claim."""
    import z3

    (solved,) = (piece for piece in claim.evidence if piece.kind == "smt")
    for query in solved.proof(claim).split(f"; {claim.id}:")[1:]:
        solver = z3.Solver()
        solver.set("rlimit", 50_000_000)
        solver.add(z3.parse_smt2_string(";" + query))
        yield str(solver.check())


def test_every_kind_of_exact_evidence_has_a_proof_to_read(claims):
    exact = [piece for one in claims.values() for piece in one.evidence if piece.strength.name == "EXACT"]
    assert exact
    assert all(piece.proof is not None for piece in exact)


def test_printed_queries_are_read_back_as_unsatisfiable(claims):
    found = {
        one.id: list(answers(one))
        for one in claims.values()
        if one.expected is Expected.HOLDS and any(piece.kind == "smt" for piece in one.evidence)
    }
    assert found
    assert {name: said for name, said in found.items() if set(said) != {"unsat"}} == {}


def test_printed_query_of_a_false_variant_is_satisfiable(claims):
    claim = claims["l1-displacement-is-at-most-the-threshold"]
    assert "sat" in answers(claim.controls[0].of(claim))
