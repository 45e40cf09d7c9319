"""How fast it learns: angles over the iterations, and the distance from the limit with the predicted rate."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from numerics import gaussian
from numerics.bounds import error_bound
from numerics.closed_forms import evaluate
from numerics.problem import Problem, simulate
from numerics.rate import predicted_factor
from numerics.simulator import History, Result
from numerics.splitting import largest_step
from proofs_check.figures.style import BLUE, GREEN, ORANGE, PENALTY_TITLES, grid, legend

Array = NDArray[np.float64]

# Shown at a weight and a relaxation, in units of c, where the bounds still say something.
WEIGHT, RELAXATION = 0.03, 1.0
SHOWN_RUNS = 64
# Of numbers of order one, and of their distance: below there is only rounding.
FLOOR = 1e-16


def angles(drawn: Problem, penalty: str, a: float | None) -> Figure:
    """Draw the angle of each run to the teacher, and its distance from its limit, over the iterations."""
    lam, beta = WEIGHT * drawn.c, RELAXATION * drawn.c
    result = simulate(drawn, penalty, lam, beta, a, history=True)
    assert result.history is not None
    figure = Figure(figsize=(10.4, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    _to_the_teacher(left, drawn, result.history, penalty, lam, beta, a)
    _to_the_limit(right, drawn, result, result.history, penalty, beta)
    figure.suptitle(
        rf"RVSCGD with the {PENALTY_TITLES[penalty]} penalty, $\lambda={WEIGHT:g}\,c$, $\beta=c$, "
        r"$\eta=1/(c+\beta)$"
    )
    return figure


def _runs(axes: Axes, values: Array) -> None:
    """Draw (T + 1, R) values over the iterations, and their median."""
    # A value of 0 has no place on a logarithmic axis.
    shown = np.maximum(values, FLOOR)
    grid(axes)
    lines = axes.plot(shown[:, :SHOWN_RUNS], color=BLUE, lw=0.6, alpha=0.5)
    lines[0].set_label("single runs")
    axes.plot(np.median(shown, axis=1), color="black", lw=2, label="median")
    axes.set(yscale="log", xlabel="iteration $t$")


def _to_the_teacher(
    axes: Axes, drawn: Problem, history: History, penalty: str, lam: float, beta: float, a: float | None
) -> None:
    from theory import symbols as sym
    from theory.limit import half_angle_factor

    _runs(axes, history.angle)
    last = _settled(history.angle)
    factor = float(
        evaluate(half_angle_factor().result, {sym.c: drawn.c_min, sym.eta: largest_step(drawn.c, beta)})
    )
    start = float(np.median(history.angle[0]))
    free = 2 * np.arctan(np.tan(start / 2) * factor ** np.arange(last + 1))
    axes.plot(free, color=GREEN, ls=":", lw=2, label="A11: median start, no penalty, at most")
    for entries, dashes, label in (
        (len(drawn.w_star), "--", "a-priori bound"),
        (drawn.sparsity, "-.", "bound with $s$ for $d$"),
    ):
        sine = error_bound(penalty, lam, beta, entries, drawn.c_min, a)
        if sine < 1:
            axes.axhline(np.arcsin(sine), color=ORANGE, ls=dashes, lw=1.5, label=label)
        else:
            axes.plot([], [], " ", label=f"{label}: none below 1")
    ends = np.maximum(history.angle[-1], FLOOR)
    axes.set(
        xlim=(0, last), ylim=(float(ends.min()) / 3, 4), title="Angle to the teacher",
        ylabel=r"angle $\theta^t$ between $w^t$ and $w^*$ (radians)",
    )  # fmt: skip
    legend(axes, "upper right")


def _to_the_limit(
    axes: Axes, drawn: Problem, result: Result, history: History, penalty: str, beta: float
) -> None:
    distance = gaussian.norm(history.w - result.w)
    _runs(axes, distance)
    row = int(np.argmin(np.abs(result.iterations - np.median(result.iterations))))
    kappa = drawn.c * float(result.w[row] @ drawn.w_star) + beta * float(result.w[row] @ result.u[row])
    rate = predicted_factor(drawn, penalty, result.u[row], beta, 1.0, kappa)
    last = max(1, int(np.argmax(np.median(distance, axis=1) < 1e-15)) or len(distance) - 1)
    if rate is not None:
        # Through a point where the second order no longer counts.
        anchor = int(np.argmax(distance[:, row] < 1e-5))
        steps = np.arange(last + 1)
        line = distance[anchor, row] * rate ** (steps - anchor)
        axes.plot(
            steps, line, color=ORANGE, ls="--", lw=1.5, label=rf"A10: slope of the factor $q={rate:.4f}$"
        )
    axes.set(
        xlim=(0, last), ylim=(FLOOR, 4), title="Distance from the limit",
        ylabel=r"distance $\|w^t-\bar w\|$ from the last iterate",
    )  # fmt: skip
    legend(axes, "upper right")


def _settled(angle: Array) -> int:
    """Twice the iteration after which all angles stay within a hundredth of their last."""
    moves = np.flatnonzero((np.abs(angle / np.maximum(angle[-1], FLOOR) - 1) > 0.01).any(axis=1))
    return min(len(angle) - 1, 2 * int(moves[-1]) + 2) if moves.size else max(1, len(angle) - 1)
