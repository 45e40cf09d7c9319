"""R2, R3 and R4: each rung of the ladder of samplers agrees with the rung below it.

Rung 1 samples the network and trusts nothing. R2 is the reduced law, which draws one rest for all patches; R3
takes means given Zw; R4 spreads the points of R3 evenly. The labels are this project's own. A claim's subject
is the formula that its rung trusts, and the sampler compared is the one that users run, with that formula
put into it.
"""

from typing import Any

from sympy import (
    Abs,
    Expr,
    Integer,
    Rational,
    Symbol,
    Tuple,
    cot,
    diff,
    erfinv,
    log,
    pi,
    sqrt,
    tan,
)

from numerics import conditional_sampling, network_sampling, reduced_sampling, sobol_sampling
from proofs_check.claims import plane
from proofs_check.claims.ladder_samples import (
    ALONG,
    POINT,
    SUM,
    SUM_OF_SQUARES,
    conditional_means,
    grouped,
    network_mean,
    plane_means,
    problems,
    reduced_mean,
    sobol_means,
)
from proofs_check.evidence.symbolic import vanishing
from proofs_check.evidence.two_samples import same_mean
from proofs_check.records import Claim, Control, Provenance, Source, Strength
from theory.gaussian import normal_density, normal_distribution
from theory.symbols import theta

HERE = Source(Provenance.DERIVED)
FIVE_PERCENT = Rational(21, 20)


def claims() -> tuple[Claim, ...]:
    """The rungs above the network itself."""
    return _reduced(), _conditional(), _sobol()


def _samplers(above: Any, below: Any) -> str:
    """Which samplers a finding compares, and what each trusts."""
    return " against ".join(f"rung {rung.RUNG} (trusts {rung.TRUSTS})" for rung in (above, below))


def _scale_residuals(claim: Claim) -> tuple[Expr, Expr]:
    """Logarithms of characteristic functions: -Σ c²t²/2 of the sum, -S²t²/2 of one vector of scale S."""
    weights = [Symbol(f"c_{i}", real=True) for i in range(3)]
    sums = {SUM_OF_SQUARES: sum(c**2 for c in weights), SUM: sum(weights)}
    one = weights[0]
    alone = claim.subject.subs({SUM_OF_SQUARES: one**2, SUM: one})
    return claim.subject.subs(sums) ** 2 - sums[SUM_OF_SQUARES], alone - Abs(one)


def _reduced() -> Claim:
    return Claim(
        id="reduced-law-is-that-of-the-network",
        label="R2",
        statement="Given what is in the plane of w and w*, the rest of a coarse gradient is normal, "
        "independent in all directions, with the standard deviation {subject}, q the sum of its squared "
        "weights.",
        source=HERE,
        subject=sqrt(SUM_OF_SQUARES),
        assumptions=(SUM_OF_SQUARES >= 0,),
        example={SUM_OF_SQUARES: Integer(2)},
        evidence=(
            vanishing(
                _scale_residuals,
                "characteristic function of a sum of independent normal vectors; a deviation is not negative",
            ),
            same_mean(
                grouped,
                network_mean,
                reduced_mean,
                "characteristic function of loss and all three coarse gradients, of samples and of means",
                _samplers(reduced_sampling, network_sampling),
            ),
        ),
        controls=(
            Control("the sum of the weights for the root of the sum of their squares", SUM),
            Control("the root forgotten", SUM_OF_SQUARES),
            Control("the rest dropped", Integer(0)),
            Control("five percent too much", FIVE_PERCENT * sqrt(SUM_OF_SQUARES)),
        ),
    )


def _conditional_residuals(claim: Claim) -> list[Expr]:
    """By their slopes in a, with φ(b) or bφ(b) at the border b = -a cotθ, and a value each."""
    fires, mean = claim.subject
    border = -ALONG * cot(theta)
    density = normal_density(border)
    return [
        diff(fires, ALONG) - cot(theta) * density,
        fires.subs(ALONG, 0) - Rational(1, 2),
        diff(mean, ALONG) - cot(theta) * border * density,
        # ∫ bφ(b) db over b > 0.
        mean.subs(ALONG, 0) - plane.half_line_moment(1),
    ]


def _conditional() -> Claim:
    level = ALONG * cot(theta)
    fires, mean = normal_distribution(level), normal_density(level)
    return Claim(
        id="teacher-given-the-student",
        label="R3",
        statement="Given a = z·ŵ, the probability that the teacher fires and the mean of z·ê where it "
        "does, 0 elsewhere, are {subject}.",
        source=HERE,
        subject=Tuple(fires, mean),
        assumptions=(theta > 0, theta < pi),
        example={theta: Integer(2)},
        evidence=(
            vanishing(_conditional_residuals, "slopes in a, and values at a = 0"),
            same_mean(
                problems,
                plane_means,
                conditional_means,
                "means of loss and all three coarse gradients in the plane",
                _samplers(conditional_sampling, reduced_sampling),
            ),
        ),
        controls=(
            Control("the probability of not firing", Tuple(1 - fires, mean)),
            Control("the other sign of the teacher", Tuple(fires, -mean)),
            Control("the mean across w forgotten", Tuple(fires, Integer(0))),
            Control("the tangent for the cotangent", Tuple(fires, mean).subs(level, ALONG * tan(theta))),
            Control("five percent too much across w", Tuple(fires, FIVE_PERCENT * mean)),
        ),
        uses=("reduced-law-is-that-of-the-network",),
    )


def _sobol() -> Claim:
    quantile = sqrt(2) * erfinv(2 * POINT - 1)
    return Claim(
        id="sobol-points-have-the-law-of-samples",
        label="R4",
        statement="The normals at uniform points t are {subject}, also at scrambled Sobol points.",
        source=HERE,
        subject=quantile,
        assumptions=(POINT > 0, POINT < 1),
        example={POINT: Rational(1, 3)},
        evidence=(
            vanishing(
                lambda claim: (normal_distribution(claim.subject) - POINT,),
                "Φ of the quantile",
                strength=Strength.SAMPLED,
            ),
            same_mean(
                problems,
                lambda one, samples, rng: conditional_means(_conditional().subject, one, samples, rng),
                sobol_means,
                "means of loss and all three coarse gradients in the plane",
                _samplers(sobol_sampling, conditional_sampling),
            ),
        ),
        controls=(
            Control("uniform numbers of variance one", sqrt(3) * (2 * POINT - 1)),
            Control("the logistic law with variance one", sqrt(3) / pi * log(POINT / (1 - POINT))),
            Control("√2 forgotten", erfinv(2 * POINT - 1)),
            Control("five percent too wide", FIVE_PERCENT * quantile),
        ),
        uses=("teacher-given-the-student",),
        sampled_because="the quantile is exact, but that scrambled Sobol points are uniform is a statement "
        "on the generator's code.",
    )
