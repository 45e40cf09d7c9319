"""The contraction factor of RVSCGD near its limit, measured and predicted (A10).

The error of a run, its distance from where it came to rest, falls by one factor a step once the run is close.
Its last half is run again with all iterates kept; the factor is read between a distance at which the second
order no longer counts and one that rounding does not reach.
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

# A factor read between these has a relative error of the order of the first, from curvature, and, over j
# steps, of 1e-14/((1 - q) NEAREST j) from the end's own distance to the limit.
FARTHEST, NEAREST = 1e-5, 1e-10
LEAST_STEPS = 3
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
    """Measured and predicted factor by which a step shrinks the error of the first run that converged.

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
        None if no run converged, or its last steps are too few.
    predicted : float or None
        None if none was measured, or A10 does not apply: for transformed l1, an estimator whose c(θ) is not
        constant, fewer than two coordinates that survive, or κ ≤ β.
    """
    if not result.converged.any():
        return None, None
    row = int(np.argmax(result.converged))
    last = int(result.iterations[row])
    shared = penalty, lam, beta, a
    first = max(last // 2, last - MOST_STEPS)
    # Twice the same run: a start and its iterates do not depend on the batch.
    begin = simulate(_from(drawn, drawn.starts[[row]]), *shared, step=step, max_iterations=first)
    rest = simulate(
        _from(drawn, begin.w), *shared, step=step, max_iterations=max(1, last - first), history=True
    )
    assert rest.history is not None
    measured = _factor(gaussian.norm(rest.history.w[:, 0] - result.w[row]))
    if measured is None:
        return None, None
    applies = penalty != "tl1" and drawn.c == drawn.c_min and np.count_nonzero(result.u[row]) > 1
    return measured, _predicted(drawn.c, beta, step, float(kappa[row])) if applies else None


def _from(drawn: Problem, starts: Array) -> Problem:
    return replace(drawn, starts=starts)


def _factor(distance: Array) -> float | None:
    close = np.flatnonzero(distance <= FARTHEST)
    apart = np.flatnonzero(distance >= NEAREST)
    if not (close.size and apart.size and apart[-1] - close[0] >= LEAST_STEPS):
        return None
    i, j = close[0], apart[-1]
    return float((distance[j] / distance[i]) ** (1 / (j - i)))


def _predicted(c: float, beta: float, step: float, kappa: float) -> float | None:
    from theory import symbols as sym
    from theory.limit import contraction_factor

    if kappa <= beta:
        return None
    values = {sym.c: c, sym.beta: beta, sym.eta: step * largest_step(c, beta), sym.kappa: kappa}
    return float(evaluate(contraction_factor().result, values))
