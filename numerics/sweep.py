"""Measurement of one cell of a sweep: errors, bounds, support, rate and failures of many runs.

Where the limit is unique all runs of one teacher end at one point, and quantiles over the starts alone would
say nothing; a cell therefore draws several teachers. Memory is bounded by blocks of starts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import validation
from numerics.bounds import RunErrors, error_summary, run_errors
from numerics.forecast import error_bounds, forecast, median
from numerics.minibatch_floor import Floor, error_floor
from numerics.problem import Problem, problem, simulate
from numerics.rate import contraction
from numerics.splitting import largest_step
from numerics.sweep_records import CellSpec, Row

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

BLOCK = 2**20  # numbers in a block of starts: 8 MB for each array of the simulation
QUANTILES = {"min_sine": 0.0, "q05_sine": 0.05, "median_sine": 0.5, "q95_sine": 0.95, "max_sine": 1.0}


@dataclass(frozen=True, eq=False)
class _Runs:
    """Runs of one teacher in population form; support holds missed, false and all entries of u, (R, 3)."""

    errors: RunErrors
    support: Counts
    iterations: Counts
    rate: tuple[float | None, float | None]


def measure(spec: CellSpec, seed: int) -> Row:
    """Run RVSCGD for a cell and record what came of it.

    Parameters
    ----------
    spec : CellSpec
    seed : int
        Of the sweep, at least 0.

    Returns
    -------
    Row
        The same for the same cell and seed, whatever else was measured before.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or a run reaches w = 0.

    Examples
    --------
    >>> spec = CellSpec("l1", "relu", 10, 3, 0.01, 1.0, 1.0, None, "random", None, 2, 4, 20_000, 0, None)
    >>> row = measure(spec, seed=0)
    >>> row.runs, row.violations, row.exact_support, row.median_sine < row.bound_sparse
    (8, 0, 8, True)
    """
    validation.count("measure", "seed", seed, least=0)
    drawn = [
        problem(
            spec.ste, spec.dim, spec.sparsity, spec.starts, child,
            teacher=spec.teacher, start_angle=spec.start_angle,
        )
        for child in spec.seeds(seed)
    ]  # fmt: skip
    lam, beta = spec.lam_over_c * drawn[0].c, spec.beta_over_c * drawn[0].c
    if spec.batch:
        generators = [np.random.default_rng(child) for child in spec.batch_seeds(seed)]
        seen = _of_floors(spec, drawn, lam, beta, generators)
    else:
        seen = _of_runs([_run(spec, one, lam, beta) for one in drawn])
    eta = spec.eta_fraction * largest_step(drawn[0].c, beta)
    return Row(
        **asdict(spec), seed=seed, lam=lam, beta=beta, eta=eta, c=drawn[0].c, c_min=drawn[0].c_min,
        **forecast(spec, drawn, lam, beta), **seen,
    )  # fmt: skip


def _run(spec: CellSpec, drawn: Problem, lam: float, beta: float) -> _Runs:
    parts = [_run_block(spec, block, lam, beta) for block in _blocks(drawn)]
    return _Runs(
        _join([part.errors for part in parts]),
        np.concatenate([part.support for part in parts]),
        np.concatenate([part.iterations for part in parts]),
        parts[0].rate,
    )


def _blocks(drawn: Problem) -> Iterator[Problem]:
    rows = max(1, BLOCK // len(drawn.w_star))
    for first in range(0, len(drawn.starts), rows):
        yield replace(drawn, starts=drawn.starts[first : first + rows])


def _run_block(spec: CellSpec, drawn: Problem, lam: float, beta: float) -> _Runs:
    shared = spec.penalty, lam, beta, spec.a
    result = simulate(drawn, *shared, step=spec.eta_fraction, max_iterations=spec.iterations)
    errors = run_errors(drawn, result, *shared, spec.eta_fraction)
    return _Runs(
        errors,
        _support(result.u, drawn.w_star),
        result.iterations,
        contraction(drawn, result, errors.kappa, *shared, spec.eta_fraction),
    )


def _support(u: Array, w_star: Array) -> Counts:
    """Entries that u (R, d) misses, adds and has; (R, 3)."""
    found, wanted = u != 0, w_star != 0
    counts: Counts = np.stack(
        [(wanted & ~found).sum(axis=1), (found & ~wanted).sum(axis=1), found.sum(axis=1)], axis=1
    )
    return counts


def _join(parts: Sequence[RunErrors]) -> RunErrors:
    """Put the runs of many batches together."""
    names = [f.name for f in fields(RunErrors) if isinstance(getattr(parts[0], f.name), np.ndarray)]
    joined: dict[str, Any] = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    return replace(parts[0], **joined)


def _of_runs(teachers: Sequence[_Runs]) -> dict[str, Any]:
    """What a row says of runs in population form."""
    errors = _join([one.errors for one in teachers])
    done = errors.converged
    iterations = np.concatenate([one.iterations for one in teachers])
    # Rates of teachers that A10 speaks of, to be compared with it; those of all if it speaks of none.
    measured = [one.rate for one in teachers if one.rate[0] is not None]
    pairs = [pair for pair in measured if pair[1] is not None] or measured
    return {
        **error_summary(errors),
        **_quantiles(errors.sine[done]),
        "min_kappa": float(errors.kappa[done].min()) if done.any() else None,
        "median_kappa": median(errors.kappa[done]),
        **_of_support(np.concatenate([one.support for one in teachers])[done]),
        "median_iterations": float(np.median(iterations)),
        "most_iterations": int(iterations.max()),
        "rate": median([rate for rate, _ in pairs]),
        "predicted_rate": median([rate for _, rate in pairs if rate is not None]),
        **dict.fromkeys(("median_gradient_error", "max_gradient_error", "bound_inexact")),
    }


def _of_floors(
    spec: CellSpec,
    drawn: Sequence[Problem],
    lam: float,
    beta: float,
    generators: Sequence[np.random.Generator],
) -> dict[str, Any]:
    """What a row says of mini-batch runs."""
    floors: list[Floor] = [
        error_floor(
            one, spec.penalty, lam, beta, spec.a, rng, patches=spec.patches or 1, batch=spec.batch,
            steps=spec.iterations, step=spec.eta_fraction,
        )
        for one, rng in zip(drawn, generators, strict=True)
    ]  # fmt: skip
    bound, bound_sparse = error_bounds(spec, drawn[0], lam, beta)
    worst = max(one.max_gradient_error for one in floors)
    runs = spec.teachers * spec.starts
    return {
        "runs": runs,
        "not_converged": 0,
        "trapped": sum(one.trapped for one in floors),
        **_quantiles(np.concatenate([one.sine for one in floors])),
        **_of_support(np.concatenate([_support(f.u, p.w_star) for f, p in zip(floors, drawn, strict=True)])),
        "bound": bound,
        "bound_sparse": bound_sparse,
        "kappa_above_beta": 0,
        "slack": 0.0,
        "median_iterations": float(spec.iterations),
        "most_iterations": spec.iterations,
        "median_gradient_error": median([one.median_gradient_error for one in floors]),
        "max_gradient_error": worst,
        "bound_inexact": bound + worst / drawn[0].c_min,
        **dict.fromkeys(
            ("max_sine_sparse", "tightness", "tightness_sparse", "identity_residual", "violations",
             "min_kappa", "median_kappa", "rate", "predicted_rate")
        ),
    }  # fmt: skip


def _of_support(counts: Counts) -> dict[str, Any]:
    missed, false, size = counts.T
    return {
        "exact_support": int(((missed == 0) & (false == 0)).sum()),
        "missed_entries": int(missed.sum()),
        "false_entries": int(false.sum()),
        "median_support": median(size),
    }


def _quantiles(sine: Array) -> dict[str, float | None]:
    if not sine.size:
        return dict.fromkeys(QUANTILES)
    return dict(zip(QUANTILES, np.quantile(sine, list(QUANTILES.values())).tolist(), strict=True))
