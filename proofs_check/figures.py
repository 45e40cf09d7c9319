"""Figures of the comparison: errors against bounds, and angles over the iterations.

Drawn on `Figure` objects, without pyplot and its global state. Every mark differs in shape or stroke and not
in colour alone, so that the figures can be read in grey.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from numerics import bounds as measured
from numerics.bounds import Cell
from numerics.problem import Problem, simulate
from proofs_check.files import write_whole

# Two colours of the Okabe-Ito palette: apart for every kind of colour blindness.
_BLUE, _ORANGE = "#0072B2", "#D55E00"
_TITLES = {"l1": r"$\ell_1$ penalty", "l0": r"$\ell_0$ penalty", "tl1": r"transformed $\ell_1$ penalty"}
# Angles are shown at the second largest weight and β = c, where the bounds still say something.
_WEIGHT, _RELAXATION = measured.WEIGHTS[-2], 1.0
_SHOWN_RUNS = 64


def bounds(cells: Sequence[Cell]) -> Figure:
    """Largest simulated sine of each cell of one penalty against its two bounds."""
    figure, axes = _axes()
    marks = (
        ("bound", "max_sine", "o", _BLUE, _BLUE, "a-priori bound, all $d$ coordinates"),
        (
            "bound_sparse",
            "max_sine_sparse",
            "s",
            "white",
            _ORANGE,
            r"with $s$ for $d$ ($\kappa>\beta$)",
        ),
    )
    shown = []
    for x, y, marker, face, edge, label in marks:
        # A logarithmic axis has no place for an error of 0, nor for rounding instead of an error.
        pairs = [(getattr(c, x), getattr(c, y)) for c in cells if (getattr(c, y) or 0) > c.slack]
        shown += pairs
        axes.plot(*zip(*pairs, strict=True) if pairs else ([], []), marker, mfc=face, mec=edge, label=label)
    lowest, highest = min([1e-3, *map(min, shown)]) / 2, max([1.0, *map(max, shown)]) * 2
    axes.plot([lowest, highest], [lowest, highest], "k-", lw=1, label="error = bound")
    axes.fill_between([lowest, highest], [lowest, highest], highest, color="0.9", lw=0, label="violation")
    axes.axvline(1, color="0.4", lw=1, ls=":", label="beyond: says nothing")
    axes.set(
        xscale="log", yscale="log", xlim=(lowest, highest), ylim=(lowest, highest), aspect="equal",
        xlabel=r"a-priori bound on $\sin\theta$", ylabel=r"largest simulated error, $\sin\theta$",
        title=f"Errors and bounds, {_TITLES[cells[0].penalty]}",
    )  # fmt: skip
    axes.legend(fontsize="small", loc="upper left", framealpha=1)
    return figure


def angles(drawn: Problem, penalty: str, a: float | None) -> Figure:
    """Error angle of each run over the iterations, with the angles that the bounds allow."""
    lam, beta = _WEIGHT * drawn.c, _RELAXATION * drawn.c
    result = simulate(drawn, penalty, lam, beta, a, history=True)
    assert result.history is not None
    # An angle of 0 has no place on a logarithmic axis; below 1e-16 there is only rounding.
    angle = np.maximum(result.history.angle, 1e-16)
    figure, axes = _axes()
    lines = axes.plot(angle[:, :_SHOWN_RUNS], color=_BLUE, lw=0.6, alpha=0.5)
    lines[0].set_label("single runs")
    axes.plot(np.median(angle, axis=1), color="black", lw=2, label="median")
    _bound_lines(axes, drawn, penalty, lam, beta, a)
    axes.set(
        yscale="log", xlim=(0, _settled(angle)),
        xlabel="iteration $t$", ylabel=r"angle $\theta^t$ between $w^t$ and $w^*$ (radians)",
        title=rf"Angles, {_TITLES[penalty]}, $\lambda={_WEIGHT:g}\,c$, $\beta=c$",
    )  # fmt: skip
    axes.legend(fontsize="small", loc="upper right", framealpha=1)
    return figure


def _settled(angle: NDArray[np.float64]) -> int:
    """Return twice the iteration after which all angles stay within a hundredth of their last."""
    moves = np.flatnonzero((np.abs(angle / angle[-1] - 1) > 0.01).any(axis=1))
    return min(len(angle) - 1, 2 * int(moves[-1]) + 2) if moves.size else max(1, len(angle) - 1)


def _bound_lines(axes: Axes, drawn: Problem, penalty: str, lam: float, beta: float, a: float | None) -> None:
    for entries, style, label in (
        (len(drawn.w_star), "--", "a-priori bound"),
        (drawn.sparsity, "-.", "bound with $s$ for $d$"),
    ):
        sine = measured.error_bound(penalty, lam, beta, entries, drawn.c_min, a)
        if sine < 1:
            axes.axhline(np.arcsin(sine), color=_ORANGE, ls=style, lw=1.5, label=label)
        else:
            axes.plot([], [], " ", label=f"{label}: none below 1")


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 5.2), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=True, which="major", color="0.85", lw=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as SVG and PNG, the same bytes for the same figure.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    # Without a salt the names inside the SVG, and without None the date, would change each time.
    with mpl.rc_context({"svg.hashsalt": "rvscgd"}):
        for kind, metadata in (("svg", {"Date": None}), ("png", {})):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, dpi=160, metadata=metadata)
            write_whole(folder / f"{name}.{kind}", buffer.getvalue())
