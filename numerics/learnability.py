"""How often RVSCGD learns from a uniform start, and how often A12 says that it does at least.

A run that ends in the half sphere of the teacher has learned: it stays there, and sinθ comes down
to Λ/c (A8).
The others are failures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian, validation
from numerics.closed_forms import evaluate
from numerics.penalties import shape_parameter
from numerics.simulator import Result
from numerics.splitting import largest_step, rvscgd

Array = NDArray[np.float64]

# Runs of one batch: with d = 1000 an array of its iterates takes 80 MB.
BLOCK = 10_000


def pull(penalty: str, lam: float, beta: float, d: int, a: float | None = None) -> float:
    """Bound Λ of the relaxation's pull β‖w - S(w)‖ (A6).

    Parameters
    ----------
    penalty : {"l1", "l0", "tl1"}
    lam, beta : float
        Penalty weight and relaxation parameter, > 0.
    d : int
        Filter size, at least 2.
    a : float, optional
        Shape of transformed l1, > 0.

    Raises
    ------
    ValueError
        If a parameter breaks its rule.
    """
    from theory import bounds
    from theory import symbols as sym

    beta, lam = (validation.positive("pull", n, x) for n, x in (("beta", beta), ("lam", lam)))
    d = validation.count("pull", "d", d, least=2)
    shape = shape_parameter("pull", penalty, a)
    values = {sym.lam: lam, sym.beta: beta, sym.d: d, **shape}
    return float(evaluate(bounds.displacement(penalty).result, values))


def learning_probability(d: int, level: float) -> float:
    """Lower bound of the probability that a uniform start is learned (A12).

    Parameters
    ----------
    d : int
        Filter size, at least 2.
    level : float
        Λ/c, in [0, 1): see ``pull``. Errors of the gradient of norm ε add ε/c.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If ``d`` or ``level`` breaks its rule.

    Examples
    --------
    >>> round(learning_probability(2, 0.5), 12)  # all but a sixth of the circle is learned
    0.833333333333
    """
    from theory import learnability
    from theory import symbols as sym

    d = validation.count("learning_probability", "d", d, least=2)
    level = validation.real("learning_probability", "level", level, least=0)
    if level >= 1:
        raise ValueError(f"learning_probability: level={level}, a value below 1 is required")
    values = {sym.d: float(d), sym.pull: level, sym.c: 1.0}
    return float(evaluate(learnability.learning_probability().result, values))


@dataclass(frozen=True)
class Failures:
    """Number of runs from uniform starts, and of those that have not learned."""

    runs: int
    failed: int

    @property
    def frequency(self) -> float:
        """Part of the runs that failed."""
        return self.failed / self.runs


def count_failures(
    w_star: Array, c: float, penalty: str, lam: float, beta: float, a: float | None = None, *,
    error: float = 0.0, eta: float | None = None, runs: int, steps: int, seed: int,
) -> Failures:  # fmt: skip
    """Run RVSCGD from uniform starts, and count the failures.

    Parameters
    ----------
    w_star : (d,) array_like
        The teacher's filter, a unit vector.
    c, penalty, lam, beta, a
        As for ``numerics.rvscgd``.
    error : float
        Norm, at least 0, of an error of the gradient that always turns w away from w*.
    eta : float, optional
        Step size, the largest by default.
    runs, steps : int
        Starts, and steps from each.
    seed : int

    Returns
    -------
    Failures

    Raises
    ------
    ValueError
        If a parameter breaks its rule, or Λ + error is not below c.

    Examples
    --------
    >>> count_failures(np.array([1.0, 0.0]), 1.0, "l1", 0.1, 0.5, runs=1000, steps=40, seed=0)
    Failures(runs=1000, failed=0)
    """
    who = "count_failures"
    teacher = validation.unit_vector(who, "w_star", w_star)
    runs, steps = validation.count(who, "runs", runs), validation.count(who, "steps", steps)
    error = validation.real(who, "error", error, least=0)
    level = (pull(penalty, lam, beta, len(teacher), a) + error) / validation.positive(who, "c", c)
    if level >= 1:
        raise ValueError(f"{who}: level={level:.6g}, (Λ + error)/c has to be below 1")
    rng = np.random.default_rng(validation.count(who, "seed", seed, least=0))

    def gradient(w: Array) -> Array:
        away = gaussian.perpendicular(teacher, w)
        length = np.maximum(gaussian.norm(away), np.finfo(float).tiny)[:, None]
        return np.asarray(c * (w - teacher) + error * away / length)

    def run(size: int) -> Result:
        starts = gaussian.uniform_sphere(rng, size, len(teacher))
        if not error:
            return rvscgd(starts, teacher, c, penalty, lam, beta, step, a, max_iterations=steps)
        # Column by column in memory: loops along short rows take longer than the arithmetic.
        columns = np.asfortranarray(starts)
        return rvscgd(
            columns, teacher, c, penalty, lam, beta, step, a, gradient=gradient, max_iterations=steps
        )

    step = largest_step(c, beta) if eta is None else eta
    failed = 0
    for start in range(0, runs, BLOCK):
        failed += int((run(min(BLOCK, runs - start)).angle > np.pi / 2).sum())
    return Failures(runs, failed)
