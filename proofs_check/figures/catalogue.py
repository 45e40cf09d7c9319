"""All figures by name: the experiment that each needs, and how its rows are drawn.

An experiment is a list of cells, measured like those of a sweep; a store that holds suitable rows serves
as well. The values keep each experiment within seconds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TypeVar

from matplotlib.figure import Figure

from numerics.sweep_records import CellSpec, Row
from proofs_check.figures import errors, learning, support

Spec = TypeVar("Spec", bound=CellSpec)

PENALTIES = ("l1", "l0", "tl1")
WEIGHTS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
DIMS = (2, 3, 5, 10, 20)
BOUNDS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)  # Λ/c
BATCHES = (1, 4, 16, 64, 256, 1024)


@dataclass(frozen=True)
class Picture:
    """A kind of figure.

    Attributes
    ----------
    shows : str
        What the reader sees, for the command line's help.
    cells : callable
        From a cell with the common parameters to the cells of the experiment.
    suits : callable
        Whether a row can be drawn in it.
    over : tuple of str
        Parameters that may vary within one figure; of a store's rows the largest set is drawn that agrees in
        the others. Empty if all may.
    draw : callable
        From at least one suitable row to the figure.
    each_penalty : bool
        Whether there is one figure for each penalty, or one in all.
    every_penalty : bool
        Whether the experiment is made with every penalty, or with the first alone.
    """

    shows: str
    cells: Callable[[CellSpec], Iterator[CellSpec]]
    suits: Callable[[Row], bool]
    draw: Callable[[Sequence[Row]], Figure]
    over: tuple[str, ...] = ()
    each_penalty: bool = True
    every_penalty: bool = True

    def figures(self, rows: Sequence[Row]) -> Iterator[tuple[str, Figure]]:
        """Suffixes of file names, and the figures of the suitable rows; none if no row suits."""
        own = [row for row in rows if self.suits(row)]
        if not self.each_penalty:
            if own:
                yield "", self.draw(alike(own, self.over))
            return
        for penalty in PENALTIES:
            chosen = [row for row in own if row.penalty == penalty]
            if chosen:
                yield f"-{penalty}", self.draw(alike(chosen, self.over))


def alike(rows: Sequence[Spec], over: tuple[str, ...]) -> list[Spec]:
    """Of the sets of rows that agree in all parameters but those of ``over``, the largest."""
    if not over:
        return list(rows)
    fixed = [field.name for field in fields(CellSpec) if field.name not in over]
    groups: dict[tuple[object, ...], list[Spec]] = {}
    for row in rows:
        groups.setdefault(tuple(getattr(row, name) for name in fixed), []).append(row)
    return max(groups.values(), key=len)


def _each(base: CellSpec, **axes: Sequence[object]) -> Iterator[CellSpec]:
    """Every combination of the values."""
    if not axes:
        yield base
        return
    name, values = next(iter(axes.items()))
    rest = {key: axes[key] for key in axes if key != name}
    for value in values:
        yield from _each(replace(base, **{name: value}), **rest)  # type: ignore[arg-type]


def _sizes(base: CellSpec) -> tuple[int, ...]:
    return tuple(dict.fromkeys(max(1, round(share * base.dim)) for share in SHARES))


def _bounds(base: CellSpec) -> Iterator[CellSpec]:
    return _each(base, lam_over_c=WEIGHTS, beta_over_c=(0.5, 1.0, 2.0))


def _over_sparsity(base: CellSpec) -> Iterator[CellSpec]:
    return _each(base, lam_over_c=WEIGHTS, sparsity=_sizes(base))


def _failures(base: CellSpec) -> Iterator[CellSpec]:
    # The failure set lies around -w* where β > c and w* is an axis; the penalty pulls by λ√d at most.
    trap = replace(base, sparsity=1, beta_over_c=4.0, starts=max(base.starts, 4096), teachers=1)
    for dim in DIMS:
        for bound in BOUNDS:
            yield replace(trap, dim=dim, lam_over_c=bound / dim**0.5)


def _minibatch(base: CellSpec) -> Iterator[CellSpec]:
    # With four patches of 50 numbers the largest batch draws 40 million normals a teacher.
    few = replace(base, lam_over_c=0.005, patches=4, iterations=200, teachers=2, starts=4)
    yield from _each(few, batch=BATCHES)


PICTURES: Mapping[str, Picture] = MappingProxyType(
    {
        "bounds": Picture(
            "largest error against its bounds, over λ and β",
            _bounds,
            lambda row: not row.batch,
            errors.bounds,
        ),
        "tightness": Picture(
            "largest error over its bound with s, over λ and s",
            _over_sparsity,
            lambda row: not row.batch,
            errors.tightness,
            over=("lam_over_c", "sparsity"),
        ),
        "support": Picture(
            "how often the support is recovered over λ and s/d, with the frontier of A7",
            _over_sparsity,
            lambda row: not row.batch and row.predicted_support is not None,
            support.recovery,
            over=("lam_over_c", "sparsity"),
        ),
        "penalties": Picture(
            "the three penalties at equal support",
            lambda base: _each(base, lam_over_c=WEIGHTS),
            lambda row: not row.batch,
            support.penalties,
            over=("penalty", "lam_over_c", "a"),
            each_penalty=False,
        ),
        "failures": Picture(
            "share of trapped starts against the learnability bound A12, over d and Λ/c",
            _failures,
            lambda row: not row.batch and row.start_angle is None,
            learning.failures,
            every_penalty=False,
        ),
        "minibatch": Picture(
            "error floor over the batch size against A8's inexact form",
            _minibatch,
            lambda row: row.batch > 0,
            learning.minibatch,
            over=("batch",),
            every_penalty=False,
        ),
    }
)
