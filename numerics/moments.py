"""Running moments: mean and (co)variances of rows that come in batches, joined without cancellation.

A batch of n_b rows with mean b and co-moment (sum of outer products of the deviations) B joins n_a rows with
mean a and co-moment A by

    mean = a + (b - a) n_b / n,    co-moment = A + B + (b - a)(b - a)^T n_a n_b / n,    n = n_a + n_b

(Chan, Golub and LeVeque, 1979), which never subtracts two large sums as E[x^2] - E[x]^2 does. The diagonal of
the co-moment, all that standard errors need, follows the same rule entry by entry.

A row may be the mean of n' samples. It counts n' times, its deviations too: their sum over the number of rows
less one has the covariance of one sample for its mean, whatever the sizes of the batches.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Moments:
    """Count, mean (k,) and co-moment of the samples so far: (k, k) if `full`, else its diagonal (k,)."""

    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.count = 0
        self._rows = 0
        self.mean: Array = np.zeros(0)
        self.comoment: Array = np.zeros(0)
        self._scratch: Array = np.zeros((0, 0))

    def add(self, rows: Array, each: int = 1) -> None:
        """Join the moments of `rows`, (n, k), of which each is the mean of so many samples."""
        if len(rows) == 1 and not self.full:
            # It has no deviation from its own mean.
            self._join(each, 1, rows[0].copy(), None)
            return
        mean = np.add.reduce(rows, axis=0) / len(rows)
        if self._scratch.shape != rows.shape:
            self._scratch = np.empty_like(rows)
        deviations = np.subtract(rows, mean, out=self._scratch)
        comoment = deviations.T @ deviations if self.full else np.einsum("nk,nk->k", deviations, deviations)
        self._join(each * len(rows), len(rows), mean, each * comoment)

    def join(self, other: "Moments") -> None:
        """Join the moments of other rows, kept in the same form."""
        self._join(other.count, other._rows, other.mean, other.comoment)

    @property
    def covariance(self) -> Array:
        """Unbiased covariance of one sample, (k, k); or its diagonal (k,)."""
        return np.asarray(self.comoment / (self._rows - 1))

    @property
    def variance(self) -> Array:
        """Unbiased variance of each entry of one sample, (k,)."""
        return np.asarray(np.diag(self.covariance)) if self.full else self.covariance

    def _join(self, count: int, rows: int, mean: Array, comoment: Array | None) -> None:
        """Join rows with this mean and co-moment, which is None for zeros."""
        self._rows += rows
        if self.count == 0:
            self.count, self.mean = count, mean
            self.comoment = np.zeros_like(mean) if comoment is None else comoment
            return
        total = self.count + count
        difference = mean - self.mean
        scaled = difference * (self.count * count / total)
        self.mean = self.mean + difference * (count / total)
        if comoment is not None:
            self.comoment += comoment
        self.comoment += difference[:, None] * scaled if self.full else difference * scaled
        self.count = total
