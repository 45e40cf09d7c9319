"""Cases of the proximal maps and of RVSCGD.

A few drawn numbers and a seed, from which the arrays are built.

Every case prints the numbers that rebuild it, because a counterexample is shown by them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.penalties import proximal_map, threshold
from numerics.simulator import iterate
from proofs_check.claims.draws import SEEDS, SIZES, Draw, always, case_of, decades, part_of, strategy_of

Array = NDArray[np.float64]


UNIT = 2.0**-53  # relative rounding error of one float64 operation


ROWS = 4  # unit vectors w in one case


def rounding(terms: int) -> float:
    """Relative error of an inner product of ``terms`` products, and of thirty operations around it."""
    return (terms + 32) * UNIT


@dataclass(frozen=True)
class FreeStep:
    """A w-step with an arbitrary u, chosen so that ||c w* + beta u|| is ``size`` times c + beta."""

    d: int
    c: float
    beta: float
    fraction: float
    size: float
    seed: int

    @cached_property
    def vectors(self) -> tuple[Array, Array, Array]:
        """Unit w (ROWS, d), u (d,) and unit w* (d,)."""
        drawn = gaussian.uniform_sphere(np.random.default_rng(self.seed), ROWS + 2, self.d)
        w_star, direction = drawn[-1], drawn[-2]
        u = (self.size * (self.c + self.beta) * direction - self.c * w_star) / self.beta
        return drawn[:ROWS], u, w_star

    def before_normalisation(self, eta: float) -> Array:
        """One step of the algorithm from w, (ROWS, d)."""
        w, u, w_star = self.vectors
        return raw_step(w, u, w_star, self.c, self.beta, eta)

    def allowance(self, raw: Array, eta: float) -> Array:
        """Rounding error of a difference of two surrogates, (ROWS,).

        Terms of size c + beta (1 + ||u||)² cancel; a short step before normalisation magnifies the
        rounding of its summands, w, and eta times c w*, beta u and (c + beta) w.
        """
        _, u, _ = self.vectors
        size_u = float(np.linalg.norm(u))
        magnified = (1 + eta * (2 * self.c + self.beta * (1 + size_u))) / gaussian.norm(raw)
        scale = self.c + self.beta * (1 + size_u) ** 2 + 2 / eta
        return np.asarray(rounding(self.d) * magnified * scale)


def raw_step(w: Array, u: Array, w_star: Array, c: float, beta: float, eta: float) -> Array:
    """One step of the algorithm from w (R, d) with a given u (d,) or (R, d), not normalised."""
    relaxed = np.broadcast_to(u, w.shape)
    return iterate(
        w, w_star, lambda x: c * (x - w_star), lambda _: relaxed, beta, eta,
        normalise=False, max_iterations=1, tolerance=0.0,
    ).w  # fmt: skip


def free_steps() -> SearchStrategy[FreeStep]:
    """Steps with c and beta three decades apart and p from tiny to large."""
    fractions = st.sampled_from((1.0, 0.9, 0.6, 0.1))
    return case_of(FreeStep, SIZES, decades(-1, 2), decades(-1, 2), fractions, decades(-3, 1), SEEDS)


# A small p, with which steps a little longer than the largest increase Φ.
SMALL_P = (FreeStep(2, 1.0, 1.0, 1.0, 0.0794, 1),)


@dataclass(frozen=True)
class FixedPoint:
    """A solution of kappa w = c w* + beta u, built from w, u and kappa."""

    d: int
    beta: float
    kappa: float
    size_u: float
    fraction: float
    seed: int

    @cached_property
    def vectors(self) -> tuple[Array, Array, Array, float]:
        """Unit w, u, unit w*, all (d,), and c."""
        w, direction = gaussian.uniform_sphere(np.random.default_rng(self.seed), 2, self.d)
        u = self.size_u * direction
        pull = self.kappa * w - self.beta * u
        return w, u, gaussian.normalise(pull), float(np.linalg.norm(pull))

    @property
    def allowance(self) -> float:
        """Rounding error of w*, a normalised difference."""
        return rounding(self.d) * (abs(self.kappa) + self.beta * self.size_u) / self.vectors[3]


def fixed_points() -> SearchStrategy[FixedPoint]:
    """Solutions with kappa of both signs; the fraction is that of the step size by 3/(c + beta)."""
    signed = part_of(lambda size, sign: sign * size, decades(-2, 2), st.sampled_from((1, -1)))
    fractions = st.sampled_from((1.0, 0.5, 0.2, 0.01))
    return case_of(FixedPoint, SIZES, decades(-2, 2), signed, decades(-2, 1), fractions, SEEDS)


@dataclass(frozen=True)
class ThresholdedFixedPoint:
    """A solution of kappa w = c w* + beta S(w).

    One entry of w carries its norm. ``moved`` others have a level, at and near to the threshold, where they
    move the most; one more is zero, or none is, so that w* has d non-zero entries. So the bound is missed by
    about one part in 2 ``moved`` only, and by d - 1 hardly.
    """

    penalty: str
    a: float | None
    mu: float
    beta: float
    ratio: float
    moved: int
    dense: bool
    seed: int

    def multiplier(self, above: bool) -> float:
        """κ over β; mirrored to more than one if only such are wanted."""
        return self.ratio if self.ratio > 1 or not above else 2.0001 - self.ratio

    def vectors(self, ratio: float, levels: Array) -> tuple[Array, Array, Array, Array]:
        """Unit w, S(w), unit w*, all (L, d), and c (L,).

        kappa is ``ratio`` times beta, an entry one of the ``levels`` (L,) times the threshold. c may be zero,
        and w* with it: then there is no solution.
        """
        # Together the moved entries may take four fifths of the norm.
        each = np.minimum(levels * self.threshold, 0.8 / np.sqrt(max(self.moved, 1)))
        w = np.zeros((len(each), self.d))
        w[:, 1 : self.moved + 1] = each[:, None]
        w[:, 0] = np.sqrt(1 - self.moved * each**2)
        w *= self.signs
        u = proximal_map(w, self.mu, self.penalty, self.a)
        pull = ratio * self.beta * w - self.beta * u
        norm = gaussian.norm(pull)
        return w, u, pull / np.where(norm > 0, norm, 1.0)[:, None], norm

    @cached_property
    def threshold(self) -> float:
        """What every entry is measured by."""
        return float(threshold(self.mu, self.penalty, self.a))

    @cached_property
    def signs(self) -> Array:
        """One sign for each entry, (d,)."""
        return np.asarray(2.0 * np.random.default_rng(self.seed).integers(0, 2, self.d) - 1)

    @property
    def d(self) -> int:
        """Filter size, at least two."""
        return self.moved + (1 if self.dense and self.moved else 2)

    @property
    def lam(self) -> float:
        """The weight of the penalty."""
        return self.mu * self.beta

    def allowance(self, ratio: float, c: Array) -> Array:
        """Rounding error of w*, a normalised difference of two vectors of norm at most 1."""
        return np.asarray(rounding(self.d) * self.beta * (abs(ratio) + 1) / c)


# κ over β; without κ > β also zero, where entries below the threshold vanish from w*.
RATIOS = (2.0, 1.0001, 30.0, 1.0, 0.5, 0.0, -2.0)
# Just below the threshold, where l0 moves the most, just above, and where l1 moves as much.
LEVELS = np.array([1 - 1e-9, 1 + 1e-9, 2.0])


def thresholded_fixed_points(penalty: str) -> SearchStrategy[ThresholdedFixedPoint]:
    """Draw them with up to 1002 entries, weights from 1e-9 to 1, beta from 0.01 to 100."""
    return case_of(
        ThresholdedFixedPoint,
        always(penalty),
        decades(-2, 2) if penalty == "tl1" else always(None),
        decades(-9, 0),
        decades(-2, 2),
        st.sampled_from(RATIOS),
        st.sampled_from((1000, 300, 1, 0)),
        st.booleans(),
        SEEDS,
    )


@dataclass(frozen=True)
class Turn:
    """Two unit vectors at a given angle."""

    d: int
    angle: float
    seed: int

    @cached_property
    def vectors(self) -> tuple[Array, Array]:
        """Unit w and w*, (d,)."""
        w_star, other = gaussian.uniform_sphere(np.random.default_rng(self.seed), 2, self.d)
        across = gaussian.normalise(gaussian.perpendicular(other, w_star))
        return np.cos(self.angle) * w_star + np.sin(self.angle) * across, w_star


def angles(low: int, *bases: float) -> Draw[float]:
    """Angles from 10^low to one away from 0 and π, and from the given ones, on the side of 0.

    All are drawn by two numbers. Where their count depends on the first, Hypothesis loses minutes: it climbs
    into cases that end too early, which count as calls but not as examples.
    """
    return part_of(
        lambda base, gap: float(base - gap if base else gap),
        st.sampled_from((0.0, np.pi, *bases)),
        decades(low, 0),
    )


def turns() -> SearchStrategy[Turn]:
    """Angles from 1e-8 to π, many near to either end and to the right angle."""
    return strategy_of(any_turn())


def any_turn() -> Draw[Turn]:
    """The same as a part of a case."""
    return part_of(Turn, SIZES, angles(-8, np.pi / 2), SEEDS)
