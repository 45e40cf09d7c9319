"""What the claims on the fixed points are checked by.

Exact residuals, constructed solutions, limits of runs.
"""

import numpy as np
from numpy.typing import NDArray
from sympy import Abs, Expr, expand, sqrt

from numerics import gaussian
from numerics.closed_forms import evaluate
from proofs_check.claims import cases
from proofs_check.claims.cases import FixedPoint
from proofs_check.claims.runs import Batch
from proofs_check.claims.splitting_checks import disagree
from proofs_check.evidence.cases import Violation
from proofs_check.records import Claim
from theory.symbols import (
    beta,
    c,
    eta,
    kappa,
    norm_u,
    norm_u_perp,
    u_vec,
    w_dot_u,
    w_hat,
    w_star,
)  # fmt: skip

Array = NDArray[np.float64]


def fixed_point_residuals(claim: Claim) -> list[Expr]:
    """Step at a fixed point, from its definition, less the claimed multiple of w."""
    step = w_hat - eta * c * (w_hat - w_star) - eta * beta * (w_hat - u_vec)
    return [expand(step.subs(w_star, (kappa * w_hat - beta * u_vec) / c) - claim.subject * w_hat)]


def fixed_point_violation(claim: Claim) -> Violation:
    """The step from a constructed solution, and whether it returns w."""

    def test(case: FixedPoint) -> str | None:
        w, u, w_star, norm = case.vectors
        step = 3 * case.fraction / (norm + case.beta)
        values = {c: norm, beta: case.beta, eta: step, kappa: case.kappa}
        multiple = float(evaluate(claim.subject, values))
        raw = cases.raw_step(w[None], u, w_star, norm, case.beta, step)[0]
        # η times c w* and βu, both known up to the rounding of w*, are summed.
        allowance = case.allowance * (1 + step * (norm + case.beta * (1 + case.size_u)))
        said = disagree("step", raw, multiple * w, allowance)
        returns = bool(np.linalg.norm(gaussian.normalise(raw) - w) < 1)
        # Where the multiple drowns in rounding the direction of the step is arbitrary.
        if said is None and abs(multiple) > 10 * np.sqrt(case.d) * allowance and returns != (multiple > 0):
            return f"the step returns {'w' if returns else '-w'} with the multiple {multiple:.6g}"
        return said

    return test


def limit_violation(claim: Claim) -> Violation:
    """The equation and the norm at the limits of runs."""

    def test(batch: Batch) -> str | None:
        w, u = batch.result.w, batch.result.u
        pull = batch.c * batch.w_star + batch.beta * u
        values = {c: batch.c, beta: batch.beta, eta: batch.eta, kappa: batch.kappa}
        norm = gaussian.norm(cases.raw_step(w, u, batch.w_star, batch.c, batch.beta, batch.eta))
        allowance = batch.c * batch.slack
        said = disagree("κw", batch.kappa[:, None] * w, pull, allowance) or disagree(
            "norm", norm, evaluate(claim.subject, values), allowance
        )
        return said and f"{said}: {batch.name}"

    return test


def error_residuals(claim: Claim) -> list[Expr]:
    """1 - cos²θ less the square of the subject, and the sign of the subject."""
    # ‖κw - βu‖ = c gives ‖u‖².
    squared = (c**2 - kappa**2 + 2 * kappa * beta * w_dot_u) / beta**2
    cosine = (kappa - beta * w_dot_u) / c
    sine = claim.subject.subs({norm_u_perp: sqrt(squared - w_dot_u**2), norm_u: sqrt(squared)})
    return [1 - cosine**2 - sine**2, Abs(claim.subject) - claim.subject]


def _sine(claim: Claim, w: Array, u: Array, values: dict[Expr, object]) -> Array:
    perpendicular = gaussian.norm(gaussian.perpendicular(u, w))
    return np.asarray(
        evaluate(claim.subject, {**values, norm_u_perp: perpendicular, norm_u: gaussian.norm(u)})
    )


def error_violation(claim: Claim) -> Violation:
    """The sine of the angle at a constructed solution."""

    def test(case: FixedPoint) -> str | None:
        w, u, w_star, norm = case.vectors
        predicted = _sine(claim, w, u, {c: norm, beta: case.beta, kappa: case.kappa})
        return disagree("sinθ", np.atleast_1d(gaussian.sine(w, w_star)), predicted, case.allowance)

    return test


def limit_error(claim: Claim) -> Violation:
    """The sine of the angle at the limits of runs."""

    def test(batch: Batch) -> str | None:
        w, u = batch.result.w, batch.result.u
        predicted = _sine(claim, w, u, {c: batch.c, beta: batch.beta, kappa: batch.kappa})
        said = disagree("sinθ", gaussian.sine(w, batch.w_star), predicted, batch.slack)
        return said and f"{said}: {batch.name}"

    return test
