"""The records of the ledger: a claim is data, and a check takes the whole claim.

Because a claim's ``subject`` is data, the same check runs unchanged on the claim and on every false
variant of it; there is no second copy of a check for the negative case.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, IntEnum, StrEnum
from typing import Any

import numpy as np

from proofs_check.context import Context


class Verdict(StrEnum):
    """What one check says of one statement; what is no support, or was not asked, never counts as support."""

    SUPPORTS = "supports"
    SILENT = "silent"
    REFUTES = "refutes"
    BROKE = "broke"
    UNASKED = "not asked"


class Strength(IntEnum):
    """How much a supporting finding decides."""

    CITED = 1
    SAMPLED = 2
    EXACT = 3


class Status(StrEnum):
    """What is known of a claim; always computed, never written down."""

    EXACT = "exact"
    SAMPLED = "sampled"
    CITED = "cited"
    OPEN = "open"
    BLIND = "blind"
    REFUTED = "refuted"
    ERROR = "error"


class Provenance(StrEnum):
    """Who says so."""

    DX = "DX abstract"
    YL = "YL"
    ZX = "ZX"
    FOLKLORE = "folklore"
    DERIVED = "derived here"


class Expected(Enum):
    """Whether a claim is kept because it holds or because it is instructive that it fails."""

    HOLDS = "holds"
    FAILS = "fails"


@dataclass(frozen=True)
class Source:
    """Provenance, with an arXiv number or DOI where there is one, and the place in it."""

    provenance: Provenance
    reference: str = ""
    locator: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict, what was seen (residual, margin, score, counterexample), and code to see it again."""

    verdict: Verdict
    witness: str
    code: str = ""


@dataclass(frozen=True)
class Comparisons:
    """What a check leaves to chance: so many comparisons, each with its probability of a false alarm.

    Attributes
    ----------
    count : int
        The most that one run of the check makes on one statement.
    tails : callable, optional
        From a claim, a generator and a number of samples to the comparisons' tail probabilities, which are
        uniform if the claim is true. None where they are discrete or one-sided, and so not uniform.
    """

    count: int
    tails: Callable[["Claim", np.random.Generator, int], Sequence[float]] | None = None


@dataclass(frozen=True)
class Evidence:
    """A check and what is said of it.

    Attributes
    ----------
    kind : str
        One of `proofs_check.trust.CAN_MISS`.
    strength : Strength
    shows : str
        What its support shows.
    check : callable
    proof : callable, optional
        The proof to read.
    test : callable, optional
        From the claim to the test of one case, which says what is violated or None.
    comparisons : Comparisons, optional
        What it leaves to chance, for a check that draws samples and scores them.
    """

    kind: str
    strength: Strength
    shows: str
    check: Callable[["Claim", Context], Finding]
    proof: Callable[["Claim"], str] | None = None
    test: Callable[["Claim"], Callable[[Any], str | None]] | None = None
    comparisons: Comparisons | None = None


@dataclass(frozen=True)
class Control:
    """A plausible error, planted to be refuted; or, with ``holds``, a repair that has to be supported.

    A claim that is expected to fail has a repair, so that its checks are seen not to refute everything.
    """

    error: str
    subject: Any = None
    without: tuple[Any, ...] = ()
    holds: bool = False

    def of(self, claim: "Claim") -> "Claim":
        """The claim with this error in it."""
        kept = tuple(relation for relation in claim.assumptions if relation not in self.without)
        subject = claim.subject if self.subject is None else self.subject
        return replace(claim, subject=subject, assumptions=kept, planted=not self.holds)


@dataclass(frozen=True)
class Weakening:
    """What a claim does without. If it fails, the assumption is needed; if it holds, it is not.

    Attributes
    ----------
    claim : str
        Id of the claim that makes the assumption.
    assumption : relation or str
        One of its assumptions, or the words of its statement that make it.
    """

    claim: str
    assumption: Any


@dataclass(frozen=True)
class Claim:
    """A statement, where it comes from, and the evidence for it.

    Attributes
    ----------
    id : str
        Permanent and readable, in kebab-case.
    label : str
        Label of the theory (G1 ... A13).
    statement : str
        One sentence; ``{subject}`` stands for the rendered formula.
    source : Source
    subject : Basic
        The SymPy expression that the checks take.
    assumptions : tuple of relations
        What has to hold for the symbols.
    example : mapping of symbols to numbers
        Values that meet the assumptions.
    evidence : tuple of Evidence
    controls : tuple of Control
        At least two.
    uses : tuple of str
        Ids of the claims that it rests on.
    expected : Expected
    weakens : tuple of Weakening
        The assumptions of other claims that this one drops or loosens.
    sharper : str or tuple of str, optional
        Where the subject is a bound: the direction, ``smaller`` or ``larger``, in which the claim says more;
        for a tuple, one for each component, None where a value is claimed.
    sampled_because : str
        One sentence that says why no exact evidence is possible, where there is none.
    planted : bool
        Whether this is a claim with an error planted in it; set by ``Control.of`` and by the generator. It
        only spares work: on a counterexample that nobody reads, and on an error that no small budget shows.
    generated : bool
        Whether that error was made by machine. Errors picked by hand show that a check can refuse, so that
        they are put to all of it; for these a shorter way to a counterexample will do.
    """

    id: str
    label: str
    statement: str
    source: Source
    subject: Any
    assumptions: tuple[Any, ...]
    example: Mapping[Any, Any]
    evidence: tuple[Evidence, ...]
    controls: tuple[Control, ...]
    uses: tuple[str, ...] = ()
    expected: Expected = Expected.HOLDS
    weakens: tuple[Weakening, ...] = ()
    sharper: str | tuple[str | None, ...] | None = None
    sampled_because: str = ""
    planted: bool = False
    generated: bool = False
