"""A3: the true Lagrangian need not fall.

The surrogate Lagrangian has c(1 - cosθ) where the true one has the loss Cθ, with C = c√(2/π).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, Max, Min, Rational, Symbol, acos, cos, diff, pi, sin, sqrt

from numerics import gaussian
from numerics.closed_forms import evaluate
from numerics.penalties import penalty_value
from numerics.splitting import rvscgd
from proofs_check.claims import cases
from proofs_check.context import Context
from proofs_check.evidence.cases import Violation, simulated
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory.symbols import beta, c, norm_u_perp, theta

Array = NDArray[np.float64]

HERE = Source(Provenance.DERIVED)
# The loss is this constant times θ.
SLOPE = Symbol("C", real=True)
# Inner product of u with the unit vector from w towards w*.
U_ACROSS = Symbol("u_across", real=True)
SINE = Symbol("sin_theta", real=True)
PULL = beta * norm_u_perp


def claims() -> tuple[Claim, ...]:
    """A3."""
    return _slope(), _falls(), _monotone()


def _slope_residuals(claim: Claim) -> tuple[Expr]:
    """Slope at τ = 0 on the path w + τ(c w*⊥ + βu⊥), whose speed is tangent to the sphere."""
    tau, along_u = Symbol("tau", real=True), Symbol("w_dot_u", real=True)
    # The parts across w: w*⊥ has norm sinθ, and its inner product with u is sinθ times U_ACROSS.
    with_teacher = c * sin(theta) ** 2 + beta * sin(theta) * U_ACROSS
    with_u = c * sin(theta) * U_ACROSS + beta * norm_u_perp**2
    true = SLOPE * acos(cos(theta) + tau * with_teacher) - beta * (along_u + tau * with_u)
    # On (0, π) the root of 1 - cos² is the sine.
    slope = diff(true, tau).subs(tau, 0).subs(sqrt(1 - cos(theta) ** 2), sin(theta))
    return (slope - claim.subject,)


def _slope() -> Claim:
    across = sin(theta) * SLOPE * c + (SLOPE + c * sin(theta)) * beta * U_ACROSS
    subject = -(across + PULL**2)
    return Claim(
        id="slope-of-the-true-lagrangian-along-the-step",
        label="A3",
        statement="The true Lagrangian Cθ + λP(u) + (β/2)‖w - u‖² has the slope {subject} along c w*⊥ + βu⊥, "
        "the direction of a step.",
        source=HERE,
        subject=subject,
        assumptions=(theta > 0, theta < pi, c > 0, beta > 0, SLOPE > 0, norm_u_perp > 0),
        example={theta: 2, c: 1, beta: 2, SLOPE: Rational(4, 5), U_ACROSS: Rational(-1, 8),
                 norm_u_perp: Rational(1, 4)},
        evidence=(vanishing(_slope_residuals, "derivative along the path, in inner products"),),
        controls=(
            Control("the sine forgotten", subject.subs(sin(theta), 1)),
            Control("one of the two mixed terms", -(SLOPE * c * sin(theta) + SLOPE * PULL + PULL**2)),
            Control("β for its square", -(across + beta * norm_u_perp**2)),
            Control("c for C, as in the surrogate", subject.subs(SLOPE, c)),
        ),
    )  # fmt: skip


def _falling(claim: Claim) -> Mapping[str, Query]:
    slope = -(SLOPE * c * SINE + (SLOPE + c * SINE) * beta * U_ACROSS + PULL**2)
    inside = (norm_u_perp >= U_ACROSS, -norm_u_perp <= U_ACROSS, norm_u_perp >= 0)
    return {"slope": Query(slope < 0, (*inside, claim.subject > PULL))}


def _falls() -> Claim:
    return Claim(
        id="true-lagrangian-falls-while-the-pull-is-small",
        label="A3",
        statement="The slope of the true Lagrangian along the step is negative while β‖u⊥‖ < {subject}.",
        source=HERE,
        subject=Min(SLOPE, c * SINE),
        assumptions=(c > 0, beta > 0, SLOPE > 0, SINE > 0, SINE <= 1),
        example={c: 1, beta: 2, SLOPE: Rational(4, 5), SINE: Rational(1, 2)},
        evidence=(unsatisfiable(_falling, "no u has such a pull and a slope that is not negative"),),
        controls=(
            Control("the larger of the two", Max(SLOPE, c * SINE)),
            Control("the loss alone", SLOPE),
            Control("the surrogate alone", c * SINE),
            Control("one percent more", Min(SLOPE, c * SINE) * Rational(101, 100)),
        ),
        uses=("slope-of-the-true-lagrangian-along-the-step",),
    )


@dataclass(frozen=True, eq=False)
class FirstStep:
    """One step of RVSCGD with l1 in the plane: w and u before and after, both (2, 2)."""

    w: Array
    u: Array
    angle: Array


# The smallest case: a teacher with two unequal entries, where l1 pulls w away from it.
TEACHER, LAM = np.array([0.6, 0.8]), 0.1


def _from_the_teacher(_: Context) -> list[FirstStep]:
    run = rvscgd(TEACHER, TEACHER, 1.0, "l1", LAM, 1.0, 0.5, max_iterations=1, history=True)
    if run.history is None:
        raise ValueError("lagrangian: history=None, the first step is required")
    return [FirstStep(run.history.w[:, 0], run.history.u[:, 0], run.history.angle[:, 0])]


def _rises(claim: Claim) -> Violation:
    def test(step: FirstStep) -> str | None:
        fit = evaluate(claim.subject, {c: 1.0, theta: step.angle})
        gap = gaussian.norm(step.w - step.u) ** 2 / 2
        level = fit + LAM * penalty_value(step.u, "l1") + gap
        # A dozen operations on numbers of order one.
        if level[1] <= level[0] + cases.rounding(2):
            return None
        return (
            f"from {level[0]:.6g} to {level[1]:.6g} at the first step from w = w* = (0.6, 0.8) with l1, "
            f"λ = {LAM}, β = c = 1, η = 1/2"
        )

    return test


def _monotone() -> Claim:
    subject = sqrt(2 / pi) * c * theta
    return Claim(
        id="true-lagrangian-is-monotone",
        label="A3",
        statement="No step of RVSCGD with η ≤ 1/(c + β) increases {subject} + λP(u) + (β/2)‖w - u‖².",
        source=HERE,
        subject=subject,
        assumptions=(c > 0,),
        example={c: 1, theta: Integer(2)},
        evidence=(simulated(_from_the_teacher, _rises, "the first step from the teacher itself with l1"),),
        controls=(
            Control("c for C", c * theta),
            Control("half the loss", subject / 2),
            Control("the sine of the angle", c * sin(theta)),
            Control("repair: the hidden loss", c * (1 - cos(theta)), holds=True),
        ),
        uses=("slope-of-the-true-lagrangian-along-the-step",),
        expected=Expected.FAILS,
    )
