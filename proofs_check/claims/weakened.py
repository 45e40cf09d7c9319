"""The form of a claim that fails: one assumption less, and a counterexample that one can read.

The numbers were searched and shrunk beforehand. They are the claim's example, at which one implication is
decided by substitution; a solver decides the same implication for all numbers, and so the repair.
"""

from collections.abc import Callable, Mapping
from typing import Any

from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Evidence, Expected, Provenance, Source, Weakening

HERE = Source(Provenance.DERIVED)


def read_off(implication: Callable[[Claim], Query], at: str) -> Evidence:
    """Evidence whether one implication of a solver holds at the claim's example, ``at`` in words."""

    def instance(claim: Claim) -> Mapping[str, Instance]:
        asked = implication(claim)
        return {"the counterexample": Instance(asked.conclusion, asked.assumptions)}

    return at_the_example(instance, at)


def failing(
    name: str,
    label: str,
    says: str,
    subject: Any,
    implication: Callable[[Claim], Query],
    *,
    assumptions: tuple[Any, ...],
    example: Mapping[Any, Any],
    at: str,
    controls: tuple[Control, ...],
    weakens: tuple[Weakening, ...],
    queries: Callable[[Claim], Mapping[str, Query]] | None = None,
) -> Claim:
    """Build a claim that is expected to fail.

    Parameters
    ----------
    name, label, says, subject
        Id, label, statement and subject.
    implication : callable
        From the claim to what fails at the example.
    assumptions, example, controls, weakens
        As in `Claim`; the claim uses those that it weakens.
    at : str
        The counterexample in words.
    queries : callable, optional
        What the solver decides, where it is not the implication.
    """

    def alone(claim: Claim) -> Mapping[str, Query]:
        return {"any numbers": implication(claim)}

    return Claim(
        id=name,
        label=label,
        statement=says,
        source=HERE,
        subject=subject,
        assumptions=assumptions,
        example=example,
        evidence=(
            read_off(implication, at),
            unsatisfiable(queries or alone, "no numbers are a counterexample"),
        ),
        controls=controls,
        uses=tuple(dict.fromkeys(one.claim for one in weakens)),
        expected=Expected.FAILS,
        weakens=weakens,
    )
