"""Streaming Monte Carlo: mean and covariance of any statistic of Gaussian inputs, in memory free of N.

The normals come in chunks into one buffer. A chunk of n_b samples with mean b and co-moment (sum of outer
products of the deviations) B joins n_a samples with mean a and co-moment A by

    mean = a + (b - a) n_b / n,    co-moment = A + B + (b - a)(b - a)^T n_a n_b / n,    n = n_a + n_b

(Chan, Golub and LeVeque, 1979), which never subtracts two large sums as E[x^2] - E[x]^2 does.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import network, validation

Array = NDArray[np.float64]

# 2^17 normals are 1 MB: with what is computed from them they stay in a core's cache. But each chunk also
# sweeps the (k, k) co-moment a few times, which at k = 1000 costs as much as 100 samples: so at least 128.
_NORMALS_PER_CHUNK = 2**17
_LEAST_CHUNK = 128


@dataclass(frozen=True, eq=False)
class Estimate:
    """Sample mean and covariance of a statistic.

    Attributes
    ----------
    mean : (k,) float64
    covariance : (k, k) float64
        Unbiased covariance of ONE sample; that of the mean is `covariance / samples`.
    samples : int
    """

    mean: Array
    covariance: Array
    samples: int

    @property
    def standard_error(self) -> Array:
        """Standard error of each component of the mean, (k,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance) / self.samples))


@dataclass(frozen=True, eq=False)
class MonteCarloResult:
    """Monte Carlo estimates of the population loss and of the expected coarse gradient.

    Attributes
    ----------
    loss_mean, loss_standard_error : float
    gradient_mean, gradient_standard_error : (d,) float64
    gradient_covariance : (d, d) float64
        Unbiased covariance of ONE sample's coarse gradient; that of the mean is this divided by `samples`.
    samples : int
    """

    loss_mean: float
    loss_standard_error: float
    gradient_mean: Array
    gradient_standard_error: Array
    gradient_covariance: Array
    samples: int


def estimate(
    statistic: Callable[[Array], Array],
    shape: tuple[int, ...],
    samples: int,
    rng: np.random.Generator,
    chunk: int | None = None,
) -> Estimate:
    """Estimate mean and covariance of a statistic of standard normal inputs.

    Parameters
    ----------
    statistic : callable, (n, *shape) float64 -> (n, k)
        Maps samples to rows, each from its own sample alone. The argument is a buffer that the next chunk
        overwrites: keep no reference to it.
    shape : tuple of int
        Shape of one input, whose entries are independent standard normals; (m, d) for the network.
    samples : int
        At least 2.
    rng : numpy.random.Generator
    chunk : int, optional
        Samples held at a time. By default as many as make 1 MB of normals, and at least 128. The samples
        drawn do not depend on it; the results do in their last digits, through the order of summation.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If `samples`, `chunk` or an entry of `shape` is not an integer in its range, or the statistic is not a
        matrix of one row per sample, changes its number of columns, or is not finite.

    Examples
    --------
    >>> squares = estimate(np.square, (1,), samples=10_000, rng=np.random.default_rng(1))
    >>> bool(abs(squares.mean[0] - 1) < 4 * squares.standard_error[0])
    True
    """
    samples = validation.count("estimate", "samples", samples, least=2)
    shape = tuple(validation.count("estimate", "shape", size) for size in shape)
    if chunk is None:
        chunk = max(_LEAST_CHUNK, _NORMALS_PER_CHUNK // math.prod(shape))
    chunk = min(validation.count("estimate", "chunk", chunk), samples)
    buffer = np.empty((chunk, *shape))
    total = _Moments()
    while total.count < samples:
        inputs = buffer[: samples - total.count]
        rng.standard_normal(out=inputs)
        total.add(_rows(statistic, inputs, total))
    return Estimate(total.mean, total.comoment / (samples - 1), samples)


def monte_carlo(
    v: ArrayLike,
    w: ArrayLike,
    v_star: ArrayLike,
    w_star: ArrayLike,
    ste: str = "relu",
    *,
    samples: int = 100_000,
    seed: int | np.random.Generator | None = None,
    chunk: int | None = None,
) -> MonteCarloResult:
    """Estimate the population loss and the expected coarse gradient by sampling the network.

    Parameters
    ----------
    v, v_star : (m,) array_like
        Second layers of student and teacher.
    w : (d,) array_like
        The student's filter, not zero.
    w_star : (d,) array_like
        The teacher's filter, a unit vector.
    ste : str
        One of `numerics.network.ESTIMATORS`.
    samples : int
        At least 2.
    seed : int, numpy.random.Generator or None
        A generator is drawn from and so advanced; an int starts a new SFC64 stream; None takes fresh entropy.
    chunk : int, optional
        Samples held at a time, see `estimate`.

    Returns
    -------
    MonteCarloResult

    Raises
    ------
    ValueError
        If an argument breaks a rule of `numerics.network.sample_coarse_gradient` or of `estimate`.

    Examples
    --------
    >>> at_right_angle = monte_carlo([1, 1], [1, 0], [1, 1], [0, 1], samples=20_000, seed=1)
    >>> bool(abs(at_right_angle.loss_mean - 1 / 2) < 4 * at_right_angle.loss_standard_error)
    True
    """
    v = validation.vector("monte_carlo", "v", v)
    w = validation.filter_vector("monte_carlo", "w", w)
    validation.one_of("monte_carlo", "ste", ste, network.ESTIMATORS)

    def statistic(Z: Array) -> Array:
        return network.sample_loss_and_coarse_gradient(Z, v, w, v_star, w_star, ste)

    both = estimate(statistic, (len(v), len(w)), samples, _generator(seed), chunk)
    error = both.standard_error
    return MonteCarloResult(
        loss_mean=float(both.mean[0]),
        loss_standard_error=float(error[0]),
        gradient_mean=both.mean[1:],
        gradient_standard_error=error[1:],
        gradient_covariance=both.covariance[1:, 1:],
        samples=both.samples,
    )


def _generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    if isinstance(seed, np.random.Generator):
        return seed
    if seed is not None:
        seed = validation.count("monte_carlo", "seed", seed, least=0)
    # Most of the time goes into normals, and SFC64 delivers them a sixth quicker than NumPy's default.
    return np.random.Generator(np.random.SFC64(seed))


class _Moments:
    """Count, mean (k,) and co-moment (k, k) of the rows added so far."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: Array = np.zeros(0)
        self.comoment: Array = np.zeros((0, 0))

    def add(self, rows: Array) -> None:
        """Join the moments of `rows`, (n, k)."""
        mean = rows.mean(axis=0)
        deviations = rows - mean
        comoment = deviations.T @ deviations
        if self.count == 0:
            self.count, self.mean, self.comoment = len(rows), mean, comoment
            return
        total = self.count + len(rows)
        difference = mean - self.mean
        self.mean += difference * (len(rows) / total)
        self.comoment += comoment
        self.comoment += np.outer(difference, difference * (self.count * len(rows) / total))
        self.count = total


def _rows(statistic: Callable[[Array], Array], inputs: Array, total: _Moments) -> Array:
    """Return the statistic's rows, refused unless they are (n, k) and finite."""
    rows = np.asarray(statistic(inputs), dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(inputs) or (total.count and rows.shape[1] != len(total.mean)):
        raise ValueError(
            f"estimate: statistic returned shape {rows.shape} for {len(inputs)} samples, "
            f"({len(inputs)}, k) with one k throughout is required"
        )
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        where = int(np.argmin(finite))
        raise ValueError(
            f"estimate: statistic={rows[where]} at sample {total.count + where}, every entry must be finite"
        )
    return rows
