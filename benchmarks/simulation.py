"""RVSCGD, d = 1000, 1,000 steps: the compiled simulator beside other programs and the bandwidth of the cache.

All programs take the same steps of the same problem, so small that none comes to rest on the way, with the
tolerance 0. The teacher has 50 non-zeros, and the compiled program spares itself most of what the threshold
sends to zero elsewhere; the rows with a dense teacher show it where there is nothing to spare. A loop over
runs, and batched programs that have no stopping rule, cost in proportion to runs and steps; where the whole
would take minutes a part is timed and multiplied.
"""

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.harness import Row, timed_ratio
from numerics import closed_forms, gaussian
from numerics.penalties import threshold
from numerics.splitting import rvscgd

DIMENSION, SPARSITY, STEPS = 1000, 50, 1000
C, BETA, ETA = 1.0, 0.5, 0.01
WEIGHT = {"l1": 1e-3, "l0": 1e-4, "tl1": 1e-3}
SHAPE = {"tl1": 1.0}
# How many runs, and how many steps of a large batch, stand for all of them.
LOOPED_RUNS, BATCHED_STEPS = 32, 100
CORES = 2


@dataclass(frozen=True, eq=False)
class Problem:
    """Starts (R, d), teacher (d,) and the parameters of the step w -> alpha w + p + pull S(w)."""

    penalty: str
    starts: Any
    teacher: Any
    threshold: float
    alpha: float = 1 - ETA * (C + BETA)
    pull: float = ETA * BETA

    @property
    def p(self) -> Any:
        """Part of the step that is constant."""
        return ETA * C * self.teacher


def problem(penalty: str, runs: int, sparsity: int = SPARSITY) -> Problem:
    """Random starts and a teacher of so many non-zeros."""
    rng = np.random.default_rng(0)
    teacher = np.zeros(DIMENSION)
    teacher[rng.choice(DIMENSION, sparsity, replace=False)] = rng.standard_normal(sparsity)
    t = float(threshold(WEIGHT[penalty] / BETA, penalty, SHAPE.get(penalty)))
    return Problem(penalty, gaussian.uniform_sphere(rng, runs, DIMENSION), gaussian.normalise(teacher), t)


def compiled(given: Problem, steps: int = STEPS) -> Callable[[], Any]:
    """Run the compiled simulator, and see that every run took every step."""
    arguments = (given.starts, given.teacher, C, given.penalty, WEIGHT[given.penalty], BETA, ETA)

    def work() -> Any:
        found = rvscgd(
            *arguments, SHAPE.get(given.penalty), max_iterations=steps, tolerance=0, engine="compiled"
        )
        if found.converged.any():
            raise RuntimeError("a run came to rest: the programs did not do the same work")
        return found.w

    return work


def numpy_map(given: Problem) -> Callable[[Any], Any]:
    """Return the proximal map in plain NumPy; the formula of transformed l1 is the theory's."""
    t = given.threshold
    if given.penalty == "l1":
        return lambda w: w - np.clip(w, -t, t)
    if given.penalty == "l0":
        return lambda w: np.where(np.abs(w) > t, w, 0.0)
    from theory import symbols as sym
    from theory.penalties import thresholding

    active = closed_forms.compile_expression(thresholding("tl1").active, (sym.x, sym.mu, sym.a))

    def transformed(w: Any) -> Any:
        u, beyond = np.zeros_like(w), np.abs(w) > t
        u[beyond] = np.copysign(active(np.abs(w[beyond]), WEIGHT["tl1"] / BETA, SHAPE["tl1"]), w[beyond])
        return u

    return transformed


def numpy_loop(given: Problem, runs: int) -> Callable[[], Any]:
    """Return a loop over runs, each an array program with the stopping rule."""
    proximal_map, p = numpy_map(given), given.p

    def one(w: Any) -> Any:
        for _ in range(STEPS):
            new = given.alpha * w
            new += p
            new += given.pull * proximal_map(w)
            new /= math.sqrt(new @ new)
            moved = new - w
            w = new
            if moved @ moved <= 0:
                break
        return w

    return lambda: [one(w) for w in given.starts[:runs]]


def jax_scan(given: Problem, steps: int) -> Callable[[], Any]:
    """Return a batched JAX program, jit and scan, in double precision and without a stopping rule."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    p, starts, t = jnp.asarray(given.p), jnp.asarray(given.starts), given.threshold
    maps = {"l1": lambda w: w - jnp.clip(w, -t, t), "l0": lambda w: jnp.where(jnp.abs(w) > t, w, 0.0)}
    proximal_map = maps[given.penalty]

    def step(w: Any, _: Any) -> Any:
        new = given.alpha * w + p + given.pull * proximal_map(w)
        return new / jnp.sqrt(jnp.sum(new * new, axis=1, keepdims=True)), None

    run = jax.jit(lambda w: jax.lax.scan(step, w, None, length=steps)[0])
    return lambda: run(starts).block_until_ready()


def torch_batched(given: Problem, steps: int) -> Callable[[], Any]:
    """Return a batched PyTorch program without a stopping rule."""
    import torch

    p, starts, t = torch.from_numpy(given.p), torch.from_numpy(given.starts), given.threshold
    maps = {"l1": lambda w: w - w.clamp(-t, t), "l0": lambda w: torch.where(w.abs() > t, w, 0.0)}
    proximal_map = maps[given.penalty]

    def work() -> Any:
        w = starts
        with torch.inference_mode():
            for _ in range(steps):
                new = given.alpha * w + p
                new.add_(proximal_map(w), alpha=given.pull)
                w = new.div_(torch.linalg.vector_norm(new, dim=1, keepdim=True))
        return w

    return work


def triad(runs: int) -> Callable[[], Any]:
    """Return a = b + s c over d numbers in the L1 cache, as often as runs take steps, on both cores."""
    from numba import njit

    from numerics.kernel_passes import full_width, vectors

    @njit(nogil=True, fastmath=True, error_model="numpy")
    def repeat(a: Any, b: Any, c: Any, times: int) -> None:
        full_width()
        s = 1.0
        for _ in range(times):
            s *= 1.0000001  # or one pass would do for all
            for i in range(a.size):
                a[i] = b[i] + s * c[i]

    def share(_: int) -> None:
        a, b, c = vectors(3, DIMENSION)[:, :DIMENSION]
        repeat(a, b, c, runs * STEPS // CORES)

    def work() -> None:
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(share, range(CORES)))

    return work


def _times(factor: float, one_round: Callable[[], float]) -> Callable[[], float]:
    return lambda: factor * one_round()


def _agree(one: Any, other: Any) -> None:
    if not np.abs(np.asarray(one) - np.asarray(other)).max() < 1e-9:
        raise RuntimeError("the programs do not compute the same")


def _against_loop(penalty: str, runs: int) -> Callable[[], float]:
    given = problem(penalty, runs)
    part = min(runs, LOOPED_RUNS)
    loop = numpy_loop(given, part)
    _agree(loop()[0], compiled(given)()[0])
    return _times(runs / part, timed_ratio(loop, compiled(given)))


def _against_batched(
    program: Callable[[Problem, int], Callable[[], Any]], penalty: str, runs: int
) -> Callable[[], float]:
    given = problem(penalty, runs)
    steps = STEPS if runs <= 64 else BATCHED_STEPS
    other = program(given, steps)
    _agree(other(), compiled(given, steps)())
    return _times(STEPS / steps, timed_ratio(other, compiled(given)))


def _against_cache(penalty: str, runs: int, sparsity: int = SPARSITY) -> Callable[[], float]:
    return timed_ratio(compiled(problem(penalty, runs, sparsity)), triad(runs))


def rows() -> Iterable[Row]:
    """Rows of the benchmark."""
    for penalty, least in (("l1", 60.0), ("l0", 60.0), ("tl1", 25.0)):
        for runs in (64, 1024):
            yield Row(
                f"RVSCGD {penalty}, {runs} runs: NumPy loop over runs / compiled", least, True,
                lambda penalty=penalty, runs=runs: _against_loop(penalty, runs),
            )  # fmt: skip
    for penalty in ("l1", "l0"):
        for runs, jax, torch in ((64, 3.0, 10.0), (1024, 3.0, 10.0), (1, 1.0, None)):
            yield Row(
                f"RVSCGD {penalty}, {runs} runs: JAX batched / compiled", jax, True,
                lambda penalty=penalty, runs=runs: _against_batched(jax_scan, penalty, runs), ("jax",),
            )  # fmt: skip
            if torch is not None:
                yield Row(
                    f"RVSCGD {penalty}, {runs} runs: PyTorch batched / compiled", torch, True,
                    lambda penalty=penalty, runs=runs: _against_batched(torch_batched, penalty, runs),
                    ("torch",),
                )  # fmt: skip
        for runs in (64, 1024):
            yield Row(
                f"RVSCGD {penalty}, {runs} runs: compiled / L1 triad bandwidth", 2.5, False,
                lambda penalty=penalty, runs=runs: _against_cache(penalty, runs),
            )  # fmt: skip
        # Where no entry of the teacher is zero, the compiled program computes every entry at every step.
        yield Row(
            f"RVSCGD {penalty}, 64 runs, dense teacher: compiled / L1 triad bandwidth", 2.5, False,
            lambda penalty=penalty: _against_cache(penalty, 64, DIMENSION),
        )  # fmt: skip
