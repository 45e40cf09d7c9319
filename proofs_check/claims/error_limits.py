"""A6 past its assumption κ > β, with teachers w* = e₁.

Below β a limit may have entries off the support of w*. Those of l1 and transformed l1 keep it far from w*.
l0 allows them for κ = β alone, and there its bound by the sparsity says nothing, as it is 1 or more.
"""

from collections.abc import Mapping

from sympy import Abs, And, Eq, Integer, Or, Rational, sign

from proofs_check.claims import cases
from proofs_check.claims.bounds import exceeds
from proofs_check.claims.contraction import CRITICAL
from proofs_check.claims.thresholding import inverse, query
from proofs_check.claims.trapping import ANGLE, HERE, K, S, real
from proofs_check.claims.weakened import failing
from proofs_check.evidence.cases import searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Weakening
from theory.bounds import error_bound
from theory.symbols import a, beta, c, d, kappa, lam, mu, s, u, w_star_i, x

POSITIVE = (c > 0, lam > 0, beta > 0)
ABOVE = kappa > beta
ONE_PERCENT = Rational(101, 100)


def claims() -> tuple[Claim, ...]:
    """What fails without κ > β, and what does not."""
    return _l1(), _transformed(), _l0_sharp(), _l0_plain()


def _l1() -> Claim:
    others, entry = real("n"), real("w_other")
    # w = (cosθ, y, ..., y) with n entries y, all of them survivors or all zero.
    point = (
        Eq(K**2 + others * entry**2, 1), Eq(kappa * K, c + beta * K - lam * sign(K)), beta * Abs(K) >= lam,
        Eq(entry * ((kappa - beta) * entry + lam), 0), entry * (beta * entry - lam) >= 0, entry >= 0,
    )  # fmt: skip
    names = ("l1-error-bound-by-the-sparsity", "l1-sharp-error-bound-by-the-sparsity")
    return failing(
        "l1-error-bound-by-the-sparsity-for-any-multiplier",
        "A6",
        "With the l1 penalty, κ > {subject} and w* = e₁, so that s = 1, the sine of the error angle is at "
        "most λ/c.",
        Integer(0),
        lambda claim: Query((c / lam) ** 2 * others * entry**2 <= 1, (*point, kappa > claim.subject)),
        assumptions=(*POSITIVE, others >= 1),
        example={
            c: 2, lam: 1, beta: 5, kappa: 1, others: 7, K: -Rational(3, 4), entry: Rational(1, 4),
        },
        at="w = (-3, 1, 1, 1, 1, 1, 1, 1)/4 with c = 2, λ = 1, β = 5, κ = 1: sin²θ = 7/16 > 1/4",
        controls=(
            Control("half of β", beta / 2),
            Control("one percent below β", Rational(99, 100) * beta),
            Control("repair: κ > β", beta, holds=True),
        ),
        weakens=tuple(Weakening(name, ABOVE) for name in names),
    )  # fmt: skip


def _transformed() -> Claim:
    others, entry, kept = map(real, ("n", "w_other", "u_1"))
    branch = inverse("tl1")[1]
    # w = (cosθ, y, ..., y) with n survivors y, S(w) = (-u_1, u, ..., u), and a weight up to the critical one.
    point = (
        Eq(K**2 + others * entry**2, 1), kept > 0, u > 0, mu <= CRITICAL, Eq(-K, branch.subs(u, kept)),
        Eq(kappa * K, c - beta * kept), Eq(entry, branch), Eq(kappa * entry, beta * u),
    )  # fmt: skip
    names = ("tl1-error-bound-by-the-sparsity", "tl1-sharp-error-bound-by-the-sparsity")
    return failing(
        "tl1-error-bound-by-the-sparsity-for-any-multiplier",
        "A6",
        "With the transformed l1 penalty of weight λ = βμ up to the critical one, κ > {subject} and w* = e₁, "
        "so that s = 1, the sine of the error angle is at most βμ(a + 1)/(ac).",
        Integer(0),
        lambda claim: Query(
            others * (a * c * entry) ** 2 <= (beta * mu * (a + 1)) ** 2, (*point, kappa > claim.subject)
        ),
        assumptions=(c > 0, beta > 0, mu > 0, a > 0, others >= 1),
        example={
            c: 2, beta: 5, kappa: 2, mu: Rational(3, 26), a: Rational(27, 25), others: 4,
            K: -Rational(4, 5), kept: Rational(18, 25), entry: Rational(3, 10), u: Rational(3, 25),
        },
        at="w = (-8, 3, 3, 3, 3)/10, u = (-18, 3, 3, 3, 3)/25 with a = 27/25, μ = 3/26, c = 2, β = 5, κ = 2: "
        "sinθ = 3/5 > 5/9",
        # It takes the solver too long to find such numbers; that w has such entries at all is what matters.
        queries=lambda claim: {
            "no survivor is off the support": Query(
                u <= 0, (Eq(u * (kappa * branch - beta * u), 0), u >= 0, kappa > claim.subject)
            )
        },
        controls=(
            Control("a quarter of β", beta / 4),
            Control("a third of β", beta / 3),
            Control("repair: κ > β", beta, holds=True),
        ),
        weakens=tuple(Weakening(name, ABOVE) for name in names),
    )  # fmt: skip


def _l0_sharp() -> Claim:
    # w = (cosθ, sinθ), its first entry lost, its second zero or a survivor.
    point = (
        ANGLE, Eq(kappa * K, c), beta * K**2 <= 2 * lam,
        Eq((kappa - beta) * S, 0), S >= 0, S * (beta * S**2 - 2 * lam) >= 0,
    )  # fmt: skip
    return failing(
        "l0-sharp-error-bound-by-the-sparsity-for-any-multiplier",
        "A6",
        "With the l0 penalty in the plane, κ > {subject} and w* = e₁, so that s = 1, there is no error.",
        Integer(0),
        lambda claim: Query(S <= 0, (*point, kappa > claim.subject)),
        assumptions=POSITIVE,
        example={c: 3, lam: 1, beta: 5, kappa: 5, K: Rational(3, 5), S: Rational(4, 5)},
        at="w = (3, 4)/5 with u = (0, 4)/5, c = 3, λ = 1, κ = β = 5 and the threshold √(2/5)",
        controls=(
            Control("half of β", beta / 2),
            Control("one percent below β", Rational(99, 100) * beta),
            Control("repair: κ > β", beta, holds=True),
        ),
        weakens=(Weakening("l0-sharp-error-bound-by-the-sparsity", ABOVE),),
    )


def _plain_queries(claim: Claim) -> Mapping[str, Query]:
    """Off the support; on it where κ = β; and what the sum of the squares says."""
    hard = Or(Eq(u, x), And(Eq(u, 0), beta * x**2 <= 2 * lam))
    off, on = Eq(kappa * x, beta * u), Eq(beta * x, c * w_star_i + beta * u)
    squares = ((c * S) ** 2 <= 2 * lam * beta * s, S >= 0)
    return {
        "an entry off the support is zero or κ = β": query(Or(Eq(x, 0), Eq(kappa, beta)), off, hard),
        "c²w*ᵢ² ≤ 2λβ where κ = β": query((c * w_star_i) ** 2 <= 2 * lam * beta, on, hard),
        "the sum over the support": query(claim.subject >= S, *squares),
    }


def _l0_plain() -> Claim:
    """Where κ ≠ β the error is that of s entries; where κ = β the sum over them is c² ≤ 2λβs."""
    subject = error_bound("l0").result.subs(d, s)
    return Claim(
        id="l0-error-bound-by-the-sparsity-for-positive-multipliers",
        label="A6",
        statement="At a fixed point with the l0 penalty and κ > 0 the sine of the error angle is at most "
        "{subject}, s the number of non-zero entries of w*: κ > β is not needed.",
        source=HERE,
        subject=subject,
        sharper="smaller",
        assumptions=(*POSITIVE, s >= 1, kappa > 0),
        example={c: 1, lam: Rational(1, 10), beta: Rational(3, 2), s: 4, kappa: 1},
        uses=("exact-error-of-a-fixed-point", "l0-displacement-is-at-most-the-threshold"),
        evidence=(
            unsatisfiable(_plain_queries, "no entry and no sum of s squares is a counterexample"),
            searched(
                lambda: cases.thresholded_fixed_points("l0"),
                lambda claim: exceeds(claim, s),
                "constructed fixed points on both sides of κ = β and at it",
            ),
        ),
        controls=(
            Control("the root of the sparsity forgotten", subject.subs(s, 1)),
            Control("one percent less", Rational(99, 100) * subject),
            Control("half of the entries", subject.subs(s, (s + 1) / 2)),
            Control("κ = 0 as well", without=(kappa > 0,)),
        ),
        weakens=(Weakening("l0-error-bound-by-the-sparsity", ABOVE),),
    )
