"""A7, l0: the teacher as the limit, when it is the only one, and counterexamples where it is not.

Let every |w*ᵢ| ≠ 0 exceed (1 + β/c)t. As κ = c⟨w,w*⟩ + β⟨w,u⟩ <= c + β, no entry of w* can be set to zero,
for that would need c|w*ᵢ| <= κt. So (κ - β)w = c w*, and w = w* if κ > β. Derived here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray
from sympy import Eq, Or, Piecewise, Rational, Symbol

from numerics import gaussian
from numerics.closed_forms import evaluate
from numerics.limit import LimitPoint, limit_points
from proofs_check.claims.draws import SEEDS, case_of, decades
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Expected, Provenance, Source, Weakening
from theory.symbols import beta, c, kappa, t, w_star_i, x

Array = NDArray[np.float64]
HERE = Source(Provenance.DERIVED)


def claims() -> tuple[Claim, ...]:
    """Uniqueness with l0, and what it and the absence of bias need."""
    return _unique_l0(), _threshold_suffices(), _any_entries()


def _unique_l0() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        balance = Eq(kappa * x, c * w_star_i, evaluate=False)
        return {
            "a lost entry": Query(x > t, (w_star_i > claim.subject, kappa > 0, kappa <= c + beta, balance))
        }

    subject = (1 + beta / c) * t
    return Claim(
        id="l0-limit-is-the-teacher-for-larger-entries",
        label="A7",
        statement="With l0 and its threshold t = √(2λ/β), w* is the only fixed point with κ > β if every "
        "non-zero "
        "|w*ᵢ| exceeds {subject}.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(c > 0, beta > 0, t > 0),
        example={c: 1, beta: 2, t: Rational(1, 10)},
        uses=("fixed-points-of-the-step", "l0-has-no-bias-for-large-entries"),
        evidence=(
            unsatisfiable(queries, "no such entry is set to zero at κ ≤ c + β"),
            searched(
                _small_entries,
                _another,
                "all fixed points of teachers, by their survivors",
                borders=BORDERS,
                fewer=3,
            ),
        ),
        controls=(
            Control("the threshold itself", t),
            Control("one percent less", Rational(99, 100) * subject),
            Control("c over β", (1 + c / beta) * t),
            Control("any entries", 0 * t),
        ),
    )


@dataclass(frozen=True)
class SmallEntries:
    """A teacher with entries over ``decades``, and l0; its smallest is the bound over ``level``."""

    s: int
    decades: float
    c: float
    beta: float
    level: float
    seed: int

    @property
    def w_star(self) -> Array:
        """The teacher, (s + 1,); one entry is zero."""
        rng = np.random.default_rng(self.seed)
        sizes = 10 ** (-self.decades * np.append(rng.uniform(0, 1, self.s - 1), 1.0))
        sizes[0] = 1.0
        return gaussian.normalise(np.append(rng.choice((-1.0, 1.0), self.s) * sizes, 0.0))

    def limits(self, t_: float) -> tuple[LimitPoint, ...]:
        """All fixed points with κ > β, for every choice of the entries that survive."""
        chosen = np.array(list(product((False, True), repeat=self.s)))
        masks = np.column_stack([chosen, np.zeros(len(chosen), dtype=np.bool_)])
        lam = self.beta * t_**2 / 2
        return limit_points(self.w_star, self.c, "l0", lam, self.beta, survivors=masks)


# The smallest entry is a thousandth of the others, where the bound is all but attained; and half of them.
BORDERS = (SmallEntries(2, 3.0, 1.0, 1.0, 1 - 1e-6, 0), SmallEntries(4, 0.3, 1.0, 100.0, 1 - 1e-6, 1))


def _small_entries() -> SearchStrategy[SmallEntries]:
    """Up to four entries, equal ones too, and the smallest down to just above the bound."""
    return case_of(
        SmallEntries, st.sampled_from((1, 2, 3, 4)), st.sampled_from((0.0, 0.3, 1.0, 3.0)),
        decades(-1, 1), decades(-2, 2), st.sampled_from((0.5, 0.9, 0.999, 1 - 1e-6)), SEEDS,
    )  # fmt: skip


def _another(claim: Claim) -> Violation:
    def test(case: SmallEntries) -> str | None:
        size = np.abs(case.w_star)
        smallest = float(size[size > 0].min())
        # The bound is proportional to t, so that this t makes it the level times the smallest entry.
        per_t = float(evaluate(claim.subject, {c: case.c, beta: case.beta, t: 1.0}))
        level = case.level * smallest / per_t if per_t > 0 else case.level * smallest
        least = float(evaluate(claim.subject, {c: case.c, beta: case.beta, t: level}))
        if not smallest > least:
            return None
        found = [point for point in case.limits(level) if point.kappa > case.beta]
        off = max((point.angle for point in found), default=np.pi)
        climb(off, "another fixed point, or none")
        if off <= 1e-12:
            return None
        return f"{len(found)} fixed points, one {off:.3g} from w*, whose entries exceed {least:.3g}"

    return test


def _threshold_suffices() -> Claim:
    """Beside w* = (4/5, 3/5), κ = 127, also w = (12/13, 5/13), u = (12/13, 0), κ = 117."""
    first, second = Symbol("w_1", real=True), Symbol("w_2", real=True)
    teacher = Rational(4, 5), Rational(3, 5)

    def queries(claim: Claim) -> Mapping[str, Query]:
        given = (Eq(c, 75), Eq(beta, 52), Eq(t, Rational(1, 2)), kappa > beta)
        point = (
            Eq(first**2 + second**2, 1), first > t, second <= t, second >= -t,
            Eq(kappa * first, c * teacher[0] + beta * first), Eq(kappa * second, c * teacher[1]),
        )  # fmt: skip
        alike = Or(claim.subject >= teacher[1], Eq(first, teacher[0]))
        return {"the second entry lost": Query(alike, (*given, *point))}

    return Claim(
        id="l0-limit-is-the-teacher-above-the-threshold",
        label="A7",
        statement="With l0 and its threshold t = √(2λ/β), w* is the only fixed point with κ > β if every "
        "non-zero "
        "|w*ᵢ| exceeds {subject}.",
        source=HERE,
        subject=t,
        assumptions=(t > 0, beta > 0, c > 0),
        example={t: Rational(1, 2), beta: 52, c: 75},
        uses=("l0-limit-is-the-teacher-for-larger-entries",),
        evidence=(
            unsatisfiable(queries, "a second fixed point of w* = (4/5, 3/5) with c = 75, β = 52, λ = 13/2"),
        ),
        controls=(
            Control("a tenth more", Rational(11, 10) * t),
            Control("half of it", t / 2),
            Control("repair: (1 + β/c)t", (1 + beta / c) * t, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("l0-limit-is-the-teacher-for-larger-entries", "exceeds {subject}"),),
    )


def _any_entries() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        kept = Piecewise((0, w_star_i <= t), (w_star_i, True))
        balance = Eq((c + beta) * w_star_i, c * w_star_i + beta * kept, evaluate=False)
        return {"an entry of w*": Query(balance, (w_star_i > claim.subject,))}

    return Claim(
        id="l0-has-no-bias-for-any-entries",
        label="A7",
        statement="With l0 and its threshold t, w* itself is a fixed point, u = w* and κ = c + β, if "
        "every non-zero "
        "|w*ᵢ| exceeds {subject}.",
        source=HERE,
        subject=0 * t,
        assumptions=(c > 0, beta > 0, t > 0),
        example={c: 1, beta: 2, t: Rational(1, 10)},
        uses=("l0-has-no-bias-for-large-entries",),
        evidence=(unsatisfiable(queries, "an entry that is lost, so that κw* = c w* + βu fails"),),
        controls=(
            Control("half of the threshold", t / 2),
            Control("one percent below it", Rational(99, 100) * t),
            Control("repair: the threshold", t, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("l0-has-no-bias-for-large-entries", "exceeds {subject}"),),
    )
