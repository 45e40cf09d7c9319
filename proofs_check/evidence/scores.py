"""Scores of sampled means: their null law, and the smallest error that they detect.

The score of a mean x̄ of n samples against a predicted f, both in k components, is Hotelling's
T² = n (x̄ - f)ᵀ S⁻¹ (x̄ - f), with S the samples' own covariance. For normal samples
T² (n - k)/(k (n - 1)) has exactly Fisher's law F(k, n - k) if f is true, and its non-central form with
non-centrality n (f - μ)ᵀ Σ⁻¹ (f - μ) if it is not: both are used as they stand, so that the score is right
for few independent replicates as well as for millions of samples.

The samples of a network are not normal, but bounded in the number of levels or polynomial in normals. To
first order their skewness γ changes the tail of a studentised mean beyond z by the factors exp(±γ z³/(3√n)),
one on each side. Here n follows from the precision r that is asked for, √n = (z + 3.1)(σ/μ)/r, so that the
exponent is at most 8.2 r γ μ/σ: 0.17 for a rare event at r = 2 %, which changes the two sides together by
1.4 %. The tests compute that false-alarm probability exactly. A mean over an orbit has a smaller σ/μ and
takes fewer samples: with the skewness and the numbers of samples of all the ledger's cases under eight seeds
the exponent reaches 0.37, for one of the hidden losses, and the two sides together change by 7 % there.
``benchmarks/calibration.py`` measures the laws of all scores.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from numerics.monte_carlo import Estimate

Array = NDArray[np.float64]

# All comparisons of one run share this probability of a false alarm; by Bonferroni's inequality, whatever
# their dependence, each of at most MOST_COMPARISONS may have the second.
FAMILY_FALSE_ALARM = 1e-6
FALSE_ALARM = 1e-9
MOST_COMPARISONS = round(FAMILY_FALSE_ALARM / FALSE_ALARM)
# An error of the size that is stated goes unseen with this probability.
MISS = 1e-3
# Directions whose variance is below this part of the largest carry rounding only (float64: 2e-16).
DEGENERATE = 1e-13
# A direction without variance has to agree up to the rounding of a mean of values of order one.
ROUNDING = 1e-11


@dataclass(frozen=True)
class Score:
    """Outcome of one comparison.

    Attributes
    ----------
    tail : float
        Probability of a score at least as large if the prediction is true.
    detectable : float
        Smallest distance between prediction and truth that raises an alarm with probability 1 - MISS in
        whatever direction it lies.
    samples : int
    """

    tail: float
    detectable: float
    samples: int


def score(estimate: Estimate, prediction: Array) -> Score:
    """Compare a sampled mean (k,) with a predicted one.

    Raises
    ------
    ArithmeticError
        If the sample or the prediction is empty or not finite, or there are no more samples than components.
    """
    from scipy.special import fdtrc

    difference = estimate.mean - prediction
    if not difference.size or not np.isfinite(difference).all() or not np.isfinite(estimate.covariance).all():
        raise ArithmeticError("score: the sample or the prediction is empty or not finite")
    variance, directions = np.linalg.eigh(np.atleast_2d(estimate.covariance))
    random = variance > DEGENERATE * max(variance[-1], 0.0)
    turned = directions.T @ difference
    scale = max(1.0, float(np.abs(prediction).max()))
    if np.any(np.abs(turned[~random]) > ROUNDING * scale):
        return Score(0.0, ROUNDING * scale, estimate.samples)
    rank = int(random.sum())
    if rank == 0:
        return Score(1.0, ROUNDING * scale, estimate.samples)
    hotelling = float(estimate.samples * np.sum(turned[random] ** 2 / variance[random]))
    free = estimate.samples - rank
    if free < 1:
        raise ArithmeticError(f"score: {estimate.samples} samples cannot judge {rank} components")
    tail = float(fdtrc(rank, free, hotelling * free / (rank * (estimate.samples - 1))))
    return Score(tail, detectable(estimate), estimate.samples)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """Estimate of the difference of two means, from independent samples of other sizes and covariances.

    Its number of samples is one more than the degrees of freedom that the sum V = V₁ + V₂ of both means'
    covariances has, k(k + 1)/ν = Σ (tr((VᵢV⁻¹)²) + tr(VᵢV⁻¹)²)/(nᵢ - 1), by matching its second moments to
    those of a Wishart matrix (Krishnamoorthy and Yu, 2004; Welch's number for k = 1). This approximates: by
    exact integration for k = 1 and V₂/V₁ = 0.3 an alarm meant to have the probability 1e-9 has 1.6e-9 with 64
    samples of each, the fewest that the ledger compares, and 5e-8 with 16.
    """
    means = [np.atleast_2d(sample.covariance) / sample.samples for sample in (one, other)]
    total = means[0] + means[1]
    # A direction without variance has no part in either.
    inverse = np.linalg.pinv(total, rcond=DEGENERATE, hermitian=True)
    rank, spread = float(np.trace(total @ inverse)), 0.0
    for part, sample in zip(means, (one, other), strict=True):
        share = part @ inverse
        spread += float(np.trace(share @ share) + np.trace(share) ** 2) / (sample.samples - 1)
    free = rank * (rank + 1) / spread if spread else min(one.samples, other.samples) - 1
    samples = int(free) + 1
    return Estimate(one.mean - other.mean, samples * total, samples)


def detectable(estimate: Estimate) -> float:
    """Smallest error in the norm that is detected with probability 1 - MISS, in the worst direction."""
    variance = np.linalg.eigvalsh(np.atleast_2d(estimate.covariance))
    rank = int(np.sum(variance > DEGENERATE * max(variance[-1], 0.0)))
    if rank == 0:
        return ROUNDING
    return float(np.sqrt(noncentrality(rank, estimate.samples) * variance[-1] / estimate.samples))


@cache
def noncentrality(rank: int, samples: int) -> float:
    """Non-centrality at which Hotelling's test of level FALSE_ALARM misses with probability MISS."""
    from mpmath import findroot  # which is loaded, while SciPy's root finders take long to import
    from scipy.special import betaincinv, ncfdtr

    free = samples - rank
    # P(F > x) is the incomplete beta function of free / (free + rank x).
    share = betaincinv(free / 2, rank / 2, FALSE_ALARM)
    bar = float(free * (1 - share) / (rank * share))

    def surplus(away: float) -> float:
        return float(np.log(ncfdtr(rank, free, float(away), bar) / MISS))

    far = rank * bar
    while surplus(far) > 0:
        far *= 2
    return float(findroot(surplus, (0, far), solver="anderson", tol=1e-20))
