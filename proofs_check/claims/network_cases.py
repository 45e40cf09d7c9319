"""Cases of L7 and L9: networks at all angles, with second layers whose sums and inner products may vanish."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics import gaussian
from numerics.closed_forms import expected_coarse_gradient, population_loss
from proofs_check.claims.cases import UNIT, Turn, angles
from proofs_check.claims.draws import SEEDS, always, case_of, decades, part_of
from proofs_check.claims.networks import Network, predicted
from theory.loss import output_gradient

Array = NDArray[np.float64]

# One patch and many; the sum of one entry cannot vanish.
PATCHES = st.sampled_from((1, 2, 3, 50))
FORMS = st.sampled_from(("positive", "signed", "sparse", "cancelling"))
FILTER_SIZES = st.sampled_from((2, 3, 20))
# A turn by this part of sinθ changes the loss by its slope to 1e-9, since the angle's third derivative is at
# most 1/sin²θ; at the smallest angle, 1e-6, that is a hundred thousand roundings of an angle.
TURN = 3e-5
TRUNCATION = 1e-8


def second_layer(form: str, m: int, rng: np.random.Generator) -> Array:
    """Entries of one sign or of both, a single one, or such that their sum vanishes; never all zero; (m,)."""
    entries = rng.uniform(0.2, 1.5, m)
    if form != "positive":
        entries *= rng.choice((-1.0, 1.0), m)
    if form == "sparse":
        entries[1:] = 0.0
    if form == "cancelling" and m > 1:
        entries[-1] = -entries[:-1].sum()
    return entries


def layer_size(network: Network) -> float:
    """Size of the terms of loss and gradients, relative to which they are rounded."""
    return max(float(np.abs(one).sum()) for one in (network.v, network.v_star)) ** 2


@dataclass(frozen=True)
class Pair:
    """Student and teacher with any second layers, or with one and the same."""

    m: int
    form: str
    same: bool
    norm: float
    turn: Turn

    @cached_property
    def network(self) -> Network:
        """The network; v and v* differ in form as well if they differ."""
        rng = np.random.default_rng(self.turn.seed + 1)
        teacher, student = second_layer(self.form, self.m, rng), second_layer("signed", self.m, rng)
        w, w_star = self.turn.vectors
        return Network(teacher if self.same else student, self.norm * w, teacher, w_star)

    def alignment(self, ste: str) -> tuple[float, float]:
        """Inner product of expected coarse gradient and gradient of the loss, and its error.

        It is the slope of the loss along the coarse gradient, by a difference quotient. The loss depends on
        the direction of w alone.
        """
        one = self.network
        gradient = expected_coarse_gradient(one.v, one.w, one.v_star, one.w_star, ste)
        across = gaussian.perpendicular(gradient, one.w)
        length = float(np.linalg.norm(across))
        if length == 0:
            return 0.0, 0.0
        tau = TURN * float(np.sin(self.turn.angle))
        tilted = np.sin(tau) * self.norm / length * across
        turned = np.cos(tau) * one.w + np.array([tilted, -tilted])
        ahead, behind = population_loss(one.v, turned, one.v_star, one.w_star)
        inner = abs(float(one.v @ one.v_star)) / (2 * np.pi)
        slope_error = TRUNCATION * inner + 32 * (self.m + 1) * UNIT * layer_size(one) / tau
        # The part across w is what cancellation leaves of a gradient with terms of the layers' size.
        left = 64 * (self.m + 1) * UNIT * layer_size(one)
        slope = float(ahead - behind) / (2 * tau)
        return slope * length / self.norm, (slope_error * length + inner * left) / self.norm


def pairs(*, same: bool) -> SearchStrategy[Pair]:
    """Angles from 1e-6 to π - 1e-6, filters from a hundredth to a hundred long."""
    turned = part_of(Turn, FILTER_SIZES, angles(-6, np.pi / 2), SEEDS)
    return case_of(Pair, PATCHES, FORMS, always(same), decades(-2, 2), turned)


@dataclass(frozen=True)
class Stationary:
    """A network at which the gradient of the loss in v vanishes."""

    m: int
    form: str
    norm: float
    turn: Turn

    @cached_property
    def network(self) -> Network:
        """The network; its v solves (I + 11ᵀ)v = ((1 - 2θ/π)I + 11ᵀ)v*."""
        teacher = second_layer(self.form, self.m, np.random.default_rng(self.turn.seed + 1))
        w, w_star = self.turn.vectors
        ones = np.ones((self.m, self.m))
        right = (1 - 2 * float(gaussian.angle(w, w_star)) / np.pi) * teacher + teacher.sum()
        one = Network(np.linalg.solve(np.eye(self.m) + ones, right), self.norm * w, teacher, w_star)
        slope = float(np.abs(predicted(output_gradient().result, one)).max())
        if slope > self.rounding(one):
            raise ValueError(f"network_cases: the gradient in v is {slope:.3g}, zero is required")
        return one

    def rounding(self, one: Network) -> float:
        """Rounding error of gradients at a solved second layer."""
        return 64 * (self.m + 1) * UNIT * max(1.0, layer_size(one))


# At the ends of the range of angles, and where 1 - 2θ/π vanishes.
ENDS = tuple(
    Stationary(m, "signed", 1.0, Turn(3, angle, 0)) for m in (1, 3) for angle in (0.0, np.pi / 2, np.pi)
)


def stationary(*, opposed: bool = False) -> SearchStrategy[Stationary]:
    """At all angles; or at π, with several patches whose entries do not cancel."""
    everywhere = angles(-8, np.pi / 2)
    turned = part_of(Turn, FILTER_SIZES, always(np.pi) if opposed else everywhere, SEEDS)
    patches = st.sampled_from((2, 3, 50)) if opposed else PATCHES
    forms = always("positive") if opposed else FORMS
    return case_of(Stationary, patches, forms, decades(-2, 2), turned)
