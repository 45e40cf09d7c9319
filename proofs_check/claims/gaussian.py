"""Claims G1 to G6: Gaussian means over the half-spaces of student and teacher."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, Rational, cos, cot, exp, pi, sin

from numerics.monte_carlo import Estimate, estimate
from proofs_check.claims import plane
from proofs_check.claims.networks import Network, networks, predicted
from proofs_check.claims.plane import X
from proofs_check.evidence.monte_carlo import sampled_mean
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Evidence, Provenance, Source
from theory import gaussian
from theory.gaussian import normal_density, normal_distribution
from theory.symbols import norm_w, theta, w_hat, w_star

Array = NDArray[np.float64]

FOLKLORE = Source(Provenance.FOLKLORE)
YIN = Source(Provenance.YL, "arXiv 1903.05662", "expectations of the Gaussian input over half-spaces")
DERIVED = Source(Provenance.DERIVED, "arXiv 1903.05662", "left as an integral there")
ANGLE = (theta > 0, theta < pi)
STUDENT = norm_w > 0
HALF_LINE = None


def claims() -> tuple[Claim, ...]:
    """The claims on Gaussian integrals."""
    return (
        _half_space_probability(),
        _wedge_probability(),
        _half_space_mean(),
        _wedge_mean(),
        _strip_mean(),
        _strip_wedge_mean(),
    )


def _sampled(weight: Callable[[Array, Network], Array], shows: str, *, by_orbit: bool = True) -> Evidence:
    """Sample z ~ N(0, I_d) and average ``weight(z, network)`` (n, k)."""

    def sample(network: Network, samples: int, rng: np.random.Generator) -> Estimate:
        return estimate(lambda z: weight(z, network), network.w.shape, samples, rng, by_orbit=by_orbit)

    return sampled_mean(networks, sample, predicted, shows)


def _student(z: Array, network: Network) -> Array:
    return (z @ network.w > 0)[:, None].astype(np.float64)


def _both(z: Array, network: Network) -> Array:
    return _student(z, network) * (z @ network.w_star > 0)[:, None]


def _strip(z: Array, network: Network) -> Array:
    return _student(z, network) * (z @ network.w < 1)[:, None]


def _half_space_probability() -> Claim:
    return Claim(
        id="half-space-probability",
        label="G1",
        statement="A hidden unit of the student fires with probability {subject}.",
        source=FOLKLORE,
        subject=gaussian.half_space_probability().result,
        assumptions=(),
        example={},
        evidence=(
            vanishing(
                lambda claim: (claim.subject - plane.half_line_moment(0),),
                "integral of the density over the half-line",
            ),
            integrals(
                lambda subject: (subject,),
                lambda _: (plane.mean(0, HALF_LINE),),
                "integral over the half-line",
            ),
            # Half of each orbit fires by symmetry alone, so that nothing would be sampled.
            _sampled(_student, "frequency of firing", by_orbit=False),
        ),
        controls=(
            Control("certain firing", Integer(1)),
            Control("the probability of a quadrant", Rational(1, 4)),
            Control("one percent too much", Rational(101, 200)),
        ),
    )


def _wedge_probability() -> Claim:
    subject = gaussian.wedge_probability().result
    return Claim(
        id="wedge-probability",
        label="G2",
        statement="Student and teacher fire together with probability {subject}.",
        source=FOLKLORE,
        subject=subject,
        assumptions=ANGLE,
        example={theta: Integer(2)},
        evidence=(
            vanishing(
                lambda claim: plane.slope_and_value(
                    claim.subject, -plane.gaussian_moment(1) / sin(theta) ** 2, pi / 2, Rational(1, 4)
                ),
                "slope in θ, differentiated under the integral, and value at π/2",
            ),
            integrals(
                lambda subject: (subject,),
                lambda at: (plane.mean(0, HALF_LINE, at["theta"].cot()),),
                "integral over the wedge in Cartesian coordinates",
            ),
            # By orbits a few samples would do, too few for the mean of so skew a law to be normal far out.
            _sampled(_both, "frequency of firing together", by_orbit=False),
        ),
        controls=(
            Control("π - θ for θ", subject.subs(theta, pi - theta)),
            Control("the half forgotten", 2 * subject),
            Control("sine rule in place of the angle", (1 + cos(theta)) / 4),
            Control("one percent too much", subject * Rational(101, 100)),
        ),
        uses=("half-space-probability",),
    )


def _half_space_mean() -> Claim:
    subject = gaussian.half_space_mean().result
    return Claim(
        id="half-space-mean",
        label="G3",
        statement="The mean of the input over the half-space on which the student fires is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=ANGLE,
        example={theta: Integer(1)},
        evidence=(
            vanishing(
                lambda claim: _minus(plane.along(claim.subject), (plane.half_line_moment(1), Integer(0))),
                "half-line integral",
            ),
            integrals(
                plane.along,
                lambda at: (plane.mean(1, HALF_LINE), 0 * at["theta"]),
                "integral over the half-line",
            ),
            _sampled(lambda z, network: z * _student(z, network), "sample mean over the half-space"),
        ),
        controls=(
            Control("mean of the whole |z|", 2 * subject),
            Control("w* for ŵ", subject.subs(w_hat, w_star)),
            Control("a lost root", subject / (2 * pi) ** Rational(1, 2)),
        ),
    )


def _minus(left: tuple[Expr, Expr], right: tuple[Expr, Expr]) -> tuple[Expr, Expr]:
    return left[0] - right[0], left[1] - right[1]


def _wedge_residuals(claim: Claim) -> tuple[Expr, ...]:
    own, across = plane.along(claim.subject)
    start = plane.half_line_moment(1) / 2
    slope = -plane.gaussian_moment(2) / sin(theta) ** 2
    return *plane.slope_and_value(own, slope, pi / 2, start), across - plane.gaussian_moment(0)


def _wedge_mean() -> Claim:
    subject = gaussian.wedge_mean().result
    return Claim(
        id="wedge-mean",
        label="G4",
        statement="The mean of the input over the wedge on which student and teacher fire is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=ANGLE,
        example={theta: Integer(2)},
        evidence=(
            vanishing(_wedge_residuals, "slope in θ and value at π/2 along ŵ; Gaussian integral across"),
            integrals(plane.along, _wedge_integrals, "integral over the wedge in Cartesian coordinates"),
            _sampled(lambda z, network: z * _both(z, network), "sample mean over the wedge"),
        ),
        controls=(
            Control("the half forgotten", 2 * subject),
            Control("the student's direction alone", subject.subs(w_star, w_hat)),
            Control("cosθ for cos(θ/2) times the unit bisector", subject * cos(theta) / cos(theta / 2)),
            Control("the difference of the directions", subject.subs(w_star, -w_star)),
        ),
        uses=("wedge-probability",),
    )


def _wedge_integrals(at: Mapping[str, Any]) -> tuple[Any, Any]:
    k = at["theta"].cot()
    return plane.mean(1, HALF_LINE, k), plane.mean_across(HALF_LINE, k)


def _strip_mean() -> Claim:
    subject = gaussian.strip_mean().result
    return Claim(
        id="strip-mean",
        label="G5",
        statement="The mean of the input over the strip of the clipped proxy is {subject}.",
        source=YIN,
        subject=subject,
        assumptions=(*ANGLE, STUDENT),
        example={theta: Integer(1), norm_w: Rational(3, 2)},
        evidence=(
            vanishing(
                lambda claim: (
                    *plane.in_width(plane.along(claim.subject)[0], X * normal_density(X)),
                    plane.along(claim.subject)[1],
                ),
                "derivative in the width of the strip, and no strip at width zero",
            ),
            integrals(
                plane.along,
                lambda at: (plane.mean(1, 1 / at["norm_w"]), 0 * at["theta"]),
                "integral over the strip",
            ),
            _sampled(lambda z, network: z * _strip(z, network), "sample mean over the strip"),
        ),
        controls=(
            Control("‖w‖ for 1/‖w‖", subject.subs(norm_w, 1 / norm_w)),
            Control("the half of the exponent forgotten", subject.subs(norm_w, norm_w / 2 ** Rational(1, 2))),
            Control("the whole half-space", gaussian.half_space_mean().result),
        ),
    )


def _strip_wedge_residuals(claim: Claim) -> Iterator[Expr]:
    own, across = plane.along(claim.subject)
    strip = X * normal_density(X) * normal_distribution(X * cot(theta))
    yield from plane.in_width(own, strip)
    yield from plane.in_width(across, exp(-(X**2) / (2 * sin(theta) ** 2)) / (2 * pi))


def _strip_wedge_mean() -> Claim:
    subject = gaussian.strip_wedge_mean().result
    return Claim(
        id="strip-wedge-mean",
        label="G6",
        statement="The mean of the input over the strip where the teacher fires is {subject}.",
        source=DERIVED,
        subject=subject,
        assumptions=(*ANGLE, STUDENT),
        example={theta: Integer(2), norm_w: Integer(1)},
        evidence=(
            vanishing(_strip_wedge_residuals, "derivatives in the strip's width, and none at width zero"),
            integrals(plane.along, _strip_wedge_integrals, "integral over the strip"),
            _sampled(
                lambda z, network: z * _strip(z, network) * _both(z, network), "sample mean over the strip"
            ),
        ),
        controls=(
            Control("the teacher's half-space forgotten", gaussian.strip_mean().result),
            Control("π - θ for θ", subject.subs(theta, pi - theta)),
            Control("‖w‖ = 1 taken for granted", subject.subs(norm_w, 1)),
            Control("the whole wedge", gaussian.wedge_mean().result),
        ),
        uses=("strip-mean", "wedge-mean"),
    )


def _strip_wedge_integrals(at: Mapping[str, Any]) -> tuple[Any, Any]:
    k, width = at["theta"].cot(), 1 / at["norm_w"]
    return plane.mean(1, width, k), plane.mean_across(width, k)
