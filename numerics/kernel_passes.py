"""The compiled part of ``numerics.kernel``: passes over the coordinates of a run, and the loops around them.

All of it stands in one file because the compiler's cache looks for changes in the file of a function alone.

The sums are reordered ("reassoc") so that they use the whole width of the processor, and products are fused
with sums ("contract"); infinities and NaN keep their meaning.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Array = NDArray[np.float64]
Names = NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., Any])

PENALTIES = ("l1", "l0", "tl1")
_L1, _L0 = 0, 1

_FAST = {"reassoc", "contract", "nsz"}
# Coordinates after which the length of a step is looked at. Vectors are padded to a multiple of it, which
# is one of the stride of the compiled loops, too: none leaves a remainder.
_BLOCK = 64
# Bytes of a cache line, and of a page.
_LINE, _PAGE = 64, 4096
# Off the supports of w* and S(w) entries shrink geometrically, and arithmetic on what falls below 2e-308 is a
# hundred times slower. A push of this size holds them there: its square is still a normal number, and no
# other quantity feels it. What it leaves is cut off in the end.
_PUSH = 1e-120
_CUT = 1e-100
# Coefficients of the polynomial in `minimise`, from the highest power down.
_FIT = (
    1.759401951, -3.913795844, 4.145753748, -2.954907262, 1.740921542, -0.995599447, 0.624842948,
    -0.499997791, 0.999999995,
)  # fmt: skip
# Steps from one look for entries that fade to the next, and the share of the coordinates that is worth
# setting aside: a look costs half of a step, a move eleven steps.
_LOOK, _WORTH = 16, 4
_NOBODY = -1
# Squared lengths in this range neither overflowed nor lost anything, and do not come from the push.
_LEAST_SQUARE, _MOST_SQUARE = 1e-200, 1e300


def _compiled(**options: Any) -> Callable[[Function], Function]:
    """Compile at the first call, and keep the result on disk where the machine has a place for it.

    What is compiled counts no references to arrays, and so can make none: counting is atomic, nothing
    overtakes it, and the twenty counts of a step took as long as the step.
    """

    def compile_it(function: Function) -> Function:
        # Division by zero gives infinity, as in NumPy: a check would keep loops from becoming vector code.
        settings = {"nogil": True, "error_model": "numpy", "_nrt": False, **options}
        try:
            compiled: Function = njit(cache=True, **settings)(function)
        except RuntimeError:  # no folder that can be written
            compiled = njit(**settings)(function)
        return compiled

    return compile_it


def _attach_width(_context: Any) -> Any:
    def attach(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        # An attribute of LLVM which llvmlite's own list lacks, hence past that list.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), attach


# Called by a compiled function, it lets the loops there use the widest vectors of the processor. By itself
# the compiler stays at 256 bits where there are 512: the first such processors slowed down on them.
full_width: Any = intrinsic(_attach_width)


class Step(NamedTuple):
    """What all steps of a batch share.

    Attributes
    ----------
    penalty : int
        Index in `PENALTIES`.
    threshold : float
        S(x) = 0 for |x| up to it.
    mu : float
        Weight of the penalty, lambda / beta.
    shape : float
        The a of transformed l1.
    c, beta, eta : float
        Tangential constant, relaxation parameter, step size.
    """

    penalty: int
    threshold: float
    mu: float
    shape: float
    c: float
    beta: float
    eta: float


@_compiled(fastmath=_FAST, forceinline=True)
def _soft_pass(y: Array, p: Array, z: Array, scale: float, pull: float, threshold: float) -> float:
    full_width()
    total = 0.0
    for i in range(y.size):
        entry = y[i]
        within = -threshold if entry < -threshold else entry
        within = threshold if within > threshold else within
        new = scale * entry + p[i] - pull * within
        z[i] = new
        total += new * new
    return total


@_compiled(fastmath=_FAST, forceinline=True)
def _hard_pass(y: Array, p: Array, z: Array, beyond: float, within: float, threshold: float) -> float:
    full_width()
    total = 0.0
    for i in range(y.size):
        entry = y[i]
        new = (beyond if abs(entry) > threshold else within) * entry + p[i]
        z[i] = new
        total += new * new
    return total


@_compiled(fastmath=_FAST, forceinline=True)
def _linear_pass(y: Array, p: Array, z: Array, scale: float) -> None:
    full_width()
    for i in range(y.size):
        z[i] = scale * y[i] + p[i]


@_compiled(fastmath=_FAST, forceinline=True)
def _square(z: Array) -> float:
    full_width()
    total = 0.0
    for i in range(z.size):
        total += z[i] * z[i]
    return total


@_compiled()
def _gather(y: Array, threshold: float, where: Names, size: Array) -> int:
    """Collect the entries beyond the threshold and return their number."""
    count = 0
    for i in range(y.size):
        where[count] = i  # stays if the entry counts, and is overwritten if not: no branch to be foreseen
        count += int(abs(y[i]) > threshold)
    for k in range(count):
        size[k] = abs(y[where[k]])
    return count


@_compiled(fastmath={"contract"})
def minimise(size: Array, count: int, inverse: float, mu: float, shape: float) -> None:
    """Replace entries x by the positive minimisers of the proximal objective of transformed l1 at inverse x.

    With v = a + u and X = a + x the condition is v^3 - X v^2 + K = 0, K = mu a (a + 1), of which the largest
    root is sought. In e = v / X - 2/3 it reads e^2 (1 + e) = 4/27 - K / X^3 = q^2, so that e is a smooth
    multiple of q. Its polynomial here, from Chebyshev's nodes, is right to 2e-9; one step of Newton's method
    on the condition itself takes the error below the rounding.
    """
    full_width()
    product = mu * shape * (shape + 1.0)
    for k in range(count):
        x = inverse * size[k]
        total = shape + x
        q = math.sqrt(max(4.0 / 27.0 - product / (total * total * total), 0.0))
        fit = 0.0
        for coefficient in _FIT:
            fit = coefficient + q * fit
        # Between 0 and x, which the rounding of a large a would leave.
        u = min(max(total * (2.0 / 3.0 + q * fit) - shape, 0.0), x)
        v = shape + u
        square = v * v
        cube = square * v
        # At a double root the slope is zero, and the root is known to half the digits.
        u -= v * ((u - x) * square + product) / max(cube - 2.0 * product, 1e-8 * cube)
        size[k] = max(u, 0.0)


@_compiled()
def _add_back(y: Array, z: Array, pull: float, where: Names, size: Array, count: int) -> None:
    for k in range(count):
        i = where[k]
        z[i] += math.copysign(pull * size[k], y[i])


# Without "contract": at rest both products round alike, and their difference is zero.
@_compiled(fastmath={"reassoc", "nsz"}, forceinline=True)
def _squared_move(y: Array, before: float, z: Array, after: float, block: int) -> float:
    full_width()
    # Slices: indices counted from the block's begin might be negative as far as the compiler can tell.
    old, new = y[block * _BLOCK : (block + 1) * _BLOCK], z[block * _BLOCK : (block + 1) * _BLOCK]
    total = 0.0
    for i in range(_BLOCK):
        moved = after * new[i] - before * old[i]
        total += moved * moved
    return total


@_compiled(forceinline=True)
def _is_long(
    y: Array, before: float, z: Array, after: float, first: int, total: float, limit: float
) -> tuple[bool, int]:
    """Whether total + ||after z - before y||^2 exceeds the limit, and the block of entries where it did."""
    blocks = y.size // _BLOCK
    block = first if first < blocks else 0
    for _ in range(blocks):
        total += _squared_move(y, before, z, after, block)
        if total > limit:
            return True, block
        block = block + 1 if block + 1 < blocks else 0
    return False, block


@_compiled(fastmath=_FAST)
def _fading(y: Array, threshold: float) -> float:
    """Number of entries within the threshold."""
    full_width()
    count = 0.0
    for i in range(y.size):
        count += 1.0 if abs(y[i]) <= threshold else 0.0
    return count


@_compiled()
def _set_aside(
    y: Array, order: Names, first: int, kept: int, threshold: float, aside: Array, names: Names, gone: int
) -> int:
    """Set entries of y[first:kept] aside that are within the threshold; how many stay."""
    end, kept = kept, first
    for i in range(first, end):
        entry, name = y[i], order[i]
        # Both places are written, and one of them is written over: no branch to be foreseen.
        y[kept], order[kept] = entry, name
        aside[gone], names[gone] = entry, name
        beyond = int(abs(entry) > threshold)
        kept += beyond
        gone += 1 - beyond
    return kept


@_compiled()
def _bring_back(y: Array, order: Names, kept: int, aside: Array, names: Names, fade: float) -> None:
    for i in range(aside.size):
        y[kept + i], order[kept + i] = fade * aside[i], names[i]


@_compiled()
def _fill_up(y: Array, order: Names, kept: int) -> int:
    """Fill up the last block with entries that stand for none; its end."""
    live = max(1, (kept + _BLOCK - 1) // _BLOCK) * _BLOCK
    for i in range(kept, live):
        y[i], order[i] = 0.0, _NOBODY
    return live


@_compiled()
def _rescale(aside: Array, factor: float) -> tuple[float, float]:
    """Multiply in place; the squared length and the largest entry of the result."""
    squares = largest = 0.0
    for i in range(aside.size):
        aside[i] *= factor
        squares += aside[i] * aside[i]
        largest = max(largest, abs(aside[i]))
    return squares, largest


@_compiled()
def _write(w: Array, y: Array, order: Names, factor: float) -> None:
    for i in range(y.size):
        if order[i] != _NOBODY:
            w[order[i]] = factor * y[i] if abs(factor * y[i]) > _CUT else 0.0


@_compiled(inline="always")
def _pass(
    y: Array, r: float, inverse: float, p: Array, z: Array, step: Step, where: Names, size: Array
) -> float:
    """Write the next y, not normalised, into z and return its squared length."""
    alpha, pull = 1.0 - step.eta * (step.c + step.beta), step.eta * step.beta
    threshold = step.threshold * r
    if step.penalty == _L1:
        return _soft_pass(y, p, z, (alpha + pull) * inverse, pull * inverse, threshold)
    if step.penalty == _L0:
        return _hard_pass(y, p, z, (alpha + pull) * inverse, alpha * inverse, threshold)
    _linear_pass(y, p, z, alpha * inverse)
    count = _gather(y, threshold, where, size)
    minimise(size, count, inverse, step.mu, step.shape)
    _add_back(y, z, pull, where, size, count)
    return _square(z)


def vectors(count: int, size: int) -> Array:
    """Return zeros (count, size or more): rows begin at cache lines, each a third of a page on."""
    # A load whose address within the page is that of a recent store waits for it.
    stride = size + (_PAGE // 3 // _LINE * _LINE - 8 * size) % _PAGE // 8
    memory = np.zeros(count * stride + _LINE // 8)
    first = -(memory.ctypes.data // 8) % (_LINE // 8)
    return memory[first : first + count * stride].reshape(count, stride)


def workspace(d: int) -> tuple[Array, Names]:
    """Return memory for one run of `advance` after the other in dimension d."""
    size = (d + _BLOCK - 1) // _BLOCK * _BLOCK
    # One more number, for an entry of u that turns out to be zero.
    return vectors(5, size), np.zeros((4, size + 1), np.int64)


@_compiled()
def _order(w_star: Array, factor: float, p: Array, order: Names) -> int:
    """Order entries, the support of w* first, and write factor w* so ordered into p; the support's size."""
    first, last = 0, w_star.size - 1
    for i in range(w_star.size):
        size = factor * w_star[i]
        if abs(size) < _PUSH:
            order[last], p[last] = i, _PUSH
            last -= 1
        else:
            order[first], p[first] = i, size
            first += 1
    return first


@_compiled()
def _take_run(
    w: Array, step: Step, most: int, tolerance: float, first: int, rows: Array, numbers: Names
) -> tuple[int, bool]:
    """Take one run to its end, in place; its steps, and whether the last was within the tolerance.

    The steps are -1 if a length left the safe range.
    """
    d = w.size
    y, z, p, size, aside = rows[0], rows[1], rows[2], rows[3], rows[4]
    where, order, names = numbers[0], numbers[1], numbers[2]
    for i in range(d):
        order[i] = numbers[3][i]
        y[i] = w[order[i]]
    kept, live = d, _fill_up(y, order, d)
    r, inverse, block = 1.0, 1.0, 0
    shrink, fade, squares_aside, largest = 1.0 - step.eta * (step.c + step.beta), 1.0, 0.0, 0.0
    steps, ended = most, False
    for number in range(1, most + 1):
        threshold = step.threshold * r
        if abs(fade) * largest > threshold:
            _bring_back(y, order, kept, aside[: d - kept], names, fade)
            kept, live, squares_aside, largest = d, _fill_up(y, order, d), 0.0, 0.0
        elif number % _LOOK == 1 and _fading(y[first:kept], threshold) > _BLOCK + live // _WORTH:
            _rescale(aside[: d - kept], fade)
            kept = _set_aside(y, order, first, kept, threshold, aside, names, d - kept)
            squares_aside, largest = _rescale(aside[: d - kept], 1.0)
            live, fade = _fill_up(y, order, kept), 1.0
        squares = _pass(y[:live], r, inverse, p[:live], z[:live], step, where, size)
        faded = fade * shrink * inverse
        squares += faded * faded * squares_aside
        if not _LEAST_SQUARE < squares < _MOST_SQUARE:
            return -1, False
        length = math.sqrt(squares)
        moved = faded / length - fade * inverse
        long, block = _is_long(
            y[:live], inverse, z[:live], 1.0 / length,
            block, moved * moved * squares_aside, tolerance * tolerance,
        )  # fmt: skip
        y, z, r, inverse = z, y, length, 1.0 / length
        fade = faded if abs(faded) * largest > _CUT else 0.0
        if not long:
            steps, ended = number, True
            break
    _write(w, y[:live], order, 1.0 / r)
    _write(w, aside[: d - kept], names, fade / r)
    return steps, ended


@_compiled()
def advance(
    w: Array, w_star: Array, step: Step, most: int, tolerance: float,
    iterations: Names, converged: NDArray[np.bool_], rows: Array, numbers: Names,
) -> bool:  # fmt: skip
    """Take all runs to their ends, in place; False if a length left the safe range."""
    first = _order(w_star, step.eta * step.c, rows[2], numbers[3])
    for run in range(len(w)):
        steps, ended = _take_run(w[run], step, most, tolerance, first, rows, numbers)
        if steps < 0:
            return False
        iterations[run], converged[run] = steps, ended
    return True
