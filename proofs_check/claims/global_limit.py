"""A9: the limit of l1 is the only one in the trapping cap, and the whole sequence goes there.

Write Λ = λ√d and e = β(w - S(w)), ‖e‖ ≤ Λ. A step is N(T(w)) with T(w) = (1 - η(c+β))w + ηβS(w) + ηc w*.
T shrinks every distance to 1 - ηc of it at least, because S does not expand and 1 - η(c+β) ≥ 0. And
‖T(w)‖ ≥ ⟨w, T(w)⟩ = 1 - ηc + η(c cosθ - ⟨w, e⟩) ≥ 1 - ηc + η(c cosψ - Λ) in the cap θ ≤ ψ; as
‖x - y‖² = (‖x‖ - ‖y‖)² + ‖x‖‖y‖‖N(x) - N(y)‖², N divides by no less. So the step contracts where c cosψ > Λ,
and leaves the cap invariant where c sinψ ≥ Λ. Both hold at ψ = π/4 if Λ < c/√2; Banach's theorem does the
rest.

The multiplier κ of a fixed point has (κ - β)w = c w* - e, and c w* - e points into the cap: κ - β ≥ c - Λ.
This needs Λ < c only, and no property of S but ‖e‖ ≤ Λ. For l1 at most one fixed point has κ > β.
"""

from collections.abc import Mapping

import numpy as np
from sympy import And, Eq, Expr, Not, Or, Rational, Symbol, sqrt
from sympy.logic.boolalg import Boolean

from numerics.closed_forms import evaluate
from numerics.penalties import proximal_map, threshold
from proofs_check.claims.limit_cases import CapPair, CapPoint, Solution, cap_pairs, cap_points, solutions
from proofs_check.claims.trapping import ACROSS, ALONG, COSINE, HERE, PULL, K, S, real
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, square_roots, unsatisfiable
from proofs_check.records import Claim, Control
from theory.symbols import beta, c, eta, kappa, lam, mu, w_star_i

ONE_PERCENT = Rational(101, 100)
DOES_NOT_EXPAND = "l1-proximal-map-is-firmly-nonexpansive"


def claims() -> tuple[Claim, ...]:
    """The multiplier in the cap and at fixed points, the contraction, and the only limit."""
    return _in_the_cap(), _at_fixed_points(), _contracts(), _unique()


def _cap_queries(claim: Claim) -> Mapping[str, Query]:
    inner = real("inner_we")
    cap = (K >= 0, Eq(S**2 + K**2, 1), S >= 0, c * S <= PULL, inner <= PULL, claim.subject > PULL)
    return {"c cosθ > ⟨w, e⟩": Query(c * K > inner, cap, square_roots(claim.subject))}


def _cap_violation(claim: Claim) -> Violation:
    def test(case: CapPoint) -> str | None:
        pull = case.fraction * float(evaluate(claim.subject, {c: case.c, lam: 0.0}))
        weight = pull / np.sqrt(case.d)
        w, w_star = case.vectors(pull / case.c)
        # β so large that no entry of w is set to zero.
        beta_ = 4 * pull
        gap = case.c * float(w @ w_star) - beta_ * float(w @ (w - proximal_map(w, weight / beta_, "l1")))
        climb(-gap / case.c, "κ below β")
        return None if gap > 0 else f"κ - β = {gap:.6g} with λ√d = {pull:.6g}"

    return test


def _in_the_cap() -> Claim:
    subject = c / sqrt(2)
    return Claim(
        id="multiplier-exceeds-beta-in-the-trapping-cap",
        label="A9",
        statement="If Λ < {subject} then ⟨w, c w* + βS(w)⟩ > β at every w with θ ≤ π/2 and sinθ ≤ Λ/c, fixed "
        "point or not, so that Φ minimised over u is geodesically convex there for l1.",
        source=HERE,
        subject=subject,
        sharper="larger",
        assumptions=(c > 0, PULL > 0),
        example={c: 1, PULL: Rational(1, 2)},
        evidence=(
            unsatisfiable(_cap_queries, "c cosθ exceeds ⟨w, β(w - S(w))⟩ ≤ Λ"),
            searched(cap_points, _cap_violation, "κ > β, also where l1 pulls most"),
        ),
        controls=(
            Control("the root forgotten", c + 0 * lam),
            Control("twice c", 2 * c),
            Control("one percent more", ONE_PERCENT * subject),
        ),
        uses=(DOES_NOT_EXPAND, "l1-displacement-is-at-most-the-threshold"),
    )


def _fixed_queries(claim: Claim) -> Mapping[str, Query]:
    along = Eq((kappa - beta) * K, c - ALONG)
    across = Eq((kappa - beta) ** 2 * S**2, ACROSS**2)
    ball = (ALONG**2 + ACROSS**2 <= PULL**2, Eq(S**2 + K**2, 1))
    return {"(κ - β)w = c w* - e": Query(kappa - beta >= claim.subject, (along, across, *ball))}


def _multiplier_violation(claim: Claim) -> Violation:
    def test(case: Solution) -> str | None:
        w, _, w_star, c_ = case.vectors
        pull = case.beta * np.sqrt(case.d) * float(threshold(case.mu, case.penalty, case.a))
        if not pull < c_ or (ACUTE in claim.assumptions and w @ w_star < 0):
            return None
        least = float(evaluate(claim.subject, {c: c_, PULL: pull, beta: case.beta}))
        excess = (case.ratio - 1) * case.beta
        climb((least - excess) / c_, "a smaller multiplier")
        # κ is given; c and w* carry the rounding of their terms.
        if excess >= least - 1e-13 * (c_ + case.beta * case.ratio):
            return None
        return f"κ - β = {excess:.9g} is below {least:.9g}, c = {c_:.6g}"

    return test


ACUTE = K >= 0


def _at_fixed_points() -> Claim:
    subject = c - PULL
    return Claim(
        id="multiplier-exceeds-beta-at-fixed-points",
        label="A9",
        statement="At every fixed point with θ ≤ π/2 and pull ‖β(w - u)‖ ≤ Λ < c, κ - β is at least "
        "{subject}, whatever the penalty.",
        source=HERE,
        subject=subject,
        sharper="larger",
        assumptions=(c > 0, PULL >= 0, c > PULL, ACUTE),
        example={c: 1, PULL: Rational(9, 10), K: Rational(3, 5)},
        evidence=(
            unsatisfiable(_fixed_queries, "no pull, by its parts along and across w*, leaves a smaller one"),
            searched(
                lambda: solutions(("l1", "l0", "tl1"), (-1.5, 0.2, 1.0001, 1.1, 2.0, 30.0)),
                _multiplier_violation,
                "constructed solutions with three penalties",
            ),
        ),
        controls=(
            Control("the pull forgotten", c),
            Control("c + β for c", c + beta - PULL),
            Control("one percent more", ONE_PERCENT * subject),
            Control("obtuse angles as well", without=(ACUTE,)),
        ),
        uses=("fixed-points-of-the-step",),
    )


def contraction(cosine: Expr) -> Expr:
    """Factor by which a step contracts the cap whose cosine is given."""
    return (1 - eta * c) / (1 - eta * c + eta * (c * cosine - PULL))


def _contraction_queries(claim: Claim) -> Mapping[str, Query]:
    square, inner, sparse = map(real, ("square", "inner_s", "square_s"))
    keep, moves = 1 - eta * (c + beta), eta * beta
    firm = (square >= 0, sparse >= 0, sparse <= inner, inner**2 <= sparse * square)
    mapped = keep**2 * square + 2 * keep * moves * inner + moves**2 * sparse
    raw, after, one, other, short, pull = map(real, ("raw", "after", "norm_x", "norm_y", "least", "inner_we"))
    # With ‖T(x) - T(y)‖ ≤ (1 - ηc)‖x - y‖ and ‖T(w)‖ ≥ least > 0 the step contracts to (1 - ηc)/least.
    least = 1 - eta * c + eta * (c * COSINE - PULL)
    split = Eq(raw**2, (one - other) ** 2 + one * other * after**2)
    norms = (raw >= 0, after >= 0, short > 0, one >= short, other >= short)
    return {
        "T shrinks distances": Query(mapped <= (1 - eta * c) ** 2 * square, firm),
        "‖T(w)‖": Query(1 - eta * c + eta * (c * K - pull) >= least, (K >= COSINE, pull <= PULL)),
        "least norm": Query(least > 0),
        "the normalisation divides by the least norm at least": Query(short * after <= raw, (*norms, split)),
        "after both": Query(1 - eta * c <= claim.subject * least),
    }


def _contraction_violation(claim: Claim) -> Violation:
    def test(case: CapPair) -> str | None:
        before, after = case.distances()
        if before == 0:
            return None
        values = {c: case.c, PULL: case.pull, beta: case.beta, eta: case.eta, COSINE: case.cosine}
        factor = float(evaluate(claim.subject, values))
        climb(after / before - factor, "less contraction")
        # Entries of order one are rounded a few times each.
        if after <= factor * before + 1e-14 * case.d:
            return None
        return f"a distance of {before:.9g} becomes {after:.9g}, not {factor:.9g} of it"

    return test


def _contracts() -> Claim:
    subject = contraction(COSINE)
    return Claim(
        id="step-with-l1-contracts-the-cap",
        label="A9",
        statement="With l1, Λ = λ√d and 0 < η ≤ 1/(c+β), a step multiplies the distance of any two points "
        "of a cap θ ≤ ψ with c cosψ > Λ by at most {subject}, which is below 1.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(
            c > 0, beta > 0, eta > 0, eta * (c + beta) <= 1, PULL > 0, c * COSINE > PULL, COSINE <= 1,
        ),
        example={c: 1, beta: 2, eta: Rational(1, 3), PULL: Rational(1, 2), COSINE: Rational(4, 5)},
        evidence=(
            unsatisfiable(_contraction_queries, "no two points and their images violate it"),
            searched(cap_pairs, _contraction_violation, "steps from pairs of points of caps"),
        ),
        controls=(
            Control("half of it", subject / 2),
            Control("the pull forgotten", subject.subs(PULL, 0)),
            Control("its square", subject**2),
            Control("one percent less", Rational(99, 100) * subject),
        ),
        uses=(DOES_NOT_EXPAND, "l1-displacement-is-at-most-the-threshold"),
    )  # fmt: skip


def _unique_queries(claim: Claim) -> Mapping[str, Query]:
    # The magnitude of an entry of w̄ by κ: the entry survives where c|w*ᵢ| > κλ/β.
    other, size = real("kappa_2"), w_star_i

    def cases(at: Symbol, value: Symbol) -> Boolean:
        survives = c * size > at * mu
        large = Eq((at - beta) * value, c * size - beta * mu)
        return Or(And(survives, large), And(Not(survives), Eq(at * value, c * size)))

    first, second = real("first"), real("second")
    pair = (kappa > claim.subject, other > kappa, cases(kappa, first), cases(other, second))
    return {"a larger κ leaves a smaller entry": Query(first > second, pair)}


def _unique() -> Claim:
    return Claim(
        id="l1-limit-with-large-multiplier-is-unique",
        label="A9",
        statement="With l1 there is at most one fixed point with κ > {subject}: every non-zero entry of w̄ "
        "falls strictly as κ rises, and ‖w̄‖ = 1. With Λ = λ√d < c there is then one at most with θ ≤ π/2.",
        source=HERE,
        subject=beta,
        sharper="smaller",
        assumptions=(c > 0, beta > 0, mu > 0, w_star_i > 0),
        example={c: 1, beta: 2, mu: Rational(1, 9), w_star_i: 1},
        evidence=(
            unsatisfiable(
                _unique_queries, "no pair of multipliers above β gives an entry the other way round"
            ),
        ),
        controls=(
            Control("every positive κ", 0 * beta),
            Control("κ above nine tenths of β", Rational(9, 10) * beta),
        ),
        uses=(
            "sparsifying-operation",
            "support-of-the-limit-is-the-teacher-s",
            "l1-displacement-is-at-most-the-threshold",
            "multiplier-exceeds-beta-at-fixed-points",
        ),
    )
