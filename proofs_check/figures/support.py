"""Which entries survive: recovery of the support, and the penalties at equal support."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from numerics.sweep_records import Row
from proofs_check.figures.errors import shade_grid
from proofs_check.figures.style import PENALTY_STYLES, PENALTY_TITLES, SINE, legend, panel


def recovery(rows: Sequence[Row]) -> Figure:
    """Draw how often u has the teacher's support over λ and s/d, and where A7 predicts it for half."""
    figure, axes = panel(6.4, 4.6)
    shade_grid(
        axes,
        rows,
        {(row.lam_over_c, row.sparsity): row.exact_support / row.runs for row in rows},
        "share of runs with exactly the teacher's support",
    )
    weights, sizes = ({getattr(row, name) for row in rows} for name in ("lam_over_c", "sparsity"))
    predicted = {(row.lam_over_c, row.sparsity): (row.predicted_support or 0) / row.teachers for row in rows}
    field = np.array([[predicted.get((x, y), np.nan) for x in sorted(weights)] for y in sorted(sizes)])
    if min(field.shape) > 1 and np.nanmin(field) < 0.5 < np.nanmax(field):
        # In two strokes, so that the line is seen on light and on dark fields.
        for colour, width, dashes in (("white", 4, "-"), ("black", 1.8, "--")):
            axes.contour(
                np.arange(len(weights)) + 0.5, np.arange(len(sizes)) + 0.5, field, [0.5],
                colors=colour, linewidths=width, linestyles=dashes,
            )  # fmt: skip
        line = Line2D([], [], color="black", ls="--", lw=1.8, label="A7 predicts it for half of the teachers")
        figure.legend(handles=[line], fontsize="small", loc="outside lower center")
    d = rows[0].dim
    axes.set_yticklabels([f"{s / d:.2g}" for s in sorted(sizes)])
    axes.set(
        ylabel=f"sparsity $s/d$ of the teacher, $d={d}$",
        title=f"Recovery of the support, {PENALTY_TITLES[rows[0].penalty]} penalty, "
        rf"$\beta={rows[0].beta_over_c:g}\,c$",
    )
    return figure


def penalties(rows: Sequence[Row]) -> Figure:
    """Draw the median error of each penalty against the number of entries that it keeps, λ running along."""
    figure, axes = panel()
    for penalty, (colour, marker, dashes) in PENALTY_STYLES.items():
        points = [
            (row.median_support, row.median_sine)
            for row in sorted(rows, key=lambda row: row.lam)
            if row.penalty == penalty and row.median_support and (row.median_sine or 0) > row.slack
        ]
        if points:
            x, y = zip(*points, strict=True)
            label = f"{PENALTY_TITLES[penalty]} penalty"
            axes.plot(x, y, marker=marker, ls=dashes, color=colour, mfc="white", label=label)
    axes.axvline(rows[0].sparsity, color="0.4", lw=1, ls=":", label="support of the teacher")
    axes.set(
        yscale="log", xlabel="entries of $u$ that survive (median)", ylabel=f"median {SINE}",
        title=rf"The penalties at equal support, $\beta={rows[0].beta_over_c:g}\,c$",
    )  # fmt: skip
    legend(axes)
    return figure
