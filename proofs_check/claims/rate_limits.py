"""A10 and A11 past their assumptions: one survivor, transformed l1, and steps beyond 2/c."""

from collections.abc import Mapping

from sympy import Eq, Expr, Integer, Rational, Symbol, diff

from proofs_check.claims.limit_rate import HERE, linearised, moved_queries
from proofs_check.claims.no_penalty import turn_queries
from proofs_check.claims.trapping import K, S
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Evidence, Expected, Weakening
from theory import limit
from theory.penalties import PENALTY
from theory.symbols import a, beta, c, eta, kappa, mu, u

KEEP = 1 - eta * (c + beta)


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A10 or A11."""
    return _one_survivor(), _transformed(), _longer()


def _evidence(slope: Expr, shows: str) -> tuple[Evidence, ...]:
    def instance(claim: Claim) -> Mapping[str, Instance]:
        return {"the derivative of the step": Instance(Eq(linearised(slope), claim.subject))}

    return at_the_example(instance, shows), unsatisfiable(lambda claim: moved_queries(claim, slope), shows)


def _one_survivor() -> Claim:
    subject = limit.contraction_factor().result
    return Claim(
        id="contraction-factor-with-one-survivor",
        label="A10",
        statement="An error in coordinates that do not survive, the only ones across w̄ if a single one "
        "does, is multiplied by {subject} as well.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, kappa > beta, eta > 0, eta * (c + beta) <= 1),
        # w* = w̄ = (1, 0), λ = 1/2: κ = c + β - λ.
        example={c: 1, beta: 1, kappa: Rational(3, 2), eta: Rational(1, 4)},
        evidence=_evidence(Integer(0), "the step, where S rests at zero"),
        controls=(
            Control("not divided by the norm", KEEP),
            Control("β/κ", beta / kappa),
            Control("repair: S rests", KEEP / (KEEP + eta * kappa), holds=True),
        ),
        uses=("local-contraction-factor",),
        expected=Expected.FAILS,
        weakens=(Weakening("local-contraction-factor", "two or more surviving coordinates"),),
    )


def _slope() -> Expr:
    """S′ of transformed l1 where it has the value u > 0, from w = u + μP′(u)."""
    positive = Symbol("u", positive=True)
    point = u + mu * diff(PENALTY["tl1"].subs(u, positive), positive).subs(positive, u)
    return 1 / diff(point, u)


def _transformed() -> Claim:
    subject, slope = limit.contraction_factor().result, _slope()
    return Claim(
        id="contraction-factor-with-transformed-l1",
        label="A10",
        statement="With transformed l1 and survivors of one magnitude u a small error across w̄ in them "
        "is multiplied by {subject} as well.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, kappa > beta, eta > 0, eta * (c + beta) <= 1, a > 0, mu > 0, u > 0),
        # w* = w̄ = (1, 1, 1, 1)/2, ū = w̄/2, κ = c + β/2, and S′ = 5/3.
        example={
            c: 2, beta: 1, kappa: Rational(5, 2), eta: Rational(1, 4), a: 1, mu: Rational(25, 128),
            u: Rational(1, 4),
        },
        evidence=_evidence(slope, "the step, where S moves by S′ times w"),
        controls=(
            Control("not divided by the norm", KEEP + eta * beta * slope),
            Control("β/κ", beta / kappa),
            Control("repair: S′ times β", (KEEP + eta * beta * slope) / (KEEP + eta * kappa), holds=True),
        ),
        uses=("local-contraction-factor",),
        expected=Expected.FAILS,
        weakens=(Weakening("local-contraction-factor", "with l1 or l0"),),
    )  # fmt: skip


def _longer() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        turned = turn_queries(lambda after, before: after < before)
        return {
            name: Query(one.conclusion, (*one.assumptions, eta * c < claim.subject))
            for name, one in turned.items()
        }

    def instance(claim: Claim) -> Mapping[str, Instance]:
        along, across = (1 - eta * c) * K + eta * c, abs(1 - eta * c) * S
        after = across / ((along**2 + across**2) ** Rational(1, 2) + along)
        premises = (Eq(S**2 + K**2, 1), eta * c < claim.subject)
        return {"a step in the plane": Instance(after < S / (1 + K), premises)}

    return Claim(
        id="half-angle-shrinks-for-steps-beyond-two",
        label="A11",
        statement="With no penalty every step with ηc < {subject} makes the angle smaller, 0 < θ < π.",
        source=HERE,
        subject=Integer(3),
        assumptions=(c > 0, eta > 0),
        example={c: 1, eta: Rational(5, 2), K: Rational(24, 25), S: Rational(7, 25)},
        evidence=(
            at_the_example(instance, "w = (24, 7)/25, w* = (1, 0)"),
            unsatisfiable(queries, "no step in the plane leaves the angle as large"),
        ),
        controls=(
            Control("twice as long", Integer(6)),
            Control("one percent more than 2", Rational(202, 100)),
            Control("repair: ηc < 2", Integer(2), holds=True),
        ),
        uses=("half-angle-shrinks-without-penalty-under-any-step",),
        expected=Expected.FAILS,
        weakens=(
            Weakening("half-angle-shrinks-without-penalty", eta <= 1 / c),
            Weakening("half-angle-shrinks-without-penalty-under-any-step", "η < 2/c"),
        ),
    )
