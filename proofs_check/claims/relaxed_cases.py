"""Cases of the u-step of RVSCGD: a unit w, and rivals of its thresholded value."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from proofs_check.claims.draws import SEEDS, SIZES, Draw, case_of, decades, either, part_of

Array = NDArray[np.float64]

# Weights near the chosen one, for rivals of the u-step.
FACTORS = np.array([0.3, 0.7, 0.9, 0.97, 0.99, 0.997, 1.003, 1.01, 1.03, 1.1, 1.3, 3.0])


@dataclass(frozen=True)
class RelaxedStep:
    """A u-step from a random unit w."""

    penalty: str
    a: float | None
    lam: float
    beta: float
    d: int
    seed: int

    @cached_property
    def vectors(self) -> tuple[Array, Array, Array]:
        """Unit w and w* (d,), and noise (12, d) of all sizes from 1e-6 to 10."""
        rng = np.random.default_rng(self.seed)
        w, w_star = gaussian.uniform_sphere(rng, 2, self.d)
        return w, w_star, rng.standard_normal((12, self.d)) * np.geomspace(1e-6, 10, 12)[:, None]


def shapes() -> Draw[tuple[str, float | None]]:
    """A penalty and its shape a, with transformed l1 in both of its regimes."""
    return either(
        part_of(lambda penalty: (penalty, None), st.sampled_from(("l1", "l0"))),
        part_of(lambda a: ("tl1", a), decades(-2, 2)),
    )


def relaxed_steps() -> SearchStrategy[RelaxedStep]:
    """U-steps of the three penalties with lambda / beta up to 1."""
    return case_of(
        lambda shape, mu, beta, d, seed: RelaxedStep(shape[0], shape[1], mu * beta, beta, d, seed),
        shapes(), decades(-4, 0), decades(-2, 2), SIZES, SEEDS,
    )  # fmt: skip
