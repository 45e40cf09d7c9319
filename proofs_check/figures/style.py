"""What all figures share: axes, colours that survive grey and colour blindness, and files of the same bytes.

Drawn on `Figure` objects, without pyplot and its global state. Every mark differs in shape or stroke and not
in colour alone.
"""

import io
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from proofs_check.files import write_whole

Where = Literal["best", "upper left", "upper right"]
# Three colours of the Okabe-Ito palette: apart for every kind of colour blindness, and of unlike lightness.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
GREY = "0.4"
# Dark to light, monotone in lightness: legible in grey.
SHADES = "cividis"
PENALTY_TITLES = {"l1": r"$\ell_1$", "l0": r"$\ell_0$", "tl1": r"transformed $\ell_1$"}
PENALTY_STYLES = {"l1": (BLUE, "o", "-"), "l0": (ORANGE, "s", "--"), "tl1": (GREEN, "^", "-.")}
DOTS_PER_INCH = 160
SINE = r"error, $\sin\theta$ of the angle between $w$ and $w^*$"
WEIGHT = r"penalty weight $\lambda$, in units of $c$"


def panel(width: float = 5.6, height: float = 5.0) -> tuple[Figure, Axes]:
    """A figure with one pair of axes and a faint grid; inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    grid(axes)
    return figure, axes


def grid(axes: Axes) -> None:
    """Draw a faint grid below all else."""
    axes.grid(visible=True, which="major", color="0.85", lw=0.6)
    axes.set_axisbelow(True)


def legend(axes: Axes, where: Where = "best") -> None:
    """Explain the marks, over whatever they cover."""
    axes.legend(fontsize="small", loc=where, framealpha=1)


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write a figure as SVG and PNG, the same bytes for the same figure.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    # Laid out once, for the picture: `savefig` would do so for each file, and draw each of them twice.
    png, svg = io.BytesIO(), io.BytesIO()
    figure.set_dpi(DOTS_PER_INCH)
    FigureCanvasAgg(figure).print_png(png)  # type: ignore[no-untyped-call]
    figure.set_layout_engine("none")
    # Without a salt the names inside the SVG, and without None the date, would change each time.
    with mpl.rc_context({"svg.hashsalt": "rvscgd"}):
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})  # type: ignore[no-untyped-call]
    for kind, buffer in (("svg", svg), ("png", png)):
        write_whole(folder / f"{name}.{kind}", buffer.getvalue())
