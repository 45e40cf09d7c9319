"""L8 for the clipped ReLU: its hidden loss, which keeps one integral, and the curl of its gradient."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sympy import (
    Expr,
    Integer,
    Integral,
    Rational,
    cos,
    cot,
    diff,
    expand,
    lambdify,
    oo,
    pi,
)

from numerics import gaussian as directions
from numerics.monte_carlo import Estimate, estimate
from proofs_check.claims import plane
from proofs_check.claims.networks import Network, taught
from proofs_check.claims.plane import X
from proofs_check.evidence.monte_carlo import sampled_mean
from proofs_check.evidence.stand_ins import stand_in
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import coarse_gradient as theory
from theory.gaussian import normal_density, normal_distribution, x
from theory.symbols import norm_v, norm_w, theta, w_dot_w_star

Array = NDArray[np.float64]

DERIVED = Source(Provenance.DERIVED)
ASSUMPTIONS = (theta > 0, theta < pi, norm_w > 0)
EXAMPLE = {theta: Integer(2), norm_w: Rational(3, 2), norm_v: Integer(2)}
CLIPPED = "clipped_relu"
ONE_PERCENT = Rational(101, 100)


def claims() -> tuple[Claim, ...]:
    """The claims on the hidden loss of the clipped ReLU."""
    return _hidden_clipped_potential(), _hidden_curl()


def _residuals(claim: Claim) -> Iterator[Expr]:
    """X times the potential, by its second derivative in X = 1/‖w‖, and its start at X = 0.

    μ is x/X on the strip and 1 beyond it. So X E[μ(z·w)(1 - σ*)] is the integral of x q(x) over (0, X) plus
    X times that of q over (X, ∞), where q(x) = φ(x)(1 - Φ(x cotθ)). Its derivative is the latter, which at
    X = 0 is P(student fires, teacher does not) = θ/(2π), and its second derivative is -q(X).
    """
    plain = claim.subject.xreplace({w_dot_w_star: cos(theta) / X, norm_w: 1 / X})
    # Integrands stay as they are, to be recognised.
    hidden = {integral: stand_in(integral) for integral in plain.atoms(Integral)}
    level = expand(X * plain.xreplace(hidden)).xreplace({name: one for one, name in hidden.items()})
    slope = diff(level, X)
    # First what needs no value of an integral: that of a wrong formula may take long.
    yield diff(slope, X) + norm_v**2 * normal_density(X) * (1 - normal_distribution(X * cot(theta)))
    yield level.subs(X, 0)
    together = Integral(normal_density(x) * normal_distribution(x * cot(theta)), (x, 0, oo))
    start = slope.subs(X, 0).xreplace({together: plane.wedge()})
    yield start - norm_v**2 * theta / (2 * pi)


def _sample(one: Network, samples: int, rng: np.random.Generator) -> Estimate:
    """‖v‖² μ(z·w)(1 - σ(z·w*)), with μ the clipped ReLU."""

    def potential(z: Array) -> Array:
        kept = np.clip(z @ one.w, 0, 1) * (z @ one.w_star <= 0)
        return np.asarray(float(one.v @ one.v) * kept[:, None])

    return estimate(potential, one.w.shape, samples, rng, by_orbit=True)


def _predicted(subject: Expr, one: Network) -> Array:
    """The subject's value, the integral that it keeps evaluated numerically, (1,)."""
    values = {
        theta: float(directions.angle(one.w, one.w_star)),
        norm_w: float(np.linalg.norm(one.w)),
        norm_v: float(np.linalg.norm(one.v)),
        w_dot_w_star: float(one.w @ one.w_star),
    }
    return np.array([float(lambdify(list(values), subject, "mpmath")(*values.values()))])


def _hidden_curl() -> Claim:
    field = theory.expected_coarse_gradient(CLIPPED).result.subs(theory.SAME_LAYER)
    radial, across = plane.along(field)
    return Claim(
        id="curl-of-the-clipped-relu-gradient",
        label="L8",
        statement="With v = v* the curl of the expected coarse gradient of the clipped ReLU is {subject}.",
        source=DERIVED,
        subject=theory.hidden_curl().result,
        assumptions=ASSUMPTIONS,
        example=EXAMPLE,
        evidence=(
            vanishing(
                lambda claim: (norm_w * claim.subject + diff(norm_w * across, norm_w) + diff(radial, theta),),
                "curl along ŵ and ê, in which θ falls",
            ),
        ),
        controls=(
            Control("a curl of one", Integer(1)),
            Control("the sign of the turning part", 2 * diff(radial, theta) / norm_w),
        ),
        uses=("hidden-loss-clipped-relu",),
    )


def _hidden_clipped_potential() -> Claim:
    subject = theory.hidden_loss(CLIPPED).result
    beyond = next(iter(subject.atoms(Integral)))
    return Claim(
        id="potential-of-the-clipped-relu",
        label="L8",
        statement="With v = v* the hidden loss of the clipped ReLU is {subject}.",
        source=DERIVED,
        subject=subject,
        assumptions=ASSUMPTIONS,
        example=EXAMPLE,
        evidence=(
            vanishing(
                _residuals, "second derivative in the width of the strip, and what is left at width zero"
            ),
            sampled_mean(taught, _sample, _predicted, "mean of the sampled potential"),
        ),
        controls=(
            Control("nothing beyond the strip", subject.subs(beyond, 0)),
            Control("the student's firing beyond the strip for both", subject.subs(beyond, 2 * beyond)),
            Control("the ReLU's", theory.hidden_loss("relu").result),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=("half-space-probability", "wedge-probability"),
    )
