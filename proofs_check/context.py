"""What a check may use besides the claim: randomness, effort, and what another variant has computed."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numerics.streams import generator


@dataclass(frozen=True)
class Context:
    """Seed and effort of a run of ``verify``.

    Attributes
    ----------
    seed : int
    full : bool
        Whether to spend more samples (effort full).
    controls : bool
        Whether every generated error is tried on every check, or a sample of them.
    memo : dict
        Results that do not depend on a claim's subject, kept for its controls.
    """

    seed: int = 0
    full: bool = False
    controls: bool = False
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)

    def derived_seed(self, *key: str) -> int:
        """A seed that depends on the run's seed and the key alone, not on what ran before."""
        return int(
            np.random.SeedSequence([self.seed, zlib.crc32("\n".join(key).encode())]).generate_state(1)[0]
        )

    def rng(self, *key: str) -> np.random.Generator:
        """A generator of its own for ``key``."""
        return generator(np.random.SeedSequence(self.derived_seed(*key)))

    def once(self, key: Any, compute: Callable[[], Any]) -> Any:
        """Compute a value the first time that ``key`` is asked for."""
        if key not in self.memo:
            self.memo[key] = compute()
        return self.memo[key]
