"""What every sampler of the ladder is given and gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import network, validation

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """Student and teacher, v, v_star (m,), w, w_star (d,), and the estimators asked for; checked."""

    v: Array
    w: Array
    v_star: Array
    w_star: Array
    stes: tuple[str, ...]

    @property
    def m(self) -> int:
        """Number of patches."""
        return len(self.v)

    @property
    def d(self) -> int:
        """Length of a filter."""
        return len(self.w)


@dataclass(frozen=True)
class Plan:
    """How to sample: sample size, root of the streams' seeds, threads, and samples held at a time."""

    samples: int
    seed: np.random.SeedSequence
    threads: int = 1
    chunk: int | None = None
    covariance: bool = False


@dataclass(frozen=True, eq=False)
class GradientEstimate:
    """Monte Carlo estimate of one expected coarse gradient.

    Attributes
    ----------
    mean, standard_error : (d,) float64
    covariance : (d, d) float64 or None
        Unbiased covariance of ONE sample, that of the mean is this divided by the number of samples; None
        unless it was asked for.
    """

    mean: Array
    standard_error: Array
    covariance: Array | None = None


@dataclass(frozen=True, eq=False)
class MonteCarloResult:
    """Monte Carlo estimates of the population loss and of expected coarse gradients.

    Attributes
    ----------
    loss_mean, loss_standard_error : float
    gradients : mapping of str to GradientEstimate
        One for each estimator asked for.
    samples : int
    rung : str
        The sampler, one of `numerics.monte_carlo.RUNGS`.
    trusts : str
        The theory that the sampler takes for granted.
    """

    loss_mean: float
    loss_standard_error: float
    gradients: Mapping[str, GradientEstimate]
    samples: int
    rung: str
    trusts: str

    @property
    def gradient_mean(self) -> Array:
        """Mean of the coarse gradient, (d,), where one estimator was asked for."""
        return self._only("gradient_mean").mean

    @property
    def gradient_standard_error(self) -> Array:
        """Its standard error, (d,)."""
        return self._only("gradient_standard_error").standard_error

    @property
    def gradient_covariance(self) -> Array:
        """Covariance of one sample's coarse gradient, (d, d), if it was asked for."""
        covariance = self._only("gradient_covariance").covariance
        if covariance is None:
            raise ValueError("monte_carlo: covariance=False, True is required to read gradient_covariance")
        return covariance

    def _only(self, name: str) -> GradientEstimate:
        if len(self.gradients) != 1:
            names = ", ".join(map(repr, self.gradients))
            raise ValueError(f"monte_carlo: {name} of {names} is not one vector, gradients[ste].mean is")
        return next(iter(self.gradients.values()))


def problem(
    who: str, v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike, stes: str | Sequence[str]
) -> Problem:
    """Check the parameters of student and teacher.

    Raises
    ------
    ValueError
        If one breaks a rule of `numerics.network.sample_coarse_gradient`, or no estimator or one of them
        twice is asked for.
    """
    layers = validation.vector(who, "v", v), validation.vector(who, "v_star", v_star)
    validation.same_length(who, "v_star", layers[1], "v", layers[0])
    filters = validation.filter_vector(who, "w", w), validation.unit_vector(who, "w_star", w_star)
    validation.same_length(who, "w_star", filters[1], "w", filters[0])
    names = (stes,) if isinstance(stes, str) else tuple(stes)
    for name in names:
        validation.one_of(who, "ste", name, network.ESTIMATORS)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"{who}: ste={names!r}, one or more different names are required")
    return Problem(layers[0], filters[0], layers[1], filters[1], names)
