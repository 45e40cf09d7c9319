"""What the claims on the splitting are checked by.

Exact residuals in inner products, constructed cases, runs.

The step is taken from its definition, w - ηc(w - w*) - ηβ(w - u), divided by its norm ρ.
"""

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Rational, diff, sqrt

from numerics import gaussian
from numerics.closed_forms import evaluate
from numerics.penalties import proximal_map
from numerics.splitting import surrogate_lagrangian
from proofs_check.claims import cases
from proofs_check.claims.cases import FreeStep
from proofs_check.claims.relaxed_cases import FACTORS, RelaxedStep
from proofs_check.claims.runs import Batch
from proofs_check.claims.shrunk_cases import ShrunkStep
from proofs_check.evidence.cases import Violation, climb
from proofs_check.records import Claim
from theory import splitting
from theory.symbols import (
    alpha,
    beta,
    c,
    eta,
    kappa,
    lam,
    norm_p,
    norm_u,
    penalty_u,
    rho,
    u_dot_w_star,
    w_dot_u,
    w_dot_w_star,
)  # fmt: skip

Array = NDArray[np.float64]


ALPHA = 1 - eta * (c + beta)
# A step past 1/(c + β) that turns w into -w, an increase of 2κ.
FLIPPED = {c: 1, beta: 1, eta: Rational(3, 5), norm_p: Rational(1, 4), kappa: Rational(1, 4),
           rho: Rational(1, 20)}  # fmt: skip
FLIPPED_AT = "from w = w* to -w* with u = -3w*/4, c = β = 1 and η = 3/5"


def decrease_residuals(claim: Claim) -> list[Expr]:
    """ρ² is eliminated by solving its Gram form for ⟨u, w*⟩, in which it is linear."""
    multiplier = c * w_dot_w_star + beta * w_dot_u
    squared = c**2 + 2 * c * beta * u_dot_w_star + beta**2 * norm_u**2
    norm = ALPHA**2 + 2 * ALPHA * eta * multiplier + eta**2 * squared
    inner_w = (ALPHA + eta * multiplier) / rho
    inner_teacher = (ALPHA * w_dot_w_star + eta * (c + beta * u_dot_w_star)) / rho
    inner_u = (ALPHA * w_dot_u + eta * (c * u_dot_w_star + beta * norm_u**2)) / rho
    before = splitting.surrogate(w_dot_w_star, w_dot_u)
    gain = before - splitting.surrogate(inner_teacher, inner_u)
    factor_ = claim.subject.subs(norm_p, sqrt(squared)).subs({alpha: ALPHA, kappa: multiplier})
    eliminated = (rho**2 - norm.subs(u_dot_w_star, 0)) / diff(norm, u_dot_w_star)
    return [(gain - factor_ * (2 - 2 * inner_w)).subs(u_dot_w_star, eliminated)]


def _surrogate(w: Array, u: Array, w_star: Array, c_: float, beta_: float) -> Array:
    # A w-step leaves λP(u) as it is; λ = 0 keeps its size out of the rounding.
    return surrogate_lagrangian(w, np.broadcast_to(u, w.shape), w_star, c_, "l1", 0.0, beta_)


def decrease_violation(claim: Claim) -> Violation:
    """The decrease by a w-step with an arbitrary u."""

    def test(case: FreeStep) -> str | None:
        w, u, w_star = case.vectors
        step = 3 * case.fraction / (case.c + case.beta)
        raw = case.before_normalisation(step)
        new, length = gaussian.normalise(raw), gaussian.norm(raw)
        gain = _surrogate(w, u, w_star, case.c, case.beta) - _surrogate(new, u, w_star, case.c, case.beta)
        values = {c: case.c, beta: case.beta, eta: step, rho: length, alpha: 1 - step * (case.c + case.beta)}
        predicted = evaluate(claim.subject, values) * gaussian.norm(new - w) ** 2
        return disagree("decrease", gain, predicted, case.allowance(raw, step))

    return test


def disagree(what: str, seen: Array, predicted: Array, allowance: Array | float) -> str | None:
    """Where a measured value differs from the predicted one by more than the allowance, or None."""
    gap = np.abs(seen - predicted)
    excess = gap - allowance
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    climb(float(np.max(gap / allowance)), f"a {what} that disagrees")
    if excess[worst] <= 0:
        return None
    return f"{what} {seen[worst]:.12g}, predicted {np.broadcast_to(predicted, seen.shape)[worst]:.12g}"


def decrease_along(claim: Claim) -> Violation:
    """The decrease by the w-step from every iterate of a run."""

    def test(batch: Batch) -> str | None:
        w, u = _states(batch)
        raw = cases.raw_step(w, u, batch.w_star, batch.c, batch.beta, batch.eta)
        new = gaussian.normalise(raw)
        gain = _gain(batch, w, u, new)
        values = {
            c: batch.c, beta: batch.beta, eta: batch.eta, rho: gaussian.norm(raw),
            alpha: 1 - batch.eta * (batch.c + batch.beta),
        }  # fmt: skip
        predicted = evaluate(claim.subject, values) * gaussian.norm(new - w) ** 2
        said = disagree("decrease", gain, predicted, _allowance(batch, gaussian.norm(raw), batch.eta))
        return said and f"{said}: {batch.name}"

    return test


def _states(batch: Batch) -> tuple[Array, Array]:
    """All iterates of all runs, (T R, d)."""
    history = batch.result.history
    if history is None:
        raise ValueError("splitting: history=None, the iterates of the batch are required")
    size = len(batch.w_star)
    return history.w.reshape(-1, size), history.u.reshape(-1, size)


def _gain(batch: Batch, w: Array, u: Array, new: Array) -> Array:
    before, after = (_surrogate(at, u, batch.w_star, batch.c, batch.beta) for at in (w, new))
    return before - after


def _allowance(batch: Batch, norm: Array, step: float) -> Array:
    # ‖u‖ <= ‖w‖ = 1, so no term exceeds c + 4β, and a short norm before the division magnifies its rounding.
    size = batch.c + 4 * batch.beta
    return np.asarray(cases.rounding(len(batch.w_star)) * (1 + step * 2 * size) / norm * (size + 2 / step))


def increase(claim: Claim) -> Violation:
    """Whether a step up to the subject increases the surrogate, for an arbitrary u."""

    def test(case: FreeStep) -> str | None:
        w, u, w_star = case.vectors
        step = case.fraction * float(evaluate(claim.subject, {c: case.c, beta: case.beta}))
        raw = case.before_normalisation(step)
        before, after = (_surrogate(at, u, w_star, case.c, case.beta) for at in (w, gaussian.normalise(raw)))
        allowance = case.allowance(raw, step)
        row = int(np.argmax(after - before - allowance))
        climb(float(np.max((after - before) / allowance)), "an increase")
        if after[row] - before[row] <= allowance[row]:
            return None
        return f"Φ rises from {before[row]:.12g} to {after[row]:.12g} (with λ = 0) at eta={step:.6g}"

    return test


def increase_along(claim: Claim) -> Violation:
    """Whether a step of the size of the subject from an iterate of a run increases the surrogate."""

    def test(batch: Batch) -> str | None:
        w, u = _states(batch)
        step = float(evaluate(claim.subject, {c: batch.c, beta: batch.beta}))
        raw = cases.raw_step(w, u, batch.w_star, batch.c, batch.beta, step)
        rise = -_gain(batch, w, u, gaussian.normalise(raw)) - _allowance(batch, gaussian.norm(raw), step)
        worst = int(np.argmax(rise))
        return f"Φ rises by {rise[worst]:.3g} with eta={step:.4g}: {batch.name}" if rise[worst] > 0 else None

    return test


def u_step_residuals(claim: Claim) -> list[Expr]:
    """Derivatives by u of the surrogate less β times the proximal objective."""
    proximal = (1 - 2 * w_dot_u + norm_u**2) / 2 + claim.subject * penalty_u
    rest = splitting.surrogate(w_dot_w_star, w_dot_u) - beta * proximal
    return [diff(rest, inner) for inner in (penalty_u, w_dot_u, norm_u)]


def u_step_violation(claim: Claim) -> Violation:
    """A u with a smaller surrogate than the thresholded w."""

    def test(case: RelaxedStep) -> str | None:
        w, w_star, noise = case.vectors
        weight = float(evaluate(claim.subject, {lam: case.lam, beta: case.beta}))
        chosen = proximal_map(w, weight, case.penalty, case.a)
        nearby = proximal_map(w, weight * FACTORS[:, None], case.penalty, case.a)
        others = np.concatenate([nearby, chosen + noise, chosen * (1 + noise), [w, 0 * w]])

        def level(u: Array) -> Array:
            return surrogate_lagrangian(w, u, w_star, 1.0, case.penalty, case.lam, case.beta, case.a)

        best, rivals = level(chosen), level(others)
        # Φ is a sum of d positive terms, of 2 - 2⟨w,w*⟩ and of βterms not above 1 + ‖u‖².
        sizes = 2 + best + rivals + case.beta * (2 + np.sum(others**2, axis=1))
        excess = best - rivals - cases.rounding(case.d) * sizes
        worst = int(np.argmax(excess))
        climb(float(np.max((best - rivals) / sizes)), "a better u")
        if excess[worst] <= 0:
            return None
        return f"Φ = {best:.12g} at S(w) with weight {weight:.6g} exceeds {rivals[worst]:.12g} at another u"

    return test


def increase_of_runs(claim: Claim) -> Violation:
    """Whether a step of the subject's length from u = S(w) increases the surrogate."""

    def test(case: ShrunkStep) -> str | None:
        step = case.fraction * float(evaluate(claim.subject, {c: case.c, beta: case.beta}))
        if not case.defined(step):
            return None
        gain, _, allowance = _shrunk_gain(case, step)
        climb(-gain / allowance, "an increase")
        return f"Φ rises by {-gain:.3g} at eta={step:.6g}" if -gain > allowance else None

    return test


def _shrunk_gain(case: ShrunkStep, step: float) -> tuple[float, float, float]:
    """Decrease of Φ, squared residual, and the decrease's rounding."""
    w, u, w_star = case.vectors(step)
    raw = cases.raw_step(w[None], u, w_star, case.c, case.beta, step)
    at = (_surrogate(one, u, w_star, case.c, case.beta) for one in (w[None], gaussian.normalise(raw)))
    pull = case.c * w_star + case.beta * u
    residual = pull - (w @ pull) * w
    # ‖u‖ <= 1, so no term exceeds c + 4β; a short step before the division magnifies its rounding.
    size = case.c + 4 * case.beta
    magnified = (1 + 2 * step * size) / gaussian.norm(raw)[0]
    before, after = (float(level[0]) for level in at)
    return before - after, float(residual @ residual), cases.rounding(case.d) * magnified * (size + 2 / step)


def least_gain_violation(claim: Claim) -> Violation:
    """Whether a step gains less than the subject times its squared residual."""

    def test(case: ShrunkStep) -> str | None:
        step = case.fraction / (case.c + case.beta)
        if not case.defined(step):
            return None
        gain, squared, allowance = _shrunk_gain(case, step)
        least = float(evaluate(claim.subject, {c: case.c, beta: case.beta, eta: step})) * squared
        climb((least - gain) / allowance, "too small a gain")
        return (
            f"Φ falls by {gain:.6g}, not {least:.6g}, at eta={step:.6g}" if least - gain > allowance else None
        )

    return test
