"""Probability that a uniform start is learned: A12.

The points of the unit sphere of R^d at the angle φ from a pole form a sphere of dimension d - 2 and radius
sinφ, so that the polar angle has a density proportional to sin^(d-2) φ. RVSCGD learns from every start at an
angle of at most π - δ from the teacher with c sinδ > Λ (A8). Derived here.
"""

from functools import cache

from sympy import (
    Expr,
    Integral,
    Rational,
    Symbol,
    asin,
    betainc,
    betainc_regularized,
    diff,
    expand,
    pi,
    powsimp,
    sin,
    sqrt,
)  # fmt: skip

from theory.derivation import Derivation, DerivationError, Step, confirm
from theory.symbols import c, d, delta, pull

PHI = Symbol("phi", real=True)
SQUARE = Symbol("t", positive=True)
# Dimensions and angles at which the closed form is compared with the integral of the density.
CHECKS = tuple({d: at, delta: angle} for at, angle in ((2, Rational(1, 3)), (3, pi / 2), (7, Rational(5, 4))))


def polar_density() -> Expr:
    """Density of the polar angle φ, up to its norm."""
    return sin(PHI) ** (d - 2)


@cache
def start_probability() -> Derivation:
    """A12: probability that a uniform start lies at an angle of at most π - δ from the teacher."""
    # From 0 to δ the square of the sine, t, rises from 0 to sin²δ.
    turned = asin(sqrt(SQUARE))
    integrand = powsimp(polar_density().subs(PHI, turned) * diff(turned, SQUARE))
    incomplete = betainc((d - 1) / 2, Rational(1, 2), 0, SQUARE) / 2
    if expand(diff(incomplete, SQUARE) - integrand) != 0:
        raise DerivationError("start_probability: the beta function is no primitive of the density")
    # The half sphere has the complete function, and the other half as much.
    outside = betainc_regularized((d - 1) / 2, Rational(1, 2), 0, sin(delta) ** 2) / 2
    whole, part = (Integral(polar_density(), (PHI, 0, end)) for end in (pi, delta))
    confirm("start_probability", outside, part / whole, CHECKS)
    return Derivation(
        "start-probability",
        "A12",
        "Probability that a uniform start lies at an angle of at most π - δ from the teacher, δ ≤ π/2",
        "p(δ)",
        r"p(\delta)",
        (
            Step("Density of the angle φ to -w*, up to its norm.", polar_density()),
            Step("In t = sin²φ, for φ ≤ π/2.", integrand),
            Step("Its integral from 0 to t is half an incomplete beta function.", incomplete),
            Step("At t = sin²δ, over both halves of the sphere: the part beyond π - δ.", outside),
            Step("So the probability is", 1 - outside),
        ),
    )


@cache
def learning_probability() -> Derivation:
    """A12: lower bound of the probability that RVSCGD learns from a uniform start."""
    start = start_probability().result
    return Derivation(
        "learning-probability",
        "A12",
        "RVSCGD learns from a uniform start at least with this probability, Λ < c",
        "P(learned) ≥",
        r"P(\mathrm{learned})\ge",
        (
            Step("Probability of a start from which A8 leads to sinθ ≤ Λ/c, if c sinδ > Λ.", start),
            Step("In the limit c sinδ = Λ.", start.subs(sin(delta), pull / c)),
        ),
    )
