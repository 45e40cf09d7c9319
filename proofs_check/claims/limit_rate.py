"""A10 and A11: how fast RVSCGD comes to its limit, and how it turns with no penalty."""

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Rational, atan, cancel, cos, diff, exp, expand, pi, sin, sqrt, tan

from numerics.closed_forms import evaluate
from proofs_check.claims import cases
from proofs_check.claims.rate_cases import Flow, FreeTurn, Rates, flows, free_turns, rates
from proofs_check.evidence.cases import Violation, searched, simulated
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source, Strength
from theory import limit
from theory.symbols import beta, c, eta, kappa, s, theta, theta_start
from theory.symbols import time as tau

Array = NDArray[np.float64]
HERE = Source(Provenance.DERIVED)
DIGITS = 1e-3  # see ERRORS in ``rate_cases``


def claims() -> tuple[Claim, ...]:
    """The contraction factors, the step and the flow of the angle."""
    return _contraction(), _best_contraction(), _half_angle(), _flow()


def _contraction() -> Claim:
    subject = limit.contraction_factor().result
    return Claim(
        id="local-contraction-factor",
        label="A10",
        statement="Near a limit with l1 or l0, κ > β, and two or more surviving coordinates, a step "
        "multiplies a small error across w̄ in these coordinates by {subject}, and no other more.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, kappa > beta, eta > 0, 1 + eta * (kappa - c - beta) > 0),
        example={c: 1, beta: Rational(1, 2), kappa: Rational(5, 4), eta: Rational(1, 3)},
        uses=("fixed-points-of-the-step",),
        evidence=(
            vanishing(
                _linearised,
                "the step, differentiated where S moves with w; that it moves less elsewhere is sampled",
                strength=Strength.SAMPLED,
            ),
            simulated(
                rates,
                lambda claim: _rate(claim, largest=False),
                "small errors at the limits of RVSCGD, three digits",
            ),
        ),
        controls=(
            Control("κ for κ - β", (1 - eta * c) / (1 - eta * c + eta * kappa)),
            Control(
                "the relaxation does not move", (1 - eta * (c + beta)) / (1 - eta * c + eta * (kappa - beta))
            ),
            Control("not divided by the norm", 1 - eta * c),
            Control("its square", subject**2),
            Control("one percent more", Rational(101, 100) * subject),
        ),
    )


def _linearised(claim: Claim) -> list[Expr]:
    """With w, v orthonormal and s small the step from w + sv, u + sv; κw = c w* + βu."""
    along = 1 - eta * (c + beta) + eta * kappa
    across = s * (1 - eta * (c + beta)) + eta * beta * s
    turned = diff(across / sqrt(along**2 + across**2), s).subs(s, 0)
    # The norm at s = 0 is positive at a fixed point, by assumption.
    return [cancel(turned**2 - claim.subject**2), cancel(turned * along / sqrt(along**2) - claim.subject)]


def _best_contraction() -> Claim:
    subject = limit.best_contraction_factor().result
    return Claim(
        id="contraction-factor-at-the-largest-step",
        label="A10",
        statement="At η = 1/(c+β) the contraction factor is {subject}.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, kappa > beta),
        example={c: 1, beta: Rational(1, 2), kappa: Rational(5, 4)},
        uses=("local-contraction-factor",),
        evidence=(
            vanishing(
                lambda claim: [residual.subs(eta, 1 / (c + beta)) for residual in _linearised(claim)],
                "the step of this size, differentiated where S moves with w; elsewhere it is sampled",
                strength=Strength.SAMPLED,
            ),
            simulated(
                rates,
                lambda claim: _rate(claim, largest=True),
                "small errors at the limits of RVSCGD, three digits",
            ),
        ),
        controls=(
            Control("c for β", c / kappa),
            Control("β/(c+β), as for w̄ = w*", beta / (c + beta)),
            Control("its square", subject**2),
            Control("one percent less", Rational(99, 100) * subject),
        ),
    )


def _rate(claim: Claim, *, largest: bool) -> Violation:
    def test(batch: Rates) -> str | None:
        if largest and batch.eta * (batch.c + batch.beta) < 0.99:
            return None
        values = {c: batch.c, beta: batch.beta, eta: batch.eta, kappa: batch.kappa}
        predicted = np.broadcast_to(evaluate(claim.subject, values), batch.factor.shape)
        off = np.abs(batch.factor - predicted)
        worst = int(np.argmax(off))
        if off[worst] <= DIGITS * batch.factor[worst]:
            slow = batch.generic - predicted.max()
            return (
                f"a generic error shrinks by {batch.generic:.6g} only: {batch.name}"
                if slow > DIGITS
                else None
            )
        return f"factor {batch.factor[worst]:.6g}, predicted {predicted[worst]:.6g}: {batch.name}"

    return test


def _half_angle() -> Claim:
    subject = limit.half_angle_factor().result
    return Claim(
        id="half-angle-shrinks-without-penalty",
        label="A11",
        statement="With no penalty (u = w) a step multiplies tan(θ/2) by at most {subject}.",
        source=HERE,
        subject=subject,
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
        if after <= bound + 8 * cases.rounding(case.turn.d) * stretch:
            return None
        return f"angle {after:.12g} after the step exceeds {bound:.12g}"

    return test


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
    return [cancel(speed), half.subs(tau, 0) - tan(theta_start / 2)]


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
