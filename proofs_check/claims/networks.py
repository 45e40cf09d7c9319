"""Networks to sample: second layers with zero and negative entries, angles on both sides of π/2.

They are small, and no angle is near 0 or π and no filter long, because the variance of a sample over its mean
decides how many are needed for a given precision; what happens there is left to quadrature and to balls.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian
from numerics.closed_forms import evaluate, filter_values, layer_values

Array = NDArray[np.float64]

# Angle, norm of the student's filter, m and d; among them d = 2, and a second layer with a zero.
DESIGNS = ((1.0, 0.5, 2, 2), (1.4, 0.8, 3, 2), (2.1, 1.0, 2, 3))


@dataclass(frozen=True, eq=False)
class Network:
    """Parameters of student and teacher: v, v* (m,), w and unit w* (d,)."""

    v: Array
    w: Array
    v_star: Array
    w_star: Array

    @property
    def m(self) -> int:
        """Number of patches."""
        return len(self.v)


def networks(rng: np.random.Generator) -> list[Network]:
    """Draw one network for each design."""
    return [_network(rng, *design) for design in DESIGNS]


def taught(rng: np.random.Generator) -> list[Network]:
    """Draw the same with the teacher's second layer, v = v*."""
    return [Network(one.v, one.w, one.v, one.w_star) for one in networks(rng)]


def _network(rng: np.random.Generator, angle: float, norm: float, m: int, d: int) -> Network:
    w_star = gaussian.uniform_sphere(rng, 1, d)[0]
    across = gaussian.normalise(gaussian.perpendicular(rng.standard_normal(d), w_star))
    w = norm * (np.cos(angle) * w_star + np.sin(angle) * across)
    v = np.round(rng.uniform(1, 1.5, m), 2)
    v_star = np.round(v + rng.uniform(-0.3, 0.3, m), 2)
    v[1] *= -0.3
    v_star[1] *= -0.3
    v[2:] = 0.0
    return Network(v, w, v_star, w_star)


def predicted(subject: Any, network: Network) -> Array:
    """Evaluate a formula in the symbols of filters and second layers, as an array (k,)."""
    from theory import symbols as sym

    values: dict[Any, Any] = {
        **layer_values(network.v, network.v_star, "predicted"),
        **filter_values(network.w, network.w_star, "predicted"),
        sym.v: network.v,
        sym.v_star: network.v_star,
        sym.ones: np.ones(network.m),
        sym.w_dot_w_star: network.w @ network.w_star,
    }
    return np.atleast_1d(evaluate(subject, values))
