"""Second layers written out, patch by patch, in place of their norms and sums."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from sympy import Expr, sqrt, symbols

from proofs_check.claims import plane
from theory.symbols import norm_v, norm_v_star, sum_v, sum_v_star, v_dot_v_star

# Every sum over patches has one kind of term within a patch and one between two, so that two patches
# decide it; three are taken.
M = 3
V = symbols(f"v_1:{M + 1}", real=True)
V_STAR = symbols(f"v_star_1:{M + 1}", real=True)


def written_out(subject: Expr, teacher: Sequence[Any] = V_STAR) -> Expr:
    """The subject with the entries of v and v* in place of their norms, sums and inner product."""
    entries: Mapping[Any, Any] = {
        norm_v: sqrt(sum(x**2 for x in V)),
        norm_v_star: sqrt(sum(x**2 for x in teacher)),
        sum_v: sum(V),
        sum_v_star: sum(teacher),
        v_dot_v_star: sum(x * y for x, y in zip(V, teacher, strict=True)),
    }
    return subject.xreplace(entries)


def entries(at: Mapping[str, Any], names: Sequence[Any]) -> list[Any]:
    """Values of the entries of a second layer."""
    return [at[str(name)] for name in names]


def patterns(
    v: Sequence[Any], v_star: Sequence[Any], angle: Any
) -> Iterator[tuple[Any, Any, tuple[int, ...]]]:
    """Probability, h - y and the student's activations, for each pattern of activations of all patches."""
    both = plane.mean(0, None, angle.cot())
    fires = plane.mean(0, None)
    chance = {(1, 1): both, (1, 0): fires - both, (0, 1): fires - both, (0, 0): 1 - 2 * fires + both}
    for pattern in product(chance, repeat=len(v)):
        probability = prod(chance[one] for one in pattern)
        pairs = zip(v, v_star, pattern, strict=True)
        error = sum(x * fired - y * taught for x, y, (fired, taught) in pairs)
        yield probability, error, tuple(fired for fired, _ in pattern)


def mean_loss(v: Sequence[Any], v_star: Sequence[Any], angle: Any) -> Any:
    """E[(h - y)²]/2 by summing over all patterns of activations."""
    return sum(p * error**2 / 2 for p, error, _ in patterns(v, v_star, angle))
