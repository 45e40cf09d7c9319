"""How the cost grows with each size: the exponent p of time ~ size^p, which is 1 where the cost is linear.

A start-up cost makes an exponent smaller than 1, more work an item makes it larger; the latter is a fault.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.harness import Row, seconds
from numerics import bounds, gaussian
from numerics.monte_carlo import monte_carlo
from numerics.problem import problem
from numerics.splitting import rvscgd

# Times of sizes a factor of two apart vary by some percent; over a factor of eight that is 0.05 in p.
LARGEST_EXPONENT = 1.15
REPEATS = 3


@dataclass(frozen=True)
class Series:
    """A cost as a function of one size."""

    name: str
    sizes: tuple[int, ...]
    work: Callable[[int], Callable[[], object]]


def measure(series: Series) -> list[float]:
    """Return the least of a few times for each size, in seconds, after one call that warms caches up."""
    times = []
    for size in series.sizes:
        work = series.work(size)
        work()
        times.append(min(seconds(work) for _ in range(REPEATS)))
    return times


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """Slope of the straight line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def _simulation(runs: int, d: int) -> Callable[[], object]:
    rng = np.random.default_rng(0)
    starts, teacher = gaussian.uniform_sphere(rng, runs, d), gaussian.uniform_sphere(rng, 1, d)[0]
    return lambda: rvscgd(
        starts, teacher, 1.0, "l1", 0.1 / d, 0.5, 0.01, max_iterations=1000, tolerance=0, engine="compiled"
    )


def _sampling(samples: int, m: int, d: int) -> Callable[[], object]:
    rng = np.random.default_rng(0)
    v, (w, teacher) = rng.standard_normal(m), gaussian.uniform_sphere(rng, 2, d)
    return lambda: monte_carlo(v, w, v, teacher, "relu", samples=samples, seed=1)


def _cells(count: int) -> Callable[[], object]:
    drawn = problem("relu", 50, 5, 32, 0)
    weights = 0.005 * np.linspace(1, 1.1, count)  # nearly the same work in each
    return lambda: [bounds.compare_cell(drawn, "l1", float(lam) * drawn.c, drawn.c) for lam in weights]


def all_series() -> tuple[Series, ...]:
    """Everything whose cost should be linear."""
    return (
        Series("RVSCGD, runs R", (32, 64, 128, 256), lambda n: _simulation(n, 1000)),
        Series("RVSCGD, dimension d", (250, 500, 1000, 2000), lambda n: _simulation(64, n)),
        Series("compare, cells", (2, 4, 8, 16), _cells),
        Series("Monte Carlo, samples N", (10_000, 20_000, 40_000, 80_000), lambda n: _sampling(n, 16, 64)),
        Series("Monte Carlo, dimension d", (64, 128, 256, 512), lambda n: _sampling(10_000, 16, n)),
        Series("Monte Carlo, patches m", (8, 16, 32, 64), lambda n: _sampling(10_000, n, 64)),
    )


def rows() -> Iterable[Row]:
    """Rows of the benchmark."""
    for series in all_series():

        def one_round(series: Series = series) -> float:
            return exponent(series.sizes, measure(series))

        yield Row(
            f"exponent of the cost: {series.name}", LARGEST_EXPONENT, False,
            lambda one_round=one_round: one_round,  unit="", rounds=3,
        )  # fmt: skip


def figure(folder: Path) -> Path:
    """Measure every series once more, draw time against size, and return the file."""
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(9, 6), layout="constrained")
    for place, series in zip(drawing.subplots(2, 3).flat, all_series(), strict=True):
        times = measure(series)
        sizes = np.array(series.sizes, dtype=float)
        place.loglog(sizes, times, "ko-", label=f"measured, exponent {exponent(series.sizes, times):.2f}")
        place.loglog(sizes, times[0] * sizes / sizes[0], "k--", linewidth=0.8, label="linear")
        place.set(title=series.name, xlabel="size", ylabel="time in s")
        place.legend(fontsize="small")
    path = folder / "scaling.svg"
    drawing.savefig(path)
    return path
