"""Evidence by two samples: two samplers claim one law, and their means of many features are compared.

The score is Hotelling's T² with the sum of both covariances, as for one sample and a formula; none of the two
means is taken for the truth.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numerics.monte_carlo import Estimate
from proofs_check.context import Context
from proofs_check.evidence.monte_carlo import FALSE_ALARM, SAMPLES_FULL, SAMPLES_QUICK, score
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict


def same_mean(
    cases: Callable[[np.random.Generator], Sequence[Any]],
    below: Callable[[Any, int, np.random.Generator], Estimate],
    above: Callable[[Any, Any, int, np.random.Generator], Estimate],
    shows: str,
    samplers: str,
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
        Which samplers are compared and what each trusts, for the finding.
    """

    def check(claim: Claim, context: Context) -> Finding:
        samples = SAMPLES_FULL if context.full else SAMPLES_QUICK
        rng = context.rng(claim.id, shows)

        def gather() -> list[tuple[Any, Estimate]]:
            return [(case, below(case, samples, rng)) for case in cases(rng)]

        pairs = context.once((claim.id, shows), gather)
        if not pairs:
            return Finding(Verdict.SILENT, "no case was sampled")
        other = context.rng(claim.id, shows, "above")
        scores = [
            score(difference(estimate, above(claim.subject, case, samples, other)), estimate.mean)
            for case, estimate in pairs
        ]
        smallest = min(one.tail for one in scores)
        said = (
            f"{samplers}: smallest tail probability {smallest:.2g} of {len(scores)} comparisons of "
            f"{len(pairs[0][1].mean)} means (alarm below {FALSE_ALARM:g}); detects relative errors up to "
            f"{max(one.detectable for one in scores):.2g}"
        )
        return Finding(Verdict.REFUTES if smallest < FALSE_ALARM else Verdict.SUPPORTS, said)

    return Evidence("monte_carlo", Strength.SAMPLED, shows, check)


def difference(below: Estimate, above: Estimate) -> Estimate:
    """The mean of `above`, with the covariance of the difference of both means in place of its own."""
    share = above.samples / below.samples
    return Estimate(above.mean, above.covariance + below.covariance * share, above.samples)
