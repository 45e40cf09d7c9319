"""Six proxy derivatives with their antiderivatives, and the coarse gradient of a network with any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.network import forward_pass
from proofs_check.claims.networks import Network, taught

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Proxy:
    """A proxy derivative and the function that it is the derivative of."""

    derivative: Callable[[Array], NDArray[Any]]
    value: Callable[[Array], NDArray[Any]]


def _clip(x: Array) -> Array:
    return np.asarray(np.clip(x, -1, 1))


PROXIES: Mapping[str, Proxy] = MappingProxyType(
    {
        "identity": Proxy(np.ones_like, lambda x: x),
        "ReLU": Proxy(lambda x: (x > 0) * 1.0, lambda x: np.asarray(np.maximum(x, 0))),
        "clipped ReLU": Proxy(lambda x: ((x > 0) & (x < 1)) * 1.0, lambda x: np.clip(x, 0, 1)),
        "two-sided clip": Proxy(lambda x: (np.abs(x) <= 1) * 1.0, _clip),
        "triangle": Proxy(
            lambda x: np.maximum(2 - 2 * np.abs(x), 0), lambda x: _clip(x) * (2 - np.abs(_clip(x)))
        ),
        "tanh": Proxy(lambda x: 1 - np.tanh(x) ** 2, np.tanh),
    }
)


@dataclass(frozen=True, eq=False)
class Estimated:
    """A network with the teacher's second layer, and a proxy."""

    network: Network
    name: str

    @property
    def proxy(self) -> Proxy:
        """The proxy derivative with its antiderivative."""
        return PROXIES[self.name]


def estimated(rng: np.random.Generator) -> list[Estimated]:
    """Every proxy with a network, by turns on the one and on the other side of the right angle."""
    return [Estimated(one, name) for name, one in zip(PROXIES, cycle(taught(rng)[:3:2]), strict=False)]


def sample_gradient(Z: Array, one: Estimated, w: Array) -> Array:
    """Coarse gradients of inputs Z (n, m, d) from their definition, (n, d)."""
    network = one.network
    passed = forward_pass(Z, network.v, w, network.v_star, network.w_star)
    return passed.coarse_gradients([one.proxy.derivative])[:, 0]
