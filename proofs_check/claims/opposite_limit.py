"""A12: the failures are real: with l1 and β > c + λ the opposite of a teacher with one entry attracts.

Let w* = e₁ and w = (-k, r) with |rᵢ| ≤ λ/β, so that S sets r to zero, and S(-k) = -(k - λ/β).
A step is along (-((1 - ηc)k - η(c + λ)), (1 - η(c+β)) r). It keeps the direction of r, and multiplies ‖r‖/k
by (1 - η(c+β))k/((1 - ηc)k - η(c + λ)), below 1 exactly if βk > c + λ, and falling further as k rises to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sympy import Abs, And, Eq, Expr, Integer, Rational, Symbol, sqrt

from numerics import gaussian
from numerics.closed_forms import evaluate
from numerics.splitting import largest_step, rvscgd
from proofs_check.claims.draws import SEEDS, case_of, decades
from proofs_check.claims.trapping import HERE, K, S, real
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Expected, Weakening
from theory.penalties import proximal_map, threshold
from theory.symbols import beta, c, eta, lam, mu, t, x

STEPS = 30
SHORT = eta * (c + beta) <= 1
HELD_BY = 2 * eta * c < 1


def claims() -> tuple[Claim, ...]:
    """The opposite attracts; not yet for β > c alone; so not every start is learned; nor by any errors."""
    return _attracts(), _above_c(), _every_start(), _held()


@cache
def _soft() -> Expr:
    formula: Expr = proximal_map("l1").result.subs(t, threshold("l1").result)
    return formula


def shrunk(point: Expr) -> Expr:
    """S of l1 with the weight λ/β at a point."""
    return _soft().xreplace({x: point, mu: lam / beta})


def opposed_step(along: Expr, across: Expr) -> tuple[Expr, Expr]:
    """Parts along e₁ and along r of a step from w, before the normalisation."""
    keep = 1 - eta * (c + beta)
    return keep * along + eta * (c + beta * shrunk(along)), keep * across + eta * beta * shrunk(across)


def _attracted(claim: Claim) -> Mapping[str, Query]:
    k, r, entry = real("k"), real("r"), real("entry")
    # The entries of r have one factor; one stands for all, and r is the norm.
    near = (beta * k > claim.subject, k > 0, k <= 1, r > 0, entry > 0, beta * entry <= lam)
    along, other = opposed_step(-k, entry)
    return {
        "the part along the teacher stays opposed": Query(along < 0, near),
        "every other entry keeps its sign and falls towards it": Query(
            And(other >= 0, other * k < entry * -along), near
        ),
    }


@dataclass(frozen=True)
class Opposed:
    """A start near to -e₁, just inside of the region, and β = ``ratio`` (c + λ)."""

    d: int
    c: float
    lam: float
    ratio: float
    fraction: float
    seed: int

    @property
    def beta(self) -> float:
        """Relaxation parameter."""
        return self.ratio * (self.c + self.lam)

    def end(self, least: float) -> tuple[float, float] | None:
        """Angle to -e₁ at the start and after many steps, if ``least``/β is below 1."""
        if not least < self.beta:
            return None
        rng = np.random.default_rng(self.seed)
        pole, across = -np.eye(self.d)[0], np.zeros(self.d)
        across[1:] = gaussian.uniform_sphere(rng, 1, max(self.d - 1, 2))[0][: self.d - 1]
        across = gaussian.normalise(across)
        # Up to the edge of the region, where k = least/β or an entry is λ/β.
        widest = min(
            np.arccos(least / self.beta), np.arcsin(min(1.0, self.lam / self.beta / np.abs(across).max()))
        )
        angle = 0.999 * widest
        start = np.cos(angle) * pole + np.sin(angle) * across
        eta_ = self.fraction * largest_step(self.c, self.beta)
        run = rvscgd([start], -pole, self.c, "l1", self.lam, self.beta, eta_, max_iterations=STEPS)
        return float(angle), float(gaussian.angle(run.w[0], pole))


def _starts() -> SearchStrategy[Opposed]:
    ratios, fractions = st.sampled_from((0.7, 0.95, 1.01, 1.5, 10.0)), st.sampled_from((1.0, 0.3))
    return case_of(
        Opposed, st.sampled_from((2, 3, 20)), decades(-1, 1), decades(-2, 1), ratios, fractions, SEEDS
    )


def _escapes(claim: Claim) -> Violation:
    def test(case: Opposed) -> str | None:
        least = float(evaluate(claim.subject, {c: case.c, lam: case.lam, beta: case.beta}))
        angles = case.end(least)
        if angles is None:
            return None
        climb(angles[1] - angles[0], "a run away from the opposite")
        # The slowest factor, at ratio 1.01, leaves most of the angle; none is larger.
        return None if angles[1] <= angles[0] else f"from the angle {angles[0]:.6g} to -w* to {angles[1]:.6g}"

    return test


def _attracts() -> Claim:
    subject = c + lam
    return Claim(
        id="opposite-of-the-teacher-attracts",
        label="A12",
        statement="With l1, w* = e₁, β > {subject} and 0 < η ≤ 1/(c+β), -e₁ attracts every w whose other "
        "entries are at most λ/β and whose first is below minus this bound over β: from there RVSCGD does "
        "not learn.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(c > 0, beta > 0, lam > 0, eta > 0, SHORT),
        example={c: 1, beta: 4, lam: Rational(1, 2), eta: Rational(1, 5)},
        evidence=(
            unsatisfiable(_attracted, "every step turns w towards -e₁, by a factor that falls"),
            searched(_starts, _escapes, "runs from the edge of the region"),
        ),
        controls=(
            Control("c alone", c + 0 * lam),
            Control("λ alone", lam),
            Control("one percent less", Rational(99, 100) * subject),
        ),
        uses=("l1-proximal-map-is-zero-up-to-the-threshold",),
    )


def _above_c() -> Claim:
    def instance(claim: Claim) -> Mapping[str, Instance]:
        # In the limit of a small r, where S rests at zero: a single point would leave a smaller
        # neighbourhood to attract.
        opposed = opposed_step(Integer(-1), Integer(0))[0]
        factor = (1 - eta * (c + beta)) / -opposed
        return {"the factor of a small r": Instance(factor < 1, (beta > claim.subject, opposed < 0))}

    return Claim(
        id="opposite-of-the-teacher-attracts-for-beta-above-c",
        label="A12",
        statement="β > {subject} is enough for -e₁ to attract a neighbourhood, with l1 and w* = e₁.",
        source=HERE,
        subject=c,
        assumptions=(c > 0, beta > 0, lam > 0, eta > 0, SHORT),
        example={c: 1, beta: Rational(5, 4), lam: Rational(1, 2), eta: Rational(1, 3)},
        evidence=(
            at_the_example(instance, "every w near to -e₁ turns away from it"),
            unsatisfiable(_attracted, "every step turns w towards -e₁"),
        ),
        controls=(
            Control("half of c", c / 2),
            Control("c + λ/2", c + lam / 2),
            Control("repair: c + λ", c + lam, holds=True),
        ),
        uses=("opposite-of-the-teacher-attracts",),
        expected=Expected.FAILS,
        weakens=(Weakening("opposite-of-the-teacher-attracts", "β > {subject}"),),
    )  # fmt: skip


def _turn(k: Expr, s: Expr) -> Expr:
    along, across = opposed_step(k, s)
    return s * along - k * Abs(across)


def _every_start() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        # In the plane, both entries of w* = e₁ and w with their thresholds.
        plane = (Eq(S**2 + K**2, 1), K < 0, S > 0, claim.subject < S)
        roots = {sqrt(2): Symbol("root_2", real=True)}
        return {"a step from an obtuse angle": Query(_turn(K, S) > 0, plane, roots)}

    return Claim(
        id="every-start-is-learned",
        label="A12",
        statement="With l1 in the plane and w* = e₁ a step makes every obtuse angle with sinθ > {subject} "
        "smaller.",
        source=HERE,
        subject=Integer(0),
        assumptions=(c > 0, beta > 0, lam > 0, eta > 0, SHORT),
        example={
            c: 1, beta: 4, lam: Rational(1, 4), eta: Rational(1, 10),
            K: -Rational(399, 401), S: Rational(40, 401),
        },
        evidence=(
            at_the_example(
                lambda claim: {
                    "a step": Instance(_turn(K, S) > 0, (Eq(S**2 + K**2, 1), claim.subject < S))
                },
                "w = (-399, 40)/401, w* = (1, 0)",
            ),
            unsatisfiable(queries, "no step leaves the angle as large"),
        ),
        controls=(
            Control("a fifth of Λ/c", sqrt(2) * lam / c / 5),
            Control("λ/(2c)", lam / c / 2),
            Control("repair: Λ/c = √2 λ/c", sqrt(2) * lam / c, holds=True),
        ),
        uses=("angle-falls-above-the-right-angle", "opposite-of-the-teacher-attracts"),
        expected=Expected.FAILS,
        weakens=(
            Weakening("angle-falls-above-the-right-angle", "is less than {subject}"),
            Weakening("learning-probability", "From a uniform start"),
        ),
    )  # fmt: skip


def held_queries(size: Expr) -> Mapping[str, Query]:
    """A step with an error of this size keeps the line of w, and its direction."""
    # The error points along the part of w* across w, (sinθ, -cosθ) by its parts along w* and along n.
    sine = (Eq(S**2 + K**2, 1), K < 0)
    along, across = (1 - eta * c) * K + eta * (c - size * S), (1 - eta * c) * S + eta * size * K
    return {
        "the step keeps the line of w": Query(Eq(S * along - K * across, 0, evaluate=False), sine),
        "and its direction": Query(K * along + S * across > 0, sine),
    }


def _held() -> Claim:
    subject = c * S
    return Claim(
        id="error-that-holds-an-obtuse-angle",
        label="A12",
        statement="At an obtuse angle and for 0 < η < 1/(2c) an error of the gradient of norm {subject} "
        "returns w to itself, so that with errors of norm Λ alone the learning probability is its bound.",
        source=HERE,
        subject=subject,
        assumptions=(S > 0, S <= 1, c > 0, eta > 0, HELD_BY),
        example={c: 1, eta: Rational(1, 4), S: Rational(3, 5)},
        evidence=(
            unsatisfiable(
                lambda claim: held_queries(claim.subject),
                "the error along w*⊥ leaves no turn, in any dimension",
            ),
        ),
        controls=(
            Control("c alone", c + 0 * S),
            Control("half of it", subject / 2),
            Control("one percent less", Rational(99, 100) * subject),
            Control("any step", without=(HELD_BY,)),
        ),
        uses=("learning-probability",),
    )
