"""Runs of RVSCGD with the three penalties, from uniform starts, watched by the claims."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian
from numerics.simulator import STEP_TOLERANCE, Result
from numerics.splitting import largest_step, rvscgd
from proofs_check.context import Context

Array = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Batch:
    """Runs of RVSCGD from uniform starts, all converged, with their history."""

    penalty: str
    a: float | None
    lam: float
    beta: float
    c: float
    eta: float
    w_star: Array
    result: Result

    @property
    def name(self) -> str:
        """The parameters of the batch."""
        shape = "" if self.a is None else f" a={self.a},"
        return f"{self.penalty},{shape} lam={self.lam}, beta={self.beta}, c={self.c}, eta={self.eta:.4g}"

    @property
    def kappa(self) -> Array:
        """The multiplier <w, c w* + beta u> of the last iterates, (R,)."""
        w, u = self.result.w, self.result.u
        return np.asarray(self.c * (w @ self.w_star) + self.beta * np.sum(w * u, axis=1))

    @property
    def slack(self) -> float:
        """How far c w* + beta u of the last iterates may be from kappa w, over c.

        A step of STEP_TOLERANCE moves every term by its factor times it, and eta >= 0.6/(c + beta).
        """
        return 2 * STEP_TOLERANCE * (3 * (self.c + self.beta) / self.c + 1)


# Penalty, a, weight, relaxation: beta on both sides of c = 1, transformed l1 in both of its regimes.
SETTINGS = (
    ("l1", None, 0.02, 0.5),
    ("l1", None, 0.1, 2.0),
    ("l0", None, 0.01, 0.5),
    ("l0", None, 0.05, 2.0),
    ("tl1", 1.0, 0.02, 0.5),
    ("tl1", 0.1, 0.01, 0.5),
    ("tl1", 0.5, 0.1, 2.0),
)


DIMENSION, SPARSITY, STARTS = 40, 10, 8


def shared(simulate: Callable[[Context], Sequence[T]]) -> Callable[[Context], Sequence[T]]:
    """Let the claims that watch these runs share them, for they depend on seed and effort alone."""

    @lru_cache(maxsize=1)
    def ran(seed: int, full: bool) -> tuple[T, ...]:
        outcomes = tuple(simulate(Context(seed, full)))
        _freeze(outcomes)
        return outcomes

    @wraps(simulate)
    def of(context: Context) -> Sequence[T]:
        return ran(context.seed, context.full)

    return of


@shared
def batches(context: Context) -> list[Batch]:
    """Run every setting with the largest step of A1 and with six tenths of it; keep the converged batches."""
    ran = (
        _run(context, penalty, a, lam, beta, fraction)
        for penalty, a, lam, beta in SETTINGS
        for fraction in (1.0, 0.6)
    )
    return [batch for batch in ran if batch.result.converged.all()]


def _run(context: Context, penalty: str, a: float | None, lam: float, beta: float, fraction: float) -> Batch:
    rng = context.rng("batches", penalty, str(a), str(lam), str(fraction))
    w_star, c = np.zeros(DIMENSION), 1.0
    w_star[rng.choice(DIMENSION, SPARSITY, replace=False)] = rng.standard_normal(SPARSITY)
    w_star = gaussian.normalise(w_star)
    starts = gaussian.uniform_sphere(rng, STARTS * (4 if context.full else 1), DIMENSION)
    eta = fraction * largest_step(c, beta)
    result = rvscgd(starts, w_star, c, penalty, lam, beta, eta, a, max_iterations=5000, history=True)
    return Batch(penalty, a, lam, beta, c, eta, w_star, result)


def _freeze(outcome: Any) -> None:
    """Let no claim change what others will watch."""
    if isinstance(outcome, np.ndarray):
        outcome.setflags(write=False)
    elif isinstance(outcome, tuple):
        for one in outcome:
            _freeze(one)
    elif is_dataclass(outcome):
        _freeze(tuple(getattr(outcome, one.name) for one in fields(outcome)))
