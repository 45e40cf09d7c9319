"""A7: the sparsifying operation; uniqueness and speed stand in ``limit_global`` and ``limit_rate``."""

import numpy as np
from numpy.typing import NDArray
from sympy import Abs, Expr, Piecewise, Rational, Symbol, cancel, sign, sqrt

from numerics.closed_forms import evaluate
from numerics.limit import limit_points
from proofs_check.claims import (
    cases,
    limit_global,
    limit_l0,
    limit_multiplier,
    limit_rate,
    limit_support,
    runs,
)
from proofs_check.claims.limit_cases import (
    ABOVE,
    Solution,
    Teacher,
    solutions,
    teachers,
)
from proofs_check.claims.limit_runs import AGREE
from proofs_check.claims.runs import Batch
from proofs_check.evidence.cases import Violation, climb, searched, simulated
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import limit
from theory.penalties import threshold
from theory.symbols import beta, c, kappa, lam, mu, u, w_star_i

Array = NDArray[np.float64]
HERE = Source(Provenance.DERIVED)
DX = Source(
    Provenance.DERIVED, "arXiv 1901.09731", "the abstract claims a limit that transforms the true weight"
)
_GAP = Symbol("kappa - beta", real=True)


def claims() -> tuple[Claim, ...]:
    """A7, A9, A10 and A11."""
    return (
        _operation(),
        _no_bias(),
        *limit_support.claims(),
        *limit_multiplier.claims(),
        *limit_l0.claims(),
        *limit_global.claims(),
        *limit_rate.claims(),
    )


def _operation() -> Claim:
    subject = limit.sparsifying_operation().result
    cut = subject.args[0].cond.rhs

    def variant(divisor: Expr, at: Expr) -> Expr:
        size = c * Abs(w_star_i)
        return Piecewise((0, size <= at), (sign(w_star_i) * (size - at) / divisor, True))

    return Claim(
        id="sparsifying-operation",
        label="A7",
        statement="With l1 and κ > β every coordinate of the thresholded limit is {subject}.",
        source=DX,
        subject=subject,
        assumptions=(c > 0, lam > 0, beta > 0, _GAP > 0, u > 0),
        example={c: 1, lam: Rational(1, 4), beta: Rational(1, 2), _GAP: 2, u: Rational(1, 3)},
        uses=("fixed-points-of-the-step", "l1-thresholding-is-a-global-minimiser"),
        evidence=(
            vanishing(_operation_residuals, "κ(u + λ/β) = c w*ᵢ + βu is inverted for any u > 0"),
            searched(
                lambda: solutions("l1", ABOVE), _operation_violation, "constructed fixed points"
            ),
            simulated(runs.batches, _limit_violation, "limits of RVSCGD: the formula with the κ of the "
                      "direct solution, and w to 1e-12"),
        ),
        controls=(
            Control("soft threshold at λ/β", variant(kappa - beta, lam / beta)),
            Control("soft threshold at λ", variant(kappa - beta, lam)),
            Control("divided by κ", variant(kappa, cut)),
            Control("divided by κ + β", variant(kappa + beta, cut)),
            Control("one percent more", variant(Rational(100, 101) * (kappa - beta), cut)),
        ),
    )  # fmt: skip


def _operation_residuals(claim: Claim) -> list[Expr]:
    (_, zero), (active, _) = claim.subject.args
    teacher = (kappa * (u + lam / beta) - beta * u) / c
    # The largest |w*ᵢ| of a coordinate w with S(w) = 0 is that of w = λ/β.
    edge = (zero.lhs - zero.rhs).subs(Abs(w_star_i), w_star_i).subs(w_star_i, kappa * lam / (beta * c))
    value = active.subs({sign(w_star_i): 1, Abs(w_star_i): teacher})
    return [cancel((value - u).subs(kappa, beta + _GAP)), cancel(edge)]


def _predicted(claim: Claim, w_star: Array, values: dict[Expr, float]) -> Array:
    return np.asarray(evaluate(claim.subject, {**values, w_star_i: w_star}))


def _operation_violation(claim: Claim) -> Violation:
    def test(case: Solution) -> str | None:
        _, sparse, w_star, norm = case.vectors
        values = {c: norm, beta: case.beta, lam: case.lam, kappa: case.ratio * case.beta}
        off = float(np.abs(_predicted(claim, w_star, values) - sparse).max())
        # c w* carries the rounding of κw and βu, and is divided by κ - β.
        climb(off, "a survivor that disagrees")
        if off <= cases.rounding(len(sparse)) * 4 * (case.ratio + 1) / (case.ratio - 1):
            return None
        return f"u is off by {off:.3g}"

    return test


def _limit_violation(claim: Claim) -> Violation:
    def test(batch: Batch) -> str | None:
        rows = batch.kappa > batch.beta
        if batch.penalty != "l1" or not rows.any():
            return None
        points = limit_points(batch.w_star, batch.c, "l1", batch.lam, batch.beta)
        if len(points) != 1:
            return f"{len(points)} limits are computed: {batch.name}"
        values = {c: batch.c, beta: batch.beta, lam: batch.lam, kappa: points[0].kappa}
        seen = np.stack([batch.result.w[rows] - points[0].w,
                         batch.result.u[rows] - _predicted(claim, batch.w_star, values)])  # fmt: skip
        off = float(np.abs(seen).max())
        return f"the limit is off by {off:.3g}: {batch.name}" if off > AGREE else None

    return test


def _no_bias() -> Claim:
    subject = threshold("l0").result.subs(mu, lam / beta)
    return Claim(
        id="l0-has-no-bias-for-large-entries",
        label="A7",
        statement="With l0, w* itself is a fixed point, u = w* and κ = c + β, if every non-zero |w*ᵢ| "
        "exceeds {subject}.",
        source=DX,
        subject=subject,
        assumptions=(lam > 0, beta > 0),
        example={lam: Rational(1, 4), beta: 2},
        sharper="smaller",
        uses=("fixed-points-of-the-step", "l0-thresholding-is-a-global-minimiser"),
        evidence=(
            vanishing(
                lambda claim: [
                    claim.subject**2 / 2 - lam / beta,
                    Abs(claim.subject) - claim.subject,
                ],
                "where ½x² = λ/β zero and x are equally good for the l0 objective; beyond it S(w*) = w*, and "
                "c w* + βw* = (c + β)w*",
            ),
            searched(
                teachers,
                _bias_violation,
                "a step of RVSCGD from w*, its entries just above and below the threshold",
            ),
        ),
        controls=(
            Control("½ forgotten", sqrt(lam / beta)),
            Control("the root forgotten", lam / beta),
            Control("λ for λ/β", sqrt(2 * lam)),
            Control("one percent less", Rational(99, 100) * subject),
        ),
    )


def _bias_violation(claim: Claim) -> Violation:
    def test(case: Teacher) -> str | None:
        least = float(evaluate(claim.subject, {lam: case.lam, beta: case.beta}))
        if not case.smallest > least:
            return None
        moved = float(np.linalg.norm(case.step() - case.w_star))
        climb(least / case.smallest, "entries as small as are admitted")
        return f"a step moves w* by {moved:.3g}" if moved > 4 * cases.rounding(case.d) else None

    return test
