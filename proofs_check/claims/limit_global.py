"""A7 and A9: whether the limit is the only one.

Φ minimised over u is c(1 - ⟨w,w*⟩) plus β times the Moreau envelope of (λ/β)P. On the sphere its Hessian is
β(I - S′) across w plus κ - β, with κ - β = c cosθ - β⟨w, w - S(w)⟩. For l1 the first is not negative, and
β⟨w, w - S(w)⟩ <= λ√d. The lemmas stand in ``global_limit``. The constant c/√2 is that of convexity and
contraction in a whole cap, while uniqueness and convergence bear every λ√d < c, and nothing beyond.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sympy import Eq, Expr, Ne, Rational, sqrt

from numerics.closed_forms import evaluate
from proofs_check.claims.global_limit import contraction
from proofs_check.claims.limit_cases import Field, l0_fields, l1_fields
from proofs_check.claims.limit_runs import ADMITTED, AGREE, converges, from_the_border
from proofs_check.claims.trapping import ACROSS, ALONG, PULL, K, S
from proofs_check.evidence.cases import Violation, simulated
from proofs_check.evidence.smt import Query, square_roots, unsatisfiable
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Expected, Provenance, Source, Weakening
from theory.penalties import proximal_map as proximal_formula
from theory.penalties import threshold
from theory.symbols import beta, c, d, eta, kappa, lam, mu, t, theta_start, x

Array = NDArray[np.float64]
HERE = Source(Provenance.DERIVED)
DX = Source(Provenance.DERIVED, "arXiv 1901.09731", "the abstract claims convergence to a global limit")


def claims() -> tuple[Claim, ...]:
    """The limits of l0 and l1."""
    return _l0_unique(), _global(), _up_to_c(), _border()


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
        example={c: 75, lam: Rational(13, 2), beta: 52, kappa: 117},
        uses=("l0-has-no-bias-for-large-entries",),
        evidence=(
            at_the_example(_other_limit, "w* = (3, 4)/5 and w = (5, 12)/13, with its first entry lost"),
            simulated(l0_fields, _unique_violation, "runs from everywhere end at w*"),
        ),
        controls=(
            Control("½ forgotten", sqrt(lam / beta)),
            Control("the root forgotten", lam / beta),
            Control("repair: also after its entry shrank by c/(c+β)", (c + beta) / c * subject, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(
            Weakening("l0-limit-is-the-teacher-for-larger-entries", "exceeds {subject}"),
            Weakening("l1-limit-with-large-multiplier-is-unique", "With l1"),
        ),
    )


def _imbalance(penalty: str, teacher: tuple[Expr, ...], point: tuple[Expr, ...]) -> Expr:
    """‖κw - βS(w) - c w*‖²."""
    shrunk = proximal_formula(penalty).result.subs(t, threshold(penalty).result).subs(mu, lam / beta)
    pairs = zip(point, teacher, strict=True)
    off: Expr = sum((kappa * w - beta * shrunk.subs(x, w) - c * entry) ** 2 for w, entry in pairs)
    return off


def _other_limit(claim: Claim) -> Mapping[str, Instance]:
    teacher = Rational(3, 5), Rational(4, 5)
    off = _imbalance("l0", teacher, (Rational(5, 13), Rational(12, 13)))
    premises = (kappa > beta, claim.subject < min(teacher))
    return {"(5, 12)/13 is no second limit": Instance(Ne(off, 0), premises)}


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


def _cap_queries(claim: Claim) -> Mapping[str, Query]:
    cosine = 1 / sqrt(2)
    assumed = (PULL >= 0, claim.subject > PULL, eta > 0, eta * (c + beta) <= 1)
    roots = square_roots(claim.subject, cosine)
    return {
        "the cap θ ≤ π/4 is invariant": Query(c * cosine >= PULL, assumed, roots),
        "the step contracts it": Query(contraction(cosine) < 1, assumed, roots),
    }


def _global() -> Claim:
    subject = c / sqrt(2)
    return Claim(
        id="global-limit-with-l1",
        label="A9",
        statement="If λ√d < {subject} and 0 < η ≤ 1/(c+β), RVSCGD with l1 contracts the cap θ ≤ π/4 into "
        "itself; so the limit there is unique, and from every start with θ⁰ < π - arcsin(λ√d/c) the whole "
        "sequence converges to it at a linear rate.",
        source=DX,
        subject=subject,
        sharper="larger",
        assumptions=(c > 0, lam > 0, beta > 0, d > 0),
        example={c: 1, lam: Rational(1, 9), beta: 2, d: 4},
        uses=(
            "step-with-l1-contracts-the-cap",
            "caps-around-the-teacher-are-invariant",
            "angle-falls-by-a-fixed-amount-above-the-right-angle",
            "excess-over-the-trapping-angle-shrinks",
        ),
        evidence=(
            unsatisfiable(_cap_queries, "the cap is invariant and the factor below 1, so that Banach's "
                          "theorem applies; A8 leads there"),
            from_the_border(always_trapped=True),
            simulated(
                l1_fields,
                lambda claim: converges(claim, trapped=True),
                "runs from everywhere, up to the edge of the admitted starts, end at the computed limit",
            ),
        ),
        controls=(
            Control("twice c", 2 * c),
            Control("the root forgotten, which the whole cap does not bear", c + 0 * lam),
            Control("one percent more", Rational(101, 100) * subject),
        ),
    )  # fmt: skip


def _up_to_c() -> Claim:
    """Every limit in the open half sphere has κ - β ≥ c - λ√d > 0, and there is at most one such."""
    return Claim(
        id="global-limit-with-l1-up-to-c",
        label="A9",
        statement="λ√d < {subject} is enough for the limit of l1 with θ ≤ π/2 to be unique and the whole "
        "sequence to converge to it from every start with θ⁰ < π - arcsin(λ√d/c), 0 < η ≤ 1/(c+β).",
        source=HERE,
        subject=c,
        sharper="larger",
        assumptions=(c > 0, lam > 0, beta > 0, d > 0, ADMITTED),
        example={c: 1, lam: Rational(1, 9), beta: 2, d: 4, theta_start: 1},
        uses=(
            "multiplier-exceeds-beta-at-fixed-points",
            "l1-limit-with-large-multiplier-is-unique",
            "weighted-squared-steps-sum-to-at-most-the-start",
            "angle-is-trapped-with-errors-in-the-gradient",
        ),
        evidence=(
            from_the_border(always_trapped=False),
            simulated(
                l1_fields,
                lambda claim: converges(claim, trapped=ADMITTED in claim.assumptions),
                "runs from everywhere, up to the edge of the admitted starts, end at the computed limit",
            ),
        ),
        controls=(
            Control("twice c", 2 * c),
            Control("any start", without=(ADMITTED,)),
        ),
        weakens=(Weakening("global-limit-with-l1", "λ√d < {subject}"),),
        sampled_because="uniqueness is exact, but that the steps fade and every point of accumulation is a "
        "fixed point gives convergence by compactness, which is no statement about finitely many reals.",
    )  # fmt: skip


def _border_queries(claim: Claim) -> Mapping[str, Query]:
    along, across = Eq((kappa - beta) * K, c - ALONG), Eq((kappa - beta) ** 2 * S**2, ACROSS**2)
    ball = (ALONG**2 + ACROSS**2 <= PULL**2, Eq(S**2 + K**2, 1), K >= 0, S >= 0, PULL >= 0)
    below = claim.subject >= PULL
    return {"κ > β at a fixed point": Query(kappa > beta, (along, across, below, *ball))}


def _border_instance(claim: Claim) -> Mapping[str, Instance]:
    point = tuple(Rational(k, 6) for k in (1, 1, 3, 5))
    off = _imbalance("l1", (Rational(1, 2),) * 4, point)
    return {"(1, 1, 3, 5)/6 is no second limit": Instance(Ne(off, 0), (claim.subject >= lam * sqrt(d),))}


def _border() -> Claim:
    return Claim(
        id="l1-limit-is-unique-at-the-border",
        label="A9",
        statement="If λ√d ≤ {subject} the limit of l1 with θ ≤ π/2 is unique and has κ > β.",
        source=HERE,
        subject=c,
        assumptions=(c > 0, lam > 0, beta > 0, d > 0),
        example={c: 1, lam: Rational(1, 2), beta: 4, d: 4, kappa: 4},
        evidence=(
            at_the_example(_border_instance, "w* = (1, 1, 1, 1)/2 and every w with all entries at least λ/β "
                           "are fixed points"),
            unsatisfiable(_border_queries, "no pull gives κ ≤ β"),
        ),
        controls=(
            Control("twice c", 2 * c),
            Control("one percent more", Rational(101, 100) * c),
            Control("repair: one percent less", Rational(99, 100) * c, holds=True),
        ),
        uses=("multiplier-exceeds-beta-at-fixed-points", "l1-limit-with-large-multiplier-is-unique"),
        expected=Expected.FAILS,
        weakens=(
            Weakening("global-limit-with-l1-up-to-c", "λ√d < {subject}"),
            Weakening("l1-limit-with-large-multiplier-is-unique", "κ > {subject}"),
        ),
    )  # fmt: skip
