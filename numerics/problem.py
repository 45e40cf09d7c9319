"""Problems to simulate: a sparse teacher, the starts, and the constants of an estimator.

Units are those of the estimator's constant c, so that every estimator meets the same problems. The second
layer v = v* has norm 1: it enters the expected gradients through its norm alone, as a factor of c.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numerics import closed_forms, gaussian, validation
from numerics.network import ESTIMATORS
from numerics.simulator import Result
from numerics.splitting import largest_step, population_gradient, rvscgd

Array = NDArray[np.float64]

SECOND_LAYER = (1.0,)
TEACHERS = ("random", "equal")

# A run leaves the neighbourhood of the far pole and contracts by about β/κ a step: some hundred steps do.
MAX_ITERATIONS = 20_000


@dataclass(frozen=True, eq=False)
class Problem:
    """A sparse teacher and the starts, shared by all cells.

    Attributes
    ----------
    ste : str
    w_star : (d,) float64
        Unit vector with `sparsity` non-zeros.
    starts : (R, d) float64
        Uniform on the sphere, or on the circle of latitude at a given angle from `w_star`.
    sparsity : int
    c, c_min : float
        Largest and smallest value of the tangential constant c(θ).
    """

    ste: str
    w_star: Array
    starts: Array
    sparsity: int
    c: float
    c_min: float


def problem(
    ste: str,
    dim: int,
    sparsity: int,
    runs: int,
    seed: int | np.random.SeedSequence,
    *,
    teacher: str = "random",
    start_angle: float | None = None,
) -> Problem:
    """Draw a teacher with its non-zeros at random places, and starts, from one seed.

    Parameters
    ----------
    ste : {"identity", "relu", "clipped_relu"}
    dim, sparsity, runs : int
        Length of the filter, its non-zeros, and the number of starts.
    seed : int or SeedSequence
    teacher : {"random", "equal"}
        Whether the non-zeros are normal numbers, or of one magnitude with random signs.
    start_angle : float, optional
        Angle of every start from the teacher, in [0, π]; by default the starts are uniform on the sphere.

    Raises
    ------
    ValueError
        If a name is unknown, dim < 2, sparsity is not in 1..dim, runs < 1, seed < 0 or the angle is not in
        [0, π].

    Examples
    --------
    >>> drawn = problem("relu", dim=10, sparsity=3, runs=4, seed=0)
    >>> int((drawn.w_star != 0).sum()), drawn.starts.shape
    (3, (4, 10))
    """
    validation.one_of("problem", "ste", ste, ESTIMATORS)
    validation.one_of("problem", "teacher", teacher, TEACHERS)
    dim = validation.count("problem", "dim", dim, least=2)
    if validation.count("problem", "sparsity", sparsity) > dim:
        raise ValueError(f"problem: sparsity={sparsity}, at most dim={dim} entries can be other than zero")
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(validation.count("problem", "seed", seed, least=0))
    of_teacher, of_starts = (np.random.default_rng(child) for child in seed.spawn(2))
    w_star = np.zeros(dim)
    entries = of_teacher.standard_normal(sparsity)
    places = of_teacher.choice(dim, sparsity, replace=False)
    w_star[places] = np.sign(entries) if teacher == "equal" else entries
    w_star = gaussian.normalise(w_star)
    starts = gaussian.uniform_sphere(of_starts, runs, dim)
    norm_v = float(np.linalg.norm(SECOND_LAYER))
    return Problem(
        ste,
        w_star,
        starts if start_angle is None else _at_angle(starts, w_star, start_angle),
        sparsity,
        float(closed_forms.tangential_constant(norm_v, 0.0, ste)),  # c(θ) falls with sinθ
        closed_forms.smallest_tangential_constant(norm_v, ste),
    )


def _at_angle(directions: Array, w_star: Array, angle: float) -> Array:
    """Turn `w_star` by `angle` towards each direction, (R, d)."""
    if validation.real("problem", "start_angle", angle, least=0) > np.pi:
        raise ValueError(f"problem: start_angle={angle}, an angle from 0 to pi is required")
    aside = gaussian.normalise(gaussian.perpendicular(directions, w_star))
    return np.asarray(np.cos(angle) * w_star + np.sin(angle) * aside)


def simulate(
    drawn: Problem,
    penalty: str,
    lam: float,
    beta: float,
    a: float | None,
    history: bool = False,
    *,
    step: float = 1.0,
    max_iterations: int = MAX_ITERATIONS,
) -> Result:
    """Run RVSCGD from every start.

    Parameters
    ----------
    drawn : Problem
    penalty, lam, beta, a, history
        As in `rvscgd`.
    step : float
        Step size in units of the largest one for which the decrease A1 holds.
    max_iterations : int
    """
    gradient = None  # the identity's and the ReLU's is c(ŵ - w*), that of the default
    if drawn.c_min != drawn.c:
        gradient = population_gradient(SECOND_LAYER, drawn.w_star, drawn.ste)
    return rvscgd(
        drawn.starts, drawn.w_star, drawn.c, penalty, lam, beta, step * largest_step(drawn.c, beta), a,
        gradient=gradient, max_iterations=max_iterations, history=history,
    )  # fmt: skip
