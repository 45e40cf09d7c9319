"""The judge: runs every check on the claim and on its planted errors, and computes the status.

A planted error has to be refuted by some check, and a check has to withhold its support from some error. So
with effort quick the cheapest check is asked first, an error that is refuted is put only to the checks that
have withheld nothing yet, and the rest is recorded as not asked. Effort full and ``--controls`` put every
error to every check. A repair is always put to all of them.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from proofs_check.context import Context
from proofs_check.evidence.values import certain
from proofs_check.records import Claim, Evidence, Expected, Finding, Status, Strength, Verdict
from proofs_check.rendering import text
from proofs_check.time_limit import time_limit, watched
from proofs_check.trials import Outcome, Trial, cost, trials

STATUS_OF_STRENGTH = {
    Strength.EXACT: Status.EXACT,
    Strength.SAMPLED: Status.SAMPLED,
    Strength.CITED: Status.CITED,
}
# Seconds for one check of the claim, or of an error picked by hand, by effort. A hang is meant, and no slow
# machine: the runs of A12, which take three quarters of a minute at effort full, have forty times as long.
LIMIT_QUICK, LIMIT_FULL = 300, 1800
NOT_ASKED = Finding(Verdict.UNASKED, "the error is refuted, and the check has withheld support before")
NOT_ASKED_ANY_MORE = Finding(Verdict.UNASKED, "the checks were ended before they answered")


@dataclass(frozen=True)
class Judgement:
    """A claim with all that was found.

    Attributes
    ----------
    vacuity : Finding
        Whether the claim's example meets all of its assumptions, so that it speaks of something.
    findings : tuple of Finding
        One for each piece of evidence, on the claim.
    rows : tuple of tuples of Finding
        One row for each control, on the claim with that error in it; what was not asked says so.
    seconds : float
        Wall time.
    trials : tuple of Trial
        What became of the generated errors, or of a sample of them.
    """

    claim: Claim
    vacuity: Finding
    findings: tuple[Finding, ...]
    rows: tuple[tuple[Finding, ...], ...]
    seconds: float
    trials: tuple[Trial, ...] = ()

    @cached_property
    def status(self) -> Status:
        """What is known of the claim."""
        verdicts = [finding.verdict for finding in self.findings]
        if any(finding.verdict is Verdict.BROKE for row in self._all() for finding in row):
            return Status.ERROR
        if Verdict.REFUTES in verdicts:
            return Status.REFUTED if self._discriminates() else Status.BLIND
        if Verdict.SILENT in verdicts:
            return Status.OPEN
        if not verdicts or not self._discriminates():
            return Status.BLIND
        return STATUS_OF_STRENGTH[max(piece.strength for piece in self.claim.evidence)]

    @property
    def in_order(self) -> bool:
        """Whether the claim is as it is expected to be."""
        if self.claim.expected is Expected.FAILS:
            return self.status is Status.REFUTED
        return self.status in STATUS_OF_STRENGTH.values()

    @cached_property
    def refuted_by(self) -> tuple[tuple[str, ...], ...]:
        """For each control the kinds of evidence that refute it."""
        return tuple(
            tuple(
                piece.kind
                for piece, finding in zip(self.claim.evidence, row, strict=True)
                if finding.verdict is Verdict.REFUTES
            )
            for row in self.rows
        )

    @property
    def planted(self) -> int:
        """Number of planted errors, hand-picked and generated."""
        by_hand = sum(not control.holds for control in self.claim.controls)
        return by_hand + sum(trial.planted for trial in self.trials)

    @property
    def caught(self) -> int:
        """Number of planted errors that some evidence refutes."""
        pairs = zip(self.claim.controls, self.refuted_by, strict=True)
        by_hand = sum(bool(kinds) for control, kinds in pairs if not control.holds)
        return by_hand + sum(trial.outcome is Outcome.REFUTED for trial in self.trials)

    def _all(self) -> tuple[tuple[Finding, ...], ...]:
        return (self.vacuity,), self.findings, *self.rows

    def _discriminates(self) -> bool:
        errors = [row for c, row in zip(self.claim.controls, self.rows, strict=True) if not c.holds]
        repairs = [row for c, row in zip(self.claim.controls, self.rows, strict=True) if c.holds]
        # A claim that is refuted although it should hold is refuted, whatever its controls say.
        if self.claim.expected is Expected.HOLDS and _has(self.findings, Verdict.REFUTES):
            return True
        every_error_is_refuted = bool(errors) and all(_has(row, Verdict.REFUTES) for row in errors)
        every_error_is_refuted &= all(trial.outcome is not Outcome.SURVIVOR for trial in self.trials)
        withholding = [*errors, self.findings] if self.claim.expected is Expected.FAILS else errors
        every_check_can_withhold = all(
            any(_withholds(finding) for finding in column) for column in zip(*withholding, strict=True)
        )
        stands = every_error_is_refuted and every_check_can_withhold and not self._contradicts_itself()
        return stands and self._repairs_stand(repairs)

    def _contradicts_itself(self) -> bool:
        """Whether what decides all cases supports a claim that is expected to fail: one of the two errs."""
        pairs = zip(self.claim.evidence, self.findings, strict=True)
        supported = any(p.strength is Strength.EXACT and f.verdict is Verdict.SUPPORTS for p, f in pairs)
        return supported and self.claim.expected is Expected.FAILS

    def _repairs_stand(self, repairs: list[tuple[Finding, ...]]) -> bool:
        stand = all(_has(row, Verdict.SUPPORTS) and not _has(row, Verdict.REFUTES) for row in repairs)
        return stand and (bool(repairs) or self.claim.expected is Expected.HOLDS)


def _has(row: Iterable[Finding], verdict: Verdict) -> bool:
    return any(finding.verdict is verdict for finding in row)


def _withholds(finding: Finding) -> bool:
    return finding.verdict not in (Verdict.SUPPORTS, Verdict.UNASKED)


def judge(claim: Claim, context: Context) -> Judgement:
    """Gather all evidence for a claim, and for its controls what decides whether they are seen."""
    start = time.perf_counter()
    vacuity = _vacuity(claim)
    with watched():
        findings = _findings(claim, context)
        rows = _rows(claim, findings, context)
        tried = trials(claim, context, _run)
    return Judgement(claim, vacuity, findings, rows, time.perf_counter() - start, tried)


def unanswered(claim: Claim, why: str, seconds: float) -> Judgement:
    """The judgement of a claim whose checks were ended before they answered: all of them broke."""
    findings = (Finding(Verdict.BROKE, why),) * len(claim.evidence)
    rows = ((NOT_ASKED_ANY_MORE,) * len(claim.evidence),) * len(claim.controls)
    return Judgement(claim, _vacuity(claim), findings, rows, seconds)


def _vacuity(claim: Claim) -> Finding:
    """Whether the example meets every assumption; a claim about nothing is broken, not true."""
    try:
        return _met_by_the_example(claim)
    except Exception as error:  # noqa: BLE001 - such as a library that is missing
        return _broke(error)


def _met_by_the_example(claim: Claim) -> Finding:
    missing = {str(s) for one in claim.assumptions for s in one.free_symbols} - set(map(str, claim.example))
    if missing:
        return Finding(Verdict.BROKE, f"the example has no value for {', '.join(sorted(missing))}")
    for one in claim.assumptions:
        if not (certain(one, claim.example) or one.subs(claim.example) == True):  # noqa: E712 - SymPy's true
            return Finding(Verdict.BROKE, f"the example violates the assumption {text(one)}")
    values = ", ".join(f"{text(name)} = {value}" for name, value in claim.example.items()) or "any point"
    return Finding(Verdict.SUPPORTS, f"all {len(claim.assumptions)} assumptions hold at {values}")


def _rows(claim: Claim, findings: tuple[Finding, ...], context: Context) -> tuple[tuple[Finding, ...], ...]:
    """The findings on each control; places in a row are those of the evidence."""
    # An expected failure is itself something to withhold support from.
    shown = claim.expected is Expected.FAILS
    untested = {place for place, one in enumerate(findings) if not (shown and _withholds(one))}
    rows = []
    for control in claim.controls:
        planted = control.of(claim)
        if control.holds or context.full or context.controls:
            rows.append(_findings(planted, context))
        else:
            row = _sparing_findings(planted, context, untested)
            untested -= {place for place, one in enumerate(row) if _withholds(one)}
            rows.append(row)
    return tuple(rows)


def _sparing_findings(planted: Claim, context: Context, untested: set[int]) -> tuple[Finding, ...]:
    """Ask the checks, the cheapest first, until one refutes; then only those that withheld nothing yet."""
    row = [NOT_ASKED] * len(planted.evidence)
    refuted = False
    for place in sorted(range(len(row)), key=lambda k: cost(planted.evidence[k])):
        if not refuted or place in untested:
            row[place] = _run(planted.evidence[place], planted, context, _limit(context))
            refuted = refuted or row[place].verdict is Verdict.REFUTES
    return tuple(row)


def _findings(claim: Claim, context: Context) -> tuple[Finding, ...]:
    return tuple(_run(piece, claim, context, _limit(context)) for piece in claim.evidence)


def _limit(context: Context) -> float:
    return LIMIT_FULL if context.full else LIMIT_QUICK


def _run(piece: Evidence, claim: Claim, context: Context, seconds: float) -> Finding:
    try:
        with time_limit(seconds):
            return piece.check(claim, context)
    except Exception as error:  # noqa: BLE001 - whatever breaks a check becomes a finding, never a pass
        return _broke(error)


def _broke(error: Exception) -> Finding:
    return Finding(Verdict.BROKE, f"{type(error).__name__}: {error}")
