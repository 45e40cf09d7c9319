"""Streaming Monte Carlo in memory free of the sample size, by a ladder of samplers.

`estimate` takes any statistic of Gaussian inputs. `monte_carlo` takes loss and coarse gradients, from the
network itself or from a sampler that trusts some of the theory and is quicker for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import (
    conditional_sampling,
    network_sampling,
    orbits,
    reduced_sampling,
    sobol_sampling,
    validation,
)
from numerics.moments import Moments
from numerics.sampling import MonteCarloResult, Plan, Problem, problem
from numerics.streams import available_threads, seed_sequence

Array = NDArray[np.float64]

_SAMPLERS: Mapping[str, Callable[[Problem, Plan], MonteCarloResult]] = MappingProxyType(
    {
        module.RUNG: module.sample
        for module in (network_sampling, reduced_sampling, conditional_sampling, sobol_sampling)
    }
)
# From the one that trusts nothing to the one that trusts most.
RUNGS: tuple[str, ...] = tuple(_SAMPLERS)


@dataclass(frozen=True, eq=False)
class Estimate:
    """Sample mean and covariance of a statistic.

    Attributes
    ----------
    mean : (k,) float64
    covariance : (k, k) float64
        Unbiased covariance of ONE sample; that of the mean is `covariance / samples`.
    samples : int
        Independent ones: an orbit is one.
    """

    mean: Array
    covariance: Array
    samples: int

    @property
    def standard_error(self) -> Array:
        """Standard error of each component of the mean, (k,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance) / self.samples))


def estimate(
    statistic: Callable[[Array], Array],
    shape: tuple[int, ...],
    samples: int,
    rng: np.random.Generator,
    chunk: int | None = None,
    *,
    by_orbit: bool = False,
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
        Samples held at a time. By default as many as fit into a core's cache, 1 MB of normals at most unless
        128 single inputs are more. The samples drawn do not depend on it; the results do in their last
        digits, through the order of summation.
    by_orbit : bool
        Whether a sample is the mean of the statistic over the orbit of an input, whose last axis has length
        d: 2d inputs, of which one is drawn (`numerics.orbits`). That trusts the entries' independence and the
        symmetry of their law, and often takes a tenth of the samples for the same standard error.

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
    if by_orbit and not shape:
        raise ValueError("estimate: shape=(), entries along an axis are required for by_orbit")
    orbit = orbits.size(shape) if by_orbit else 1
    if chunk is None:
        chunk = network_sampling.chunk_size(shape, covariance=True, orbit=orbit)
    chunk = min(validation.count("estimate", "chunk", chunk), samples)
    inputs = network_sampling.InputBuffer(shape, orbit * chunk)
    total = Moments(full=True)
    while total.count < samples:
        drawn = min(chunk, samples - total.count)
        rows = _rows(statistic, inputs.draw(rng, drawn, orbit), drawn, total)
        total.add(orbits.means(rows, orbit) if by_orbit else rows)
    return Estimate(total.mean, total.comoment / (samples - 1), samples)


def monte_carlo(
    v: ArrayLike,
    w: ArrayLike,
    v_star: ArrayLike,
    w_star: ArrayLike,
    ste: str | Sequence[str] = "relu",
    *,
    samples: int = 100_000,
    seed: int | np.random.Generator | None = None,
    rung: str = "network",
    covariance: bool = False,
    threads: int | None = None,
    chunk: int | None = None,
) -> MonteCarloResult:
    """Estimate the population loss and expected coarse gradients by sampling.

    Parameters
    ----------
    v, v_star : (m,) array_like
        Second layers of student and teacher.
    w : (d,) array_like
        The student's filter, not zero.
    w_star : (d,) array_like
        The teacher's filter, a unit vector.
    ste : str or sequence of str
        One or more of `numerics.network.ESTIMATORS`, estimated from the same samples.
    samples : int
        At least 2. Sobol points come in 16 replicates of a power of two, to which this is rounded up.
    seed : int, numpy.random.Generator or None
        A generator is drawn from and so advanced; an int starts new streams; None takes fresh entropy.
    rung : str
        The sampler, one of `RUNGS`. Each is better than the one before it and trusts more of the theory, as
        the result says: "network" trusts nothing; "reduced" draws from the same law with about m times
        fewer normals; "conditional" integrates all that can be integrated given Zw; "sobol" spreads its
        points evenly.
    covariance : bool
        Whether to keep the (d, d) covariance of one sample's coarse gradient, which costs time for large d.
    threads : int, optional
        As many as there are cores by default. The result does not depend on it.
    chunk : int, optional
        Samples held at a time by each thread. The default keeps them in a core's cache.

    Returns
    -------
    MonteCarloResult
        Where the network is sampled, m d >= 1024 and no covariance is asked for, the standard errors are
        those of the means of 1000 batches or more, and themselves uncertain by 2.2 % or less.

    Raises
    ------
    ValueError
        If an argument breaks a rule above or of `numerics.network.sample_coarse_gradient`, or numbers so
        large are given that the estimates are not finite.

    Examples
    --------
    >>> at_right_angle = monte_carlo([1, 1], [1, 0], [1, 1], [0, 1], samples=20_000, seed=1)
    >>> bool(abs(at_right_angle.loss_mean - 1 / 2) < 4 * at_right_angle.loss_standard_error)
    True
    >>> quick = monte_carlo([1, 1], [1, 0], [1, 1], [0, 1], ("relu", "identity"), seed=1, rung="sobol")
    >>> quick.gradients["relu"].mean.round(3), quick.rung
    (array([ 0.399, -0.399]), 'sobol')
    """
    who = "monte_carlo"
    one = problem(who, v, w, v_star, w_star, ste)
    validation.one_of(who, "rung", rung, RUNGS)
    plan = Plan(
        samples=validation.count(who, "samples", samples, least=2),
        seed=seed_sequence(who, seed),
        threads=available_threads() if threads is None else validation.count(who, "threads", threads),
        chunk=None if chunk is None else validation.count(who, "chunk", chunk),
        covariance=covariance,
    )
    found = _SAMPLERS[rung](one, plan)
    errors = np.concatenate([one.standard_error for one in found.gradients.values()])
    if not np.isfinite([found.loss_standard_error, *errors]).all():
        raise ValueError("monte_carlo: v, v_star or w too large, the estimates are not finite")
    return found


def _rows(statistic: Callable[[Array], Array], inputs: Array, drawn: int, total: Moments) -> Array:
    """Return the rows of inputs, the first of them drawn, refused unless they are (n, k) and finite."""
    rows = np.asarray(statistic(inputs), dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(inputs) or (total.count and rows.shape[1] != len(total.mean)):
        raise ValueError(
            f"estimate: statistic returned shape {rows.shape} for {len(inputs)} samples, "
            f"({len(inputs)}, k) with one k throughout is required"
        )
    if not np.isfinite(rows).all():
        where = int(np.argmin(np.isfinite(rows).all(axis=1)))
        sample = total.count + where % drawn
        raise ValueError(f"estimate: statistic={rows[where]} at sample {sample}, every entry must be finite")
    return rows
