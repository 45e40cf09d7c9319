"""Monte Carlo evidence: the network is sampled, its mean is scored against the claim's formula.

The size of a sample follows from the error that has to be seen. A pilot sample of its own random stream
measures variance and size of the quantity; from them comes the number of samples with which every relative
error of PRECISION raises an alarm with probability 0.999. The pilot is then thrown away: the number of
samples is independent of the samples that are scored, so that no optional stopping bends the score's law.
What would need more than MOST_SAMPLES_TIMES / PRECISION² samples leaves the claim open, and is never judged
with a worse error.

Most samples are means of the network's rows over the orbit of an input under signed cyclic shifts, which
trust no more of the inputs' law than that entries are independent and symmetric (`numerics.orbits`). An orbit
is one sample: what is said of numbers, variances and laws of scores holds of orbits.

A relative error is one of the quantity's norm, along the worst direction of the samples' covariance. Where
the quantity is zero by the claim, errors are relative to the root mean square of one sample.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.monte_carlo import Estimate
from numerics.network_sampling import RUNG
from proofs_check.context import Context
from proofs_check.evidence.scores import FALSE_ALARM, MISS, Score, detectable, score
from proofs_check.records import Claim, Comparisons, Evidence, Finding, Strength, Verdict

Array = NDArray[np.float64]
Draw = Callable[[int, np.random.Generator], Estimate]

PRECISION_QUICK, PRECISION_FULL = 0.02, 0.005
# The pilot knows a variance to 1.8 % where the kurtosis is 11, the largest seen among the ledger's samples: a
# margin of 10 % in the number of samples is more than five standard errors. For its error in the norm, nearly
# as many are taken off from that.
PILOT, MARGIN = 30_000, 1.1
# Over the square of the precision: the standard deviation of one sample may be nine times the quantity.
MOST_SAMPLES_TIMES = 8000


# What a finding says of where its samples come from.
NETWORK = f"rung {RUNG} (trusts nothing but the law of its inputs)"


class TooNoisyError(ArithmeticError):
    """More samples would be needed than are allowed."""


@dataclass(frozen=True)
class Sized:
    """A sample, and the size of the quantity that errors are relative to."""

    estimate: Estimate
    size: float


def precision(context: Context) -> float:
    """The relative error that has to be seen."""
    return PRECISION_FULL if context.full else PRECISION_QUICK


def norm(estimate: Estimate) -> float:
    """Norm of the sampled mean."""
    return float(np.linalg.norm(estimate.mean))


def root_mean_square(estimate: Estimate) -> float:
    """Root mean square of the norm of one sample, the natural scale of a mean that is zero."""
    return float(np.sqrt(norm(estimate) ** 2 + np.trace(np.atleast_2d(estimate.covariance))))


def enough(
    draw: Draw, relative: float, rng: np.random.Generator, quantity: Callable[[Estimate], float] = norm
) -> Sized:
    """Sample until an error of ``relative`` times the quantity is seen with probability 1 - MISS.

    Parameters
    ----------
    draw : callable
        From a number of samples and a generator to their estimate.
    relative : float
    rng : numpy.random.Generator
    quantity : callable
        From an estimate to the size of the quantity.

    Raises
    ------
    TooNoisyError
        If that takes more than MOST_SAMPLES_TIMES / relative² samples.
    ArithmeticError
        If the pilot cannot tell the quantity from zero.
    """
    pilot = draw(PILOT, rng)
    seen, most = detectable(pilot), int(MOST_SAMPLES_TIMES / relative**2)
    # What is detected is nine standard errors or more: half of it is ample for the pilot's own error.
    smallest = quantity(pilot) - seen / 2
    # The non-centrality falls with n, by less than a thousandth from the pilot's size on.
    needed = MARGIN * PILOT * (seen / (relative * smallest)) ** 2 if smallest > 0 else math.inf
    if needed > most:
        least = _refuse_blunt(seen / 2, quantity(pilot)) * 2 * math.sqrt(PILOT / most)
        raise TooNoisyError(f"{most} samples, the most that are taken, see relative errors from {least:.2g}")
    main = draw(max(PILOT, math.ceil(needed)), rng)
    return Sized(main, quantity(main))


def _refuse_blunt(error: float, quantity: float) -> float:
    """The relative error, refused where the check would pass with the quantity replaced by zero."""
    if not error <= quantity:
        raise ArithmeticError(
            f"monte_carlo: detectable={error:.2g} exceeds the quantity {quantity:.2g} that it guards"
        )
    return error / quantity


def of_size(size: float) -> Callable[[Estimate], float]:
    """A quantity of known size, whatever is estimated."""
    return lambda _: size


def conclude(
    scored: Sequence[tuple[Score, float]], context: Context, most: int, sampler: str = NETWORK
) -> Finding:
    """Turn scores, each with the size of its quantity, into a finding.

    Raises
    ------
    ArithmeticError
        If a score is no probability, there are more comparisons than the ledger counted, or a detectable
        error exceeds its quantity.
    """
    if not scored:
        return Finding(Verdict.SILENT, "no case was sampled")
    if len(scored) > most:
        raise ArithmeticError(f"monte_carlo: {len(scored)} comparisons, {most} were counted in the ledger")
    tails = [one.tail for one, _ in scored]
    if not all(0 <= tail <= 1 for tail in tails):
        raise ArithmeticError(f"monte_carlo: tail={tails}, probabilities are required")
    drawn = f"{len(tails)} comparisons, {sum(one.samples for one, _ in scored)} samples"
    said = f"{sampler}: smallest tail probability {min(tails):.2g} of {drawn}"
    if min(tails) < FALSE_ALARM:
        return Finding(Verdict.REFUTES, f"{said} (alarm below {FALSE_ALARM:g})")
    error = max(_refuse_blunt(one.detectable, quantity) for one, quantity in scored)
    said += f"; relative errors from {error:.2g} raise an alarm (below {FALSE_ALARM:g}) with probability "
    return Finding(Verdict.SUPPORTS if error <= precision(context) else Verdict.SILENT, f"{said}{1 - MISS:g}")


def sampled_mean(
    cases: Callable[[np.random.Generator], Sequence[Any]],
    sample: Callable[[Any, int, np.random.Generator], Estimate],
    predict: Callable[[Any, Any], Array],
    shows: str,
    *,
    quantity: Callable[[Estimate], float] = norm,
) -> Evidence:
    """Evidence that the formula is the mean of what the network does.

    Parameters
    ----------
    cases : callable
        From a generator to parameter sets, always as many.
    sample : callable
        From a parameter set, a sample size and a generator to an estimate; meets no formula.
    predict : callable
        From the subject and a parameter set to the predicted mean (k,).
    shows : str
        What the agreement shows.
    quantity : callable
        What errors are relative to: `norm` of the mean, or `root_mean_square` where the mean is zero.
    """

    def check(claim: Claim, context: Context) -> Finding:
        rng = context.rng(claim.id, shows)

        def gather() -> list[tuple[Any, Sized]]:
            return [
                (case, enough(partial(sample, case), precision(context), rng, quantity))
                for case in cases(rng)
            ]

        try:
            pairs = context.once((claim.id, shows), gather)
        except TooNoisyError as noisy:
            return Finding(Verdict.SILENT, str(noisy))
        scored = [(score(one.estimate, predict(claim.subject, case)), one.size) for case, one in pairs]
        return conclude(scored, context, count)

    def tails(claim: Claim, rng: np.random.Generator, samples: int) -> list[float]:
        return [score(sample(case, samples, rng), predict(claim.subject, case)).tail for case in cases(rng)]

    count = len(cases(np.random.default_rng(0)))
    return Evidence("monte_carlo", Strength.SAMPLED, shows, check, comparisons=Comparisons(count, tails))
