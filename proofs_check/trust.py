"""Trust: the weakest evidence among a claim and everything that it depends on.

The kinds of evidence are ordered by what they can miss. What decides all cases stands above what looks at
some. Among the former, a normal form that was also seen to vanish at several points has been found in two
ways; ball arithmetic encloses its own rounding and visits every box; a solver's ``unsat`` is one program's
word, though its query can be given to another. Among the latter, an integral to many digits misses errors
only at parameters not drawn, sampling misses what is below its noise as well, a search what is rare or
below rounding, and a simulation whatever a few settings do not show.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from types import MappingProxyType

from proofs_check.judge import Judgement
from proofs_check.records import Claim, Evidence, Expected, Finding, Strength, Verdict

# Kinds of evidence from the strongest to the weakest, with what each can miss.
CAN_MISS: Mapping[str, str] = MappingProxyType(
    {
        "symbolic": "nothing that the residual expresses",
        "enclosure": "nothing inside the box",
        "smt": "nothing that the query expresses; the word of one solver",
        "quadrature": "an error at parameters not drawn",
        "monte_carlo": "an error below the smallest that it detects, or at parameters not drawn",
        "property": "a violation that is rare, or smaller than the rounding allowed for",
        "simulation": "other parameters and dimensions, and limits that take longer",
    }
)


@dataclass(frozen=True)
class Trust:
    """How far a claim can be trusted.

    Attributes
    ----------
    kind : str or None
        The weakest of the kinds of evidence that the claim and its ancestors stand on, one of `CAN_MISS`;
        None if a claim is not in order or an ancestor was not judged.
    strength : Strength or None
        How much that evidence decides; evidence of a strong kind may decide a part only.
    weakest : str
        Id of the claim that decides it: the claim itself or an ancestor.
    judged : bool
        Whether all ancestors were judged.
    """

    kind: str | None
    strength: Strength | None
    weakest: str
    judged: bool = True

    def __str__(self) -> str:
        if not self.judged:
            return "not judged"
        if self.kind is None or self.strength is None:
            return "none"
        partial = self.strength is Strength.SAMPLED and self.kind in ("symbolic", "enclosure", "smt")
        return f"{self.kind} in part" if partial else self.kind

    @property
    def rank(self) -> tuple[int, int, int]:
        """Larger is more trustworthy."""
        if self.kind is None or self.strength is None:
            # What is not in order spoils trust for certain; what was not judged leaves it unknown.
            return (0, 0, 0) if self.judged else (1, 0, 0)
        return 2, int(self.strength), -tuple(CAN_MISS).index(self.kind)


def trusts(claims: Sequence[Claim], judgements: Iterable[Judgement]) -> dict[str, Trust]:
    """Trust of every judged claim, by its id.

    Parameters
    ----------
    claims : sequence of Claim
        The whole ledger, since a claim rests on others that need not be among the judged.
    judgements : iterable of Judgement
    """
    judged = {one.claim.id: one for one in judgements}
    # A counterexample stands on itself.
    uses = {claim.id: claim.uses if claim.expected is Expected.HOLDS else () for claim in claims}
    found: dict[str, Trust] = {}
    for name in TopologicalSorter(uses).static_order():
        own = _own(judged[name]) if name in judged else Trust(None, None, name, judged=False)
        # Among equals the claim itself is named.
        found[name] = min((own, *(found[used] for used in uses[name])), key=_rank)
    return {name: trust for name, trust in found.items() if name in judged}


def ancestors(claims: Sequence[Claim], names: Iterable[str]) -> tuple[Claim, ...]:
    """All claims that those named by their ids rest on, directly or not, in the ledger's order."""
    uses = {claim.id: claim.uses for claim in claims}
    reached: set[str] = set()
    waiting = [used for name in names for used in uses[name]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(uses[name])
    return tuple(claim for claim in claims if claim.id in reached)


def _rank(trust: Trust) -> tuple[int, int, int]:
    return trust.rank


def _own(one: Judgement) -> Trust:
    """The strongest evidence of a claim by itself, if it is in order."""
    wanted = Verdict.SUPPORTS if one.claim.expected is Expected.HOLDS else Verdict.REFUTES
    speaking = [
        Trust(piece.kind, _decided(piece, finding), one.claim.id)
        for piece, finding in zip(one.claim.evidence, one.findings, strict=True)
        if finding.verdict is wanted
    ]
    if not one.in_order or not speaking:
        return Trust(None, None, one.claim.id)
    return max(speaking, key=_rank)


def _decided(piece: Evidence, finding: Finding) -> Strength:
    # One counterexample decides that a statement fails, whatever else was not looked at.
    return Strength.EXACT if finding.verdict is Verdict.REFUTES else piece.strength
