"""Evidence from frequencies: independent trials fail or not, and the count is scored against a probability.

Both tails of the count are exact: if each of n trials fails with probability q, P(X ≥ k) = I_q(k, n - k + 1),
I the regularised incomplete beta function. So are the counts at which an alarm is raised, and the true
probabilities for which one is raised with probability 1 - MISS. No limit law is used, and a rare failure is
judged as exactly as a frequent one.

Where the claim says the probability itself, and not a bound of it, the number of trials follows from the
relative error that has to be seen, as in `monte_carlo`: by a pilot of its own random stream, that is thrown
away. What the trials then see is computed for the claimed probability, and the claim is left open where it is
not enough. A bound that is not attained has no such error: too many failures refute it, and that is said.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numerics.closed_forms import evaluate
from proofs_check.context import Context
from proofs_check.evidence.monte_carlo import MOST_SAMPLES_TIMES, TooNoisyError, precision
from proofs_check.evidence.scores import FALSE_ALARM, MISS
from proofs_check.records import Claim, Comparisons, Evidence, Finding, Strength, Verdict

# The pilot knows n up to 1/√(PILOT q(1-q)): to 2.4 % for q = 0.1. The margin is six times that, and also
# covers the skewness that the sizing leaves out and the exact law does not.
PILOT, MARGIN = 20_000, 1.15
# Trials of a bound that is not attained.
BOUNDED_QUICK, BOUNDED_FULL = 10_000, 100_000
# Two tails of each count, each compared with FALSE_ALARM.
TAILS = 2


@dataclass(frozen=True)
class Trials:
    """Trials that can be made.

    Attributes
    ----------
    at : callable
        Parameters of the claim, by their symbols; asked for when the claim is checked.
    count : callable
        From a number of trials and a seed to how many of them failed; meets no formula.
    attained : bool
        Whether the claim's probability is that of success, or a lower bound of it.
    """

    at: Callable[[], Mapping[Any, float]]
    count: Callable[[int, int], int]
    attained: bool


@dataclass(frozen=True)
class Frequency:
    """So many of independent trials failed."""

    trials: int
    failed: int

    def __post_init__(self) -> None:
        """Refuse what is no count."""
        if self.trials < 1 or not 0 <= self.failed <= self.trials:
            raise ArithmeticError(
                f"frequency: failed={self.failed} of trials={self.trials}, counts of at least one trial are "
                "required"
            )

    def tails(self, rate: float) -> tuple[float, float]:
        """Probabilities of as few failures and of as many if each trial fails with probability ``rate``."""
        return _at_most(self.failed, self.trials, rate), _at_least(self.failed, self.trials, rate)


def detectable(trials: int, rate: float) -> float:
    """Smallest change of the failure rate, up or down, that raises an alarm with probability 1 - MISS.

    Both the counts that raise an alarm and the rates that reach them so often are exact.
    """
    from scipy.special import betaincinv

    # Alarms are raised by k failures from `many` on and up to `few`: P(X ≥ k | p) = I_p(k, n - k + 1).
    many = _first(trials, lambda k: _at_least(k, trials, rate) < FALSE_ALARM)
    few = _first(trials, lambda k: _at_most(k, trials, rate) >= FALSE_ALARM) - 1
    if few < 0 or many > trials:
        return math.inf
    above = float(betaincinv(many, trials - many + 1, 1 - MISS))
    below = float(betaincinv(few + 1, trials - few, MISS))
    return max(above - rate, rate - below)


def needed(frequency: Frequency, relative: float) -> int:
    """Number of trials that see a relative error of the probability of success, by a pilot's frequency.

    Raises
    ------
    ArithmeticError
        If the pilot saw only failures or none.
    TooNoisyError
        If they are more than MOST_SAMPLES_TIMES / relative².
    """
    from scipy.special import ndtri

    failed, trials = frequency.failed, frequency.trials
    if not 0 < failed < trials:
        raise ArithmeticError(f"frequency: {failed} of {trials} trials of the pilot failed, some have to")
    # The distance to the alarm's bar and from there to the truth, in standard errors of a normal law.
    distance = float(ndtri(FALSE_ALARM) + ndtri(MISS)) / relative
    trials = math.ceil(MARGIN * distance**2 * failed / (trials - failed))
    if trials > (most := int(MOST_SAMPLES_TIMES / relative**2)):
        raise TooNoisyError(f"{trials} trials are needed, {most} are the most that are made")
    return trials


def counted(cases: Sequence[Trials], shows: str) -> Evidence:
    """Evidence that trials fail as often as the subject, a probability of success, says.

    Parameters
    ----------
    cases : sequence of Trials
        Each is made once for the claim and its controls, where it meets the assumptions.
    shows : str
        What the agreement shows.
    """

    def check(claim: Claim, context: Context) -> Finding:
        def frequency(case: Trials) -> Frequency:
            key = (claim.id, shows, str(cases.index(case)))
            found: Frequency = context.once(key, lambda: _enough(case, context, key))
            return found

        met = [case for case in cases if all(one.subs(case.at()) for one in claim.assumptions)]
        try:
            judged = [
                (case, frequency(case), float(evaluate(claim.subject, dict(case.at())))) for case in met
            ]
        except TooNoisyError as noisy:
            return Finding(Verdict.SILENT, str(noisy))
        return conclude(judged, context)

    return Evidence("simulation", Strength.SAMPLED, shows, check, comparisons=Comparisons(TAILS * len(cases)))


def conclude(judged: Sequence[tuple[Trials, Frequency, float]], context: Context) -> Finding:
    """Turn counts, each with the probability of success that is claimed for it, into a finding.

    Raises
    ------
    ArithmeticError
        If a probability is not a number, or what the trials detect exceeds the probability.
    """
    if not judged:
        return Finding(Verdict.SILENT, "no trial meets the assumptions")
    for case, frequency, probability in judged:
        if said := _violation(case, frequency, probability):
            return Finding(Verdict.REFUTES, said)
    attained = [(one.trials, p) for case, one, p in judged if case.attained]
    bounds = len(judged) - len(attained)
    parts = [f"no alarm (below {FALSE_ALARM:g}) in {sum(one.trials for _, one, _ in judged)} trials"]
    error = 0.0
    if attained:
        changes = [(detectable(trials, 1 - p), p) for trials, p in attained]
        error = max(change / p for change, p in changes)
        failure = max(change / (1 - p) for change, p in changes)
        if not error <= 1:
            raise ArithmeticError(f"frequency: detectable={error:.2g} exceeds the probability that it guards")
        parts.append(
            f"{len(attained)} probabilities: relative errors from {error:.2g} (of the failures' from "
            f"{failure:.2g}) raise one with probability {1 - MISS:g}"
        )
    if bounds:
        parts.append(f"{bounds} bounds are not attained: only more failures than they admit raise one")
    enough = error <= precision(context)
    return Finding(Verdict.SUPPORTS if enough else Verdict.SILENT, "; ".join(parts))


def _violation(case: Trials, frequency: Frequency, probability: float) -> str | None:
    """Say so if the count is too improbable, or the claimed probability is none."""
    where = ", ".join(f"{name} = {value:.6g}" for name, value in case.at().items())
    if math.isnan(probability):
        raise ArithmeticError(f"frequency: the probability is not a number at {where}")
    # A lower bound below zero says nothing, and is true.
    if probability > 1 or (case.attained and probability < 0):
        return f"{probability:.6g} is no probability, at {where}"
    rate = min(1.0, 1 - probability)
    few, many = frequency.tails(rate)
    tail = min(few, many) if case.attained else many
    if tail >= FALSE_ALARM:
        return None
    seen = f"{frequency.failed} of {frequency.trials} failed, {frequency.failed / frequency.trials:.5g}"
    return f"{seen} for {rate:.5g}; tail probability {tail:.2g}, {where}"


def _enough(case: Trials, context: Context, key: tuple[str, ...]) -> Frequency:
    trials = BOUNDED_FULL if context.full else BOUNDED_QUICK
    if case.attained:
        pilot = Frequency(PILOT, case.count(PILOT, context.derived_seed(*key, "pilot")))
        trials = max(PILOT, needed(pilot, precision(context)))
    return Frequency(trials, case.count(trials, context.derived_seed(*key)))


def _at_least(failed: int, trials: int, rate: float) -> float:
    from scipy.special import betainc

    return float(betainc(failed, trials - failed + 1, rate)) if failed else 1.0


def _at_most(failed: int, trials: int, rate: float) -> float:
    return _at_least(trials - failed, trials, 1 - rate)


def _first(trials: int, reached: Callable[[int], bool]) -> int:
    """The first count from 0 to ``trials`` that a monotone condition holds for, or one more."""
    low, high = 0, trials + 1
    while low < high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle + 1
    return low
