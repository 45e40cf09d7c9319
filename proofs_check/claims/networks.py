"""Networks to sample: second layers with zero and negative entries, angles on both sides of π/2."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian
from numerics.closed_forms import evaluate, filter_values, layer_values

Array = NDArray[np.float64]

ANGLES = (0.3, 1.2, 2.0, 2.9)
NORMS = (0.5, 1.0, 1.7, 3.0)


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
    """Draw one network for each angle, of sizes m = 3, d = 4."""
    return [_network(rng, angle, norm) for angle, norm in zip(ANGLES, NORMS, strict=True)]


def taught(rng: np.random.Generator) -> list[Network]:
    """Draw the same with the teacher's second layer, v = v*."""
    return [Network(one.v, one.w, one.v, one.w_star) for one in networks(rng)]


def _network(rng: np.random.Generator, angle: float, norm: float) -> Network:
    m, d = 3, 4
    w_star = gaussian.uniform_sphere(rng, 1, d)[0]
    across = gaussian.normalise(gaussian.perpendicular(rng.standard_normal(d), w_star))
    w = norm * (np.cos(angle) * w_star + np.sin(angle) * across)
    v, v_star = np.round(rng.uniform(0.5, 2, (2, m)), 2)
    v[1], v_star[2] = -v[1], -v_star[2]
    v[rng.integers(m)] = 0.0
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
