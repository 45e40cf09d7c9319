"""A7: which entries survive. Where κw = c w* + βS(w), a survivor has w = x(u), the branch of P5 with u >= b.

So c w* = κx(u) - βu with x(u) >= u, which has the sign of u if κ > β. An entry that is set to zero has κw =
c w*. Hence no entry outside the support of w* is moved. Derived here.
"""

from collections.abc import Mapping

import numpy as np
from sympy import Eq, Integer, Piecewise, Rational

from numerics.closed_forms import evaluate
from proofs_check.claims.limit_cases import Solution, any_solution
from proofs_check.claims.thresholding import inverse, query
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Expected, Provenance, Source, Weakening
from theory.penalties import PENALTIES
from theory.symbols import a, beta, c, kappa, lam, mu, u, w_star_i

HERE = Source(Provenance.DERIVED)
DX = Source(
    Provenance.DERIVED, "arXiv 1901.09731", "the abstract claims a limit that transforms the true weight"
)
EXAMPLE = {c: 1, lam: Rational(1, 4), beta: Rational(1, 2), kappa: 1, w_star_i: Rational(3, 5)}


def claims() -> tuple[Claim, ...]:
    """The support, and what it and the sparsifying operation need."""
    return _support(), _any_multiplier(), _operation_below()


def _survivors(claim: Claim) -> Mapping[str, Query]:
    """A survivor u > 0 has c w* > 0."""
    return {
        penalty: query(kappa * branch - beta * u > 0, mu > 0, a > 0, u >= start, u > 0, kappa > claim.subject)
        for penalty, (_, branch, start) in ((name, inverse(name)) for name in PENALTIES)
    }


def _support() -> Claim:
    return Claim(
        id="support-of-the-limit-is-the-teacher-s",
        label="A7",
        statement="At a fixed point with κ > {subject} every non-zero entry of u belongs to a non-zero entry "
        "of w* of the same sign, for the three penalties; so where w* is zero, w is too.",
        source=DX,
        subject=beta,
        sharper="smaller",
        assumptions=(beta > 0,),
        example={beta: 1},
        uses=(
            "fixed-points-of-the-step",
            *(f"{name}-proximal-map-keeps-sign-and-order" for name in PENALTIES),
        ),
        evidence=(
            unsatisfiable(_survivors, "no survivor u > 0 has κx(u) - βu ≤ 0"),
            searched(any_solution, _foreign, "constructed fixed points, with κ on both sides of β and at it"),
        ),
        controls=(
            Control("half of it", beta / 2),
            Control("κ > 0 suffices", 0 * beta),
            Control("one percent less", Rational(99, 100) * beta),
        ),
    )


def _foreign(claim: Claim) -> Violation:
    def test(case: Solution) -> str | None:
        least = float(evaluate(Integer(0) + claim.subject, {beta: case.beta}))
        if not case.vectors[3] or not case.ratio * case.beta > least:
            return None
        _, sparse, w_star, _ = case.vectors
        agreement = np.where(sparse != 0, np.sign(sparse) * w_star, np.inf)
        climb(-float(agreement.min()), "a survivor against the teacher")
        wrong = agreement <= 0
        return f"u = {sparse[wrong][0]:.6g} where w* = {w_star[wrong][0]:.6g}" if wrong.any() else None

    return test


def _any_multiplier() -> Claim:
    return Claim(
        id="support-of-the-limit-for-any-multiplier",
        label="A7",
        statement="At a fixed point with κ > {subject} every non-zero entry of u belongs to a non-zero entry "
        "of w* of the same sign, for the three penalties.",
        source=HERE,
        subject=Integer(0),
        assumptions=(beta > 0,),
        example={beta: 1},
        uses=("support-of-the-limit-is-the-teacher-s",),
        evidence=(unsatisfiable(_survivors, "a survivor where w* is zero, or of the other sign"),),
        controls=(
            Control("half of β", beta / 2),
            Control("one percent below β", Rational(99, 100) * beta),
            Control("repair: κ > β", beta, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("support-of-the-limit-is-the-teacher-s", "κ > {subject}"),),
    )


def _operation_below() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        size, cut = c * w_star_i, kappa * lam / beta
        formula = Piecewise((0, size <= cut), ((size - cut) / (kappa - beta), True))
        balance = Eq(size, kappa * (u + lam / beta) - beta * u, evaluate=False)
        inside = (w_star_i >= 0, u > 0, kappa > claim.subject, balance)
        return {"a survivor": Query(Eq(formula, u, evaluate=False), inside)}

    return Claim(
        id="sparsifying-operation-for-any-multiplier",
        label="A7",
        statement="With l1 and κ > {subject} a survivor u > 0 is (c w*ᵢ - κλ/β)/(κ - β), and zero up to "
        "c w*ᵢ = κλ/β.",
        source=HERE,
        subject=Integer(0),
        assumptions=(c > 0, lam > 0, beta > 0),
        example=EXAMPLE,
        uses=("sparsifying-operation",),
        evidence=(unsatisfiable(queries, "a survivor below the cut"),),
        controls=(
            Control("half of β", beta / 2),
            Control("one percent below β", Rational(99, 100) * beta),
            Control("repair: κ > β", beta, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("sparsifying-operation", "κ > β"),),
    )
