"""A7, l1: for which parameters there is a limit with κ > β, that it is unique, and between which κ it lies.

There a coordinate of w is the larger of c|w*|/κ and (c|w*| - λ)/(κ - β), in magnitude, as the balance κw =
c w* + βS(w) shows. That falls with κ without a jump, so that ‖w‖ = 1 has one root at most. At κ = c + β the
norm is at most one. At κ₀ = max(c, β + c max|w*ᵢ| - λ), if that exceeds β, it is at least one, either by the
largest entry alone or because no entry is below that of w*. Otherwise every entry is below that of w* for
all κ > β, and there is no root. Derived here.
"""

from collections.abc import Mapping
from functools import cache

from sympy import Eq, Expr, Max, Min, Not, Or, Rational, Symbol

from proofs_check.claims.thresholding import query
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Expected, Provenance, Source, Weakening
from theory.symbols import beta, c, kappa, lam, w_star_i, x

HERE = Source(Provenance.DERIVED)
# The largest magnitude of an entry of w*, and another κ.
LARGEST, LARGER = Symbol("w_star_max", real=True), Symbol("kappa_2", real=True)
EXAMPLE = {c: 1, lam: Rational(1, 4), beta: Rational(1, 2), kappa: 1, w_star_i: Rational(3, 5)}


def claims() -> tuple[Claim, ...]:
    """Uniqueness, existence, and what they need."""
    return _magnitude(), _exists(), _always()


@cache
def _size(at: Expr, entry: Expr) -> Expr:
    return Max(c * entry / at, (c * entry - lam) / (at - beta))


def _magnitude() -> Claim:
    subject = _size(kappa, w_star_i)

    def queries(claim: Claim) -> Mapping[str, Query]:
        balance = Eq(kappa * x - beta * Max(x - lam / beta, 0), c * w_star_i, evaluate=False)
        other = claim.subject.subs(kappa, LARGER)
        return {
            "solves the balance": query(Eq(x, claim.subject, evaluate=False), w_star_i >= 0, x >= 0, balance),
            "falls": query(other < claim.subject, w_star_i > 0, kappa < LARGER),
        }

    return Claim(
        id="l1-limit-is-unique-above-the-relaxation",
        label="A7",
        statement="With l1 and κ > β every magnitude |w̄ᵢ| is {subject}, which falls strictly with κ "
        "unless w*ᵢ = 0; "
        "so ‖w̄(κ)‖ = 1 for at most one κ > β.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, lam > 0, beta > 0, kappa > beta),
        example=EXAMPLE,
        uses=("fixed-points-of-the-step", "l1-thresholding-is-a-global-minimiser"),
        evidence=(unsatisfiable(queries, "no other magnitude balances, and none grows with κ"),),
        controls=(
            Control("the smaller of the two", Min(*subject.args)),
            Control("survivors alone", subject.args[0] if subject.args[0].has(lam) else subject.args[1]),
            Control("the others alone", c * w_star_i / kappa),
            Control("divided by κ + β", Max(c * w_star_i / kappa, (c * w_star_i - lam) / (kappa + beta))),
        ),
    )


def _both_ways(claim: Claim) -> Mapping[str, Query]:
    """The largest entry alone has a norm of at least one at κ₀, or every entry has at least its own size.

    Without the condition every entry is below its own size for all κ > β, and the norm below one.
    """
    least = Max(c, beta + c * LARGEST - lam)
    entry = (w_star_i > 0, w_star_i <= LARGEST, LARGEST <= 1)
    reached = Or(_size(least, LARGEST) >= 1, _size(least, w_star_i) >= w_star_i)
    return {
        "κ₀ is above β": Query(least > beta, (*entry, claim.subject)),
        "the norm is one or more at κ₀": Query(reached, (*entry, claim.subject, least > beta)),
        "the norm is one or less at c + β": Query(_size(c + beta, w_star_i) <= w_star_i, entry),
        "else the norm is below one": Query(
            _size(kappa, w_star_i) < w_star_i, (*entry, Not(claim.subject), kappa > beta)
        ),
    }


_CONDITION = Or(c > beta, c * LARGEST > lam)


def _exists() -> Claim:
    return Claim(
        id="l1-limit-exists-above-the-relaxation",
        label="A7",
        statement="With l1 there is a limit with κ > β exactly if {subject}, and then max(c, β + c "
        "max|w*ᵢ| - λ) ≤ κ "
        "≤ c + β.",
        source=HERE,
        subject=_CONDITION,
        assumptions=(c > 0, lam > 0, beta > 0),
        example={**EXAMPLE, LARGEST: Rational(4, 5)},
        uses=("l1-limit-is-unique-above-the-relaxation",),
        evidence=(
            unsatisfiable(_both_ways, "the norm, which is continuous in κ, at both ends of the interval"),
        ),
        controls=(
            Control("c > β alone", c > beta),
            Control("an entry above λ/c alone", c * LARGEST > lam),
            Control("an entry above λ/β", Or(c > beta, beta * LARGEST > lam)),
            Control("at c = β too", Or(c >= beta, c * LARGEST > lam)),
        ),
    )


def _always() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        return {"κ₀ is above β": _both_ways(claim)["κ₀ is above β"]}

    return Claim(
        id="l1-limit-exists-for-every-weight",
        label="A7",
        statement="With l1 there is a limit with κ > β if {subject}.",
        source=HERE,
        subject=lam > 0,
        assumptions=(c > 0, lam > 0, beta > 0),
        example={**EXAMPLE, LARGEST: Rational(4, 5)},
        uses=("l1-limit-exists-above-the-relaxation",),
        evidence=(unsatisfiable(queries, "parameters for which ‖w̄(κ)‖ < 1 for every κ > β"),),
        controls=(
            Control("λ < β", lam < beta),
            Control("c ≥ β", c >= beta),
            Control("repair: c > β, or an entry above λ/c", _CONDITION, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("l1-limit-exists-above-the-relaxation", "exactly if {subject}"),),
    )
