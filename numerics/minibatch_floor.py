"""The error at which mini-batch RVSCGD hovers, and the size of its gradient error (A8, inexact form)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian
from numerics.problem import SECOND_LAYER, Problem
from numerics.splitting import largest_step, minibatch_gradient, population_gradient, rvscgd

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Floor:
    """What mini-batch runs of one teacher came to.

    Attributes
    ----------
    sine : (K,) float64
        Sines of the error angle, of all runs at each step of the last quarter.
    w, u : (R, d) float64
        The last iterates.
    trapped : int
        Runs that ended beyond θ = π/2.
    median_gradient_error, max_gradient_error : float
        Norm of the gradient less its expectation, over all runs and steps.
    """

    sine: Array
    w: Array
    u: Array
    trapped: int
    median_gradient_error: float
    max_gradient_error: float


def error_floor(
    drawn: Problem,
    penalty: str,
    lam: float,
    beta: float,
    a: float | None,
    rng: np.random.Generator,
    *,
    patches: int,
    batch: int,
    steps: int,
    step: float = 1.0,
) -> Floor:
    """Run RVSCGD with a fresh mini-batch at each step, from every start.

    Parameters
    ----------
    drawn : Problem
    penalty, lam, beta, a, step
        As in `simulate`.
    rng : Generator
        Of the inputs; all runs of one step share a batch.
    patches, batch, steps : int
        Patches m of the network, with equal second-layer weights of norm 1, samples a batch, and steps.

    Notes
    -----
    One step a call: a batch without a single error has gradient 0, at which a longer call would take the run
    to have converged and stop it.

    Examples
    --------
    >>> from numerics.problem import problem
    >>> drawn, rng = problem("relu", dim=6, sparsity=2, runs=3, seed=0), np.random.default_rng(0)
    >>> floor = error_floor(drawn, "l1", 1e-3, 0.1, None, rng, patches=2, batch=50, steps=80)
    >>> floor.sine.shape, bool(floor.max_gradient_error > floor.median_gradient_error > 0)
    ((60,), True)
    """
    layer = np.full(patches, np.linalg.norm(SECOND_LAYER) / np.sqrt(patches))
    noisy = minibatch_gradient(layer, drawn.w_star, drawn.ste, batch, rng)
    exact = population_gradient(layer, drawn.w_star, drawn.ste)
    errors: list[Array] = []

    def gradient(w: Array) -> Array:
        value = noisy(w)
        errors.append(gaussian.norm(value - exact(w)))
        return value

    eta = step * largest_step(drawn.c, beta)
    w, sines = drawn.starts, []
    for number in range(steps):
        run = rvscgd(
            w, drawn.w_star, drawn.c, penalty, lam, beta, eta, a,
            gradient=gradient, max_iterations=1, tolerance=0.0,
        )  # fmt: skip
        w = run.w
        if 4 * number >= 3 * steps:
            sines.append(gaussian.sine(w, drawn.w_star))
    seen = np.concatenate(errors)
    return Floor(
        np.concatenate(sines),
        w,
        run.u,
        int((run.angle > np.pi / 2).sum()),
        float(np.median(seen)),
        float(seen.max()),
    )
