"""Cases of the w-step of RVSCGD itself, where u = S(w): borders of the domain, and the worst teacher."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.penalties import proximal_map
from proofs_check.claims.draws import SEEDS, SIZES, case_of, decades, either
from proofs_check.claims.relaxed_cases import shapes

Array = NDArray[np.float64]

# β over c, from far below to far above, and around one, where the largest step jumps.
RATIOS = (0.01, 0.5, 0.999, 1.0, 1.001, 1.1, 1.5, 3.0, 100.0)
TEACHERS = ("worst", "opposite", "random", "near")


def _axis(rng: np.random.Generator, d: int) -> Array:
    return np.asarray(np.eye(d)[rng.integers(d)])


def _two_entries(rng: np.random.Generator, d: int) -> Array:
    w = np.zeros(d)
    w[rng.choice(d, 2, replace=False)] = rng.choice((-1.0, 1.0), 2) * np.sqrt(0.5)
    return w


def _equal(rng: np.random.Generator, d: int) -> Array:
    return np.asarray(rng.choice((-1.0, 1.0), d) / np.sqrt(d))


def _uniform(rng: np.random.Generator, d: int) -> Array:
    return np.asarray(gaussian.uniform_sphere(rng, 1, d)[0])


# From the sparsest to vectors without zeros; those with equal magnitudes are moved the most.
FORMS = {"axis": _axis, "two entries": _two_entries, "equal": _equal, "uniform": _uniform}


@dataclass(frozen=True)
class ShrunkStep:
    """A w-step with u = S(w), from a unit w of the given form.

    β is ``ratio`` times c, and the step ``fraction`` of its limit.
    """

    shape: tuple[str, float | None]
    mu: float
    c: float
    ratio: float
    d: int
    form: str
    teacher: str
    fraction: float
    seed: int

    @property
    def beta(self) -> float:
        """The relaxation parameter."""
        return self.ratio * self.c

    def vectors(self, eta: float) -> tuple[Array, Array, Array]:
        """Unit w, u = S(w) and unit w*, all (d,); the worst teacher, along σw - βu, depends on the step."""
        rng = np.random.default_rng(self.seed)
        w = FORMS[self.form](rng, self.d)
        penalty, a = self.shape
        u = proximal_map(w, self.mu, penalty, a)
        random = gaussian.uniform_sphere(rng, 1, self.d)[0]
        pull = (self.c + self.beta - 1 / eta) * w - self.beta * u
        worst = gaussian.normalise(pull) if np.linalg.norm(pull) > 0 else random
        near = gaussian.normalise(w + random / 9)
        return w, u, dict(zip(TEACHERS, (worst, -w, random, near), strict=True))[self.teacher]

    def defined(self, eta: float) -> bool:
        """Whether the step before the normalisation has a direction beyond rounding."""
        w, u, w_star = self.vectors(eta)
        raw = w - eta * (self.c * (w - w_star) + self.beta * (w - u))
        return bool(np.linalg.norm(raw) > 1e-9)


def shrunk_steps() -> SearchStrategy[ShrunkStep]:
    """Steps of all penalties, with thresholds at and around the entries of w."""
    weights = either(decades(-4, 1), st.sampled_from((0.25, 0.5**0.5, 1.0)))
    return case_of(
        ShrunkStep, shapes(), weights, decades(-1, 1), st.sampled_from(RATIOS), SIZES,
        st.sampled_from(tuple(FORMS)), st.sampled_from(TEACHERS),
        st.sampled_from((1.0, 0.9, 0.1)), SEEDS,
    )  # fmt: skip


# Where a step gains the least: the worst teacher with β just above c, and one near w with β far below c.
LEAST_GAINS = (
    ShrunkStep(("l1", None), 7.94e-4, 1.0, 1.001, 2, "axis", "worst", 1.0, 0),
    ShrunkStep(("l1", None), 0.794, 1.0, 0.01, 2, "axis", "near", 1.0, 0),
)
