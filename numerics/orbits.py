"""Orbits of inputs under a symmetry of their law: variance is reduced by nothing but that symmetry.

The step (x₁, …, x_d) → (x₂, …, x_d, -x₁) moves entries and changes the sign of one. Entries that are
independent and of one law, which is symmetric about zero, keep their joint law under it. Its d-th power is
-1, and so its order 2d: an input has an orbit of 2d inputs, each of which has the law of an input. They are
not independent: the mean of a statistic over an orbit is ONE sample, with the statistic's mean. The orbits of
independent inputs are independent.

Where directions decide about the statistic, as in the network, an orbit goes once around them: its mean
varies much less than that of 2d independent inputs.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def size(shape: tuple[int, ...]) -> int:
    """Inputs of an orbit, for inputs of the given shape, which has a last axis."""
    return 2 * shape[-1]


def complete(inputs: Array, n: int) -> None:
    """Write the images of the first `n` inputs, (orbit * n, ..., d), each n the step of the n before them."""
    half = len(inputs) // 2
    for start in range(n, half, n):
        before, after = inputs[start - n : start], inputs[start : start + n]
        after[..., :-1] = before[..., 1:]
        # NumPy 2.4 negates wrongly from strides of 64 bytes to strides of 64 bytes.
        np.multiply(before[..., 0], -1, out=after[..., -1])
    np.multiply(inputs[:half], -1, out=inputs[half:])


def means(rows: Array, orbit: int) -> Array:
    """Means over orbits, (n, k), of rows (orbit * n, k), of which each n are the images of the n before."""
    return np.asarray(np.add.reduce(rows.reshape(orbit, -1, rows.shape[1]), axis=0) / orbit)
