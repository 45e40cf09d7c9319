"""Whether and how well it learns: failures of uniform starts, and the error floor of mini-batches."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from numerics.sweep_records import Row
from proofs_check.figures.style import BLUE, GREY, ORANGE, PENALTY_TITLES, SINE, legend, panel

_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


def failures(rows: Sequence[Row]) -> Figure:
    """Draw the share of trapped runs over Λ/c and the largest share that A12 admits, one mark a dimension."""
    figure, axes = panel()
    dims = sorted({row.dim for row in rows})
    shades = np.linspace(0, 0.6, len(dims))
    least = min((1 / row.runs for row in rows), default=1e-6) / 2
    shown: list[float] = []
    for dim, shade, marker in zip(dims, shades, _MARKS * len(dims), strict=False):
        own = sorted((row for row in rows if row.dim == dim), key=lambda row: row.bound)
        judged = [(row.bound, 1 - row.success_bound) for row in own if row.success_bound is not None]
        seen = [(row.bound, row.trapped / row.runs) for row in own if row.trapped]
        shown += [level for level, share in (*judged, *seen) if share >= least]
        colour = str(shade)
        if judged:
            axes.plot(*zip(*judged, strict=True), "-", color=colour, lw=1.2)
        axes.plot(
            *(zip(*seen, strict=True) if seen else ((), ())), marker, color=colour, mfc="white",
            ls="none", label=f"$d={dim}$",
        )  # fmt: skip
    axes.plot([], [], "k-", lw=1.2, label="largest share by A12")
    axes.set(
        xscale="log", yscale="log", ylim=(least, 1), xlim=(min(shown) / 1.2, 1.2) if shown else None,
        xlabel=r"$\Lambda/c$, the a-priori bound on $\sin\theta$",
        ylabel=r"share of uniform starts that end beyond $\pi/2$",
        title=f"Failures and the learnability bound, {PENALTY_TITLES[rows[0].penalty]} penalty",
    )  # fmt: skip
    legend(axes)
    return figure


def minibatch(rows: Sequence[Row]) -> Figure:
    """Draw the error floor over the batch size, with A8's inexact form for the errors that were made."""
    figure, axes = panel()
    own = sorted((row for row in rows if row.batch), key=lambda row: row.batch)
    sizes = [row.batch for row in own]
    low = [row.q05_sine or np.nan for row in own]
    high = [row.q95_sine or np.nan for row in own]
    axes.fill_between(sizes, low, high, color=BLUE, alpha=0.2, lw=0, label="5 % to 95 % of the runs")
    axes.plot(sizes, [row.median_sine or np.nan for row in own], "o-", color=BLUE, label="median error")
    bound = [row.bound_inexact or np.nan for row in own]
    largest = r"A8: $(\Lambda+\varepsilon)/c$ with the largest $\varepsilon$"
    axes.plot(sizes, bound, "s--", color=ORANGE, mfc="white", label=largest)
    typical = [row.bound + (row.median_gradient_error or np.nan) / row.c_min for row in own]
    axes.plot(sizes, typical, ":", color=ORANGE, label=r"the same with the median $\varepsilon$")
    axes.axhline(1, color=GREY, lw=1, ls=":", label="above: says nothing")
    axes.axhline(own[0].bound, color="black", lw=1, ls="-.", label=r"$\Lambda/c$: no gradient error")
    axes.set(
        xscale="log", yscale="log", xlabel="samples $B$ of a mini-batch", ylabel=SINE,
        title=f"Error floor of mini-batches, {PENALTY_TITLES[own[0].penalty]} penalty, $d={own[0].dim}$",
    )  # fmt: skip
    legend(axes, "upper right")
    return figure
