"""A11: how RVSCGD turns with no penalty."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sympy import Abs, Eq, Expr, Rational, atan, cancel, cos, diff, exp, expand, pi, sin, tan

from numerics.closed_forms import evaluate
from proofs_check.claims import cases
from proofs_check.claims.limit_rate import HERE
from proofs_check.claims.rate_cases import Flow, FreeTurn, flows, free_turns
from proofs_check.claims.trapping import K, R, S
from proofs_check.evidence.cases import Violation, climb, searched, simulated
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Weakening
from theory import limit
from theory.symbols import c, eta, theta, theta_start
from theory.symbols import time as tau


def claims() -> tuple[Claim, ...]:
    """The step and the flow of the angle."""
    return _half_angle(), _any_step(), _flow()


def _half_angle() -> Claim:
    subject = limit.half_angle_factor().result
    return Claim(
        id="half-angle-shrinks-without-penalty",
        label="A11",
        statement="With no penalty (u = w) a step multiplies tan(θ/2) by at most {subject}.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(c > 0, eta > 0, eta <= 1 / c, theta > 0, theta < pi),
        example={c: 1, eta: Rational(1, 3), theta: 2},
        evidence=(
            vanishing(
                _half_angle_residuals,
                "‖step‖² less (1 + cosθ - part along w*)² is (ηc sinθ)² >= 0, which is the inequality for "
                "tan(θ⁺/2) = across/(length + along)",
            ),
            searched(free_turns, _half_angle_violation, "steps from angles between 1e-8 and π - 1e-8"),
        ),
        controls=(
            Control("twice the step", 1 - 2 * eta * c),
            Control("its square", subject**2),
            Control("one percent less", Rational(99, 100) * subject),
            Control("longer steps", without=(eta <= 1 / c,)),
        ),
    )  # fmt: skip


def _half_angle_residuals(claim: Claim) -> list[Expr]:
    # Step (1 - ηc)w + ηc w*; tan(θ⁺/2) <= F tan(θ/2) reads length >= across (1 + cosθ)/(F sinθ) - along.
    along, across = (1 - eta * c) * cos(theta) + eta * c, (1 - eta * c) * sin(theta)
    ratio = cancel(across / (claim.subject * sin(theta)))
    margin = along**2 + across**2 - (ratio * (1 + cos(theta)) - along) ** 2
    return [expand(expand(margin - (eta * c * sin(theta)) ** 2).subs(sin(theta) ** 2, 1 - cos(theta) ** 2))]


def _half_angle_violation(claim: Claim) -> Violation:
    short = (eta <= 1 / c) in claim.assumptions

    def test(case: FreeTurn) -> str | None:
        if short and case.fraction > 1:
            return None
        before, after, length = case.step()
        factor = float(evaluate(claim.subject, {c: case.c, eta: case.fraction / case.c}))
        bound = 2 * np.arctan(factor * np.tan(before / 2))
        # A short vector magnifies rounding, and near π the bound moves by 1/factor times the angle.
        stretch = 1 / length + (1 / abs(factor) if factor else 0)
        climb((after - bound) / stretch, "a larger angle")
        if after <= bound + 8 * cases.rounding(case.turn.d) * stretch:
            return None
        return f"angle {after:.12g} after the step exceeds {bound:.12g}"

    return test


def turn_queries(conclusion: Callable[[Expr, Expr], Any]) -> Mapping[str, Query]:
    """A step with no penalty of length r; ``conclusion`` takes tan(θ⁺/2) and tan(θ/2), 0 < θ < π."""
    along, across = (1 - eta * c) * K + eta * c, Abs(1 - eta * c) * S
    plane = (Eq(S**2 + K**2, 1), S > 0, R >= 0, Eq(R**2, along**2 + across**2))
    return {"a step in the plane": Query(conclusion(across / (R + along), S / (1 + K)), plane)}


def _any_step() -> Claim:
    subject = Abs(limit.half_angle_factor().result)
    return Claim(
        id="half-angle-shrinks-without-penalty-under-any-step",
        label="A11",
        statement="With no penalty (u = w) a step of any size η > 0 multiplies tan(θ/2) by at most "
        "{subject}: all starts but -w* are learned for η < 2/c.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(c > 0, eta > 0),
        example={c: 1, eta: Rational(3, 2)},
        evidence=(
            unsatisfiable(
                lambda claim: turn_queries(lambda after, before: after <= claim.subject * before),
                "no step in the plane of w and w* leaves more",
            ),
            searched(free_turns, _half_angle_violation, "steps up to 2.5/c from angles up to π - 1e-8"),
        ),
        controls=(
            Control("1 - ηc without the bars", 1 - eta * c),
            Control("its square", subject**2),
            Control("one percent less", Rational(99, 100) * subject),
        ),
        uses=("half-angle-shrinks-without-penalty",),
        weakens=(Weakening("half-angle-shrinks-without-penalty", eta <= 1 / c),),
    )


def _flow() -> Claim:
    subject = limit.angle_flow().result
    rate = exp(-c * tau)
    return Claim(
        id="half-angle-under-the-flow",
        label="A11",
        statement="Under the flow θ′ = -c sinθ, the limit of small steps with no penalty, tan(θ/2) is "
        "{subject} after the time τ.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, tau > 0, theta_start > 0, theta_start < pi),
        example={c: 1, tau: Rational(1, 3), theta_start: 2},
        uses=("half-angle-shrinks-without-penalty",),
        evidence=(
            vanishing(_flow_residuals, "θ = 2 arctan of it solves θ′ = -c sinθ and starts at θ⁰"),
            simulated(
                flows,
                _flow_violation,
                "1500 small steps of RVSCGD from everywhere, to three parts in a thousand",
            ),
        ),
        controls=(
            Control("the rate halved", tan(theta_start / 2) * exp(-c * tau / 2)),
            Control("the whole angle", tan(theta_start) * rate),
            Control("the sine for the tangent", sin(theta_start / 2) * rate),
            Control("one percent faster", tan(theta_start / 2) * exp(-Rational(101, 100) * c * tau)),
        ),
    )


def _flow_residuals(claim: Claim) -> list[Expr]:
    # sin(2 arctan T) = 2T/(1 + T²).
    half = claim.subject
    speed = diff(2 * atan(half), tau) + c * 2 * half / (1 + half**2)
    return [speed, half.subs(tau, 0) - tan(theta_start / 2)]


def _flow_violation(claim: Claim) -> Violation:
    def test(flow: Flow) -> str | None:
        end = flow.steps * flow.eta
        predicted = evaluate(claim.subject, {c: flow.c, tau: end, theta_start: flow.start})
        off = np.abs(np.tan(flow.end / 2) / predicted - 1)
        # A step errs by at most (ηc)² in log tan(θ/2), whose second derivative in ηc is below 2.
        if (off <= 2 * flow.c**2 * flow.eta * end).all():
            return None
        return f"tan(θ/2) is off by {off.max():.3g} of itself for c={flow.c}, eta={flow.eta}"

    return test
