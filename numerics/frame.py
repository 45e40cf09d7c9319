"""The plane of the two filters, and estimates made in it lifted to all d coordinates.

A coarse gradient is a sum of patches z_i with weights that depend on z_i through w and w* alone. In the
frame of ŵ and a unit vector ê of their plane perpendicular to it, z_i = a_i ŵ + b_i ê + r_i, and the rests
r_i are independent of all a_i and b_i. So the part in the plane needs two numbers for each patch, and of
the rest only the sum of squared weights matters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian
from numerics.moments import Moments
from numerics.sampling import GradientEstimate, MonteCarloResult, Plan, Problem

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frame:
    """Unit vectors ŵ and ê, (2, d), with w* = cosine ŵ + sine ê, sine >= 0, and the norm of w."""

    plane: Array
    cosine: float
    sine: float
    norm: float

    @property
    def off_plane(self) -> Array:
        """Squared length of each coordinate axis outside the plane, (d,); their sum is d - 2."""
        if self.plane.shape[1] == 2:
            return np.zeros(2)  # not the rounding, of which a standard error takes the root
        return np.asarray(np.maximum(1 - np.square(self.plane).sum(axis=0), 0.0))

    def outside(self, x: Array) -> Array:
        """Part of x (..., d) perpendicular to the plane."""
        if self.plane.shape[1] == 2:
            return np.zeros_like(x)
        # One tall product in place of many small ones.
        flat = x.reshape(-1, x.shape[-1])
        return np.asarray(flat - (flat @ self.plane.T) @ self.plane).reshape(x.shape)


def frame(problem: Problem) -> Frame:
    """Build the frame of a problem; where w and w* are parallel, ê is any perpendicular unit vector."""
    own = gaussian.normalise(problem.w)
    rest = gaussian.perpendicular(problem.w_star, own)
    if not rest.any():
        rest = gaussian.perpendicular(np.eye(1, problem.d, int(np.abs(own).argmin()))[0], own)
    plane = np.stack([own, gaussian.normalise(rest)])
    cosine, sine = plane @ problem.w_star
    return Frame(plane, float(cosine), max(float(sine), 0.0), float(gaussian.norm(problem.w)))


def lifted(
    problem: Problem,
    seen: Frame,
    moments: Moments,
    *,
    rest: Array,
    squares: Array,
    plan: Plan,
    rung: str,
    trusts: str,
    samples: int,
) -> MonteCarloResult:
    """Turn moments in the plane into estimates in all coordinates.

    Parameters
    ----------
    problem : Problem
    seen : Frame
    moments : Moments
        Full; of the loss in the first column, then for each estimator its components along ŵ and ê.
    rest : (K, d) float64
        Estimated means outside the plane.
    squares : (K,) float64
        Variance of one row outside the plane, in each direction.
    plan, rung, trusts, samples
        For the result.
    """
    gradients = {}
    for k, ste in enumerate(problem.stes):
        part = slice(1 + 2 * k, 3 + 2 * k)
        inside = moments.covariance[part, part]
        variance = np.einsum("id,ij,jd->d", seen.plane, inside, seen.plane) + squares[k] * seen.off_plane
        gradients[ste] = GradientEstimate(
            moments.mean[part] @ seen.plane + rest[k],
            np.sqrt(np.maximum(variance, 0.0) / moments.count),
            _covariance(seen, inside, float(squares[k])) if plan.covariance else None,
        )
    error = float(np.sqrt(moments.variance[0] / moments.count))
    return MonteCarloResult(float(moments.mean[0]), error, gradients, samples, rung, trusts)


def _covariance(seen: Frame, inside: Array, square: float) -> Array:
    plane = seen.plane
    outside = np.eye(plane.shape[1]) - plane.T @ plane if plane.shape[1] > 2 else np.zeros((2, 2))
    return np.asarray(plane.T @ inside @ plane + square * outside)
