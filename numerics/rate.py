"""The contraction factor of RVSCGD near its limit, measured and predicted (A10).

The limit of a run is moved a little, across itself and within the coordinates that survive, where A10 has the
slowest error, and the iteration is seen to come back. The run itself would not do: it may come along a path
on which that error is missing. (With l0, if no entry of the start exceeds the threshold, the largest step is
one to the teacher, and all that follows stays in a plane.)
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian
from numerics.closed_forms import evaluate
from numerics.problem import Problem, simulate
from numerics.simulator import Result
from numerics.splitting import largest_step

Array = NDArray[np.float64]

# Distances at which the iteration begins, where the second order is of this relative size, and at which the
# reading ends: the limit itself is known to 1e-14/(1 - q), some 1e-4 of that distance.
FARTHEST, NEAREST = 1e-5, 1e-10
LEAST_STEPS = 2
MOST_STEPS = 2000  # kept iterates, 16 d bytes each


def contraction(
    drawn: Problem,
    result: Result,
    kappa: Array,
    penalty: str,
    lam: float,
    beta: float,
    a: float | None,
    step: float = 1.0,
) -> tuple[float | None, float | None]:
    """Measured and predicted factor by which a step shrinks a small error at the limit of a run.

    The run is the first that converged.

    Parameters
    ----------
    drawn : Problem
    result : Result
        Of `simulate` with the same parameters.
    kappa : (R,) float64
        Multipliers of the runs.
    penalty, lam, beta, a, step
        As in `simulate`.

    Returns
    -------
    measured : float or None
        None if no run converged, or the factor is too small to be read.
    predicted : float or None
        None if none was measured, or A10 does not apply: for transformed l1, an estimator whose c(θ) is not
        constant, fewer than two coordinates that survive, or κ ≤ β.
    """
    if not result.converged.any():
        return None, None
    row = int(np.argmax(result.converged))
    limit = result.w[row]
    moved = replace(drawn, starts=(limit + FARTHEST * _aside(limit, result.u[row]))[None])
    back = simulate(moved, penalty, lam, beta, a, history=True, step=step, max_iterations=MOST_STEPS)
    assert back.history is not None
    measured = _factor(gaussian.norm(back.history.w[:, 0] - limit))
    if measured is None:
        return None, None
    return measured, predicted_factor(drawn, penalty, result.u[row], beta, step, float(kappa[row]))


def _aside(w: Array, u: Array) -> Array:
    """Unit vector across w, in the coordinates that survive if they are two or more."""
    alive = u != 0 if np.count_nonzero(u) > 1 else np.ones_like(u, dtype=np.bool_)
    # Any direction without relation to w will do; that of the start might be w itself.
    direction = np.random.default_rng(0).standard_normal(len(w))
    return gaussian.normalise(
        gaussian.perpendicular(np.where(alive, direction, 0.0), np.where(alive, w, 0.0))
    )


def _factor(distance: Array) -> float | None:
    """Factor over the second half of the distances above the nearest, when faster errors have died out."""
    last = int(np.flatnonzero(distance >= NEAREST)[-1])
    half = last // 2
    if last - half < LEAST_STEPS or distance[last] >= FARTHEST / 2:  # it went elsewhere
        return None
    return float((distance[last] / distance[half]) ** (1 / (last - half)))


def predicted_factor(
    drawn: Problem, penalty: str, u: Array, beta: float, step: float, kappa: float
) -> float | None:
    """Contraction factor A10 at a limit with the thresholded form u (d,) and multiplier κ.

    Returns
    -------
    float or None
        None where A10 does not apply: for transformed l1, an estimator whose c(θ) is not constant, fewer than
        two coordinates that survive, or κ ≤ β.
    """
    from theory import symbols as sym
    from theory.limit import contraction_factor

    if penalty == "tl1" or drawn.c != drawn.c_min or np.count_nonzero(u) < 2 or kappa <= beta:
        return None
    values = {sym.c: drawn.c, sym.beta: beta, sym.eta: step * largest_step(drawn.c, beta), sym.kappa: kappa}
    return float(evaluate(contraction_factor().result, values))
