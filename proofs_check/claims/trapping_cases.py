"""Cases of the trapping of the angle: steps with any pull, and runs with an adversary in the gradient."""

from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.simulator import Result
from numerics.splitting import largest_step, rvscgd
from proofs_check.claims.cases import rounding
from proofs_check.claims.draws import SEEDS, case_of, decades, part_of
from proofs_check.context import Context

Array = NDArray[np.float64]

SMALL_SIZES = st.sampled_from((2, 3, 20))
STARTS = 4
LONG = 150


def frame(rng: np.random.Generator, d: int) -> tuple[Array, Array]:
    """Two orthogonal unit vectors (d,)."""
    first, other = gaussian.uniform_sphere(rng, 2, d)
    return first, gaussian.normalise(gaussian.perpendicular(other, first))


@dataclass(frozen=True)
class PulledStep:
    """A step from w at a given angle to w* with a pull of given norm: (1 - ηc)w + η(c w* - e)."""

    d: int
    c: float
    beta: float
    fraction: float
    part: float
    seed: int

    @property
    def step(self) -> float:
        """The step size; ``fraction`` is ηc."""
        return self.fraction / self.c

    def angles(self, angle: float, pull: float) -> tuple[Array, float]:
        """Angle to w* after the step, against every direction of the pull, and the rounding error of it."""
        rng = np.random.default_rng(self.seed)
        w_star, across = frame(rng, self.d)
        w = np.cos(angle) * w_star + np.sin(angle) * across
        # All tilts in the plane of w and w*, among them the worst two, then random directions.
        worst = np.array([angle, np.arcsin(min(pull / self.c, 1))]) - np.pi / 2
        tilts = np.concatenate([np.linspace(0, 2 * np.pi, 33), worst])
        plane = np.cos(tilts)[:, None] * w_star + np.sin(tilts)[:, None] * across
        e = pull * np.concatenate([plane, gaussian.uniform_sphere(rng, 8, self.d)])
        step = self.step
        raw = (1 - step * self.c) * w + step * (self.c * w_star - e)
        # A pull of norm c may cancel w* to the last digit, and what is left has no direction.
        raw = raw[gaussian.norm(raw) > 0]
        # A short sum magnifies the rounding of its terms.
        error = rounding(self.d) * 4 / float(gaussian.norm(raw).min())
        return gaussian.angle(raw, w_star), error


def pulled_steps() -> SearchStrategy[PulledStep]:
    """Steps up to the largest and beyond; ``part`` says where between two ends the angle lies."""
    parts = st.sampled_from((0.0, 1e-6, 0.1, 0.5, 0.9, 1 - 1e-6, 1.0))
    fractions = st.sampled_from((1.0, 0.5, 0.01, 1.1))
    return case_of(PulledStep, SMALL_SIZES, decades(-1, 1), decades(-2, 1), fractions, parts, SEEDS)


# Angles well between the two ends, where a wrong function of the angle may agree with the right one at both.
STEPS_BETWEEN = tuple(PulledStep(3, 1.0, 1.0, 0.5, part, 0) for part in (0.25, 0.5, 0.75))
# From a cap's edge, longer than 1/c.
LONGER_STEP = (PulledStep(2, 1.0, 1.0, 1.1, 0.0, 0),)


@dataclass(frozen=True)
class AdversarialRun:
    """A run of RVSCGD that starts just inside the angle π - δ, with an adversary of norm ε in the gradient.

    The step is ``fraction`` times 1/(c + β), but at most 1/c, up to which the angle is trapped. Λ + ε is
    ``level`` times c sinδ, and Λ the ``share`` of it. ``script`` holds the adversary's angles, one a
    step, from the direction away from w* towards -w; when it is used up, the adversary turns w away. The
    entries of w* may be ``equal`` in magnitude, where a penalty can pull most.
    """

    penalty: str
    a: float
    d: int
    s: int
    beta: float
    fraction: float
    delta: float
    level: float
    share: float
    seed: int
    script: tuple[float, ...] = ()
    equal: bool = False

    @property
    def pull(self) -> float:
        """Λ, with c = 1."""
        return self.share * self.level * float(np.sin(self.delta))

    @property
    def error(self) -> float:
        """ε."""
        return (1 - self.share) * self.level * float(np.sin(self.delta))

    @property
    def lam(self) -> float:
        """The weight of the penalty whose threshold is Λ/(β√d)."""
        t, a = self.pull / (self.beta * np.sqrt(self.d)), self.a
        if self.penalty == "l1":
            return float(self.beta * t)
        if self.penalty == "l0":
            return float(self.beta * t**2 / 2)
        # The regimes of transformed l1 meet at the threshold a/2.
        return float(self.beta * (t * a / (a + 1) if t <= a / 2 else (t + a / 2) ** 2 / (2 * (a + 1))))

    def run(self, steps: int) -> Result:
        """Run from starts at the angle π - δ, one unit in the last place inside."""
        rng = np.random.default_rng(self.seed)
        w_star = np.zeros(self.d)
        w_star[: self.s] = rng.standard_normal(self.s) + 0.1
        if self.equal:
            w_star = np.sign(w_star)
        w_star = gaussian.normalise(w_star)
        angle = np.nextafter(np.pi - self.delta, 0)
        drawn = gaussian.uniform_sphere(rng, STARTS, self.d)
        across = gaussian.normalise(gaussian.perpendicular(drawn, w_star))
        starts = np.cos(angle) * w_star + np.sin(angle) * across

        tilts = chain(self.script, repeat(0.0))

        def gradient(w: Array) -> Array:
            toward = gaussian.perpendicular(w_star, w)
            # At w* itself the adversary has no direction to turn w to.
            length = np.maximum(gaussian.norm(toward), np.finfo(float).tiny)[:, None]
            tilt = next(tilts)
            return np.asarray(w - w_star + self.error * (np.cos(tilt) * toward / length + np.sin(tilt) * w))

        shape = self.a if self.penalty == "tl1" else None
        eta = min(self.fraction * largest_step(1.0, self.beta), 1.0)
        return rvscgd(
            starts, w_star, 1.0, self.penalty, self.lam, self.beta, eta, shape,
            gradient=gradient, any_step=True, max_iterations=steps, history=True,
        )  # fmt: skip


def adversarial_runs() -> SearchStrategy[AdversarialRun]:
    """Runs with the three penalties, Λ + ε up to just below c sinδ, against a drawn adversary."""
    sizes = st.sampled_from([(d, s) for d in (2, 3, 20) for s in sorted({1, 2, d})])
    levels, shares = st.sampled_from((0.3, 0.9, 1 - 1e-6, 1 - 1e-9)), st.sampled_from((1.0, 0.9, 0.5, 0.1))
    scripts = part_of(
        lambda twelfths: tuple(k * np.pi / 12 for k in twelfths), st.lists(st.integers(-12, 12), max_size=6)
    )
    return case_of(
        lambda penalty, a, size, *rest: AdversarialRun(penalty, a, *size, *rest),
        st.sampled_from(("l1", "l0", "tl1")), decades(-2, 2), sizes, decades(-2, 2),
        st.sampled_from((1.0, 0.3, np.inf)), st.sampled_from((0.05, 0.4, 1.0, 1.5, np.pi / 2)), levels,
        shares, SEEDS, scripts, st.booleans(),
    )  # fmt: skip


def long_runs(context: Context) -> list[tuple[AdversarialRun, Result]]:
    """Runs of 150 steps; of two seeds the slowest was below its level after 71."""
    rng = context.rng("long runs")
    cases = [
        AdversarialRun(penalty, 0.5, d, s, beta, fraction, 0.4, level, share, int(rng.integers(2**32)))
        for penalty, beta in (("l1", 2.0), ("l0", 0.5), ("tl1", 0.5))
        for d, s, fraction, level, share in (
            (2, 2, 1.0, 0.9, 0.5), (3, 1, 0.3, 0.5, 0.1), (20, 20, 1.0, 0.9, 0.5),
        )
    ]  # fmt: skip
    return [(case, case.run(LONG)) for case in cases]
