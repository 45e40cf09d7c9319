"""What the evidence says of the errors that a machine plants in a claim.

With ``Context.controls`` every piece of evidence judges every variant. Otherwise a fixed sample of the
variants is tried, on one piece of evidence after another, the cheapest first, until one refutes.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from proofs_check.context import Context
from proofs_check.equivalence import Relation, relation
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict
from proofs_check.rendering import text
from proofs_check.time_limit import time_limit
from proofs_check.variants import Variant, variants

SAMPLE = 2
# Seconds for one check of one variant; the slowest that ends takes four on an idle machine.
LIMIT = 20
QUANTIFYING = ("smt", "enclosure")
COST = ("symbolic", "smt", "enclosure", "quadrature", "property", "monte_carlo", "simulation")

# One check of one statement, within so many seconds.
Run = Callable[[Evidence, Claim, Context, float], Finding]


class Outcome(StrEnum):
    """What became of a variant."""

    REFUTED = "refuted"
    SURVIVOR = "survivor"
    UNNEEDED = "unneeded"
    EQUIVALENT = "equivalent"
    WEAKER = "weaker"
    UNDEFINED = "undefined"


@dataclass(frozen=True)
class Trial:
    """One variant, as text, and what was found.

    Attributes
    ----------
    operator, error, formula : str
        What made the error, the error in words, and the wrong statement.
    outcome : Outcome
    seen : tuple of pairs of str and Verdict
        Kind and verdict of each piece of evidence that was asked.
    """

    operator: str
    error: str
    formula: str
    outcome: Outcome
    seen: tuple[tuple[str, Verdict], ...] = ()

    @property
    def planted(self) -> bool:
        """Whether the variant says something that the claim does not imply."""
        return self.outcome in (Outcome.REFUTED, Outcome.SURVIVOR)


def trials(claim: Claim, context: Context, run: Run) -> tuple[Trial, ...]:
    """Plant errors in a claim and show them to its evidence.

    Parameters
    ----------
    claim : Claim
    context : Context
        Tells whether all variants are tried or a sample.
    run : callable
        Runs one piece of evidence within a number of seconds, and never raises.
    """
    every = context.controls
    tried = (
        one if isinstance(one, Trial) else _tried(claim, one, context, run, every=every)
        for one in _built(claim, shuffled=not every)
    )
    return tuple(tried if every else islice((one for one in tried if one.planted), SAMPLE))


def _built(claim: Claim, *, shuffled: bool) -> Iterator[Variant | Trial]:
    """The variants, each built within the limit; what cannot be built is an error that nothing refuted."""
    rest = variants(claim, shuffled=shuffled)
    while True:
        try:
            with time_limit(LIMIT):
                one = next(rest, None)
        except Exception as error:  # noqa: BLE001 - a defect of an operator costs its claim alone
            yield Trial("not built", f"{type(error).__name__}: {error}", "", Outcome.SURVIVOR)
            return
        if one is None:
            return
        yield one


def _tried(claim: Claim, variant: Variant, context: Context, run: Run, *, every: bool) -> Trial:
    said = _relation(claim, variant, context)
    words = (variant.operator, variant.error, _formula(variant))
    if said is not Relation.ERROR:
        return Trial(*words, Outcome(said))
    found = list(_findings(variant, context, run, every=every))
    seen = tuple((piece.kind, finding.verdict) for piece, finding in found)
    return Trial(*words, _outcome(variant, found), seen)


def _relation(claim: Claim, variant: Variant, context: Context) -> Relation:
    try:
        with time_limit(LIMIT):
            return relation(claim, variant, context)
    except Exception:  # noqa: BLE001 - what cannot be decided is taken for an error, which has to be refuted
        return Relation.ERROR


def _formula(variant: Variant) -> str:
    return text(variant.claim.subject) if variant.dropped is None else variant.error


def _findings(
    variant: Variant, context: Context, run: Run, *, every: bool
) -> Iterator[tuple[Evidence, Finding]]:
    ordered = variant.claim.evidence if every else sorted(variant.claim.evidence, key=cost)
    for piece in ordered:
        with warnings.catch_warnings():
            # A wrong formula may well have no value somewhere; what matters is what the check makes of it.
            warnings.simplefilter("ignore")
            # A wrong formula may set a computer algebra system to work for hours.
            finding = run(piece, variant.claim, context, LIMIT)
        yield piece, finding
        if finding.verdict is Verdict.REFUTES and not every:
            return


def cost(piece: Evidence) -> int:
    """Place of a piece of evidence when the cheapest is asked first."""
    return COST.index(piece.kind) if piece.kind in COST else len(COST)


def _outcome(variant: Variant, found: list[tuple[Evidence, Finding]]) -> Outcome:
    if any(finding.verdict is Verdict.REFUTES for _, finding in found):
        return Outcome.REFUTED
    # The claim without this assumption says more. It is decided if all evidence supports it, and some of it
    # quantifies over all that the assumptions admit; an identity may hold where it no longer means the claim.
    decided = any(piece.kind in QUANTIFYING and piece.strength is Strength.EXACT for piece, _ in found)
    decided &= all(finding.verdict is Verdict.SUPPORTS for _, finding in found)
    return Outcome.UNNEEDED if decided and variant.dropped is not None else Outcome.SURVIVOR
