"""Drawing many figures: their experiments measured once, and files written."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from numerics.problem import Problem
from numerics.sweep_records import CellSpec, Row
from proofs_check.executors import measure_or_tell, on_processes
from proofs_check.figures import rates
from proofs_check.figures.catalogue import PICTURES
from proofs_check.figures.style import save

# Fewer cells are done before other processes have imported what they need.
WORTH_PROCESSES = 40
Watch = Callable[[Iterator[tuple[CellSpec, Row | str]], int], Iterable[tuple[CellSpec, Row | str]]]


def experiment(names: Sequence[str], bases: Sequence[CellSpec]) -> tuple[CellSpec, ...]:
    """All cells that the pictures of these names need, each once.

    Parameters
    ----------
    names : sequence of str
        Of `PICTURES`.
    bases : sequence of CellSpec
        For each penalty a cell with the common parameters.
    """
    return tuple(
        dict.fromkeys(
            cell
            for name in names
            for base in (bases if PICTURES[name].every_penalty else bases[:1])
            for cell in PICTURES[name].cells(base)
        )
    )


def measured(cells: Sequence[CellSpec], seed: int, workers: int, watch: Watch) -> dict[CellSpec, Row]:
    """Measure cells, on processes if that pays; their rows, failures told on stderr."""
    waiting = list(cells)

    def take(most: int) -> list[CellSpec]:
        taken, waiting[:] = waiting[:most], waiting[most:]
        return taken

    found: dict[CellSpec, Row] = {}
    if len(cells) < WORTH_PROCESSES:
        outcomes = ((cell, measure_or_tell(cell, seed)) for cell in take(len(cells)))
    else:
        outcomes = on_processes(take, seed, workers)
    with closing(outcomes):
        for cell, outcome in watch(outcomes, len(cells)):
            if isinstance(outcome, Row):
                found[cell] = outcome
            else:
                print(f"cell {cell.key} failed: {outcome}", file=sys.stderr)
    return found


def draw(rows: Sequence[Row], names: Iterable[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Write the figures of these pictures that the rows allow; yield each picture's name and the file's."""
    for name in names:
        for suffix, figure in PICTURES[name].figures(rows):
            save(figure, folder, name + suffix)
            yield name, name + suffix


def draw_angles(
    drawn: Problem, penalties: Iterable[str], a: float, folder: Path
) -> Iterator[tuple[str, str]]:
    """Write the figures of single runs over the iterations."""
    for penalty in penalties:
        save(rates.angles(drawn, penalty, a if penalty == "tl1" else None), folder, f"angles-{penalty}")
        yield "angles", f"angles-{penalty}"
