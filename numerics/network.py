"""The network, its sample loss and its sample gradients, from the definition and nothing else.

Student and teacher cut the input x in R^(m d) into m patches that do not overlap, the rows of Z in R^(m x d),
and apply one filter to all of them: h = v^T sigma(Z w), y = v*^T sigma(Z w*); sigma(x) is 1 if x > 0, else 0.
The sample loss is (h - y)^2 / 2. Since sigma has slope 0, its chain rule ends in zero; a straight-through
estimator puts a proxy mu' in place of sigma' in the backward pass, which gives the coarse gradient
Z^T (mu'(Z w) * v) (h - y). Everything is over a batch of N inputs, Z (N, m, d).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import validation

Array = NDArray[np.float64]

# Inputs of so many numbers are each worth a product of their own, which reads them where they are; smaller
# ones go into one tall product, 2 to 15 times quicker for short filters, for which BLAS copies them.
LARGE = 1024
# A matrix of so many numbers is multiplied by a vector in one thread; above 9,216 BLAS takes more of them,
# which get in the way of ours. Blocks of fewer rows leave more partial sums than they save.
IN_ONE_THREAD, LEAST_ROWS = 2**13, 8

# A proxy derivative: from preactivations (N, m) to its values there.
Proxy = Callable[[Array], NDArray[Any]]

# The set on which each proxy derivative is 1; off it, it is 0.
SUPPORTS: MappingProxyType[str, Callable[[Array], NDArray[np.bool_]]] = MappingProxyType(
    {
        "identity": lambda x: np.ones_like(x, dtype=np.bool_),
        "relu": lambda x: x > 0,
        "clipped_relu": lambda x: (x > 0) & (x < 1),
    }
)

ESTIMATORS: tuple[str, ...] = tuple(SUPPORTS)


def patches(x: ArrayLike, m: int) -> Array:
    """Cut flat inputs into `m` patches that do not overlap.

    Parameters
    ----------
    x : (N, m * d) array_like
    m : int
        Number of patches, at least 1.

    Returns
    -------
    (N, m, d) float64
        A view of `x`, if that is a contiguous float64 array.

    Raises
    ------
    ValueError
        If `x` is not a finite matrix, or its rows do not divide into `m` patches of d >= 2 entries.

    Examples
    --------
    >>> patches([[1, 2, 3, 4]], 2)
    array([[[1., 2.],
            [3., 4.]]])
    """
    m = validation.count("patches", "m", m)
    inputs = validation.finite_array("patches", "x", x, ndim=2)
    d, rest = divmod(inputs.shape[1], m)
    if rest or d < 2:
        raise ValueError(
            f"patches: x has rows of length {inputs.shape[1]}, m={m} patches of one length >= 2 are required"
        )
    return inputs.reshape(len(inputs), m, d)


def forward(Z: ArrayLike, v: ArrayLike, w: ArrayLike) -> Array:
    """Return the network's outputs h = v^T sigma(Z w).

    Parameters
    ----------
    Z : (N, m, d) array_like
        Inputs, cut into patches.
    v : (m,) array_like
        Second layer.
    w : (d,) array_like
        Filter, not zero.

    Returns
    -------
    (N,) float64

    Raises
    ------
    ValueError
        If an entry is not finite, `w` is zero, shapes do not match, or d < 2.

    Examples
    --------
    >>> forward([[[1.0, 0.0], [-1.0, 0.0]]], v=[5.0, 7.0], w=[2.0, 0.0])
    array([5.])
    """
    Z = validation.finite_array("forward", "Z", Z, ndim=3)
    v, w = _layers("forward", Z, "v", v, "w", validation.filter_vector("forward", "w", w))
    return np.asarray((preactivations(Z, w[:, None])[..., 0] > 0) @ v)


def sample_loss(Z: ArrayLike, v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike) -> Array:
    """Return the loss of each sample, (h - y)^2 / 2.

    Parameters
    ----------
    Z : (N, m, d) array_like
        Inputs, cut into patches.
    v, v_star : (m,) array_like
        Second layers of student and teacher.
    w : (d,) array_like
        The student's filter, not zero.
    w_star : (d,) array_like
        The teacher's filter, a unit vector.

    Returns
    -------
    (N,) float64

    Raises
    ------
    ValueError
        If an entry is not finite, `w` is zero, `w_star` is not a unit vector, shapes do not match, or d < 2.

    Examples
    --------
    >>> sample_loss([[[1.0, -1.0]]], v=[3.0], w=[2.0, 0.0], v_star=[3.0], w_star=[0.0, 1.0])
    array([4.5])
    """
    return _checked_pass("sample_loss", Z, v, w, v_star, w_star).loss()


def sample_coarse_gradient(
    Z: ArrayLike, v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike, ste: str
) -> Array:
    """Return the coarse gradient of each sample in the filter, Z^T (mu'(Z w) * v) (h - y).

    Parameters
    ----------
    Z, v, w, v_star, w_star
        As for `sample_loss`.
    ste : str
        The straight-through estimator, one of `ESTIMATORS`, whose proxy derivatives mu'(x) are 1 for
        "identity", 1{x > 0} for "relu" and 1{0 < x < 1} for "clipped_relu".

    Returns
    -------
    (N, d) float64

    Raises
    ------
    ValueError
        As for `sample_loss`, or if `ste` is unknown.

    Examples
    --------
    >>> Z = [[[2.0, -1.0]]]
    >>> sample_coarse_gradient(Z, v=[3.0], w=[1.0, 0.0], v_star=[3.0], w_star=[0.0, 1.0], ste="relu")
    array([[18., -9.]])
    """
    who = "sample_coarse_gradient"
    validation.one_of(who, "ste", ste, ESTIMATORS)
    return _checked_pass(who, Z, v, w, v_star, w_star).coarse_gradients([SUPPORTS[ste]])[:, 0]


def sample_loss_and_coarse_gradients(
    Z: ArrayLike, v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike, stes: Sequence[str]
) -> Array:
    """Return loss and coarse gradients by K estimators of each sample, from one forward pass.

    Parameters and errors are those of `sample_coarse_gradient`, with K names in place of one.

    Returns
    -------
    (N, 1 + K d) float64
        The loss in the first column, then d columns for each estimator in the order given.
    """
    who = "sample_loss_and_coarse_gradients"
    for ste in stes:
        validation.one_of(who, "stes", ste, ESTIMATORS)
    passed = _checked_pass(who, Z, v, w, v_star, w_star)
    n, _, d = passed.Z.shape
    return passed.rows(stes, np.empty((n, 1 + len(stes) * d)))


def sample_output_gradient(
    Z: ArrayLike, v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike
) -> Array:
    """Return the gradient of each sample's loss in the second layer v, (h - y) sigma(Z w).

    Parameters
    ----------
    Z, v, w, v_star, w_star
        As for `sample_loss`, with the same errors.

    Returns
    -------
    (N, m) float64
    """
    passed = _checked_pass("sample_output_gradient", Z, v, w, v_star, w_star)
    return np.asarray(passed.residual[:, None] * (passed.preactivation > 0))


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """What one forward pass leaves for the backward pass: Z w (N, m) and h - y (N,)."""

    Z: Array
    v: Array
    preactivation: Array
    residual: Array

    def loss(self) -> Array:
        """Loss of each sample, (N,)."""
        return np.asarray(np.square(self.residual) / 2)

    def coarse_gradients(self, proxies: Sequence[Proxy], out: Array | None = None, batch: int = 1) -> Array:
        """Coarse gradients by K proxy derivatives, (N, K, d), written into `out` if it is given.

        With a `batch` above 1, which divides N, their means over so many consecutive samples, (N / batch, K,
        d), which takes less time.
        """
        n, m, d = self.Z.shape
        k, rows = len(proxies), m * batch
        if _samples_last(self.Z):
            weights = np.empty((k, m, n)).transpose(2, 0, 1)
            self._weigh(proxies, weights, batch)
            # Its inner loop runs along the samples.
            sums = np.einsum("nkm,nmd->nkd", weights, self.Z, out=out if batch == 1 else None)
            return np.asarray(sums if batch == 1 else _batches(sums, batch, out))
        block = _block(rows, d)
        weights = np.empty((n * m // (block or rows), k, block or rows))
        self._weigh(proxies, weights, batch)
        if not block:
            # A stack of (K, rows) by (rows, d) products sums in one sweep of Z, with no copy of it.
            return np.asarray(np.matmul(weights, self.Z.reshape(-1, rows, d), out=out))
        sums = np.matmul(weights[:, :, None], self.Z.reshape(-1, 1, block, d))
        return _batches(sums[:, :, 0], rows // block, out)

    def _weigh(self, proxies: Sequence[Proxy], weights: Array, batch: int) -> None:
        """Write mu'(Z w) v (h - y) / batch of all N m patches into weights (.., K, ..), for each proxy."""
        shape = len(weights), weights.shape[2]
        error = np.empty_like(self.preactivation)  # in the layout of the inputs
        np.multiply(self.residual[:, None], self.v / batch, out=error)
        preactivation = self.preactivation.reshape(shape)
        for one, proxy in enumerate(proxies):
            np.multiply(proxy(preactivation), error.reshape(shape), out=weights[:, one])

    def rows(self, stes: Sequence[str], out: Array, batch: int = 1) -> Array:
        """Write loss and coarse gradients, batch means, into `out`, (N / batch, 1 + K d), and return it."""
        loss = self.loss()
        out[:, 0] = loss if batch == 1 else loss.reshape(-1, batch).mean(axis=1)
        supports = [SUPPORTS[ste] for ste in stes]
        self.coarse_gradients(supports, out[:, 1:].reshape(len(out), len(stes), self.Z.shape[2]), batch)
        return out


def _batches(parts: Array, size: int, out: Array | None) -> Array:
    """Sums of every `size` consecutive parts (N, K, d), (N / size, K, d)."""
    return np.asarray(np.add.reduce(parts.reshape(-1, size, *parts.shape[1:]), axis=1, out=out))


@cache
def _block(rows: int, d: int) -> int:
    """The most rows that divide `rows` and are multiplied in one thread; 0 if that is too few."""
    most = min(rows, IN_ONE_THREAD // d)
    return next((size for size in range(most, min(rows, LEAST_ROWS) - 1, -1) if rows % size == 0), 0)


def forward_pass(Z: Array, v: Array, w: Array, v_star: Array, w_star: Array) -> ForwardPass:
    """Pass inputs through both networks, unchecked: for samplers, which check once and call many times.

    Inputs may lie in memory with the samples in the last place, a view of an array (m, d, N): where filters
    are short, that is several times quicker.
    """
    signals = preactivations(Z, np.array([w, w_star]).T)
    fires = (signals > 0).astype(np.float64)
    residual = fires[..., 0] @ v - fires[..., 1] @ v_star
    return ForwardPass(Z, v, signals[..., 0], residual)


def _samples_last(Z: Array) -> bool:
    return Z.strides[0] == Z.itemsize


def _checked_pass(
    who: str, Z: ArrayLike, v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike
) -> ForwardPass:
    Z = validation.finite_array(who, "Z", Z, ndim=3)
    v, w = _layers(who, Z, "v", v, "w", validation.filter_vector(who, "w", w))
    v_star, w_star = _layers(
        who, Z, "v_star", v_star, "w_star", validation.unit_vector(who, "w_star", w_star)
    )
    return forward_pass(Z, v, w, v_star, w_star)


def preactivations(Z: Array, filters: Array) -> Array:
    """Inner products of the patches of inputs Z (N, m, d) with filters (d, F), unchecked; (N, m, F).

    In memory, those with one filter lie side by side.
    """
    n, m, d = Z.shape
    if _samples_last(Z):
        return np.asarray(np.matmul(filters.T, Z.transpose(1, 2, 0)).transpose(2, 0, 1))
    if m * d >= LARGE:
        block = _block(n * m, d)
        if not block:
            return np.asarray(np.matmul(filters.T, Z.transpose(0, 2, 1)).transpose(0, 2, 1))
        products = np.empty((filters.shape[1], n * m // block, block, 1))
        np.matmul(Z.reshape(-1, 1, block, d), filters.T[:, :, None], out=products.swapaxes(0, 1))
        return products.reshape(-1, n, m).transpose(1, 2, 0)
    return np.asarray((filters.T @ Z.reshape(-1, d).T).reshape(filters.shape[1], n, m).transpose(1, 2, 0))


def _layers(who: str, Z: Array, v_name: str, v: ArrayLike, w_name: str, w: Array) -> tuple[Array, Array]:
    second = validation.vector(who, v_name, v)
    m, d = len(second), len(w)
    if Z.shape[1:] != (m, d):
        rule = f"{v_name} of length {m} and {w_name} of length {d} require (N, {m}, {d})"
        raise ValueError(f"{who}: Z has shape {Z.shape}, {rule}")
    return second, w
