"""How tight the bounds are: errors against bounds, and tightness over λ and s."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from numerics.sweep_records import Row
from proofs_check.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PENALTY_TITLES,
    SHADES,
    WEIGHT,
    legend,
    panel,
)

Pairs = list[tuple[float, float]]


def bounds(rows: Sequence[Row]) -> Figure:
    """Draw the largest simulated sine of each cell of one penalty against what the theory says of it."""
    figure, axes = panel()
    with_d = [(row.bound, row.max_sine) for row in rows if _seen(row, row.max_sine)]
    with_s = [(row.bound_sparse, row.max_sine_sparse) for row in rows if _seen(row, row.max_sine_sparse)]
    first_order = [
        (row.asymptotic_max, row.max_sine)
        for row in rows
        if _seen(row, row.max_sine) and (row.asymptotic_max or 0) > row.slack
    ]
    series = (
        (with_d, "o", BLUE, BLUE, "a-priori bound, all $d$ coordinates"),
        (with_s, "s", "white", ORANGE, r"a-priori bound with $s$ for $d$ ($\kappa>\beta$)"),
        (first_order, "+", GREEN, GREEN, r"first order in $\lambda$, no bound"),
    )
    for pairs, marker, face, edge, label in series:
        if pairs or marker != "+":
            x, y = zip(*pairs, strict=True) if pairs else ((), ())
            axes.plot(x, y, marker, mfc=face, mec=edge, ls="none", label=label)
    _identity(axes, [*with_d, *with_s, *first_order])  # type: ignore[list-item]
    axes.set(
        xlabel=r"predicted error, bound on $\sin\theta$ or first order",
        ylabel=r"largest simulated error, $\sin\theta$",
        title=f"Errors and bounds, {PENALTY_TITLES[rows[0].penalty]} penalty",
    )
    legend(axes, "upper left")
    return figure


def _seen(row: Row, sine: float | None) -> bool:
    # A logarithmic axis has no place for an error of 0, nor for rounding instead of an error.
    return (sine or 0) > row.slack


def _identity(axes: Axes, shown: Pairs) -> None:
    low, high = min([1e-3, *chain(*shown)]) / 2, max([1.0, *chain(*shown)]) * 2
    axes.plot([low, high], [low, high], "k-", lw=1, label="error = prediction")
    axes.fill_between([low, high], [low, high], high, color="0.9", lw=0, label="violation of a bound")
    axes.axvline(1, color=GREY, lw=1, ls=":", label="beyond: says nothing")
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")


def tightness(rows: Sequence[Row]) -> Figure:
    """Draw the largest error over its bound with s, for each λ and s of one penalty."""
    figure, axes = panel(6.4, 4.6)
    shade_grid(
        axes,
        rows,
        {(row.lam_over_c, row.sparsity): row.tightness_sparse for row in rows},
        "largest error over its bound, 1 if attained",
    )
    axes.set(
        ylabel="non-zeros $s$ of the teacher",
        title=f"Tightness of the bound with $s$, {PENALTY_TITLES[rows[0].penalty]} penalty, "
        rf"$d={rows[0].dim}$, $\beta={rows[0].beta_over_c:g}\,c$",
    )
    return figure


def shade_grid(
    axes: Axes, rows: Sequence[Row], values: dict[tuple[float, int], float | None], label: str
) -> None:
    """Shade a value in [0, 1] over λ/c and s, with its number in each field; none where it is None."""
    weights = sorted({row.lam_over_c for row in rows})
    sizes = sorted({row.sparsity for row in rows})
    field = np.array([[values.get((x, y)) for x in weights] for y in sizes], dtype=np.float64)
    shown = axes.pcolormesh(field, vmin=0, vmax=1, cmap=SHADES, edgecolors="white", linewidth=0.5)
    for (j, i), value in np.ndenumerate(field):
        if np.isfinite(value):
            colour = "white" if value < 0.55 else "black"
            # On the field's own colour, since a line over the fields may pass behind the number.
            box = {"facecolor": shown.cmap(value), "edgecolor": "none", "pad": 1}
            axes.text(
                i + 0.5, j + 0.5, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=7, bbox=box
            )
    axes.set_xticks(np.arange(len(weights)) + 0.5, [f"{x:.2g}" for x in weights], fontsize="small")
    axes.set_yticks(np.arange(len(sizes)) + 0.5, [str(y) for y in sizes])
    axes.grid(visible=False)
    axes.set(xlabel=WEIGHT)
    axes.figure.colorbar(shown, ax=axes, label=label)
