"""Evidence by two samples: two samplers claim one law, and their means of many features are compared.

The score is Hotelling's T² with the sum of both covariances, as for one sample and a formula; none of the two
means is taken for the truth.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from numerics.monte_carlo import Estimate
from proofs_check.context import Context
from proofs_check.evidence.monte_carlo import (
    NETWORK,
    Sized,
    TooNoisyError,
    conclude,
    enough,
    of_size,
    precision,
)
from proofs_check.evidence.scores import Score, difference, score
from proofs_check.records import Claim, Comparisons, Evidence, Finding, Strength, Verdict


def same_mean(
    cases: Callable[[np.random.Generator], Sequence[Any]],
    below: Callable[[Any, int, np.random.Generator], Estimate],
    above: Callable[[Any, Any, int, np.random.Generator], Estimate],
    shows: str,
    samplers: str = NETWORK,
) -> Evidence:
    """Evidence that a sampler built from the subject has the means of another, which does not meet it.

    Parameters
    ----------
    cases : callable
        From a generator to parameter sets.
    below : callable
        From a parameter set, a sample size and a generator to an estimate.
    above : callable
        The same, from the subject and these.
    shows : str
        What the agreement shows.
    samplers : str
        Which samplers are compared and what each trusts, for the finding; the network itself by default.
    """

    def compared(claim: Claim, context: Context, coarser: float) -> Finding:
        # Two independent samples share the error: its square is the sum of both squares.
        share = precision(context) / math.sqrt(2)
        rng, other = context.rng(claim.id, shows), context.rng(claim.id, shows, "above")

        def gather() -> list[tuple[Any, Sized]]:
            return [(case, enough(partial(below, case), share, rng)) for case in cases(rng)]

        scored = []
        try:
            for case, one in context.once((claim.id, shows), gather):
                draw = partial(above, claim.subject, case)
                against = enough(draw, coarser * share, other, of_size(one.size))
                scored.append((_score(one.estimate, against.estimate), one.size))
        except TooNoisyError as noisy:
            return Finding(Verdict.SILENT, str(noisy))
        return conclude(scored, context, count, samplers)

    def check(claim: Claim, context: Context) -> Finding:
        if claim.planted:
            # Most planted errors are seen with a sixteenth of the samples.
            glance = compared(claim, context, coarser=4)
            if glance.verdict is Verdict.REFUTES:
                return glance
        return compared(claim, context, coarser=1)

    def tails(claim: Claim, rng: np.random.Generator, samples: int) -> list[float]:
        return [
            _score(below(case, samples, rng), above(claim.subject, case, samples, rng)).tail
            for case in cases(rng)
        ]

    count = len(cases(np.random.default_rng(0)))
    return Evidence("monte_carlo", Strength.SAMPLED, shows, check, comparisons=Comparisons(count, tails))


def _score(below: Estimate, above: Estimate) -> Score:
    return score(difference(above, below), np.zeros_like(below.mean))
