"""Simulated error angles of RVSCGD against the a-priori bounds A6, and the residual of the identity A5.

How far may a run that has stopped lie beyond a bound for fixed points? Its last step was w⁺ = (w + q)/ρ with
ρ = ‖w + q‖, whose part perpendicular to w is η(c(θ)w*⊥ + βu⊥)/ρ and not longer than the tolerance τ. Hence

    c(θ) sinθ ≤ β‖u⊥‖ + ρτ/η,    ρ ≤ 1 + η(‖E g‖ + β) ≤ 3,

with ‖E g‖ ≤ 2c and η = σ/(c+β), σ ≤ 1; ‖w - u‖ ≤ 1 because S(x) lies between 0 and x. The step itself turns w
by at most τ more, which moves the sine by at most τ. As float64 takes the step with an error of a few 2e-16,
far below τ = 1e-14, doubling the sum covers all roundings: `slack` = 2τ(3(c+β)/(σ c_min) + 1). In the bound
with s in place of d a coordinate outside the support obeys (κ-β)|wᵢ| ≤ |rᵢ|, with r the rest ρτ/η above, and
adds up to β‖r‖/(κ-β), so that the slack there is κ/(κ-β) times as large. Derived here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import closed_forms, engine, gaussian
from numerics.problem import MAX_ITERATIONS, SECOND_LAYER, Problem, simulate
from numerics.simulator import STEP_TOLERANCE, Result
from numerics.splitting import largest_step

Array = NDArray[np.float64]

# In units of the estimator's c, so that every estimator meets the same problems. The l1 bound runs from 0.7 %
# of its trivial value 1 to 70 % at d = 50; β lies on both sides of c.
WEIGHTS = (0.001, 0.003, 0.01, 0.03, 0.1)
RELAXATIONS = (0.5, 1.0, 2.0)


@dataclass(frozen=True, eq=False)
class RunErrors:
    """Errors of a batch of runs, one entry a run, and the bounds that they have to meet.

    Attributes
    ----------
    sine : (R,) float64
        Of the angle between w and the teacher's filter.
    kappa : (R,) float64
        Multiplier ⟨w, c(θ) w* + βu⟩ of the sphere.
    residual : (R,) float64
        |c(θ) sinθ - β‖u⊥‖|, the identity A5.
    converged, sparse, beyond, trapped : (R,) bool
        Whether the run came to rest; did so with κ > β and so has to meet `bound_sparse`; did so beyond a
        bound; ended beyond θ = π/2.
    bound, bound_sparse : float
        A6 with d, and with s in place of d.
    slack : float
        What rounding and the stopping rule may add to a sine.
    """

    sine: Array
    kappa: Array
    residual: Array
    converged: NDArray[np.bool_]
    sparse: NDArray[np.bool_]
    beyond: NDArray[np.bool_]
    trapped: NDArray[np.bool_]
    bound: float
    bound_sparse: float
    slack: float


@dataclass(frozen=True)
class Cell:
    """Errors of a batch of runs with one choice of parameters; sines, residual and bounds are pure numbers.

    ``None`` stands where no run qualifies. Medians, maxima and violations are those of the runs that
    converged; those with κ > β also have to meet `bound_sparse`.
    """

    penalty: str
    a: float | None
    ste: str
    lam: float
    beta: float
    eta: float
    c: float
    c_min: float
    median_sine: float | None
    max_sine: float | None
    max_sine_sparse: float | None
    bound: float
    bound_sparse: float
    tightness: float | None
    tightness_sparse: float | None
    identity_residual: float | None
    slack: float
    runs: int
    kappa_above_beta: int
    not_converged: int
    trapped: int
    violations: int
    most_iterations: int


def error_bound(penalty: str, lam: float, beta: float, entries: int, c: float, a: float | None) -> float:
    """Bound A6 on the sine of the error angle; `entries` is d, or s for fixed points with κ > β.

    Parameters
    ----------
    penalty : {"l1", "l0", "tl1"}
    lam, beta : float
        Penalty weight and relaxation parameter, > 0.
    entries : int
    c : float
        Lower bound of the tangential constant, > 0.
    a : float or None
        Shape of transformed l1.

    Examples
    --------
    >>> error_bound("l1", lam=0.01, beta=1.0, entries=25, c=0.2, a=None)
    0.25
    """
    from theory import bounds
    from theory import symbols as sym

    values = {sym.lam: lam, sym.beta: beta, sym.d: entries, sym.c: c}
    if a is not None:
        values[sym.a] = a
    return float(closed_forms.evaluate(bounds.error_bound(penalty).result, values))


def run_errors(
    drawn: Problem, result: Result, penalty: str, lam: float, beta: float, a: float | None, step: float = 1.0
) -> RunErrors:
    """Measure the errors of runs and compare them with the bounds.

    Parameters
    ----------
    drawn : Problem
    result : Result
        Of `simulate` with the same parameters.
    penalty, lam, beta, a, step
        As in `simulate`.
    """
    done = result.converged
    sine = gaussian.sine(result.w, drawn.w_star)
    constant = closed_forms.tangential_constant(float(np.linalg.norm(SECOND_LAYER)), result.angle, drawn.ste)
    # Sums without BLAS, which may add in another order in another number of threads.
    kappa = constant * np.einsum("rd,d->r", result.w, drawn.w_star) + beta * np.einsum(
        "rd,rd->r", result.w, result.u
    )
    pull = beta * gaussian.norm(gaussian.perpendicular(result.u, result.w))
    sparse = done & (kappa > beta)
    slack = 2 * STEP_TOLERANCE * (3 * (drawn.c + beta) / step / drawn.c_min + 1)
    bound, bound_sparse = (
        error_bound(penalty, lam, beta, n, drawn.c_min, a) for n in (len(drawn.w_star), drawn.sparsity)
    )
    beyond = done & (sine > bound + slack)
    excess = sine[sparse] - bound_sparse
    beyond[sparse] |= excess > slack * kappa[sparse] / (kappa[sparse] - beta)
    return RunErrors(
        sine, kappa, np.abs(constant * sine - pull), done, sparse, beyond, result.angle > np.pi / 2,
        bound, bound_sparse, slack,
    )  # fmt: skip


def needs_compiler(drawn: Problem) -> bool:
    """Whether `compare` will run some cell of the grid by the compiled simulator."""
    runs, d = drawn.starts.shape
    work = max(
        engine.expected_work(
            runs, d, largest_step(drawn.c, relaxation * drawn.c) * drawn.c, MAX_ITERATIONS, STEP_TOLERANCE
        )
        for relaxation in RELAXATIONS
    )
    plain = drawn.c_min == drawn.c
    return engine.choose("auto", plain_gradient=plain, normalise=True, history=False, work=work) == "compiled"


def compare_cell(drawn: Problem, penalty: str, lam: float, beta: float, a: float | None = None) -> Cell:
    """Simulate one choice of parameters and compare its errors with the bounds.

    Raises
    ------
    ValueError
        If a parameter is not positive, the penalty is unknown or ``a`` does not fit it.

    Examples
    --------
    >>> from numerics.problem import problem
    >>> drawn = problem("relu", dim=10, sparsity=3, runs=4, seed=0)
    >>> cell = compare_cell(drawn, "l1", lam=0.002, beta=0.2)
    >>> cell.violations, cell.not_converged, cell.max_sine < cell.bound
    (0, 0, True)
    """
    result = simulate(drawn, penalty, lam, beta, a)
    seen = run_errors(drawn, result, penalty, lam, beta, a)
    return Cell(
        penalty, a, drawn.ste, lam, beta, largest_step(drawn.c, beta), drawn.c, drawn.c_min,
        **error_summary(seen), most_iterations=int(result.iterations.max()),
    )  # fmt: skip


def error_summary(seen: RunErrors) -> dict[str, Any]:
    """Medians, maxima and counts over the runs, by the names that `Cell` gives them."""
    done, sparse = seen.converged, seen.sparse
    return {
        "median_sine": float(np.median(seen.sine[done])) if done.any() else None,
        "max_sine": _largest(seen.sine[done]),
        "max_sine_sparse": _largest(seen.sine[sparse]),
        "bound": seen.bound,
        "bound_sparse": seen.bound_sparse,
        "tightness": _largest(seen.sine[done] / seen.bound),
        "tightness_sparse": _largest(seen.sine[sparse] / seen.bound_sparse),
        "identity_residual": _largest(seen.residual[done]),
        "slack": seen.slack,
        "runs": len(done),
        "kappa_above_beta": int(sparse.sum()),
        "not_converged": int((~done).sum()),
        "trapped": int(seen.trapped.sum()),
        "violations": int(seen.beyond.sum()),
    }


def _largest(values: Array) -> float | None:
    return float(values.max()) if values.size else None


Choice = tuple[str, float, float, float | None]


def plan(drawn: Problem, penalties: Sequence[str], a: float) -> tuple[Choice, ...]:
    """Penalty, λ, β and shape of every cell of the grid; ``a`` is for transformed l1."""
    return tuple(
        (penalty, weight * drawn.c, relaxation * drawn.c, a if penalty == "tl1" else None)
        for penalty in penalties
        for weight in WEIGHTS
        for relaxation in RELAXATIONS
    )


def compare(drawn: Problem, chosen: Sequence[Choice]) -> Iterator[Cell]:
    """Yield a cell for every choice of `plan`."""
    for choice in chosen:
        yield compare_cell(drawn, *choice)
