"""What ``--show-proof`` prints can be checked again by a reader, without this program."""

import pytest

from proofs_check.ledger import ledger
from proofs_check.records import Expected

CLAIMS = {claim.id: claim for claim in ledger()}
SOLVED = sorted(
    one.id
    for one in CLAIMS.values()
    if one.expected is Expected.HOLDS and any(piece.kind == "smt" for piece in one.evidence)
)


def test_every_kind_of_exact_evidence_has_a_proof_to_read():
    exact = [piece for one in CLAIMS.values() for piece in one.evidence if piece.strength.name == "EXACT"]
    assert exact
    assert all(piece.proof is not None for piece in exact)


@pytest.mark.parametrize("name", SOLVED)
def test_printed_queries_are_read_back_as_unsatisfiable(name):
    import z3

    claim = CLAIMS[name]
    (solved,) = (piece for piece in claim.evidence if piece.kind == "smt")
    queries = solved.proof(claim).split(f"; {claim.id}:")[1:]
    assert queries
    for query in queries:
        solver = z3.Solver()
        solver.set("rlimit", 50_000_000)
        solver.add(z3.parse_smt2_string(";" + query))
        assert solver.check() == z3.unsat


def test_printed_query_of_a_false_variant_is_satisfiable():
    import z3

    claim = CLAIMS["l1-displacement-is-at-most-the-threshold"]
    (solved,) = (piece for piece in claim.evidence if piece.kind == "smt")
    wrong = claim.controls[0].of(claim)
    queries = solved.proof(wrong).split(f"; {claim.id}:")[1:]
    answers = []
    for query in queries:
        solver = z3.Solver()
        solver.add(z3.parse_smt2_string(";" + query))
        answers.append(solver.check())
    assert z3.sat in answers
