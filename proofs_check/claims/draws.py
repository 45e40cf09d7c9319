"""How cases are drawn: with no more of Hypothesis than the choices themselves.

A choice of Hypothesis takes as long as many a test, and every strategy around it, such as ``builds`` and
``map``, nearly as long again. So the parts of a case are functions that draw by the choices alone, and only a
whole case is a strategy.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")

_LABELS = count(1)

Draw = Callable[[DrawFn], T]
# A choice of Hypothesis, or what draws by some.
Part = SearchStrategy[Any] | Draw[Any]

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.sampled_from((2, 3, 5, 20, 200))


def case_of(make: Callable[..., T], *parts: Part) -> SearchStrategy[T]:
    """Strategy for what ``make`` makes of the parts, as ``builds`` is."""
    return strategy_of(part_of(make, *parts))


def strategy_of(part: Draw[T]) -> SearchStrategy[T]:
    """Strategy for a part that is a case by itself."""

    # Two that were one function would be taken for exchangeable by Hypothesis.
    @st.composite
    def drawn(draw: DrawFn) -> T:
        return part(draw)

    return drawn()


def part_of(make: Callable[..., T], *parts: Part) -> Draw[T]:
    """What ``make`` makes of the parts, within a case."""
    drawing = [_draw(part) for part in parts]
    return lambda draw: make(*[one(draw) for one in drawing])


def either(*parts: Part) -> Draw[Any]:
    """One of the parts."""
    drawing, which = [_draw(part) for part in parts], _draw(st.integers(0, len(parts) - 1))
    return lambda draw: drawing[which(draw)](draw)


def always(value: T) -> Draw[T]:
    """The same in all cases."""
    return lambda _: value


def decades(low: int, high: int) -> Draw[float]:
    """Positive numbers from 10^low to 10^high, ten a decade, of three digits; 1 is the simplest."""
    exponents = range(10 * low, 10 * high + 1)
    sizes = {k: float(f"{10 ** (k / 10):.3g}") for k in exponents}
    steps = _draw(st.integers(exponents[0], exponents[-1]))
    return lambda draw: sizes[steps(draw)]


def _draw(part: Part) -> Draw[Any]:
    if not isinstance(part, SearchStrategy):
        return part
    # Numbers with one label, as all integers have, Hypothesis takes for exchangeable. Then most cases are old
    # ones with a number put for another, such as the seed for c. Which labels they are changes nothing: the
    # cases do not depend on how many strategies there were before.
    label = next(_LABELS)
    return lambda draw: draw(part, label)
