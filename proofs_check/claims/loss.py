"""Claims L1 to L4: the population loss and its gradients."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, cos, diff, pi

from numerics import network as net
from numerics.monte_carlo import Estimate, estimate
from proofs_check.claims import layers, plane
from proofs_check.claims.networks import Network, networks, predicted, taught
from proofs_check.evidence.monte_carlo import sampled_mean
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import loss
from theory.symbols import (
    norm_v,
    norm_v_star,
    norm_w,
    ones,
    sum_v,
    sum_v_star,
    theta,
    v,
    v_dot_v_star,
    v_star,
    w_hat,
    w_star,
)

Array = NDArray[np.float64]

YIN = Source(Provenance.YL, "arXiv 1903.05662", "population loss and its gradient")
ANGLE = (theta > 0, theta < pi)
ONE_PERCENT = Rational(101, 100)
# Gauss-Legendre nodes on the segment between two filters, on which the gradient is analytic.
NODES = 40


def claims() -> tuple[Claim, ...]:
    """The claims on the population loss."""
    return (
        _population_loss(),
        _teacher_loss(),
        _output_gradient(),
        _filter_gradient(),
        _filter_gradient_norm(),
    )


def _by_bias_and_variance() -> Expr:
    """F from mean and variance of h - y, whose terms are independent from patch to patch."""
    bias = (sum_v - sum_v_star) / 2
    covariance = plane.wedge() - Rational(1, 4)
    variance = (norm_v**2 + norm_v_star**2) / 4 - 2 * v_dot_v_star * covariance
    return (bias**2 + variance) / 2


def _sample_loss(network: Network, samples: int, rng: np.random.Generator) -> Estimate:
    def loss_of(Z: Array) -> Array:
        return net.sample_loss(Z, network.v, network.w, network.v_star, network.w_star)[:, None]

    return estimate(loss_of, (network.m, len(network.w)), samples, rng, by_orbit=True)


def _population_loss() -> Claim:
    subject = loss.population_loss().result

    def reference(at: Mapping[str, Any]) -> Sequence[Any]:
        v_at, v_star_at = layers.entries(at, layers.V), layers.entries(at, layers.V_STAR)
        return (layers.mean_loss(v_at, v_star_at, at["theta"]),)

    return Claim(
        id="population-loss",
        label="L1",
        statement="The population loss is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=ANGLE,
        example={theta: Integer(2)},
        evidence=(
            vanishing(lambda claim: (claim.subject - _by_bias_and_variance(),), "mean and variance of h - y"),
            integrals(
                lambda subject: (layers.written_out(subject),), reference, "sum over all activation patterns"
            ),
            sampled_mean(networks, _sample_loss, predicted, "mean sample loss of the network"),
        ),
        controls=(
            Control("the half of the squared loss forgotten", 2 * subject),
            Control("the mean activation forgotten", subject.subs({sum_v: 0, sum_v_star: 0})),
            Control("π - θ for θ", subject.subs(theta, pi - theta)),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=("half-space-probability", "wedge-probability"),
    )


def _teacher_loss() -> Claim:
    subject = loss.teacher_loss().result

    def reference(at: Mapping[str, Any]) -> Sequence[Any]:
        v_at = layers.entries(at, layers.V)
        return (layers.mean_loss(v_at, v_at, at["theta"]),)

    return Claim(
        id="population-loss-is-proportional-to-the-angle",
        label="L2",
        statement="With the teacher's second layer the population loss is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=ANGLE,
        example={theta: Integer(2), norm_v: Integer(3)},
        evidence=(
            vanishing(
                # h - y has mean zero, and σ ≠ σ* with twice the probability that the student fires alone.
                lambda claim: (claim.subject - norm_v**2 * (Rational(1, 2) - plane.wedge()),),
                "variance of h - y by the probability of a disagreement",
            ),
            integrals(
                lambda subject: (layers.written_out(subject),), reference, "sum over all activation patterns"
            ),
            sampled_mean(taught, _sample_loss, predicted, "mean sample loss of the network"),
        ),
        controls=(
            Control("the half of the squared loss forgotten", 2 * subject),
            Control("the norm for its square", subject / norm_v),
            Control("π - θ for θ", subject.subs(theta, pi - theta)),
            Control("1 - cosθ for θ", subject / theta * (1 - cos(theta))),
        ),
        uses=("population-loss",),
    )


def _output_gradient() -> Claim:
    subject = loss.output_gradient().result

    def by_patches() -> Expr:
        # E[σᵢ(h - y)], patch i apart from the others.
        together = v / 2 - v_star * plane.wedge()
        apart = (sum_v * ones - v) / 4 - (sum_v_star * ones - v_star) / 4
        return together + apart

    def read(subject: Expr) -> Sequence[Expr]:
        written = layers.written_out(subject)
        pairs = zip(layers.V, layers.V_STAR, strict=True)
        return [written.subs({v: x, v_star: y, ones: 1}) for x, y in pairs]

    def reference(at: Mapping[str, Any]) -> Sequence[Any]:
        v_at, v_star_at = layers.entries(at, layers.V), layers.entries(at, layers.V_STAR)
        rows = list(layers.patterns(v_at, v_star_at, at["theta"]))
        return [sum(p * error * fired[i] for p, error, fired in rows) for i in range(layers.M)]

    return Claim(
        id="output-gradient",
        label="L3",
        statement="The gradient of the population loss in the second layer is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=ANGLE,
        example={theta: Integer(2)},
        evidence=(
            vanishing(lambda claim: (claim.subject - by_patches(),), "mean of σ (h - y), patch by patch"),
            integrals(read, reference, "sum over all activation patterns"),
            sampled_mean(networks, _sample_output_gradient, predicted, "mean of the sample gradient"),
        ),
        controls=(
            Control("a missing half", subject / 2),
            Control("the mean activation forgotten", subject.subs(ones, 0)),
            Control("1 - θ/π for 1 - 2θ/π", subject.subs(theta, theta / 2)),
        ),
        uses=("population-loss",),
    )


def _sample_output_gradient(network: Network, samples: int, rng: np.random.Generator) -> Estimate:
    def gradient(Z: Array) -> Array:
        return net.sample_output_gradient(Z, network.v, network.w, network.v_star, network.w_star)

    return estimate(gradient, (network.m, len(network.w)), samples, rng, by_orbit=True)


def _turning_slope() -> Expr:
    """∂f/∂θ at fixed ‖w‖, on which f does not depend otherwise."""
    return diff(_by_bias_and_variance(), theta)


def _filter_residuals(claim: Claim) -> Iterator[Expr]:
    # What is left without the two directions is no part of a vector.
    yield claim.subject.subs({w_hat: 0, w_star: 0})
    # In polar coordinates of the plane: no part along ŵ; the direction in which θ grows is -ê.
    own, across = plane.along(claim.subject)
    yield own
    yield across + _turning_slope() / norm_w


def _segment(network: Network) -> tuple[Array, Array]:
    """The filter and one across the right angle from it, off their plane, so that θ = 0 and π are avoided."""
    size = np.linalg.norm(network.w)
    to_the_other_side = -np.sign(network.w @ network.w_star) * 1.2 * size * network.w_star
    return network.w, network.w + to_the_other_side + 0.2 * size * np.roll(network.w_star, 1)


def _sample_loss_difference(network: Network, samples: int, rng: np.random.Generator) -> Estimate:
    start, end = _segment(network)

    def difference(Z: Array) -> Array:
        both = [net.sample_loss(Z, network.v, w, network.v_star, network.w_star) for w in (start, end)]
        return (both[1] - both[0])[:, None]

    return estimate(difference, (network.m, len(network.w)), samples, rng, by_orbit=True)


def _predicted_difference(subject: Expr, network: Network) -> Array:
    """∫ ⟨gradient, dw⟩ along the segment."""
    start, end = _segment(network)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    filters = start + np.outer((nodes + 1) / 2, end - start)
    moved = Network(network.v, filters, network.v_star, network.w_star)
    gradients = predicted(subject, moved)
    return np.atleast_1d(weights / 2 @ (gradients @ (end - start)))


def _filter_gradient() -> Claim:
    subject = loss.filter_gradient().result
    return Claim(
        id="filter-gradient",
        label="L4",
        statement="For 0 < θ < π the gradient of the population loss in the filter is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=(*ANGLE, norm_w > 0),
        example={theta: Integer(2), norm_w: Rational(3, 2), v_dot_v_star: Integer(1)},
        evidence=(
            vanishing(_filter_residuals, "gradient in polar coordinates of the plane"),
            sampled_mean(
                networks, _sample_loss_difference, _predicted_difference, "loss difference along a segment"
            ),
        ),
        controls=(
            Control("uphill for downhill", -subject),
            Control("the scale of w forgotten", subject * norm_w),
            Control("the sine forgotten", subject * theta),
            Control("one percent too much", subject * ONE_PERCENT),
            Control("the part along w kept", subject.subs(w_hat, 0)),
            Control(
                "student and teacher swapped", subject.subs({w_hat: w_star, w_star: w_hat}, simultaneous=True)
            ),
        ),
        uses=("population-loss",),
    )


def _filter_gradient_norm() -> Claim:
    subject = loss.filter_gradient_norm().result
    return Claim(
        id="loss-has-a-cone-at-the-teacher",
        label="L4",
        statement="For 0 < θ < π the squared norm of the gradient in the filter is {subject}, whatever θ is.",
        source=Source(Provenance.DERIVED),
        subject=subject,
        assumptions=(*ANGLE, norm_w > 0),
        example={theta: Integer(2), norm_w: Rational(3, 2), v_dot_v_star: Integer(1)},
        evidence=(
            vanishing(
                lambda claim: (claim.subject - (_turning_slope() / norm_w) ** 2,),
                "slope in θ over ‖w‖, squared",
            ),
        ),
        controls=(
            Control("a gradient that fades at w*", subject * theta),
            Control("the norm for its square", subject * norm_w),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=("filter-gradient",),
    )
