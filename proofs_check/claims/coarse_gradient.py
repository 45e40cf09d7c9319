"""Claims L5, L6 and L8: expected coarse gradients, the tangential law and the hidden loss."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, cos, cot, diff, pi, sin, sqrt

from numerics import gaussian as directions
from numerics import network as net
from numerics.monte_carlo import Estimate, estimate
from proofs_check.claims import layers, plane
from proofs_check.claims.networks import Network, networks, predicted, taught
from proofs_check.claims.plane import X
from proofs_check.evidence.monte_carlo import sampled_mean
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import coarse_gradient as theory
from theory.gaussian import normal_density
from theory.symbols import norm_v, norm_w, sum_v, theta, v_dot_v_star, w_dot_w_star, w_hat, w_star

Array = NDArray[np.float64]

YIN = Source(Provenance.YL, "arXiv 1903.05662", "expected coarse gradients")
DERIVED = Source(Provenance.DERIVED)
ASSUMPTIONS = (theta > 0, theta < pi, norm_w > 0)
EXAMPLE = {theta: Integer(2), norm_w: Rational(3, 2)}
ONE_PERCENT = Rational(101, 100)
# A width of the strip whose derivative is taken is a parameter too; other estimators have none.
CLIPPED = "clipped_relu"


def claims() -> tuple[Claim, ...]:
    """The claims on coarse gradients."""
    return (
        *(_expected(ste) for ste in theory.ESTIMATORS),
        *(_tangential(ste) for ste in theory.ESTIMATORS),
        *(_hidden(ste) for ste in ("identity", "relu")),
        _hidden_clipped(),
    )


def _slug(ste: str) -> str:
    return ste.replace("_", "-")


@cache
def _by_patches(ste: str) -> tuple[Expr, Expr]:
    """E[g] along (ŵ, ê) as a sum over pairs of patches; for the clipped ReLU its derivative in X."""
    means = plane.symbolic_patch_means(ste)

    def component(i: int) -> Expr:
        return plane.pair_sum(
            layers.V,
            layers.V_STAR,
            lambda student, teacher: student * means["student"][i] - teacher * means["teacher"][i],
            lambda student, teacher: (student - teacher) * means["proxy"][i] / 2,
        )

    return component(0), component(1)


def _expected_residuals(claim: Claim, ste: str) -> Iterator[Expr]:
    for seen, expected in zip(plane.along(layers.written_out(claim.subject)), _by_patches(ste), strict=True):
        if ste == CLIPPED:
            yield from plane.in_width(seen, expected)
        else:
            yield seen - expected


def _expected_integrals(at: Mapping[str, Any], ste: str) -> Sequence[Any]:
    means = plane.patch_means(ste, at["norm_w"], at["theta"])
    v, v_star = layers.entries(at, layers.V), layers.entries(at, layers.V_STAR)

    def component(i: int) -> Any:
        return plane.pair_sum(
            v,
            v_star,
            lambda student, teacher: student * means["student"][i] - teacher * means["teacher"][i],
            lambda student, teacher: (student - teacher) * means["proxy"][i] / 2,
        )

    return component(0), component(1)


def _sample_gradient(ste: str) -> Any:
    def sample(one: Network, samples: int, rng: np.random.Generator) -> Estimate:
        def gradient(Z: Array) -> Array:
            return net.sample_coarse_gradient(Z, one.v, one.w, one.v_star, one.w_star, ste)

        return estimate(gradient, (one.m, len(one.w)), samples, rng, by_orbit=True)

    return sample


def _expected(ste: str) -> Claim:
    subject = theory.expected_coarse_gradient(ste).result
    wrong_sums = subject.subs(sum_v, 0) if ste != "identity" else subject.subs(norm_v, sqrt(norm_v))
    return Claim(
        id=f"expected-coarse-gradient-{_slug(ste)}",
        label="L5",
        statement=f"The expected coarse gradient of the {theory.TITLES[ste]} estimator is {{subject}}.",
        source=YIN,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example=EXAMPLE,
        evidence=(
            vanishing(lambda claim: _expected_residuals(claim, ste), "sum over pairs of patches"),
            integrals(
                lambda subject: plane.along(layers.written_out(subject)),
                lambda at: _expected_integrals(at, ste),
                "sum over pairs of patches of integrated means",
            ),
            sampled_mean(networks, _sample_gradient(ste), predicted, "mean of the network's coarse gradient"),
        ),
        controls=(
            Control("a sign in the teacher's part", subject.subs(v_dot_v_star, -v_dot_v_star)),
            Control("the missing half, or a half too many", subject / 2),
            Control(
                "student and teacher swapped", subject.subs({w_hat: w_star, w_star: w_hat}, simultaneous=True)
            ),
            Control("pairs of different patches, or the square of the norm, forgotten", wrong_sums),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=_MEANS_USED[ste],
    )


_MEANS_USED = {
    "identity": ("half-space-mean",),
    "relu": ("half-space-probability", "half-space-mean", "wedge-mean"),
    CLIPPED: ("half-space-probability", "strip-mean", "strip-wedge-mean"),
}


def _tangential_residuals(claim: Claim, ste: str) -> tuple[Expr, ...]:
    """c(θ) = ‖v‖² E[μ′(‖w‖ sinθ G)]/√(2π)."""
    factor = norm_v**2 / sqrt(2 * pi)
    if ste != CLIPPED:
        return (claim.subject - factor * {"identity": 1, "relu": Rational(1, 2)}[ste],)
    # P(0 < G < X/sinθ), by its derivative in X.
    wide = claim.subject.subs(norm_w, 1 / X)
    slope = normal_density(X / sin(theta)) / sin(theta)
    return diff(wide, X) - factor * slope, wide.subs(X, 0)


def _sample_tangential(ste: str) -> Any:
    def sample(one: Network, samples: int, rng: np.random.Generator) -> Estimate:
        across = directions.perpendicular(one.w_star, one.w)
        across = across / (across @ across)

        def part(Z: Array) -> Array:
            gradient = net.sample_coarse_gradient(Z, one.v, one.w, one.v_star, one.w_star, ste)
            return -(gradient @ across)[:, None]

        return estimate(part, (one.m, len(one.w)), samples, rng, by_orbit=True)

    return sample


def _tangential(ste: str) -> Claim:
    subject = theory.tangential_law(ste).result

    def reference(at: Mapping[str, Any]) -> Sequence[Any]:
        across = plane.patch_means(ste, at["norm_w"], at["theta"])["teacher"][1]
        return (at["norm_v"] ** 2 * across / at["theta"].sin(),)

    other = "relu" if ste == "identity" else "identity"
    return Claim(
        id=f"tangential-law-{_slug(ste)}",
        label="L6",
        statement=(
            f"With v = v* the part of -E[g] perpendicular to w is {{subject}} times that of w*, "
            f"for the {theory.TITLES[ste]} estimator."
        ),
        source=DERIVED,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example={**EXAMPLE, norm_v: Integer(2)},
        evidence=(
            vanishing(
                lambda claim: _tangential_residuals(claim, ste), "mean of μ′ at ‖w‖ sinθ times a normal"
            ),
            integrals(lambda subject: (subject,), reference, "integral of the teacher's mean across w"),
            sampled_mean(
                taught, _sample_tangential(ste), predicted, "tangential part of the network's gradient"
            ),
        ),
        controls=(
            Control("the constant of another estimator", theory.tangential_law(other).result),
            Control("the norm for its square", subject / norm_v),
            Control("one percent too much", subject * ONE_PERCENT),
            Control("cosθ for sinθ, or a factor that fades at w*", subject * sin(theta)),
        ),
        uses=(f"expected-coarse-gradient-{_slug(ste)}",),
    )


def _potential_gradient(potential: Expr) -> tuple[Expr, Expr]:
    """Gradient along (ŵ, ê) of a function of ‖w‖ and ⟨w, w*⟩."""
    vector = diff(potential, norm_w) * w_hat + diff(potential, w_dot_w_star) * w_star
    return plane.along(vector)


def hidden_residuals(claim: Claim, ste: str) -> tuple[Expr, Expr]:
    """Its gradient along (ŵ, ê) less ‖v‖² times the mean over a patch."""
    means = plane.symbolic_patch_means(ste)
    own, across = _potential_gradient(claim.subject)
    return (
        own - norm_v**2 * (means["student"][0] - means["teacher"][0]),
        across - norm_v**2 * (means["student"][1] - means["teacher"][1]),
    )


def _sample_potential(ste: str) -> Any:
    """‖v‖² (M(z·w) - μ(z·w) σ(z·w*)), with μ the antiderivative of the proxy and M′ = μ′σ."""

    def sample(one: Network, samples: int, rng: np.random.Generator) -> Estimate:
        def potential(z: Array) -> Array:
            signal, taught_ = z @ one.w, z @ one.w_star > 0
            positive = np.maximum(signal, 0)
            proxy = signal if ste == "identity" else positive
            return float(one.v @ one.v) * (positive - proxy * taught_)[:, None]

        return estimate(potential, one.w.shape, samples, rng, by_orbit=True)

    return sample


def _hidden(ste: str) -> Claim:
    subject = theory.hidden_loss(ste).result
    return Claim(
        id=f"hidden-loss-{_slug(ste)}",
        label="L8",
        statement=(
            f"With v = v* the expected coarse gradient of the {theory.TITLES[ste]} estimator is the gradient "
            "of {subject}."
        ),
        source=DERIVED,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example={**EXAMPLE, norm_v: Integer(2)},
        evidence=(
            vanishing(lambda claim: hidden_residuals(claim, ste), "gradient of the potential"),
            sampled_mean(taught, _sample_potential(ste), predicted, "mean of the sampled potential"),
        ),
        controls=(
            Control("a factor two", 2 * subject),
            Control("the population loss in its place", norm_v**2 * theta / (2 * pi)),
            Control("uphill for downhill", -subject),
            Control("the norm forgotten", subject.subs(norm_w, 1)),
        ),
        uses=(f"expected-coarse-gradient-{_slug(ste)}",),
    )


def _curl(claim: Claim) -> tuple[Expr, ...]:
    # The direction in which θ grows is -ê.
    radial, across = plane.along(claim.subject)
    return (diff(norm_w * across, norm_w) + diff(radial, theta),)


def _clipped_residuals(claim: Claim) -> Iterator[Expr]:
    """The mean over a patch, by its derivative in the width X of the strip."""
    means = plane.symbolic_patch_means(CLIPPED)
    for k, seen in enumerate(plane.along(claim.subject)):
        yield from plane.in_width(seen, norm_v**2 * (means["student"][k] - means["teacher"][k]))


def _hidden_clipped() -> Claim:
    subject = theory.expected_coarse_gradient(CLIPPED).result.subs(theory.SAME_LAYER)
    student, teacher = subject.expand().coeff(w_hat), subject.expand().coeff(w_star)
    return Claim(
        id="hidden-loss-clipped-relu",
        label="L8",
        statement=(
            "With v = v* the expected coarse gradient of the clipped ReLU has no curl, hence is a gradient: "
            "{subject}."
        ),
        source=DERIVED,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example={**EXAMPLE, norm_v: Integer(2)},
        evidence=(
            vanishing(_curl, "curl in polar coordinates of the plane"),
            vanishing(_clipped_residuals, "the field is the mean over a patch: by its derivative in 1/‖w‖"),
        ),
        controls=(
            Control("one percent on the teacher's part", student * w_hat + ONE_PERCENT * teacher * w_star),
            Control("the sine of the half angle", student * w_hat + teacher.subs(theta, theta / 2) * w_star),
            Control(
                "a constant in place of the clipped law", student * w_hat - norm_v**2 * w_star / sqrt(8 * pi)
            ),
            Control(
                "c₁ taken for the coefficient of ŵ",
                (student + teacher * cos(theta)) * w_hat + teacher * w_star,
            ),
            Control("cotθ forgotten", student.subs(cot(theta), 1) * w_hat + teacher * w_star),
        ),
        uses=("expected-coarse-gradient-clipped-relu",),
    )
