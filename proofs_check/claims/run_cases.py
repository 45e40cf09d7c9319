"""Cases of whole runs of RVSCGD at the borders of the domain, as the batches and fields that claims watch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.limit import limit_points
from numerics.splitting import largest_step, rvscgd
from proofs_check.claims.draws import SEEDS, case_of, decades
from proofs_check.claims.limit_cases import Field
from proofs_check.claims.relaxed_cases import shapes
from proofs_check.claims.runs import Batch
from proofs_check.claims.shrunk_cases import FORMS, RATIOS
from proofs_check.evidence.cases import Violation

Array = NDArray[np.float64]

STEPS = 24
# Runs that are not at rest by then shrink their error by less than a factor of 0.88 a step.
PATIENCE = 250


@dataclass(frozen=True)
class Watched:
    """A few steps from beside w*, beside -w*, across w* and anywhere; β is ``ratio`` times c."""

    shape: tuple[str, float | None]
    mu: float
    c: float
    ratio: float
    d: int
    form: str
    fraction: float
    tilt: float
    seed: int

    def batch(self) -> Batch:
        """The runs, with their history."""
        rng = np.random.default_rng(self.seed)
        w_star = FORMS[self.form](rng, self.d)
        drawn = gaussian.uniform_sphere(rng, 4, self.d)
        across = gaussian.normalise(gaussian.perpendicular(drawn[:3], w_star))
        angles = np.array([self.tilt, np.pi / 2, np.pi - self.tilt])[:, None]
        starts = np.concatenate([np.cos(angles) * w_star + np.sin(angles) * across, drawn[3:]])
        beta = self.ratio * self.c
        eta = self.fraction * largest_step(self.c, beta)
        penalty, a = self.shape
        result = rvscgd(
            starts, w_star, self.c, penalty, self.mu * beta, beta, eta, a, max_iterations=STEPS, history=True
        )
        return Batch(penalty, a, self.mu * beta, beta, self.c, eta, w_star, result)


def watched() -> SearchStrategy[Watched]:
    """All penalties, sparse teachers and dense ones, thresholds from far below the entries to above all."""
    return case_of(
        Watched, shapes(), decades(-6, 0), decades(-1, 1), st.sampled_from(RATIOS),
        st.sampled_from((2, 3, 5, 20)),
        st.sampled_from(tuple(FORMS)), st.sampled_from((1.0, 0.5, 0.01)), decades(-9, 0), SEEDS,
    )  # fmt: skip


def along(violation: Callable[[Batch], str | None]) -> Violation:
    """The test of a batch, put to the runs of a case."""
    return lambda case: violation(case.batch())


@dataclass(frozen=True)
class Descent:
    """Runs with l1 from the edge of the admitted starts and elsewhere; λ√d is ``level`` times its bound."""

    d: int
    form: str
    c: float
    ratio: float
    level: float
    fraction: float
    seed: int

    def field(self, bound: float) -> Field:
        """The runs, to rest if that takes no more than ``PATIENCE`` steps, and the computed limits."""
        rng = np.random.default_rng(self.seed)
        w_star = FORMS[self.form](rng, self.d)
        pull, beta = self.level * bound, self.ratio * self.c
        lam = pull / np.sqrt(self.d)
        # One unit in the last place inside the edge: towards vectors on which l1 pulls most, and anywhere.
        edge = np.nextafter(np.pi - np.arcsin(min(1.0, pull / self.c)), 0)
        signs = rng.choice((-1.0, 1.0), (2, self.d)) + 1e-3 * rng.standard_normal((2, self.d))
        drawn = gaussian.uniform_sphere(rng, 4, self.d)
        across = gaussian.normalise(gaussian.perpendicular(np.concatenate([signs, drawn[:3]]), w_star))
        angles = np.array([edge, edge, edge, np.pi / 2, np.pi - 1e-3])[:, None]
        starts = np.concatenate([np.cos(angles) * w_star + np.sin(angles) * across, drawn[3:]])
        eta = self.fraction * largest_step(self.c, beta)
        result = rvscgd(starts, w_star, self.c, "l1", lam, beta, eta, max_iterations=PATIENCE, engine="numpy")
        limits = limit_points(w_star, self.c, "l1", lam, beta)
        return Field("l1", lam, beta, self.c, w_star, gaussian.angle(starts, w_star), result, limits)


# A single entry; λ√d just below its bound, where l1 pulls most; and where twice c would leave no limit.
BORDERS = (
    Descent(2, "axis", 1.0, 4.0, 0.9, 1.0, 0), Descent(20, "equal", 1.0, 0.01, 1 - 1e-9, 1.0, 1),
    Descent(5, "equal", 1.0, 4.0, 0.9, 1.0, 2),
)  # fmt: skip


def descents() -> SearchStrategy[Descent]:
    """Teachers from the sparsest to those on which l1 pulls most, β far below c and above it."""
    return case_of(
        Descent, st.sampled_from((2, 3, 5, 20)), st.sampled_from(tuple(FORMS)), decades(-1, 1),
        st.sampled_from((0.01, 0.3, 1.0, 1.001, 4.0)), st.sampled_from((0.01, 0.3, 0.7, 0.9, 0.999)),
        st.sampled_from((1.0, 0.5)), SEEDS,
    )  # fmt: skip
