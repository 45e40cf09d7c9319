"""A1: how long a w-step may be, for any u and for u = S(w).

Everything is written in the inner products of w, w* and u, so that it holds in every dimension. With p =
c w* + βu and κ = ⟨w, p⟩ the step goes to w⁺ = (αw + ηp)/ρ, and Φ(u, w) - Φ(u, w⁺) = ⟨p, w⁺⟩ - κ. As u is
arbitrary, so are κ and ‖p‖ up to |κ| <= ‖p‖. A step is an increase exactly where ρ + α < 0, that is where
σ = c + β - 1/η > 0 and ‖p‖² < 2σκ.

If u = S(w) and S shrinks every entry, 0 <= S(x)/x <= 1, then ‖u‖² <= ⟨u,w⟩ <= 1. With y = ‖σw - βu‖ the
teacher enters ‖p‖² - 2σκ = c² + y² - σ² - 2c⟨σw - βu, w*⟩ by an inner product that is at most y.
"""

from collections.abc import Mapping

from sympy import And, Eq, Min, Rational, Symbol

from proofs_check.claims import cases, runs, shrunk_cases
from proofs_check.claims.splitting_checks import (
    ALPHA,
    FLIPPED,
    FLIPPED_AT,
    increase,
    increase_along,
    increase_of_runs,
)
from proofs_check.claims.weakened import read_off
from proofs_check.evidence.cases import searched, simulated
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Expected, Provenance, Source, Weakening
from theory import splitting
from theory.symbols import (
    beta,
    c,
    eta,
    kappa,
    norm_p,
    norm_u,
    rho,
    u_dot_w_star,
    w_dot_u,
    w_dot_w_star,
)  # fmt: skip

HERE = Source(Provenance.DERIVED)
POSITIVE = (c > 0, beta > 0)
EXAMPLE = {c: 1, beta: Rational(1, 2)}
SIGMA = c + beta - 1 / eta
# ‖σw - βu‖, and the inner product of that vector with the teacher.
WORST = Symbol("y", real=True)


def claims() -> tuple[Claim, ...]:
    """A1: the largest steps."""
    return _largest_step(), _twice_the_step(), _largest_step_of_runs(), _any_u()


# A1, any u


def _for_any_u(claim: Claim) -> Mapping[str, Query]:
    """No increase up to the subject, and beyond it the increase at p = εw, 0 < ε < |α|/η, where w⁺ = -w."""
    squared = ALPHA**2 + 2 * ALPHA * eta * kappa + eta**2 * norm_p**2
    inside = (eta > 0, eta <= claim.subject, rho > 0, norm_p >= 0, kappa <= norm_p, -norm_p <= kappa)
    small = -ALPHA / (2 * eta)
    return {
        "no increase": Query(
            ALPHA * kappa + eta * norm_p**2 >= kappa * rho, (*inside, Eq(rho**2, squared, evaluate=False))
        ),
        "increase beyond": Query(And(small > 0, ALPHA + eta * small < 0), (eta > 0, eta > claim.subject)),
    }


def _largest_step() -> Claim:
    subject = splitting.largest_step().result
    return Claim(
        id="largest-step-without-increase",
        label="A1",
        statement="The largest η up to which no w-step increases the surrogate Lagrangian, whatever u, is "
        "{subject}.",
        source=HERE,
        subject=subject,
        assumptions=POSITIVE,
        example=EXAMPLE,
        uses=("w-step-decreases-the-surrogate-by-an-exact-amount",),
        evidence=(
            unsatisfiable(_for_any_u, "no ⟨w,p⟩ and ‖p‖ admit an increase up to it; beyond it p = εw does"),
            searched(
                cases.free_steps,
                increase,
                "no step up to it increases Φ, also for tiny p = c w* + βu",
                borders=cases.SMALL_P,
            ),
            simulated(
                runs.batches, increase_along, "no step of this size from an iterate of RVSCGD increases Φ"
            ),
        ),
        controls=(
            Control("the limit of gradient descent, 2/L", 2 / (c + beta)),
            Control("the relaxation alone", 1 / beta),
            Control("the loss alone", 1 / c),
            Control("five percent more", Rational(21, 20) * subject),
            Control("one percent less, where there is none either", Rational(99, 100) * subject),
        ),
    )


def _no_increase(claim: Claim) -> Query:
    return _for_any_u(claim)["no increase"]


def _only_no_increase(claim: Claim) -> Mapping[str, Query]:
    return {"no increase": _no_increase(claim)}


def _twice_the_step() -> Claim:
    subject = 2 / (c + beta)
    return Claim(
        id="no-increase-up-to-twice-the-step",
        label="A1",
        statement="No w-step with 0 < η ≤ {subject} increases the surrogate Lagrangian, whatever u.",
        source=HERE,
        subject=subject,
        assumptions=POSITIVE,
        example=FLIPPED,
        uses=("largest-step-without-increase",),
        evidence=(
            read_off(_no_increase, FLIPPED_AT),
            searched(cases.free_steps, increase, "no step up to it increases Φ"),
            unsatisfiable(_only_no_increase, "inner products of a step that is an increase"),
        ),
        controls=(
            Control("three times the step", 3 / (c + beta)),
            Control("half as much again", Rational(3, 2) / (c + beta)),
            Control("repair: half of it", splitting.largest_step().result, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("largest-step-without-increase", "The largest η"),),
    )


# A1, u thresholded


def _for_thresholded_u(claim: Claim) -> Mapping[str, Query]:
    beyond, acute = eta > claim.subject, (1 + c / (2 * SIGMA)) / 2
    # w* = -u/‖u‖ with β‖u‖ = c + small: p has the length small, and κ = small ⟨w,u⟩/‖u‖ >= small ‖u‖.
    small = Min(SIGMA * c / beta, beta - c)
    length_u = (c + small) / beta
    gram = c**2 + 2 * c * beta * u_dot_w_star + beta**2 * norm_u**2
    inner = SIGMA * w_dot_w_star - beta * u_dot_w_star
    length = Eq(WORST**2, SIGMA**2 - 2 * SIGMA * beta * w_dot_u + beta**2 * norm_u**2, evaluate=False)
    return {
        "increase beyond, u = 0": Query(
            And(acute < 1, c**2 < 2 * SIGMA * c * acute), (eta > 0, beyond, beta <= c)
        ),
        "increase beyond, w* = -u/‖u‖": Query(
            And(small > 0, length_u <= 1, small**2 < 2 * SIGMA * small * length_u),
            (eta > 0, beyond, beta > c),
        ),
        "no increase": Query(
            gram >= 2 * SIGMA * (c * w_dot_w_star + beta * w_dot_u),
            (eta > 0, eta <= claim.subject, SIGMA >= 0, norm_u**2 <= w_dot_u, w_dot_u <= 1,
             length, WORST >= 0, inner <= WORST, -inner <= WORST),
        ),
    }  # fmt: skip


def _largest_step_of_runs() -> Claim:
    subject = splitting.largest_step_of_runs().result
    return Claim(
        id="largest-step-of-runs-without-increase",
        label="A1",
        statement="The largest η up to which no w-step of RVSCGD itself, where u = S(w) with any weight of "
        "the penalty, increases the surrogate Lagrangian is {subject}.",
        source=HERE,
        subject=subject,
        assumptions=POSITIVE,
        example=EXAMPLE,
        uses=("w-step-decreases-the-surrogate-by-an-exact-amount",
              *(f"{name}-proximal-map-keeps-sign-and-order" for name in ("l1", "l0", "tl1"))),
        evidence=(
            unsatisfiable(
                _for_thresholded_u,
                "no unit w, w* and u with ‖u‖² ≤ ⟨u,w⟩ ≤ 1 admit an increase up to it; beyond it an acute "
                "angle with u = 0 does, or w* opposite u with β‖u‖ just above c",
            ),
            searched(
                shrunk_cases.shrunk_steps,
                increase_of_runs,
                "steps with u = S(w) and the worst teacher",
                borders=shrunk_cases.LEAST_GAINS,
            ),
        ),
        controls=(
            Control("the limit for any u", splitting.largest_step().result),
            Control("the relaxed limit for every β", 1 / (beta + c / 2)),
            Control("the limit of gradient descent", 2 / (c + beta)),
            Control("one percent more", subject * Rational(101, 100)),
            Control("one percent less", subject * Rational(99, 100)),
        ),
    )  # fmt: skip


def _any_u() -> Claim:
    subject = splitting.largest_step_of_runs().result
    return Claim(
        id="step-of-runs-will-do-for-any-u",
        label="A1",
        statement="No w-step with 0 < η ≤ {subject} increases the surrogate Lagrangian, whatever u.",
        source=HERE,
        subject=subject,
        assumptions=POSITIVE,
        example=FLIPPED,
        uses=("largest-step-of-runs-without-increase", "largest-step-without-increase"),
        evidence=(
            read_off(_no_increase, FLIPPED_AT),
            unsatisfiable(_only_no_increase, "inner products of a step with some u that is no S(w)"),
        ),
        controls=(
            Control("the relaxed limit for every β", 1 / (beta + c / 2)),
            Control("half-way", 1 / (beta + Rational(3, 4) * c)),
            Control("repair: the limit for any u", splitting.largest_step().result, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("largest-step-of-runs-without-increase", "where u = S(w)"),),
    )
