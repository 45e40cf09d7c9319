"""A2 and A3: the steps are square summable, and the true Lagrangian need not fall.

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
from numerics.splitting import rvscgd, surrogate_lagrangian
from proofs_check.claims import cases, runs
from proofs_check.claims.runs import Batch
from proofs_check.claims.splitting_checks import decrease_residuals
from proofs_check.context import Context
from proofs_check.evidence.cases import Violation, simulated
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory import splitting
from theory.symbols import alpha, beta, c, eta, norm_u_perp, rho, theta

Array = NDArray[np.float64]

HERE = Source(Provenance.DERIVED)
# The loss is this constant times θ.
SLOPE = Symbol("C", real=True)
# Inner product of u with the unit vector from w towards w*.
U_ACROSS = Symbol("u_across", real=True)
SINE = Symbol("sin_theta", real=True)
PULL = beta * norm_u_perp


def claims() -> tuple[Claim, ...]:
    """A2 and A3."""
    return _square_summable(), _slope(), _falls(), _monotone()


def _square_summable() -> Claim:
    subject = splitting.decrease().result
    return Claim(
        id="weighted-squared-steps-sum-to-at-most-the-start",
        label="A2",
        statement="For 0 < η ≤ 1/(c + β) the squared steps of RVSCGD, each times {subject}, sum to at most "
                  "the "
        "surrogate Lagrangian at the start; it has no negative term, and no u-step raises it.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, eta > 0, rho > 0),
        example={c: 1, beta: Rational(1, 2), eta: Rational(1, 3), rho: Rational(3, 4)},
        evidence=(
            vanishing(decrease_residuals, "each term is what one w-step gains, so that the sum telescopes"),
            simulated(runs.batches, _sum_violation, "sums along whole runs with the three penalties"),
        ),
        controls=(
            Control("the ½ forgotten", 2 * subject),
            Control("α forgotten", rho / (2 * eta)),
            Control("η forgotten", (alpha + rho) / 2),
            Control("five times too much", 5 * subject),
        ),
        uses=("w-step-decreases-the-surrogate-by-an-exact-amount", "u-step-minimises-the-surrogate",
              "largest-step-without-increase"),
    )  # fmt: skip


def _sum_violation(claim: Claim) -> Violation:
    def test(batch: Batch) -> str | None:
        history = batch.result.history
        if history is None:
            raise ValueError("lagrangian: history=None, the iterates of the batch are required")
        w, u = history.w, history.u
        shape = (-1, len(batch.w_star))
        raw = cases.raw_step(
            w[:-1].reshape(shape), u[:-1].reshape(shape), batch.w_star, batch.c, batch.beta, batch.eta
        )
        values = {
            c: batch.c, beta: batch.beta, eta: batch.eta, rho: gaussian.norm(raw).reshape(w.shape[0] - 1, -1),
            alpha: 1 - batch.eta * (batch.c + batch.beta),
        }  # fmt: skip
        total = np.sum(evaluate(claim.subject, values) * gaussian.norm(np.diff(w, axis=0)) ** 2, axis=0)
        start = surrogate_lagrangian(
            w[0], u[0], batch.w_star, batch.c, batch.penalty, batch.lam, batch.beta, batch.a
        )
        # Sums of at most 5001 positive terms, each within a few roundings.
        excess = total - start * (1 + cases.rounding(len(w)))
        worst = int(np.argmax(excess))
        return f"{total[worst]:.6g} exceeds {start[worst]:.6g}: {batch.name}" if excess[worst] > 0 else None

    return test


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
