"""Networks whose filter opposes the teacher's, with the second layer of the spurious minimum."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol, Tuple

from numerics import gaussian
from numerics import network as net
from numerics.closed_forms import evaluate
from numerics.monte_carlo import Estimate, estimate
from proofs_check.claims.networks import Network, networks
from theory.symbols import norm_v_star, sum_v_star

Array = NDArray[np.float64]

# Number of patches.
M = Symbol("m", real=True)


@dataclass(frozen=True, eq=False)
class Opposite:
    """A network at θ = π whose second layer is that of the spurious minimum."""

    network: Network

    @property
    def values(self) -> dict[Any, float]:
        """Number of patches and what the teacher's second layer is."""
        star = self.network.v_star
        return {M: float(len(star)), sum_v_star: float(star.sum()), norm_v_star: float(np.linalg.norm(star))}


def opposite_networks(rng: np.random.Generator) -> list[Opposite]:
    """Two to four patches, filters of other norms than one."""
    found = []
    for m, one in zip((2, 3, 4), networks(rng), strict=False):
        w_star, v_star = one.w_star, rng.uniform(0.3, 1.5, m)
        v_solved = np.linalg.solve(np.eye(m) + 1, v_star.sum() - v_star)
        found.append(Opposite(Network(v_solved, -gaussian.norm(one.w) * w_star, v_star, w_star)))
    return found


def sample_identity(one: Opposite, samples: int, rng: np.random.Generator) -> Estimate:
    """Coarse gradient of the identity along ŵ."""
    n = one.network

    def along(Z: Array) -> Array:
        return -(net.sample_coarse_gradient(Z, n.v, n.w, n.v_star, n.w_star, "identity") @ n.w_star)[:, None]

    return estimate(along, (n.m, len(n.w)), samples, rng, by_orbit=True)


def predicted_identity(subject: Expr, one: Opposite) -> Array:
    """The subject's value, (1,)."""
    return np.atleast_1d(evaluate(subject, one.values))


def sample_both(one: Opposite, samples: int, rng: np.random.Generator) -> Estimate:
    """Coarse gradient of the ReLU along w*, and the gradient in v, (1 + m,)."""
    n = one.network

    def both(Z: Array) -> Array:
        coarse = net.sample_coarse_gradient(Z, n.v, n.w, n.v_star, n.w_star, "relu") @ n.w_star
        return np.column_stack([coarse, net.sample_output_gradient(Z, n.v, n.w, n.v_star, n.w_star)])

    # Means that are zero are measured by the size of one input's rows, not of an orbit's.
    return estimate(both, (n.m, len(n.w)), samples, rng)


def sampled_zero(layer: Tuple, one: Opposite) -> Array:
    """Zero where the sampled layer is the claimed one; else its distance times (I + 11ᵀ)/4."""
    a, b = (float(evaluate(part, one.values)) for part in layer)
    gap = one.network.v - (a * one.network.v_star + b)
    return np.concatenate([[0.0], (gap + gap.sum()) / 4])
