"""What the properties are tried on: Hypothesis strategies shared by the tests.

Dense vectors come from a generator seeded by Hypothesis rather than entry by entry: the choice of 200 floats
would exhaust its budget, and no single entry matters. Where structure matters (sparsity, equal magnitudes,
nearness to the teacher) it is drawn explicitly.

A strategy that is made for every case is also examined for every case, which takes longer than to draw from
it; so they are kept, but for those with arguments that hardly ever come again.
"""

from functools import cache

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[np.float64]

PENALTIES = ("l1", "l0", "tl1")
# For tests that many parameters repeat, of what hardly depends on the case away from the borders they name.
A_QUARTER = settings(max_examples=settings.default.max_examples // 4)


@cache
def seeds() -> st.SearchStrategy[int]:
    return st.integers(0, 2**32 - 1)


@cache
def generators() -> st.SearchStrategy[np.random.Generator]:
    return seeds().map(np.random.default_rng)


@cache
def dimensions(least: int = 2, most: int = 200) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@cache
@st.composite
def dense_unit_vectors(draw: st.DrawFn, d: int) -> Array:
    x = draw(generators()).standard_normal(d)
    return x / np.linalg.norm(x)


@cache
@st.composite
def sparse_unit_vectors(draw: st.DrawFn, d: int, equal: bool | None = None) -> Array:
    """Draw s from 1 to d non-zero entries, of equal or unequal magnitudes and any signs."""
    s = draw(st.integers(1, d))
    rng = draw(generators())
    x = np.zeros(d)
    x[rng.choice(d, s, replace=False)] = rng.choice([-1.0, 1.0], s)
    if not (draw(st.booleans()) if equal is None else equal):
        x *= rng.uniform(0.1, 1, d)
    return x / np.linalg.norm(x)


@cache
def unit_vectors(d: int) -> st.SearchStrategy[Array]:
    """Draw teachers: dense, sparse, and sparse with equal magnitudes."""
    return st.one_of(sparse_unit_vectors(d, equal=True), sparse_unit_vectors(d), dense_unit_vectors(d))


@st.composite
def starts(draw: st.DrawFn, w_star: Array) -> Array:
    """Draw a unit vector anywhere, near w*, near -w*, or orthogonal to w*."""
    x = draw(dense_unit_vectors(len(w_star)))
    # An x parallel to w* gives no direction across it, and a seed drawn twice makes it so: take an axis then.
    across = x if abs(x @ w_star) < 0.999 else np.eye(len(x))[np.argmin(np.abs(w_star))]
    for _ in range(2):  # the second time takes away what rounding left along w*
        across = across - (across @ w_star) * w_star
        across /= np.linalg.norm(across)
    where = draw(st.sampled_from(["anywhere", "near", "opposite", "orthogonal"]))
    if where == "anywhere":
        return x
    if where == "orthogonal":
        return across
    tilt = 10.0 ** -draw(st.integers(1, 12))
    side = 1.0 if where == "near" else -1.0
    return side * np.cos(tilt) * w_star + np.sin(tilt) * across


@cache
def second_layers(m: int) -> st.SearchStrategy[Array]:
    """Draw v with zero and negative entries, but not v = 0."""
    entries = st.one_of(st.just(0.0), st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3))
    return st.lists(entries, min_size=m, max_size=m).filter(any).map(np.array)


@cache
def penalties() -> st.SearchStrategy[str]:
    return st.sampled_from(PENALTIES)


@cache
def lams() -> st.SearchStrategy[float]:
    return _log_uniform(1e-4, 1)


@cache
def betas() -> st.SearchStrategy[float]:
    return _log_uniform(1e-2, 10)


@cache
def tl1_parameters() -> st.SearchStrategy[float]:
    return st.one_of(st.sampled_from([0.01, 1.0, 100.0]), _log_uniform(0.01, 100))


def step_sizes(c: float, beta: float) -> st.SearchStrategy[float]:
    """Draw eta in (0, 1/(c + beta)], the right end included."""
    return st.one_of(st.just(1.0), st.floats(0.01, 1)).map(lambda fraction: fraction / (c + beta))


@cache
def _log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    # Parameters that matter by their order of magnitude; clipped, as rounding can leave the interval.
    return st.floats(np.log(low), np.log(high)).map(lambda x: float(np.clip(np.exp(x), low, high)))
