"""Cases for the speed of RVSCGD: small errors at its limits, steps and small steps with no penalty."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.simulator import Result, iterate
from numerics.splitting import rvscgd
from proofs_check.claims.cases import Turn, any_turn
from proofs_check.claims.draws import case_of, decades
from proofs_check.claims.runs import Batch, batches, shared
from proofs_check.context import Context

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FreeTurn:
    """A w-step with no penalty; ``fraction`` is ηc."""

    turn: Turn
    c: float
    fraction: float

    def step(self) -> tuple[float, float, float]:
        """Angle before and after, and the length before the normalisation."""
        w, w_star = self.turn.vectors
        run = descend(w[None], w_star, self.c, self.fraction / self.c, 1, normalise=False)
        length = float(np.linalg.norm(run.w[0]))
        return float(gaussian.angle(w, w_star)), float(gaussian.angle(run.w[0], w_star)), length


def descend(w: Array, w_star: Array, c: float, eta: float, steps: int, *, normalise: bool = True) -> Result:
    """RVSCGD with no penalty, u = w."""
    return iterate(
        w, w_star, lambda x: c * (x - w_star), lambda x: x, 1.0, eta,
        normalise=normalise, max_iterations=steps, tolerance=0.0,
    )  # fmt: skip


def free_turns() -> SearchStrategy[FreeTurn]:
    """Angles up to π, ηc up to 1 and beyond."""
    return case_of(
        FreeTurn, any_turn(), decades(-1, 1), st.sampled_from((0.01, 0.3, 0.5, 0.9, 1.0, 1.5, 2.5))
    )


@dataclass(frozen=True, eq=False)
class Flow:
    """Runs with small steps and no penalty."""

    c: float
    eta: float
    steps: int
    start: Array
    end: Array


def flows(context: Context) -> list[Flow]:
    """Starts everywhere in five dimensions, for a slow and a fast loss."""
    found = []
    for c in (0.5, 2.0):
        vectors = gaussian.uniform_sphere(context.rng("flow", str(c)), 41, 5)
        eta, steps = 1e-3 / c, 1500
        run = descend(vectors[1:], vectors[0], c, eta, steps)
        found.append(Flow(c, eta, steps, gaussian.angle(vectors[1:], vectors[0]), run.angle))
    return found


@dataclass(frozen=True, eq=False)
class Rates:
    """Measured contraction at the limits of a batch of runs.

    ``factor`` (R,) is that of errors across w in the coordinates that survive, ``generic`` the largest of
    errors in any direction.
    """

    name: str
    c: float
    beta: float
    eta: float
    kappa: Array
    factor: Array
    generic: float


# Errors in this range shrink by the leading factor to three digits, the next term being quadratic, and are
# known to five: the limit is known to 1e-13.
ERRORS = (1e-8, 1e-5)
DISTURBANCE = 1e-4


@shared
def rates(context: Context) -> list[Rates]:
    """Disturb limits of l1 and l0 at which κ > β and two or more coordinates survive, and let them return.

    The way there does not show the factor reliably: a run of l0 that meets u = 0 stays in the plane of w* and
    u, where the leading factor does not occur, and a second factor that is close fades slowly.
    """
    found = []
    for batch in batches(context):
        good = (np.count_nonzero(batch.result.u, axis=1) >= 2) & (batch.kappa > batch.beta)
        if batch.penalty == "tl1" or not good.any():
            continue
        limits, sparse = batch.result.w[good], batch.result.u[good]
        noise = gaussian.uniform_sphere(context.rng("rates", batch.name), *limits.shape)
        active = gaussian.perpendicular(noise * (sparse != 0), limits * (sparse != 0))
        near, factor = _returned(batch, limits, gaussian.normalise(active))
        generic = _returned(batch, limits, noise)[1]
        if near.any() and len(generic):
            kappa = batch.kappa[good][near]
            found.append(
                Rates(batch.name, batch.c, batch.beta, batch.eta, kappa, factor, float(generic.max()))
            )
    return found


def _returned(batch: Batch, limits: Array, direction: Array) -> tuple[NDArray[np.bool_], Array]:
    """Which runs come back to their limits, and their last factors."""
    starts = limits + DISTURBANCE * direction
    run = rvscgd(
        starts, batch.w_star, batch.c, batch.penalty, batch.lam, batch.beta, batch.eta,
        max_iterations=300, history=True,
    )  # fmt: skip
    near = np.asarray(gaussian.norm(run.w - limits) < ERRORS[0])
    path = run.history.w if run.history else limits[None]
    return near, _last_factor(path[:, near] - limits[near])


def _last_factor(error: Array) -> Array:
    """Quotient of the last two sizes of an error (T, R, d) that lie within ``ERRORS``, (R,)."""
    size = np.linalg.norm(error, axis=-1)
    inside = (size[1:] > ERRORS[0]) & (size[:-1] < ERRORS[1])
    last = len(inside) - 1 - np.argmax(inside[::-1], axis=0)
    rows = np.arange(size.shape[1])
    return np.asarray(size[last + 1, rows] / size[last, rows])
