"""Rung 2 of the ladder of samplers: the reduced law, the network's own with about m times fewer normals.

What is outside the plane of w and w* enters a coarse gradient only as a sum of independent Gaussian vectors
r_i with weights. Given all that is in the plane the weights are fixed, so that the sum is one Gaussian
vector, whose scale is the root of the sum of squared weights. Instead of m rests a sample needs one, and a
mean over samples needs one in all, for the samples are summed as the patches are: its scale is the root of
the sum over both.

Several estimators share their inputs, so that their rests are correlated. Their proxies are 1 on sets that
contain each other, {0 < x < 1}, {x > 0} and all x. A rest is therefore drawn for each difference of two
such sets, where the weights are the same and no patch is counted twice, and an estimator's rest is the sum
of those of its differences. That is the joint law of all of them.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from numerics import network
from numerics.frame import Frame, frame, lifted
from numerics.moments import Moments
from numerics.sampling import MonteCarloResult, Plan, Problem
from numerics.streams import RowSource, generator, stream_moments

Array = NDArray[np.float64]

RUNG = "reduced"
TRUSTS = "that a sum of independent Gaussian vectors is one, with the root of the summed squares as scale"
# Each is 1 wherever the one before it is.
NARROW_TO_WIDE = ("clipped_relu", "relu", "identity")
# 2^16 numbers are 512 kB: enough that NumPy's calls, some fifty a chunk, do not show.
NUMBERS_PER_CHUNK = 2**16

# From the weights of m summands, (m, n), to the scale of their sum, (n,).
Scale = Callable[[Array], Array]


def root_of_sum_of_squares(weights: Array) -> Array:
    """Scale of a sum of independent Gaussian vectors with these weights, (m, n) -> (n,)."""
    return np.asarray(np.sqrt(np.einsum("mn,mn->n", weights, weights)))


def nested(problem: Problem) -> Problem:
    """The same problem with its estimators ordered from narrow to wide."""
    return replace(problem, stes=tuple(ste for ste in NARROW_TO_WIDE if ste in problem.stes))


def chunk_size(m: int) -> int:
    """Samples of m patches to hold at a time."""
    return max(1, NUMBERS_PER_CHUNK // m)


def plane_rows(problem: Problem, seen: Frame, patches: Array, room: Array, scale: Scale) -> Array:
    """What the parts of the patches in the plane determine.

    Parameters
    ----------
    problem : Problem
        With its estimators ordered from narrow to wide.
    seen : Frame
    patches : (2, m, n) float64
        Components of the patches along ŵ and along ê.
    room : (2, m, n) float64
        Overwritten. Memory that is asked for anew in each call can take longer to get than to fill.
    scale : callable
        Of a sum of rests; `root_of_sum_of_squares` is the right one.

    Returns
    -------
    (n, 1 + 3 K) float64
        The loss; for each estimator its components along ŵ and ê; then the squared scale of the rest that
        each adds to those before it.
    """
    (along, across), (signal, weights) = patches, room
    residual = _residual(problem, seen, patches, room)
    np.multiply(along, seen.norm, out=signal)
    stes = len(problem.stes)
    rows = np.empty((1 + 3 * stes, along.shape[1]))
    rows[0] = np.square(residual) / 2
    inside, squares = rows[1 : 1 + 2 * stes].reshape(stes, 2, -1), rows[1 + 2 * stes :]
    before: NDArray[np.bool_] | None = None
    for k, ste in enumerate(problem.stes):
        support = network.SUPPORTS[ste](signal)
        weights[:] = support if before is None else support & ~before
        weights *= problem.v[:, None]
        np.einsum("mn,mn->n", weights, along, out=inside[k, 0])
        np.einsum("mn,mn->n", weights, across, out=inside[k, 1])
        squares[k] = scale(weights)
        before = support
    rows[1:] *= residual
    np.square(squares, out=squares)
    for k in range(1, stes):
        inside[k] += inside[k - 1]
    return rows.T


def _residual(problem: Problem, seen: Frame, patches: Array, room: Array) -> Array:
    """Student less teacher, h - y, (n,)."""
    (along, across), (least, fires) = patches, room
    fires[:] = along > 0
    student = np.einsum("m,mn->n", problem.v, fires)
    # cosine along + sine across > 0, which comparing numbers of float64 decides as adding them would
    np.multiply(along, -seen.cosine, out=least)
    fires[:] = np.multiply(across, seen.sine, out=fires) > least
    return np.asarray(student - np.einsum("m,mn->n", problem.v_star, fires))


def rows_of(problem: Problem, chunk: int, scale: Scale = root_of_sum_of_squares) -> RowSource:
    """Rows in the plane, see `plane_rows`, of n <= `chunk` samples drawn from the reduced law."""
    seen = frame(problem)

    def source() -> Callable[[np.random.Generator, int], Array]:
        buffer = np.empty((2, 2 * problem.m * chunk))

        def rows(rng: np.random.Generator, n: int) -> Array:
            normals, room = buffer[:, : 2 * problem.m * n].reshape(2, 2, problem.m, n)
            rng.standard_normal(out=normals)
            return plane_rows(problem, seen, normals, room, scale)

        return rows

    return source


def rests(seen: Frame, squares: Array, rng: np.random.Generator) -> Array:
    """Draw the rests of the estimators, (n, K, d), given what each adds to the squared scale, (n, K)."""
    drawn = seen.outside(rng.standard_normal((*squares.shape, seen.plane.shape[1])))
    drawn *= np.sqrt(squares)[..., None]
    for k in range(1, squares.shape[-1]):
        drawn[..., k, :] += drawn[..., k - 1, :]
    return drawn


def drawing(
    problem: Problem, chunk: int, *, group: int = 1, scale: Scale = root_of_sum_of_squares
) -> Callable[[np.random.Generator, int], Array]:
    """Return a function from a generator and n <= `chunk` to n means of `group` samples each.

    Its means, (n, 1 + K d), are in the law of means of the rows of
    `numerics.network.sample_loss_and_coarse_gradients`, with the estimators from narrow to wide; there is one
    rest for each mean.
    """
    one, stes = nested(problem), len(problem.stes)
    seen = frame(one)
    source = rows_of(one, chunk * group, scale)()

    def draw(rng: np.random.Generator, n: int) -> Array:
        rows = means_of(group, source(rng, n * group))
        inside = rows[:, 1 : 1 + 2 * stes].reshape(-1, 2) @ seen.plane
        gradients = inside.reshape(n, stes, -1) + rests(seen, rows[:, 1 + 2 * stes :] / group, rng)
        return np.column_stack([rows[:, 0], gradients.reshape(n, -1)])

    return draw


def means_of(group: int, rows: Array) -> Array:
    """Means of every `group` rows (n * group, k) that follow each other, (n, k)."""
    total = rows[::group].copy()
    for k in range(1, group):
        total += rows[k::group]
    return total / group


def sample(problem: Problem, plan: Plan) -> MonteCarloResult:
    """Estimate loss and coarse gradients from the reduced law, with one rest for the mean of all samples."""
    one = nested(problem)
    seen, chunk = frame(one), plan.chunk or chunk_size(one.m)
    moments = stream_moments(
        rows_of(one, chunk), plan.samples, plan.seed, chunk=chunk, threads=plan.threads, full=True
    )
    added = moments.mean[1 + 2 * len(one.stes) :]
    return lifted(
        one,
        seen,
        moments,
        rest=_rest_of_mean(seen, added, moments, plan),
        squares=np.cumsum(added),
        plan=plan,
        rung=RUNG,
        trusts=TRUSTS,
        samples=moments.count,
    )


def _rest_of_mean(seen: Frame, added: Array, moments: Moments, plan: Plan) -> Array:
    # The streams' seeds were spawned before, so that this child is none of theirs.
    return rests(seen, added / moments.count, generator(plan.seed.spawn(1)[0]))
