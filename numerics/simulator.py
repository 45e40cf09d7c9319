"""Relaxed variable splitting coarse gradient descent (RVSCGD), as a pure iteration over a batch of runs.

From u = S(w) at the start w, each step is

    w+ = N(w - eta g(w) - eta beta (w - u)),    u+ = S(w+),

where g is the coarse gradient, S the proximal map of (lambda / beta) P, and N the normalisation to the unit
sphere, or the identity. Both g and S are callables, so that nothing here knows which estimator or penalty it
serves, nor whether g is an expectation or the mean over a fresh mini-batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import gaussian, validation

Array = NDArray[np.float64]
Gradient = Callable[[Array], Array]
ProximalMap = Callable[[Array], Array]

# Rounding keeps some runs from coming to rest: they end in short cycles. Over l1, l0 and transformed-l1 maps,
# six pairs (c, beta), dense and sparse teachers and d from 2 to 10,000, the steps of such a cycle measured at
# most 1.3 * 2.2e-16 relative to w, at any d. 1e-14 is 35 times that, room for callables that round more.
STEP_TOLERANCE = 1e-14

# Steps whose angles are computed at once: a call for each costs more than its arithmetic, and one for all
# takes the memory of the iterates several times over.
BLOCK = 64


@dataclass(frozen=True, eq=False)
class History:
    """Every iterate of a batch of runs; a run that has stopped repeats its last.

    Attributes
    ----------
    w, u : (T + 1, R, d) float64
        From the start, t = 0, to the last step T that any run took.
    angle : (T + 1, R) float64
        Between w and the teacher's filter, in radians.
    """

    w: Array
    u: Array
    angle: Array


@dataclass(frozen=True, eq=False)
class Result:
    """Last iterates of a batch of runs.

    Attributes
    ----------
    w, u : (R, d) float64
    angle : (R,) float64
        Between w and the teacher's filter, in radians.
    iterations : (R,) int64
        Steps taken.
    converged : (R,) bool
        Whether the last step was within the tolerance.
    history : History or None
    """

    w: Array
    u: Array
    angle: Array
    iterations: NDArray[np.int64]
    converged: NDArray[np.bool_]
    history: History | None


def iterate(
    w0: ArrayLike,
    w_star: ArrayLike,
    gradient: Gradient,
    proximal_map: ProximalMap,
    beta: float,
    eta: float,
    *,
    normalise: bool = True,
    max_iterations: int = 10_000,
    tolerance: float = STEP_TOLERANCE,
    history: bool = False,
) -> Result:
    """Iterate RVSCGD from a batch of starts.

    A run stops at the first step with ||w+ - w|| <= tolerance ||w+||; it is then frozen and leaves the batch.
    So it does not depend on the others, as long as `gradient` and `proximal_map` treat rows apart. A short
    step is not a small error: with contraction factor q the limit is up to q / (1 - q) steps away. With a
    stochastic gradient no run stops.

    Parameters
    ----------
    w0 : (R, d) array_like
        Starts, none zero; with `normalise` they are put on the unit sphere first.
    w_star : (d,) array_like
        The teacher's filter, a unit vector; it serves only to measure angles.
    gradient, proximal_map : callable, (K, d) float64 -> (K, d)
        Called with the K <= R runs that still move, in the order of `w0`. They must not write
        into the argument.
    beta : float
        Relaxation parameter, at least 0; 0 switches the splitting off.
    eta : float
        Step size, above 0. No upper limit is checked: that for descent depends on the gradient.
    normalise : bool
        Whether N is the normalisation to the unit sphere, or the identity.
    max_iterations : int
        At least 0.
    tolerance : float
        At least 0, where 0 stops a run at an exact fixed point only.
    history : bool
        Whether to keep every iterate: 16 (T + 1) R d bytes, twice that while they are put together.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If an argument breaks its rule, a callable returns another shape, or a run reaches w = 0 or a
        value that is not finite; the message names the run.

    Examples
    --------
    >>> teacher = np.array([0.6, 0.8])
    >>> toward = iterate([[1.0, 0.0]], teacher, lambda w: w - teacher, lambda w: w, beta=1.0, eta=0.5)
    >>> bool(toward.converged[0]), bool(toward.angle[0] < 1e-13)
    (True, True)
    """
    w0, w_star = starts(w0, w_star, normalise)
    beta = validation.real("iterate", "beta", beta, least=0)
    eta = validation.positive("iterate", "eta", eta)
    max_iterations, tolerance = limits(max_iterations, tolerance)

    moving = _Moving(w0, gradient, proximal_map, beta, eta, normalise)
    w, u = moving.w.copy(), moving.u.copy()
    iterations = np.full(len(w0), max_iterations)
    converged = np.zeros(len(w0), dtype=np.bool_)
    record = _Record(w, u, w_star) if history else None
    for step in range(1, max_iterations + 1):
        stopped = moving.step(step) <= tolerance
        some = stopped.any()
        if some or history or step == max_iterations:
            w[moving.runs], u[moving.runs] = moving.w, moving.u
        if some:
            iterations[moving.runs[stopped]] = step
            converged[moving.runs[stopped]] = True
            moving.keep(~stopped)
        if record is not None:
            record.append(w, u)
        if not len(moving.runs):
            break
    _check_maps(u)
    kept = record.history() if record else None
    return Result(w, u, gaussian.angle(w, w_star), iterations, converged, kept)


def starts(w0: ArrayLike, w_star: ArrayLike, normalise: bool) -> tuple[Array, Array]:
    """Return starts and teacher as `iterate` takes them, or refuse them with its sentences."""
    w_star = validation.unit_vector("iterate", "w_star", w_star)
    points = validation.finite_array("iterate", "w0", w0, ndim=2)
    validation.same_length("iterate", "w0", points, "w_star", w_star)
    zero = ~points.any(axis=1)
    if zero.any():
        raise ValueError(f"iterate: w0[{np.argmax(zero)}]=0, a start with a direction is required")
    return (gaussian.normalise(points) if normalise else points.copy()), w_star


def limits(max_iterations: int, tolerance: float) -> tuple[int, float]:
    """Return the limits of a run as `iterate` takes them, or refuse them with its sentences."""
    most = validation.count("iterate", "max_iterations", max_iterations, least=0)
    return most, validation.real("iterate", "tolerance", tolerance, least=0)


def _check_maps(u: Array) -> None:
    # A bad u shows in the next w, except after the last step.
    bad = ~np.isfinite(u).all(axis=1)
    if bad.any():
        raise ValueError(f"iterate: run {np.argmax(bad)} ends with u={u[np.argmax(bad)]}, it must be finite")


class _Moving:
    """The runs that still move: row k of each array belongs to run `runs[k]` of the batch."""

    def __init__(
        self,
        w: Array,
        gradient: Gradient,
        proximal_map: ProximalMap,
        beta: float,
        eta: float,
        normalise: bool,
    ) -> None:
        self.runs = np.arange(len(w))
        self.w = w
        self._gradient, self._proximal_map = gradient, proximal_map
        self._beta, self._eta, self._normalise = beta, eta, normalise
        self._next, self._work = np.empty_like(w), np.empty_like(w)
        self.u = self._call("proximal_map", proximal_map)

    def step(self, number: int) -> Array:
        """Advance every run by one step and return ||w+ - w|| / ||w+||, (K,)."""
        new, work = self._next, self._work
        np.subtract(self.w, self.u, out=work)
        work *= self._beta
        work += self._call("gradient", self._gradient)
        work *= self._eta
        np.subtract(self.w, work, out=new)
        length = gaussian.norm(new)
        self._check(length, number)
        if self._normalise:
            new /= length[:, None]
        np.subtract(new, self.w, out=work)
        self.w, self._next = new, self.w
        self.u = self._call("proximal_map", self._proximal_map)
        moved = gaussian.norm(work)
        return moved if self._normalise else moved / length

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the other rows."""
        self.runs, self.w, self.u = self.runs[rows], self.w[rows], self.u[rows]
        self._next, self._work = np.empty_like(self.w), np.empty_like(self.w)

    def _call(self, name: str, function: Callable[[Array], Array]) -> Array:
        value = np.asarray(function(self.w), dtype=np.float64)
        if value.shape != self.w.shape:
            raise ValueError(f"iterate: {name} returned shape {value.shape}, {self.w.shape} is required")
        return value

    def _check(self, length: Array, number: int) -> None:
        # Of numbers with NaN among them the least and the largest are NaN.
        if np.minimum.reduce(length, initial=1.0) > 0 and np.maximum.reduce(length, initial=1.0) < np.inf:
            return
        row = int(np.argmin(np.isfinite(length) & (length > 0)))
        what = "w=0, which has no direction" if length[row] == 0 else "w that is not finite"
        raise ValueError(f"iterate: run {self.runs[row]} reached {what}, at step {number}")


class _Record:
    """Snapshots of the whole batch."""

    def __init__(self, w: Array, u: Array, w_star: Array) -> None:
        self._w_star = w_star
        self._w, self._u = [w.copy()], [u.copy()]

    def append(self, w: Array, u: Array) -> None:
        self._w.append(w.copy())
        self._u.append(u.copy())

    def history(self) -> History:
        w = np.stack(self._w)
        blocks = (w[start : start + BLOCK] for start in range(0, len(w), BLOCK))
        angles = np.concatenate([gaussian.angle(block, self._w_star) for block in blocks])
        return History(w, np.stack(self._u), angles)
