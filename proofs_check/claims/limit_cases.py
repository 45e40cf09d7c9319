"""Cases for the limit of RVSCGD: teachers with given entries, the trapping cap, starts everywhere."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.limit import LimitPoint, limit_points
from numerics.penalties import proximal_map
from numerics.simulator import Result
from numerics.splitting import largest_step, rvscgd
from proofs_check.claims.cases import raw_step
from proofs_check.claims.draws import (
    SEEDS,
    SIZES,
    Draw,
    always,
    case_of,
    decades,
    either,
    part_of,
    strategy_of,
)
from proofs_check.claims.runs import shared
from proofs_check.context import Context
from theory.penalties import PENALTIES

Array = NDArray[np.float64]

# λ/β over the square of the smallest entry of w*; the l0 threshold is passed at 1/2.
LEVELS = (0.01, 0.3, 0.499999, 0.500001, 0.7, 1.0, 3.0)
# κ over β.
ABOVE = (1.0001, 1.1, 2.0, 30.0)
EVERYWHERE = (-2.0, 0.3, 0.7, 0.995, 0.999, 1.0, *ABOVE, *ABOVE)


@dataclass(frozen=True)
class Teacher:
    """A teacher with s non-zero entries, of one size or of several, and l0 with a weight by its smallest."""

    d: int
    s: int
    c: float
    beta: float
    level: float
    equal: bool
    seed: int

    @cached_property
    def w_star(self) -> Array:
        """The teacher, (d,)."""
        rng = np.random.default_rng(self.seed)
        w = np.zeros(self.d)
        support = rng.choice(self.d, min(self.s, self.d), replace=False)
        w[support] = rng.choice((-1.0, 1.0), len(support)) * rng.uniform(
            1.0 if self.equal else 0.2, 1, len(support)
        )
        return gaussian.normalise(w)

    @property
    def smallest(self) -> float:
        """The smallest magnitude of a non-zero entry."""
        return float(np.abs(self.w_star[self.w_star != 0]).min())

    @property
    def lam(self) -> float:
        """The weight of the penalty."""
        return self.level * self.smallest**2 * self.beta

    def step(self) -> Array:
        """One step of RVSCGD with l0 from w*, (d,)."""
        u = proximal_map(self.w_star, self.lam / self.beta, "l0")
        eta = largest_step(self.c, self.beta)
        raw = raw_step(self.w_star[None], u, self.w_star, self.c, self.beta, eta)
        return gaussian.normalise(raw[0])


def teachers() -> SearchStrategy[Teacher]:
    """Teachers of all sparsities, the weight on both sides of the threshold."""
    return case_of(
        Teacher, SIZES, st.sampled_from((1, 2, 3, 200)), decades(-2, 2), decades(-2, 2),
        st.sampled_from(LEVELS), st.booleans(), SEEDS,
    )  # fmt: skip


@dataclass(frozen=True)
class Solution:
    """A solution of κw = c w* + βS(w), with entries of w of all sizes; κ is ``ratio`` times β."""

    penalty: str
    a: float | None
    mu: float
    beta: float
    ratio: float
    d: int
    seed: int

    @cached_property
    def vectors(self) -> tuple[Array, Array, Array, float]:
        """Unit w, S(w), unit w*, all (d,), and c; c and w* are zero where there is no teacher."""
        rng = np.random.default_rng(self.seed)
        sizes = 10 ** rng.uniform(-3, 0, self.d) * rng.integers(0, 4, self.d).clip(max=1)
        sizes[0] = 1.0
        w = gaussian.normalise(rng.choice((-1.0, 1.0), self.d) * sizes)
        u = proximal_map(w, self.mu, self.penalty, self.a)
        pull = self.ratio * self.beta * w - self.beta * u
        norm = float(np.linalg.norm(pull))
        return w, u, pull / (norm or 1.0), norm

    @property
    def lam(self) -> float:
        """The weight of the penalty."""
        return self.mu * self.beta


def solutions(penalty: str | tuple[str, ...], ratios: tuple[float, ...]) -> SearchStrategy[Solution]:
    """Draw them with thresholds from far below to above the entries, for one penalty or several."""
    return strategy_of(solution(penalty, ratios))


def solution(penalty: str | tuple[str, ...], ratios: tuple[float, ...]) -> Draw[Solution]:
    """The same as a part of a case."""
    if isinstance(penalty, tuple):
        return either(*(solution(one, ratios) for one in penalty))
    shape = decades(-2, 2) if penalty == "tl1" else always(None)
    return part_of(
        Solution,
        always(penalty),
        shape,
        decades(-5, 0),
        decades(-2, 2),
        st.sampled_from(ratios),
        SIZES,
        SEEDS,
    )


def any_solution() -> SearchStrategy[Solution]:
    """Solutions of all penalties, with κ on both sides of β and at it."""
    return solutions(tuple(PENALTIES), EVERYWHERE)


@dataclass(frozen=True)
class CapPoint:
    """A filter with equal entries, on which l1 pulls most, ``level`` of the way to the cap's edge."""

    d: int
    c: float
    fraction: float
    level: float
    seed: int

    def vectors(self, sine: float) -> tuple[Array, Array]:
        """Unit w and w* (d,), the sine of their acute angle being ``level`` times ``sine`` or 1."""
        rng = np.random.default_rng(self.seed)
        w = rng.choice((-1.0, 1.0), self.d) / np.sqrt(self.d)
        across = gaussian.normalise(gaussian.perpendicular(gaussian.uniform_sphere(rng, 1, self.d)[0], w))
        small = min(1.0, self.level * sine)
        return w, np.sqrt(1 - small**2) * w + small * across


def cap_points() -> SearchStrategy[CapPoint]:
    """Points up to the edge, the pull being ``fraction`` of its bound."""
    level = st.sampled_from((0.1, 0.9, 1.0))
    return case_of(CapPoint, SIZES, decades(-1, 1), st.sampled_from((0.1, 0.9, 0.9999)), level, SEEDS)


@dataclass(frozen=True)
class CapPair:
    """Two points of a cap, one of them on its edge, and a step with l1; λ√d is ``level`` times c cosψ."""

    d: int
    c: float
    beta: float
    fraction: float
    angle: float
    level: float
    inside: float
    seed: int

    @property
    def cosine(self) -> float:
        """Cosine of the cap's angle."""
        return float(np.cos(self.angle))

    @property
    def pull(self) -> float:
        """Bound λ√d of the pull."""
        return self.level * self.c * self.cosine

    @property
    def eta(self) -> float:
        """Step size."""
        return self.fraction * largest_step(self.c, self.beta)

    def distances(self) -> tuple[float, float]:
        """Distance of the two points, and of their images."""
        rng = np.random.default_rng(self.seed)
        drawn = gaussian.uniform_sphere(rng, 3, self.d)
        w_star, tilts = drawn[0], self.angle * np.array([[1.0], [self.inside]])
        w = np.cos(tilts) * w_star + np.sin(tilts) * gaussian.normalise(
            gaussian.perpendicular(drawn[1:], w_star)
        )
        u = proximal_map(w, self.pull / np.sqrt(self.d) / self.beta, "l1")
        after = gaussian.normalise(raw_step(w, u, w_star, self.c, self.beta, self.eta))
        return float(np.linalg.norm(w[0] - w[1])), float(np.linalg.norm(after[0] - after[1]))


def cap_pairs() -> SearchStrategy[CapPair]:
    """Pairs in caps up to the right angle, the second point up to the edge too."""
    fractions = st.sampled_from((1.0, 0.5, 0.01))
    angles = st.sampled_from((0.01, 0.4, np.pi / 4, 1.2, 1.57))
    levels, inside = st.sampled_from((0.01, 0.5, 0.999)), st.sampled_from((1.0, 0.99, 0.5))
    return case_of(CapPair, SIZES, decades(-1, 1), decades(-2, 1), fractions, angles, levels, inside, SEEDS)


@dataclass(frozen=True, eq=False)
class Field:
    """Runs from many starts to one teacher, and the limits computed directly."""

    penalty: str
    lam: float
    beta: float
    c: float
    w_star: Array
    start: Array
    result: Result
    limits: tuple[LimitPoint, ...]

    @property
    def name(self) -> str:
        """The parameters."""
        entries = np.array2string(self.w_star, precision=4, threshold=6)
        return f"{self.penalty}, lam={self.lam:.4g}, beta={self.beta}, c={self.c}, w*={entries}"

    @property
    def kappa(self) -> Array:
        """The multiplier of the last iterates, (R,)."""
        w, u = self.result.w, self.result.u
        return np.asarray(self.c * (w @ self.w_star) + self.beta * np.sum(w * u, axis=1))


def _field(context: Context, penalty: str, w_star: Array, lam: float, beta: float, c: float = 1.0) -> Field:
    d = len(w_star)
    rng = context.rng("field", penalty, str(d), f"{lam:.6g}", str(beta))
    across = gaussian.normalise(gaussian.perpendicular(gaussian.uniform_sphere(rng, 4, d), w_star))
    # The far edge of the starts that A8 admits, and half-way from there to -w*.
    edge = np.pi - np.arcsin(min(1.0, lam * np.sqrt(d) / c)) * np.array([1.001, 1.001, 0.5, 0.5])[:, None]
    far = np.cos(edge) * w_star + np.sin(edge) * across
    axes = np.eye(d)[:5]
    uniform = gaussian.uniform_sphere(rng, 32 if context.full else 8, d)
    starts = np.concatenate([uniform, far, axes, -axes])
    result = rvscgd(starts, w_star, c, penalty, lam, beta, largest_step(c, beta), max_iterations=2000)
    angles = gaussian.angle(starts, w_star)
    return Field(penalty, lam, beta, c, w_star, angles, result, limit_points(w_star, c, penalty, lam, beta))


def _teachers_of(context: Context, d: int) -> tuple[Array, ...]:
    dense = gaussian.uniform_sphere(context.rng("field", str(d)), 1, d)[0]
    return np.eye(d)[0], np.full(d, 1 / np.sqrt(d)), dense


@shared
def l1_fields(context: Context) -> list[Field]:
    """Three teachers in few and more dimensions; λ√d from 0.2 c to 1.5 c, β on both sides of c.

    And one with c = 2 and λ√d just above it, which has no limit with κ > β.
    """
    equal = np.full(2, np.sqrt(0.5))
    return [
        *(
            _field(context, "l1", w_star, pull / np.sqrt(d), beta)
            for d, beta in ((2, 4.0), (20, 0.5))
            for w_star in _teachers_of(context, d)
            for pull in (0.2, 0.65, 0.9, 1.5)
        ),
        _field(context, "l1", equal, 2.005 / np.sqrt(2), 8.0, c=2.0),
    ]


def l0_fields(context: Context) -> list[Field]:
    """Teachers whose entries exceed the l0 threshold by little, and by much."""
    planar = np.array([0.8, 0.6])
    equal = np.full(10, 1 / np.sqrt(10))
    return [
        _field(context, "l0", planar, 0.16, 2.0), _field(context, "l0", planar, 0.01, 2.0),
        _field(context, "l0", equal, 0.02, 0.5), _field(context, "l0", equal, 0.005, 0.5),
    ]  # fmt: skip
