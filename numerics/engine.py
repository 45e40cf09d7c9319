"""Which program runs RVSCGD: the plain iteration on arrays, or the compiled one.

They agree to rounding. The compiled one is tens of times faster, but begins with the import of its compiler,
and once on a machine with the compilation itself; small batches are done by then. The choice depends on the
arguments alone, never on what ran before, so that a result can be repeated to its last digit.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from numerics import gaussian, validation
from numerics.simulator import ProximalMap, Result

if TYPE_CHECKING:
    from numerics.kernel import Step

Array = NDArray[np.float64]

ENGINES = ("auto", "numpy", "compiled")
# Coordinates times steps that arrays take a second for, at 20 ns each, twice what the import costs.
WORTH_COMPILING = 5e7


def choose(engine: str, *, plain_gradient: bool, normalise: bool, history: bool, work: float) -> str:
    """Return "numpy" or "compiled".

    Parameters
    ----------
    engine : {"auto", "numpy", "compiled"}
    plain_gradient : bool
        Whether the gradient is c(ŵ - w*).
    normalise, history : bool
        As for `rvscgd`.
    work : float
        As of `expected_work`.

    Raises
    ------
    ValueError
        If the name is unknown, or "compiled" is asked for and cannot be had.
    """
    validation.one_of("rvscgd", "engine", engine, ENGINES)
    able = plain_gradient and normalise and not history
    if engine == "compiled":
        if not able:
            raise ValueError(
                "rvscgd: engine='compiled', runs on the unit sphere with the default gradient and no history "
                "are required"
            )
        if error := _import_error():
            raise ValueError(f"rvscgd: engine='compiled', the package numba is required ({error})")
        return "compiled"
    worth = engine == "auto" and able and work >= WORTH_COMPILING
    return "compiled" if worth and not _import_error() else "numpy"


def _import_error() -> ImportError | None:
    try:
        import numerics.kernel  # noqa: F401
    except ImportError as error:
        return error
    return None


def expected_work(runs: int, d: int, decay: float, max_iterations: int, tolerance: float) -> float:
    """Coordinates times steps of a batch whose errors shrink by 1 - decay a step, as those without a penalty.

    Examples
    --------
    >>> expected_work(64, 1000, decay=0.5, max_iterations=10, tolerance=1e-14)
    640000.0
    """
    steps = float(max_iterations)
    if tolerance > 0:
        steps = min(steps, -math.log(min(tolerance, 1.0)) / decay)
    return runs * d * steps


def compiled(
    w0: Array, w_star: Array, proximal_map: ProximalMap, step: "Step", max_iterations: int, tolerance: float
) -> Result | None:
    """Run a batch of unit starts by `numerics.kernel.iterate`; None if the plain iteration has to."""
    from numerics import kernel

    u, angle = np.empty_like(w0), np.empty(len(w0))

    def finish(runs: slice, w: Array) -> None:
        u[runs], angle[runs] = proximal_map(w), gaussian.angle(w, w_star)

    found = kernel.iterate(w0, w_star, step, max_iterations, tolerance, finish)
    if found is None:
        return None
    w, iterations, converged = found
    return Result(w, u, angle, iterations, converged, None)
