"""Monte Carlo evidence: the network is sampled, its mean is scored against the claim's formula.

The score of k components is Hotelling's T² = n (x̄ - f)ᵀ S⁻¹ (x̄ - f), compared with the chi-square law
of k degrees of freedom, which it follows for the sample sizes used here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.monte_carlo import Estimate
from proofs_check.context import Context
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict

Array = NDArray[np.float64]

# Each comparison has this false-alarm probability: a thousand of them stay under 1e-6.
FALSE_ALARM = 1e-9
# The smallest error that is stated is detected with probability 0.999, 3.09 standard errors past the bar.
POWER_MARGIN = 3.09
SAMPLES_QUICK, SAMPLES_FULL = 200_000, 4_000_000
# Directions whose variance is below this part of the largest carry rounding only (float64: 2e-16).
DEGENERATE = 1e-13
# A direction without variance has to agree up to the rounding of a mean of values of order one.
ROUNDING = 1e-11


@dataclass(frozen=True)
class Score:
    """Tail probability of a comparison, and the smallest relative error that it detects."""

    tail: float
    detectable: float


def score(estimate: Estimate, prediction: Array) -> Score:
    """Compare a sampled mean (k,) with a predicted one."""
    from scipy.stats import chi2

    difference = estimate.mean - prediction
    if not np.isfinite(difference).all() or estimate.samples < 2:
        raise ArithmeticError("score: the sample or the prediction is empty or not finite")
    variance, directions = np.linalg.eigh(np.atleast_2d(estimate.covariance))
    random = variance > DEGENERATE * max(variance[-1], 0.0)
    turned = directions.T @ difference
    scale = max(1.0, float(np.abs(prediction).max()))
    if np.any(np.abs(turned[~random]) > ROUNDING * scale):
        return Score(0.0, 0.0)
    if not random.any():
        return Score(1.0, 0.0)
    statistic = float(estimate.samples * np.sum(turned[random] ** 2 / variance[random]))
    size = float(np.linalg.norm(prediction)) or 1.0
    error = np.sqrt(variance[-1] / estimate.samples)
    bar = np.sqrt(chi2.isf(FALSE_ALARM, int(random.sum())))
    return Score(float(chi2.sf(statistic, int(random.sum()))), float((bar + POWER_MARGIN) * error / size))


def sampled_mean(
    cases: Callable[[np.random.Generator], Sequence[Any]],
    sample: Callable[[Any, int, np.random.Generator], Estimate],
    predict: Callable[[Any, Any], Array],
    shows: str,
) -> Evidence:
    """Evidence that the formula is the mean of what the network does.

    Parameters
    ----------
    cases : callable
        From a generator to parameter sets.
    sample : callable
        From a parameter set, a sample size and a generator to an estimate; meets no formula.
    predict : callable
        From the subject and a parameter set to the predicted mean (k,).
    shows : str
        What the agreement shows.
    """

    def check(claim: Claim, context: Context) -> Finding:
        samples = SAMPLES_FULL if context.full else SAMPLES_QUICK
        rng = context.rng(claim.id, shows)

        def gather() -> list[tuple[Any, Estimate]]:
            return [(case, sample(case, samples, rng)) for case in cases(rng)]

        pairs = context.once((claim.id, shows), gather)
        if not pairs:
            return Finding(Verdict.SILENT, "no case was sampled")
        scores = [score(estimate, predict(claim.subject, case)) for case, estimate in pairs]
        smallest = min(scores, key=lambda one: one.tail)
        said = (
            f"smallest tail probability {smallest.tail:.2g} of {len(scores)} comparisons, {samples} samples "
            f"of rung network, which trusts nothing (alarm below {FALSE_ALARM:g}); detects relative errors "
            f"from {min(one.detectable for one in scores):.2g} to {max(one.detectable for one in scores):.2g}"
        )
        return Finding(Verdict.REFUTES if smallest.tail < FALSE_ALARM else Verdict.SUPPORTS, said)

    return Evidence("monte_carlo", Strength.SAMPLED, shows, check)
