"""Monte Carlo: the network sampler against its normals and against peers, each rung against the one below.

Times are compared at equal work: loss and all three coarse gradients in float64, from the same number of
samples. The peers are spared the standard errors, which ours includes. Samplers are compared by variance
times time, the inverse of what one second buys, with the sum of the variances of all coordinates.
"""

import math
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from benchmarks.harness import Row, seconds, timed_ratio
from numerics import expected_coarse_gradient, monte_carlo, population_loss
from numerics.network import ESTIMATORS
from numerics.streams import available_threads

M = 16
SIZES = (128, 1024)
SAMPLES = 100_000
# Time is linear in the number of samples (see scaling): the slowest peers get fewer.
PEER_SAMPLES = {128: 20_000, 1024: 3_000}
BATCH = 1_000
# Samples for each rung that take a few tenths of a second.
NETWORK_SAMPLES = {128: 20_000, 1024: 2_500}
PLANE_SAMPLES = 500_000
SOBOL_SAMPLES = 2**19
RELATIVE_ERROR = 1e-4
ROOM = """
import sys
from pathlib import Path
from benchmarks.monte_carlo import ESTIMATORS, problem
from numerics import monte_carlo
d, samples = map(int, sys.argv[1:])
monte_carlo(*problem(d), ESTIMATORS, samples=samples, seed=1)
line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
print(int(line.split()[1]) / 1000)
"""


def rows() -> Iterable[Row]:
    """The rows of this topic."""
    for d in SIZES:
        size = f"({M}, {d})"
        yield Row(
            f"Monte Carlo {size}: network sampler over its normals alone",
            1.3,
            at_least=False,
            prepare=lambda d=d: timed_ratio(partial(_network, d, SAMPLES), partial(_normals, d, SAMPLES)),
        )
        yield Row(
            f"Monte Carlo {size}: PyTorch autograd over network sampler",
            2,
            at_least=True,
            prepare=lambda d=d: _over_ours(_torch, d),
            needs=("torch",),
        )
        yield Row(
            f"Monte Carlo {size}: plain NumPy over network sampler",
            2,
            at_least=True,
            prepare=lambda d=d: _over_ours(_plain, d),
        )
        yield Row(
            f"Monte Carlo {size}: rung reduced over rung network",
            40 if d == 128 else 300,
            at_least=True,
            prepare=lambda d=d: partial(
                _gain, d, ("network", NETWORK_SAMPLES[d]), ("reduced", PLANE_SAMPLES)
            ),
        )
        yield _memory_row(d, SAMPLES)
    yield _memory_row(128, 10 * SAMPLES)
    d = SIZES[-1]
    yield Row(
        f"Monte Carlo ({M}, {d}): rung conditional over rung reduced",
        100,
        at_least=True,
        prepare=lambda: partial(_gain, d, ("reduced", PLANE_SAMPLES), ("conditional", PLANE_SAMPLES)),
    )
    yield Row(
        f"Monte Carlo ({M}, {d}): rung sobol to a relative error of 1e-4",
        1,
        at_least=False,
        prepare=_sobol,
        unit="s",
    )


def problem(d: int) -> tuple[np.ndarray, ...]:
    """A student 1.2 radians from its teacher, in no special position."""
    rng = np.random.default_rng(3)
    v, v_star = rng.standard_normal((2, M))
    first, second = np.linalg.qr(rng.standard_normal((d, 2)))[0].T
    return v, 1.3 * first, v_star, math.cos(1.2) * first + math.sin(1.2) * second


def _network(d: int, samples: int) -> None:
    monte_carlo(*problem(d), ESTIMATORS, samples=samples, seed=1)


def _normals(d: int, samples: int) -> None:
    """Draw the same normals in as many threads, each into a buffer that stays in its core's cache."""
    threads = available_threads()
    numbers, buffer = samples * M * d // threads, 2**17

    def draw(seed: int) -> None:
        rng, normals = np.random.Generator(np.random.SFC64(seed)), np.empty(buffer)
        for start in range(0, numbers, buffer):
            rng.standard_normal(out=normals[: numbers - start])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(draw, range(threads)))


def _over_ours(peer: Callable[[int, int], None], d: int) -> Callable[[], float]:
    samples = PEER_SAMPLES[d]
    return timed_ratio(partial(peer, d, samples), partial(_network, d, samples))


def _plain(d: int, samples: int) -> None:
    """What one writes down first: whole batches, a product for each quantity, NumPy's default generator."""
    v, w, v_star, w_star = problem(d)
    rng = np.random.default_rng(1)
    losses, gradients = [], []
    for _ in range(samples // BATCH):
        Z = rng.standard_normal((BATCH, M, d))
        signal = Z @ w
        residual = (signal > 0) @ v - (Z @ w_star > 0) @ v_star
        losses.append((residual**2 / 2).mean())
        proxies = np.ones_like(signal), signal > 0, (signal > 0) & (signal < 1)
        weights = [proxy * v * residual[:, None] for proxy in proxies]
        gradients.append([np.einsum("nm,nmd->nd", one, Z).mean(axis=0) for one in weights])


def _torch(d: int, samples: int) -> None:
    """A sign with a custom backward pass for each estimator, and autograd for the rest."""
    import torch

    class Straight(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, low, high):
            ctx.save_for_backward(x)
            ctx.clip = low, high
            return (x > 0).to(x.dtype)

        @staticmethod
        def backward(ctx, upstream):
            (x,) = ctx.saved_tensors
            low, high = ctx.clip
            return upstream * ((x > low) & (x < high)), None, None

    v, w, v_star, w_star = (torch.from_numpy(x) for x in problem(d))
    generator = torch.Generator().manual_seed(1)
    for _ in range(samples // BATCH):
        Z = torch.randn((BATCH, M, d), dtype=torch.float64, generator=generator)
        label = (Z @ w_star > 0).to(Z.dtype) @ v_star
        student = w.clone().requires_grad_()
        signal = Z @ student
        for low, high in ((-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0)):
            loss = (Straight.apply(signal, low, high) @ v - label).square().mean() / 2
            torch.autograd.grad(loss, student, retain_graph=True)


def _gain(d: int, below: tuple[str, int], above: tuple[str, int]) -> float:
    """Variance times time of the ReLU's coarse gradient, of the lower rung over that of the upper."""
    return _cost(d, *below) / _cost(d, *above)


def _cost(d: int, rung: str, samples: int) -> float:
    found = []
    spent = seconds(
        lambda: found.append(monte_carlo(*problem(d), "relu", samples=samples, seed=1, rung=rung))
    )
    return float(np.square(found[0].gradient_standard_error).sum()) * spent


def _memory_row(d: int, samples: int) -> Row:
    command = [sys.executable, "-c", ROOM, str(d), str(samples)]

    def megabytes() -> float:
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    return Row(
        f"Monte Carlo ({M}, {d}): peak memory of a process, N = {samples:,}",
        300,
        at_least=False,
        prepare=lambda: megabytes,
        unit="MB",
        rounds=1,
    )


def _sobol() -> Callable[[], float]:
    """Seconds to the relative error, both stated and true; infinite where either is missed."""
    one = problem(SIZES[-1])
    loss = float(population_loss(*one))
    gradients = {ste: expected_coarse_gradient(*one, ste) for ste in ESTIMATORS}

    def run() -> float:
        found = []
        spent = seconds(
            lambda: found.append(monte_carlo(*one, ESTIMATORS, samples=SOBOL_SAMPLES, seed=1, rung="sobol"))
        )
        (seen,) = found
        errors = [seen.loss_standard_error / loss, abs(seen.loss_mean - loss) / loss]
        for ste, exact in gradients.items():
            size = np.linalg.norm(exact)
            errors.append(np.linalg.norm(seen.gradients[ste].standard_error) / size)
            errors.append(np.linalg.norm(seen.gradients[ste].mean - exact) / size)
        return spent if max(errors) <= RELATIVE_ERROR else math.inf

    run()  # imports
    return run
