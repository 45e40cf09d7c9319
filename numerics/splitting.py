"""RVSCGD with the theory's gradients and proximal maps, in population and in mini-batch form.

The iteration itself stands in ``numerics.simulator`` and knows no formula; here it is given its coarse
gradient and its proximal map.
"""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import engine as engines
from numerics import network, validation
from numerics.closed_forms import evaluate, expected_coarse_gradient, program
from numerics.penalties import PENALTIES, penalty_value, proximal_map_of, threshold
from numerics.simulator import STEP_TOLERANCE, Gradient, ProximalMap, Result, iterate, limits, starts

if TYPE_CHECKING:
    from sympy import Expr

Array = NDArray[np.float64]


def population_gradient(v: ArrayLike, w_star: ArrayLike, ste: str) -> Gradient:
    """Expected coarse gradient with the teacher's second layer, as a function of w (R, d)."""

    def gradient(w: Array) -> Array:
        return expected_coarse_gradient(v, w, v, w_star, ste)

    return gradient


def minibatch_gradient(
    v: ArrayLike, w_star: ArrayLike, ste: str, batch: int, rng: np.random.Generator
) -> Gradient:
    """Mean of ``batch`` fresh sample coarse gradients, as a function of w (R, d); v = v*.

    All runs of one step share the batch, so that the normals, the dearest part, are drawn once a step. A step
    holds a few arrays of batch · m · R numbers.

    Raises
    ------
    ValueError
        If ``w_star`` is not a unit vector, ``v`` is not a finite vector, ``ste`` is unknown, or ``batch`` is
        not an integer of at least 1.
    """
    who = "minibatch_gradient"
    teacher = validation.unit_vector(who, "w_star", w_star)
    layer = validation.finite_array(who, "v", v, ndim=1)
    validation.one_of(who, "ste", ste, network.ESTIMATORS)
    size = validation.count(who, "batch", batch)

    def gradient(w: Array) -> Array:
        inputs = rng.standard_normal((size, len(layer), len(teacher)))
        return mean_coarse_gradients(inputs, layer, w, teacher, ste)

    return gradient


def mean_coarse_gradients(Z: Array, v: Array, w: Array, w_star: Array, ste: str) -> Array:
    """Mean over inputs Z (N, m, d) of the sample coarse gradients at many filters w (R, d), v = v*; (R, d).

    The runs are columns of the matrix products, which leaves no array of N m d R numbers.
    """
    n, m, d = Z.shape
    flat = Z.reshape(-1, d)
    before = (flat @ w.T).reshape(n, m, len(w))
    labels = v @ ((flat @ w_star).reshape(n, m, 1) > 0)
    weights = network.SUPPORTS[ste](before) * v[:, None]
    weights *= (v @ (before > 0) - labels)[:, None, :]
    mean: Array = weights.reshape(-1, len(w)).T @ flat / n
    return mean


def largest_step(c: float, beta: float) -> float:
    """Largest step size 1/(c + β) for which every w-step decreases the surrogate Lagrangian (A1)."""
    from theory import splitting
    from theory import symbols as sym

    return float(evaluate(splitting.largest_step().result, {sym.c: c, sym.beta: beta}))


def surrogate_lagrangian(
    w: ArrayLike, u: ArrayLike, w_star: ArrayLike, c: float, penalty: str, lam: float, beta: float,
    a: float | None = None,
) -> Array:  # fmt: skip
    """Surrogate Lagrangian Φ(u, w) of A1 for unit w and any u, both (..., d)."""
    from theory import splitting
    from theory import symbols as sym

    student, auxiliary, teacher = (np.asarray(x, dtype=np.float64) for x in (w, u, w_star))
    values = {
        sym.c: c, sym.lam: lam, sym.beta: beta,
        sym.penalty_u: penalty_value(auxiliary, penalty, a),
        sym.w_dot_w_star: student @ teacher,
        sym.w_dot_u: np.sum(student * auxiliary, axis=-1),
        sym.norm_u: np.linalg.norm(auxiliary, axis=-1),
    }  # fmt: skip
    value: Array = evaluate(splitting.surrogate_lagrangian().result, values)
    return value


def rvscgd(
    w0: ArrayLike,
    w_star: ArrayLike,
    c: float,
    penalty: str,
    lam: float,
    beta: float,
    eta: float,
    a: float | None = None,
    *,
    gradient: Gradient | None = None,
    normalise: bool = True,
    any_step: bool = False,
    max_iterations: int = 10_000,
    tolerance: float = STEP_TOLERANCE,
    history: bool = False,
    engine: str = "auto",
) -> Result:
    """Run RVSCGD from many starts at once (Dinh and Xin, arXiv 1901.09731).

    Parameters
    ----------
    w0 : (R, d) array_like
        Starts; a single (d,) start counts as R = 1. Put on the unit sphere first if ``normalise``.
    w_star : (d,) array_like
        The teacher's filter, a unit vector.
    c : float
        Tangential constant of the coarse gradient, > 0: ‖v‖²/(2√(2π)) for the ReLU estimator, twice that
        for the identity. For other estimators an upper bound of c(θ), and pass ``gradient``.
    penalty : {"l1", "l0", "tl1"}
    lam, beta, eta : float
        Penalty weight, relaxation parameter and step size, > 0.
    a : float, optional
        Shape of transformed l1, > 0.
    gradient : callable, optional
        Coarse gradient as a function of w (R, d), expected or stochastic; c(ŵ - w*) by default, see
        ``population_gradient`` and ``minibatch_gradient``.
    normalise : bool
        Whether each step ends on the unit sphere.
    any_step : bool
        Allow steps above 1/(c + β), for which the decrease of A1 is not guaranteed.
    max_iterations : int
    tolerance : float
        A run stops when a step is not longer than ``tolerance`` times ‖w‖.
    history : bool
        Keep w, u and the angle of every iteration: 16 T R d bytes.
    engine : {"auto", "numpy", "compiled"}
        A NumPy program, or a compiled one on all cores for the default gradient, normalised, no history; they
        agree to rounding. "auto" compiles where that pays, from 5e7 coordinates times expected steps on.

    Returns
    -------
    Result
        Frozen record with w, u (R, d), angle (R,) in radians, iterations, converged (R,) and history.

    Raises
    ------
    ValueError
        For a zero start, entries that are not finite, shapes that do not match, parameters that are not
        positive, and a step size above 1/(c + β) unless ``any_step``. For the engine "compiled" if it
        cannot do what is asked or the package numba cannot be imported.

    Examples
    --------
    >>> import numpy as np
    >>> run = rvscgd([[1.0, 1.0, 1.0]], [0.0, 0.6, 0.8], 1.0, "l1", lam=0.01, beta=1.0, eta=0.5)
    >>> bool(run.converged[0]), bool(np.sin(run.angle[0]) <= 0.01 * np.sqrt(3))
    (True, True)
    """
    c, lam, beta, eta = (
        validation.positive("rvscgd", name, value)
        for name, value in (("c", c), ("lam", lam), ("beta", beta), ("eta", eta))
    )
    limit = largest_step(c, beta)
    # A step computed as 1/(c+beta) by other roundings is meant to be allowed: one part in 2^50.
    if not any_step and eta > limit * (1 + 2.0**-50):
        raise ValueError(
            f"rvscgd: eta={eta} exceeds 1/(c+beta)={limit:.6g}, the largest step for which the decrease holds"
        )
    prox = proximal_map_of(lam / beta, penalty, a)
    teacher = validation.unit_vector("rvscgd", "w_star", w_star)
    points = np.atleast_2d(validation.finite_array("rvscgd", "w0", w0))

    max_iterations, tolerance = limits(max_iterations, tolerance)
    work = engines.expected_work(len(points), len(teacher), eta * c, max_iterations, tolerance)
    chosen = engines.choose(
        engine, plain_gradient=gradient is None, normalise=normalise, history=history, work=work
    )
    if chosen == "compiled":
        found = _compiled(points, teacher, prox, (c, penalty, lam, beta, eta, a), max_iterations, tolerance)
        if found is not None:
            return found
    return iterate(
        points,
        teacher,
        gradient or _relu_gradient(c, teacher),
        prox,
        beta,
        eta,
        normalise=normalise,
        max_iterations=max_iterations,
        tolerance=tolerance,
        history=history,
    )


def _compiled(
    points: Array,
    teacher: Array,
    prox: ProximalMap,
    parameters: tuple[float, str, float, float, float, float | None],
    max_iterations: int,
    tolerance: float,
) -> Result | None:
    from numerics.kernel import Step

    c, penalty, lam, beta, eta, a = parameters
    mu = lam / beta
    step = Step(PENALTIES.index(penalty), float(threshold(mu, penalty, a)), mu, float(a or 0.0), c, beta, eta)
    return engines.compiled(*starts(points, teacher, True), prox, step, max_iterations, tolerance)


def _relu_gradient(c: float, w_star: Array) -> Gradient:
    """Gradient of the hidden loss c(‖w‖ - ⟨w, w*⟩), with c for its constant."""
    from theory import symbols as sym

    shape = program(_relu_gradient_shape(), (sym.w_hat, sym.w_star))

    def gradient(w: Array) -> Array:
        unit = w / np.linalg.norm(w, axis=-1, keepdims=True)
        value: Array = c * shape(unit, w_star)
        return value

    return gradient


@cache
def _relu_gradient_shape() -> "Expr":
    """ReLU gradient over its tangential constant; SymPy needs some milliseconds for it."""
    from sympy import expand

    from theory.coarse_gradient import SAME_LAYER, expected_coarse_gradient, tangential_law

    return expand(expected_coarse_gradient("relu").result.subs(SAME_LAYER) / tangential_law("relu").result)
