"""Table of simulated errors beside their bounds, 80 columns wide, and the legend of its columns."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from numerics.bounds import Cell
from numerics.problem import MAX_ITERATIONS

_COLUMNS = (
    "pen-\nalty", "λ/c", "β/c", "median\nsin θ", "max\nsin θ", "bound", "bound\nwith s",
    "tight-\nness", "A5\nrest", "open/\ntrapped", "viol.",
)  # fmt: skip
_ESTIMATORS = {"identity": "identity", "relu": "ReLU", "clipped_relu": "clipped ReLU"}


def table(cells: Sequence[Cell]) -> Table:
    """One row a cell, a rule between penalties; rows that violate a bound stand out."""
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    for number, heading in enumerate(_COLUMNS):
        drawn.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        last = following is None or following.penalty != cell.penalty
        drawn.add_row(*_row(cell), style="bold red" if cell.violations else None, end_section=last)
    return drawn


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        cell.penalty,
        f"{cell.lam / cell.c:.3g}",
        f"{cell.beta / cell.c:.3g}",
        number(cell.median_sine),
        number(cell.max_sine),
        _bound(cell.bound),
        _bound(cell.bound_sparse) if cell.kappa_above_beta else "-",
        number(cell.tightness, ".2g"),
        number(cell.identity_residual, ".0e"),
        f"{cell.not_converged}/{cell.trapped}",
        str(cell.violations),
    )


def number(value: float | None, style: str = ".3g") -> str:
    """Format a number, a dash for None."""
    return "-" if value is None else format(value, style)


def _bound(value: float) -> str:
    # The star keeps its column free in the other rows, so that the digits stay aligned.
    return f"{value:.3g}" + ("*" if value >= 1 else " ")


def legend(cells: Sequence[Cell], dim: int, sparsity: int) -> Text:
    """Say what the columns of `table` mean."""
    first = cells[0]
    rows = {
        "c": f"tangential constant of the {_ESTIMATORS[first.ste]} estimator, {first.c:.6g}",
        **({"c_min": f"its least value over all angles, {first.c_min:.6g}"} if first.c_min < first.c else {}),
        "sin θ": "error of the runs that converged: θ is the angle between w and w*",
        "bound": f"a-priori bound A6, Λ/{'c_min' if first.c_min < first.c else 'c'}, with d = {dim}; "
        "* no sine exceeds 1",
        "with s": f"the same with s = {sparsity} for d, for the runs with κ = ⟨w, c w* + βu⟩ > β",
        "tightness": "max sin θ / bound; 1 would be an attained bound",
        "A5 rest": "largest |c sin θ - β‖u⊥‖|, which is 0 in exact arithmetic",
        "open": f"runs that did not converge in {MAX_ITERATIONS} steps; not judged",
        "trapped": "runs that ended beyond θ = π/2",
        "viol.": f"runs beyond a bound by more than rounding, {max(c.slack for c in cells):.1g}",
    }
    width = max(map(len, rows))
    return Text("".join(f"{name:<{width}}  {meaning}\n" for name, meaning in rows.items()))
