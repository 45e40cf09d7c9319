"""A12: how probable it is that a uniform start is learned.

The probability is an integral of the polar angle's density, checked by its derivative. An adversary in the
gradient, of norm ε, holds the starts at an obtuse angle with c sinθ < ε, so that the bound is attained.
"""

from collections.abc import Mapping

import numpy as np
from sympy import (
    Dummy,
    Eq,
    Expr,
    Integer,
    Piecewise,
    Rational,
    betainc_regularized,
    cos,
    diff,
    expand_func,
    gamma,
    pi,
    sin,
    sqrt,
)

from numerics import gaussian
from numerics.learnability import count_failures
from numerics.learnability import pull as largest_pull
from proofs_check.claims.start_cases import FarCap, another_share, far_caps
from proofs_check.claims.trapping import HERE
from proofs_check.evidence.cases import searched
from proofs_check.evidence.frequencies import Trials, counted
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected, Weakening
from theory import learnability
from theory.symbols import c, d, delta, pull

HALF = Rational(1, 2)
# Starts that are held in memory at once.
BLOCK = 100_000
# Stands for sinδ: equal to no symbol of a claim, and the same each time, so that SymPy remembers derivatives.
SINE = Dummy("sine", positive=True)
# Against the adversary, distances to the sine that it just holds grow by the factor 1.35 a step: after 30 the
# starts still undecided are 1e-4 of all, a seventh of a standard error of the frequency at effort full.
STEPS = 30


def claims() -> tuple[Claim, ...]:
    """The probability of a good start, and that of learning."""
    return _start(), _beyond(), _learned()


def _variants(argument: Expr) -> tuple[Control, ...]:
    def wrong(first: Expr, second: Expr, at: Expr, weight: Expr = HALF) -> Expr:
        return 1 - weight * betainc_regularized(first, second, 0, at)

    first = (d - 1) / 2
    return (
        Control("both caps", wrong(first, HALF, argument, Rational(1))),
        Control("the sine for its square", wrong(first, HALF, sqrt(argument))),
        Control("d for d - 1", wrong(d / 2, HALF, argument)),
        Control("half the sine", wrong(first, HALF, argument / 4)),
    )


def _slope(probability: Expr, sine: Expr) -> list[Expr]:
    """Its derivative in ``sine`` = sinδ is minus the density of δ times dδ/d sinδ, and it starts at 1.

    The density has the norm of a beta function, written as a quotient of gamma functions.
    """
    density = SINE ** (d - 2) / sqrt(1 - SINE**2) * gamma(d / 2) / (sqrt(pi) * gamma((d - 1) / 2))
    at = probability.subs(sine, SINE)
    slope = expand_func((diff(at, SINE) + density).rewrite(gamma))
    # SymPy leaves an integral from 0 to 0 as it is.
    start = at.subs(SINE, 0).replace(
        lambda part: isinstance(part, betainc_regularized) and part.args[2] == part.args[3],
        lambda _: Integer(0),
    )
    return [slope.subs(SINE, sine), start - 1]


# Dimensions, and δ.
CAPS = ((2, 1.0), (3, 1.5), (10, 1.2))
# Past the right angle, for a claim that speaks of them.
PAST = ((3, 2.0), (10, 1.585))


def _starts(dimension: int, angle: float) -> Trials:
    """Uniform starts, which fail beyond an angle of π - δ from the teacher."""

    def count(trials: int, seed: int) -> int:
        rng, teacher = np.random.default_rng(seed), np.eye(dimension)[0]
        blocks = (min(BLOCK, trials - done) for done in range(0, trials, BLOCK))
        return sum(
            int(
                (gaussian.angle(gaussian.uniform_sphere(rng, size, dimension), teacher) > np.pi - angle).sum()
            )
            for size in blocks
        )

    return Trials(lambda: {d: dimension, delta: angle}, count, attained=True)


# d, penalty, λ, β, a, and the norm of the adversary's error; β far above c, or l1 hardly acting.
CELLS = (
    (2, "l1", 0.2, 4.0, None, 0.0), (2, "l0", 0.01, 4.0, None, 0.0), (3, "tl1", 0.05, 4.0, 1.0, 0.0),
    (2, "l1", 1e-6, 0.01, None, 0.5), (3, "l1", 1e-6, 0.01, None, 0.5), (5, "l1", 1e-6, 0.01, None, 0.8),
)  # fmt: skip


def _runs(dimension: int, penalty: str, lam: float, beta: float, a: float | None, error: float) -> Trials:
    """Runs from uniform starts, with three penalties or against an adversary in the gradient."""

    def count(trials: int, seed: int) -> int:
        return count_failures(
            np.eye(dimension)[0], 1.0, penalty, lam, beta, a, error=error, eta=0.3 if error else None,
            runs=trials, steps=STEPS, seed=seed,
        ).failed  # fmt: skip

    def at() -> dict[Expr, float]:
        # Λ/c is the sine of δ.
        return {d: dimension, c: 1.0, pull: largest_pull(penalty, lam, beta, dimension, a) + error}

    return Trials(at, count, attained=error > 0)


def _start() -> Claim:
    subject = learnability.start_probability().result
    return Claim(
        id="uniform-start-outside-the-far-cap",
        label="A12",
        statement="A uniform start lies at an angle of at most π - δ from the teacher with probability "
        "{subject}, I the regularised incomplete beta function, δ ≤ π/2.",
        source=HERE,
        subject=subject,
        assumptions=(d >= 2, delta > 0, delta <= pi / 2),
        example={d: 3, delta: 1},
        evidence=(
            vanishing(
                lambda claim: _slope(claim.subject, sin(delta)), "its slope is minus the density of the angle"
            ),
            searched(
                lambda: far_caps(1.7, 2.0),
                another_share(lambda case: {d: case.d, delta: case.delta}, attained=True),
                "caps up to the right angle in up to 1000 dimensions, by quadrature of the density",
            ),
            counted(
                [_starts(*one) for one in (*CAPS, *PAST)],
                "frequency of uniform starts, by exact binomial tails",
            ),
        ),
        controls=_variants(sin(delta) ** 2),
    )


def _archimedes(claim: Claim) -> Mapping[str, Instance]:
    return {"the sphere but for a cap": Instance(Eq(claim.subject, (1 + cos(delta)) / 2), (Eq(d, 3),))}


def _beyond() -> Claim:
    subject = learnability.start_probability().result
    outside = 1 - subject
    return Claim(
        id="start-probability-beyond-the-right-angle",
        label="A12",
        statement="The probability of a start at an angle of at most π - δ is {subject} for every δ up to π.",
        source=HERE,
        subject=subject,
        assumptions=(d >= 2, delta > 0, delta < pi),
        example={d: 3, delta: 2 * pi / 3},
        evidence=(at_the_example(_archimedes, "in space a cap's area is proportional to its height"),),
        controls=(
            *_variants(sin(delta) ** 2),
            Control(
                "repair: half the beta function past the right angle",
                Piecewise((subject, delta <= pi / 2), (outside, True)),
                holds=True,
            ),
        ),
        uses=("uniform-start-outside-the-far-cap",),
        expected=Expected.FAILS,
        weakens=(Weakening("uniform-start-outside-the-far-cap", delta <= pi / 2),),
    )


def _at_the_level(case: FarCap) -> dict[Expr, float]:
    """A pull with Λ = c sinδ."""
    return {d: case.d, c: case.c, pull: case.c * float(np.sin(case.delta))}


def _learned() -> Claim:
    subject = learnability.learning_probability().result
    return Claim(
        id="learning-probability",
        label="A12",
        statement="From a uniform start RVSCGD with 0 < η ≤ 1/c and pull at most Λ ≤ c learns, "
        "limsup θ ≤ arcsin(Λ/c), with probability at least {subject}.",
        source=HERE,
        subject=subject,
        sharper="larger",
        assumptions=(d >= 2, c > 0, pull > 0, pull <= c),
        example={d: 3, c: 1, pull: HALF},
        evidence=(
            vanishing(
                lambda claim: _slope(claim.subject, pull / c),
                "it is the probability of a start with c sinδ = Λ, by the density of the polar angle",
            ),
            searched(
                far_caps,
                another_share(_at_the_level, attained=False),
                "starts that A8 does not admit, Λ up to c, in up to 1000 dimensions; by quadrature",
            ),
            counted(
                [_runs(*one) for one in CELLS],
                "frequency of failures, a bound, and attained against an adversary; by exact binomial tails",
            ),
        ),
        controls=_variants((pull / c) ** 2),
        uses=("uniform-start-outside-the-far-cap", "angle-is-trapped-with-errors-in-the-gradient"),
    )
