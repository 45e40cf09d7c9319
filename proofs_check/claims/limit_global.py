"""A7 and A9: whether the limit is the only one.

Φ minimised over u is c(1 - ⟨w,w*⟩) plus β times the Moreau envelope of (λ/β)P. On the sphere its Hessian is
β(I - S′) across w plus κ - β, with κ - β = c cosθ - β⟨w, w - S(w)⟩. For l1 the first is not negative, and
β⟨w, w - S(w)⟩ <= λ√d; in the cap sinθ <= λ√d/c the difference is positive as long as λ√d < c/√2.
"""

import numpy as np
from numpy.typing import NDArray
from sympy import Rational, asin, pi, sqrt

from numerics.closed_forms import evaluate
from numerics.penalties import proximal_map
from proofs_check.claims.limit_cases import CapPoint, Field, cap_points, l0_fields, l1_fields
from proofs_check.evidence.cases import Violation, searched, simulated
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory.penalties import threshold
from theory.symbols import beta, c, d, lam, mu, theta_start

Array = NDArray[np.float64]
HERE = Source(Provenance.DERIVED)
DX = Source(Provenance.DERIVED, "arXiv 1901.09731", "the abstract claims convergence to a global limit")
# Agreement of iteration and direct solution: a last step of 1e-14 times 1/(1 - q), with q <= 0.9.
AGREE = 1e-12
_START = theta_start < pi - asin(lam * sqrt(d) / c)


def claims() -> tuple[Claim, ...]:
    """The limits of l0 and l1."""
    return _l0_unique(), _global()


def _l0_unique() -> Claim:
    """A coordinate that is small at a limit has c|w*ᵢ|/κ <= t, and κ <= c + β: the repair excludes it."""
    subject = threshold("l0").result.subs(mu, lam / beta)
    return Claim(
        id="l0-limit-is-unique",
        label="A7",
        statement="With l0, RVSCGD has no limit with κ > β but w* if every non-zero |w*ᵢ| exceeds {subject}.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, lam > 0, beta > 0),
        example={c: 1, lam: Rational(1, 4), beta: 2},
        uses=("l0-has-no-bias-for-large-entries",),
        evidence=(simulated(l0_fields, _unique_violation, "runs from everywhere end at w*"),),
        controls=(
            Control("½ forgotten", sqrt(lam / beta)),
            Control("the root forgotten", lam / beta),
            Control("repair: also after its entry shrank by c/(c+β)", (c + beta) / c * subject, holds=True),
        ),
        expected=Expected.FAILS,
    )


def _unique_violation(claim: Claim) -> Violation:
    def test(field: Field) -> str | None:
        large = float(evaluate(claim.subject, {c: field.c, lam: field.lam, beta: field.beta}))
        if not np.abs(field.w_star).min() > large:
            return None
        wrong = field.result.converged & (field.kappa > field.beta) & (field.result.angle > AGREE)
        if not wrong.any():
            return None
        at = int(np.argmax(wrong))
        return (f"a start at {field.start[at]:.4g} ends at w = {np.round(field.result.w[at], 6).tolist()}, "
                f"angle {field.result.angle[at]:.6g}: {field.name}")  # fmt: skip

    return test


def _global() -> Claim:
    subject = c / sqrt(2)
    return Claim(
        id="global-limit-with-l1",
        label="A9",
        statement="If λ√d < {subject} then κ > β in the cap sinθ <= λ√d/c, the l1 limit there is unique, and "
        "from every start with θ⁰ < π - arcsin(λ√d/c) the whole sequence converges to it (0 < η <= 1/(c+β)).",
        source=DX,
        subject=subject,
        assumptions=(c > 0, lam > 0, beta > 0, d > 0, _START),
        example={c: 1, lam: Rational(1, 9), beta: 2, d: 4, theta_start: 1},
        uses=("sparsifying-operation", "w-step-decreases-the-surrogate-by-an-exact-amount", "l1-error-bound"),
        evidence=(
            searched(cap_points, _cap_violation, "κ > β in the cap, also where l1 pulls most"),
            simulated(l1_fields, _converges, "runs from everywhere, up to the edge of the admitted starts, "
                      "end at the limit that is computed directly"),
        ),
        controls=(
            Control("the root forgotten", c + 0 * lam),
            Control("twice c", 2 * c),
            Control("one percent more", Rational(101, 100) * subject),
            Control("any start", without=(_START,)),
        ),
    )  # fmt: skip


def _cap_violation(claim: Claim) -> Violation:
    def test(case: CapPoint) -> str | None:
        pull = case.fraction * float(evaluate(claim.subject, {c: case.c, lam: 0.0}))
        weight = pull / np.sqrt(case.d)
        w, w_star = case.vectors(pull / case.c)
        # β so large that no entry of w is set to zero.
        beta_ = 4 * pull
        gap = case.c * float(w @ w_star) - beta_ * float(w @ (w - proximal_map(w, weight / beta_, "l1")))
        return None if gap > 0 else f"κ - β = {gap:.6g} with λ√d = {pull:.6g}"

    return test


def _converges(claim: Claim) -> Violation:
    trapped = _START in claim.assumptions

    def test(field: Field) -> str | None:
        pull = field.lam * np.sqrt(len(field.w_star))
        if not pull < float(evaluate(claim.subject, {c: field.c, lam: field.lam})):
            return None
        admitted = (
            field.start < np.pi - np.arcsin(min(1.0, pull / field.c)) if trapped else field.start < np.pi
        )
        if len(field.limits) != 1:
            return f"{len(field.limits)} limits are computed: {field.name}"
        off = np.abs(field.result.w - field.limits[0].w).max(axis=1) * admitted
        at = int(np.argmax(off))
        if off[at] <= AGREE:
            return None
        return f"a start at {field.start[at]:.4g} ends {off[at]:.3g} from the limit: {field.name}"

    return test
