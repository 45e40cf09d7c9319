"""Steps of other estimators with any pull, from the edge of a cap, and fixed points of theirs."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.closed_forms import smallest_tangential_constant, tangential_constant
from numerics.network import ESTIMATORS
from numerics.splitting import population_gradient
from proofs_check.claims.cases import Turn, any_turn, rounding
from proofs_check.claims.draws import SEEDS, case_of, decades
from proofs_check.claims.trapping_cases import SMALL_SIZES, frame

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EstimatorStep:
    """A step with the expected coarse gradient of an estimator and a pull, ‖v‖ = 1.

    The pull is ``share`` times the least tangential constant.
    """

    ste: str
    d: int
    share: float
    fraction: float
    part: float
    seed: int

    @property
    def least(self) -> float:
        """Least tangential constant."""
        return smallest_tangential_constant(1.0, self.ste)

    def constant(self, angle: float) -> float:
        """Tangential constant at an angle."""
        return float(tangential_constant(1.0, angle, self.ste))

    def angles(self, angle: float, longest: float) -> tuple[Array, float]:
        """Angles after a step of ``fraction`` times ``longest`` against some pulls, and their rounding."""
        rng = np.random.default_rng(self.seed)
        w_star, across = frame(rng, self.d)
        w = np.cos(angle) * w_star + np.sin(angle) * across
        pull = self.share * self.least
        worst = np.array([angle, np.arcsin(min(1.0, pull / self.constant(angle)))]) - np.pi / 2
        tilts = np.concatenate([np.linspace(0, 2 * np.pi, 33), worst])
        plane = np.cos(tilts)[:, None] * w_star + np.sin(tilts)[:, None] * across
        e = pull * np.concatenate([plane, gaussian.uniform_sphere(rng, 8, self.d)])
        raw = w - self.fraction * longest * (population_gradient([1.0], w_star, self.ste)(w[None]) + e)
        return gaussian.angle(raw, w_star), 8 * rounding(self.d) / float(gaussian.norm(raw).min())


def estimator_steps() -> SearchStrategy[EstimatorStep]:
    """Three estimators, pulls up to just below the least constant, steps up to the longest."""
    shares, parts = (
        st.sampled_from((0.1, 0.5, 0.9, 0.999, 1 - 1e-9)),
        st.sampled_from((0.0, 1e-6, 0.3, 0.7, 1.0)),
    )
    fractions = st.sampled_from((1.0, 0.5, 0.01))
    return case_of(EstimatorStep, st.sampled_from(ESTIMATORS), SMALL_SIZES, shares, fractions, parts, SEEDS)


@dataclass(frozen=True)
class EstimatorFixedPoint:
    """W at an angle to w*, and the u with which a step of an estimator has no part across w, ‖v‖ = 1."""

    ste: str
    turn: Turn
    beta: float
    along: float

    def vectors(self) -> tuple[Array, Array, Array]:
        """Unit w, u and unit w*, all (d,); the part of u along w is arbitrary."""
        w, w_star = self.turn.vectors
        gradient = population_gradient([1.0], w_star, self.ste)(w[None])[0]
        return w, self.along * w + gaussian.perpendicular(gradient, w) / self.beta, w_star


def estimator_fixed_points() -> SearchStrategy[EstimatorFixedPoint]:
    """Three estimators at all angles, with β over four decades."""
    along = st.sampled_from((0.0, 0.5, 1.0, -1.0))
    return case_of(EstimatorFixedPoint, st.sampled_from(ESTIMATORS), any_turn(), decades(-2, 2), along)
