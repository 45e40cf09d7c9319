"""A2: the decreases of the surrogate Lagrangian telescope, so that steps and residuals are square summable.

Each w-step gains (ρ + α)/(2η) times its squared length, and, with p = c w* + βu = κw + r, r across w, also
η(ρ + α)/(ρ(ρ + α + ηκ))‖r‖². No u-step loses, and Φ is not negative, so that all gains together are at most
Φ at the start. Since ‖u‖ <= ‖w‖ = 1, ρ <= α + η(c + β) = 1, and α + ηκ <= ρ bounds the second factor below by
η(1 + α)/2 = η(1 - η(c + β)/2), the constant of the descent lemma with curvature c + β. Derived here.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from sympy import Eq, Expr, Rational

from numerics import gaussian
from numerics.closed_forms import evaluate
from numerics.splitting import surrogate_lagrangian
from proofs_check.claims import cases, runs, shrunk_cases
from proofs_check.claims.run_cases import along, watched
from proofs_check.claims.runs import Batch
from proofs_check.claims.splitting_checks import (
    ALPHA,
    FLIPPED,
    FLIPPED_AT,
    decrease_residuals,
    least_gain_violation,
)
from proofs_check.claims.weakened import read_off
from proofs_check.evidence.cases import climb, searched, simulated
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected, Provenance, Source, Weakening
from theory import splitting
from theory.symbols import alpha, beta, c, eta, kappa, norm_p, rho

Array = NDArray[np.float64]

HERE = Source(Provenance.DERIVED)
POSITIVE = (c > 0, beta > 0)
EXAMPLE = {c: 1, beta: Rational(1, 2), eta: Rational(1, 3)}


def claims() -> tuple[Claim, ...]:
    """A2."""
    return _square_summable(), _residual(), _longer_steps(), _longer_u()


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
        sharper="larger",
        assumptions=(c > 0, beta > 0, eta > 0, rho > 0),
        example={c: 1, beta: Rational(1, 2), eta: Rational(1, 3), rho: Rational(3, 4)},
        evidence=(
            vanishing(decrease_residuals, "each term is what one w-step gains, so that the sum telescopes"),
            searched(
                watched,
                lambda claim: along(_sum_violation(claim)),
                "sums from every iterate on, from beside w*, beside -w* and elsewhere",
                fewer=2,
            ),
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


def _states(batch: Batch) -> tuple[Array, Array, Array]:
    """The iterates w and u (T + 1, R, d), and the norms of the steps before the normalisation (T, R)."""
    history = batch.result.history
    if history is None:
        raise ValueError("telescoping: history=None, the iterates of the batch are required")
    w, u, shape = history.w, history.u, (-1, len(batch.w_star))
    before, relaxed = (one[:-1].reshape(shape) for one in (w, u))
    raw = cases.raw_step(before, relaxed, batch.w_star, batch.c, batch.beta, batch.eta)
    return w, u, gaussian.norm(raw).reshape(w.shape[0] - 1, -1)


def _exceeds_start(batch: Batch, w: Array, u: Array, gains: Array, norm: Array) -> str | None:
    """Whether the gains (T, R) from some iterate on sum to more than Φ there: each is a start too."""
    levels = surrogate_lagrangian(
        w[:-1], u[:-1], batch.w_star, batch.c, batch.penalty, batch.lam, batch.beta, batch.a
    )
    sums = np.cumsum(gains[::-1], axis=0)[::-1]
    # Φ and a gain are rounded as one step's decrease is; a sum adds up what its steps are rounded by.
    each = cases.rounding(w.shape[-1]) * (levels + batch.c + 4 * batch.beta + 2 / batch.eta) / norm.min()
    allowance = each * np.arange(len(gains), 0, -1)[:, None]
    climb(float(np.max(sums / (levels + allowance))), "a sum above the surrogate")
    excess = sums - levels - allowance
    at = np.unravel_index(np.argmax(excess), excess.shape)
    if excess[at] <= 0:
        return None
    return f"from step {at[0]} on {sums[at]:.9g} exceeds {levels[at]:.9g}: {batch.name}"


def _sum_violation(claim: Claim) -> Callable[[Batch], str | None]:
    def test(batch: Batch) -> str | None:
        w, u, norm = _states(batch)
        values = {c: batch.c, beta: batch.beta, eta: batch.eta, rho: norm,
                  alpha: 1 - batch.eta * (batch.c + batch.beta)}  # fmt: skip
        gains = evaluate(claim.subject, values) * gaussian.norm(np.diff(w, axis=0)) ** 2
        return _exceeds_start(batch, w, u, gains, norm)

    return test


def _gain_residuals(claim: Claim) -> list[Expr]:
    """The gain times ρ(ρ + α + ηκ) less η(ρ + α) times the squared residual, with ‖p‖² from ρ²."""
    squared = (rho**2 - alpha**2 - 2 * alpha * eta * kappa) / eta**2
    gain = (alpha * kappa + eta * squared) / rho - kappa
    scaled = gain * rho * (rho + alpha + eta * kappa)
    return [
        scaled - eta * (rho + alpha) * (squared - kappa**2),
        claim.subject - eta * (1 + ALPHA) / 2,
    ]


def _norm_before(bound: Expr) -> Query:
    """ρ <= 1, where ‖p‖ is at most ``bound``."""
    squared = ALPHA**2 + 2 * ALPHA * eta * kappa + eta**2 * norm_p**2
    return Query(
        rho <= 1,
        (eta * (c + beta) <= 1, norm_p >= 0, norm_p <= bound, rho > 0, kappa <= norm_p, -norm_p <= kappa,
         Eq(rho**2, squared, evaluate=False)),
    )  # fmt: skip


def _least_gain(claim: Claim) -> Mapping[str, Query]:
    """Ratio of gain and squared residual; α + ηκ <= ρ, and ρ <= α + η‖p‖ with ‖p‖ <= c + β."""
    before = ALPHA + eta * kappa
    return {
        "ρ ≤ 1": _norm_before(c + beta),
        "gain": Query(
            eta * (rho + ALPHA) >= claim.subject * rho * (rho + before),
            (eta * (c + beta) <= 1, rho > 0, rho <= 1, before <= rho, -rho <= before),
        ),
    }


def _residual() -> Claim:
    subject = splitting.residual_gain().result
    return Claim(
        id="squared-residuals-sum-to-at-most-the-start",
        label="A2",
        statement="For 0 < η ≤ 1/(c + β) a w-step of RVSCGD decreases the surrogate Lagrangian at least by "
        "{subject} times the squared residual ‖c w* + βu - κw‖² of the fixed-point equation; so the squared "
        "residuals sum to at most Φ at the start over that, and tend to zero.",
        source=HERE,
        subject=subject,
        sharper="larger",
        assumptions=(*POSITIVE, eta > 0),
        example=EXAMPLE,
        uses=("w-step-decreases-the-surrogate-by-an-exact-amount", "u-step-minimises-the-surrogate",
              *(f"{name}-proximal-map-keeps-sign-and-order" for name in ("l1", "l0", "tl1"))),
        evidence=(
            vanishing(_gain_residuals, "the decrease is η(ρ + α)/(ρ(ρ + α + ηκ)) times the squared residual; "
                      "the subject is that factor at α + ηκ = ρ = 1"),
            unsatisfiable(_least_gain, "where ‖u‖ ≤ 1 the factor is nowhere below the subject"),
            searched(
                shrunk_cases.shrunk_steps,
                least_gain_violation,
                "steps with u = S(w)",
                borders=shrunk_cases.LEAST_GAINS,
            ),
        ),
        controls=(
            Control("η, as without curvature", eta + 0 * c),
            Control("half of the curvature forgotten", eta * (1 - eta * (c + beta) / 4)),
            Control("one percent more", subject * Rational(101, 100)),
            Control("c for c + β", eta * (1 - eta * c / 2)),
        ),
    )  # fmt: skip


def _longer_steps() -> Claim:
    """The longer step is an upper bound of η."""

    def gain(claim: Claim) -> Query:
        squared = ALPHA**2 + 2 * ALPHA * eta * kappa + eta**2 * norm_p**2
        return Query(
            ALPHA * kappa + eta * norm_p**2 >= kappa * rho,
            (eta <= claim.subject, rho > 0, norm_p >= 0, norm_p <= c + beta, c - norm_p <= beta,
             kappa <= norm_p, kappa >= 0,
             Eq(rho**2, squared, evaluate=False)),
        )  # fmt: skip

    subject = Rational(6, 5) / (c + beta)
    return Claim(
        id="squared-steps-have-no-negative-weight-beyond-the-step",
        label="A2",
        statement="For 0 < η ≤ {subject} no term of the weighted sum of squared steps is negative if "
        "‖u‖ ≤ 1.",
        source=HERE,
        subject=subject,
        assumptions=(*POSITIVE, eta > 0),
        example=FLIPPED,
        uses=("weighted-squared-steps-sum-to-at-most-the-start",),
        evidence=(
            read_off(gain, FLIPPED_AT),
            unsatisfiable(
                lambda claim: {"gain": gain(claim)}, "inner products of a step with a negative term"
            ),
        ),
        controls=(
            Control("one percent beyond", Rational(101, 100) / (c + beta)),
            Control("2/(c + β)", 2 / (c + beta)),
            Control("repair: 1/(c + β)", 1 / (c + beta), holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("weighted-squared-steps-sum-to-at-most-the-start", "0 < η ≤ 1/(c + β)"),),
    )


def _longer_u() -> Claim:
    subject = 2 * (c + beta)
    return Claim(
        id="step-does-not-lengthen-w-for-a-longer-u",
        label="A2",
        statement="For 0 < η ≤ 1/(c + β) the step before normalisation is not longer than w, as the bound of "
        "the residuals needs, while ‖c w* + βu‖ ≤ {subject}.",
        source=HERE,
        subject=subject,
        assumptions=(*POSITIVE, eta > 0),
        example={c: 1, beta: 1, eta: Rational(1, 2), norm_p: 4, kappa: 4, rho: 2},
        uses=("squared-residuals-sum-to-at-most-the-start",),
        evidence=(
            read_off(
                lambda claim: _norm_before(claim.subject), "from w = w* to 2w* with u = 3w* and c = β = 1"
            ),
            unsatisfiable(
                lambda claim: {"ρ ≤ 1": _norm_before(claim.subject)}, "inner products of a longer step"
            ),
        ),
        controls=(
            Control("one percent beyond", Rational(101, 100) * (c + beta)),
            Control("c + 2β", c + 2 * beta),
            Control("repair: c + β, as for ‖u‖ ≤ 1", c + beta, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("squared-residuals-sum-to-at-most-the-start", "a w-step of RVSCGD"),),
    )
