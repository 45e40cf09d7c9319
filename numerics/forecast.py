"""What the theory says of a cell of a sweep before a run is made: bounds, asymptotics, support, success."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from numerics.bounds import error_bound
from numerics.closed_forms import evaluate
from numerics.learnability import learning_probability
from numerics.limit import limit_points
from numerics.problem import Problem
from numerics.sweep_records import CellSpec


def forecast(spec: CellSpec, drawn: Sequence[Problem], lam: float, beta: float) -> dict[str, Any]:
    """What the theory says of a cell, by the names that a row gives it, apart from the bounds.

    Parameters
    ----------
    spec : CellSpec
    drawn : sequence of Problem
        One for each teacher.
    lam, beta : float
    """
    constant = drawn[0].c == drawn[0].c_min  # which A7 and A12 need
    limits = [
        limit_points(
            one.w_star, one.c, spec.penalty, lam, beta, spec.a, survivors=(one.w_star != 0)[None]
        )
        for one in drawn
        if constant
    ]  # fmt: skip
    angles = [_asymptotic(one, lam) for one in drawn] if spec.penalty == "l1" else []
    return {
        "asymptotic_median": median(angles),
        "asymptotic_max": max(angles, default=None),
        "predicted_support": sum(map(bool, limits)) if constant else None,
        "success_bound": _success(spec, drawn[0], lam, beta) if constant else None,
    }


def error_bounds(spec: CellSpec, drawn: Problem, lam: float, beta: float) -> tuple[float, float]:
    """A-priori bounds A6 on the sine of the error angle, with d and with s."""
    with_d, with_s = (
        error_bound(spec.penalty, lam, beta, entries, drawn.c_min, spec.a)
        for entries in (spec.dim, spec.sparsity)
    )
    return with_d, with_s


def _asymptotic(drawn: Problem, lam: float) -> float:
    from theory import bounds
    from theory import symbols as sym

    values = {
        sym.lam: lam,
        sym.c: drawn.c_min,
        sym.s: drawn.sparsity,
        # Equal magnitudes have ‖w*‖₁² = s, which rounding must not exceed under the root.
        bounds.ONE_NORM: min(float(np.abs(drawn.w_star).sum()), drawn.sparsity**0.5),
    }
    return float(evaluate(bounds.small_penalty_angle().result, values))


def _success(spec: CellSpec, drawn: Problem, lam: float, beta: float) -> float | None:
    """A12: probability that a uniform start is learned, where the bound says something."""
    bound = error_bounds(spec, drawn, lam, beta)[0]
    if spec.start_angle is not None or spec.batch or bound >= 1:
        return None
    return learning_probability(spec.dim, bound)


def median(values: Any) -> float | None:
    """Median of a sequence of numbers, None if it is empty."""
    return float(np.median(values)) if len(values) else None
