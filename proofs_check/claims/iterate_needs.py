"""A1, A4, A5 and A6 past being on the sphere and at a fixed point, and where they need neither."""

from collections.abc import Mapping
from dataclasses import replace

from sympy import Abs, Eq, Expr, Integer, Ne, Piecewise, Rational, sqrt

from proofs_check.claims.opposite_limit import SHORT
from proofs_check.claims.splitting_checks import ALPHA
from proofs_check.claims.trapping import HERE, K, R
from proofs_check.claims.weakened import failing
from proofs_check.evidence.smt import Query, square_roots, unsatisfiable
from proofs_check.records import Claim, Control, Weakening
from theory import splitting
from theory.penalties import PENALTIES, TITLES
from theory.symbols import a, alpha, beta, c, eta, kappa, norm_p, norm_w, rho, t, u, w_dot_u, x

POSITIVE = (c > 0, beta > 0, eta > 0)
ONE_PERCENT = Rational(101, 100)


def claims() -> tuple[Claim, ...]:
    """What fails off the sphere or at other iterates, and what does not."""
    return _off_the_sphere(), *map(_any_iterate, PENALTIES), _hard_limits(), _longer_u(), _acute_iterates()


def _off_the_sphere() -> Claim:
    weight = splitting.decrease().result.subs(alpha, ALPHA)
    # w′ = (αw + ηp)/ρ, and Φ has the term β‖w‖²/2 besides what is linear in w.
    fall = (ALPHA * kappa + eta * norm_p**2) / rho - kappa + beta * (norm_w**2 - 1) / 2
    square = 1 + norm_w**2 - 2 * (ALPHA * norm_w**2 + eta * kappa) / rho
    length = Eq(rho**2, ALPHA**2 * norm_w**2 + 2 * ALPHA * eta * kappa + eta**2 * norm_p**2)
    inner = (norm_p >= 0, kappa <= norm_w * norm_p, -norm_w * norm_p <= kappa)
    return failing(
        "decrease-is-exact-from-any-length",
        "A1",
        "From a w of norm {subject} a w-step decreases the surrogate Lagrangian by exactly (ρ + α)/(2η) "
        "times its squared length.",
        Integer(2),
        lambda claim: Query(Eq(fall, weight * square), (length, *inner, Eq(norm_w, claim.subject))),
        assumptions=(*POSITIVE, rho > 0),
        example={
            c: 1, beta: 1, eta: Rational(1, 4), norm_w: 2, norm_p: 1, kappa: 2, rho: Rational(5, 4),
        },
        at="from w = 2w* with u = 0 and c = β = 1, η = 1/4: Φ falls by 1/2, not by 7/2",
        controls=(
            Control("one half", Rational(1, 2)),
            Control("one percent more than one", ONE_PERCENT),
            Control("repair: one", Integer(1), holds=True),
        ),
        weakens=(Weakening("w-step-decreases-the-surrogate-by-an-exact-amount", "A w-step"),),
    )  # fmt: skip


# S(1) by the threshold t, and what ties it to that; transformed l1 up to the critical weight.
_MOVED = (1 - u) * (a + u) ** 2
AFTER_E2: Mapping[str, tuple[Expr, tuple[Expr, ...], Mapping[Expr, object]]] = {
    "l1": (1 - t, (t <= 1,), {t: Rational(1, 5), R: Rational(5, 8)}),
    "l0": (Integer(1), (t < 1,), {t: Rational(1, 5), R: sqrt(34) / 8}),
    "tl1": (
        u,
        (a > 0, u > 0, u < 1, Eq(t, _MOVED / a**2, evaluate=False), a**3 >= 2 * _MOVED),
        {a: 3, u: Rational(9, 10), t: Rational(169, 1000), R: sqrt(117) / 16},
    ),
}


def _any_iterate(penalty: str) -> Claim:
    kept, tied, example = AFTER_E2[penalty]
    along, across = eta * c, 1 - eta * (c + beta) + eta * beta * kept
    bound = sqrt(2) * beta * t / c
    step = (*tied, R > 0, Eq(R**2, along**2 + across**2, evaluate=False))

    def implication(claim: Claim) -> Query:
        return Query(Abs(across) <= claim.subject * R, step, square_roots(claim.subject))

    def pinned(claim: Claim) -> Mapping[str, Query]:
        whole = implication(claim)
        values = [Eq(symbol, example[symbol]) for symbol in (a, t) if symbol in example]
        return {"the weight of the example": replace(whole, assumptions=(*whole.assumptions, *values))}

    return failing(
        f"{penalty}-error-bound-at-every-iterate",
        "A6",
        f"With the {TITLES[penalty]} penalty of threshold t in the plane and w* = e₁ the sine of the error "
        "angle is at most {subject} after a step with 0 < η ≤ 1/(c+β) from w = e₂.",
        bound,
        implication,
        assumptions=(*POSITIVE, t > 0, SHORT),
        example={c: 3, beta: 5, eta: Rational(1, 8), **example},
        at="one step with c = 3, β = 5 and η = 1/8",
        queries=pinned,
        controls=(
            Control("half of it", bound / 2),
            Control("the bound without the root", beta * t / c),
            Control("repair: 1", Integer(1) + 0 * c, holds=True),
        ),
        weakens=tuple(
            Weakening(name, "fixed point")
            for name in (f"{penalty}-error-bound", f"{penalty}-sharp-error-bound")
        ),
    )


def _hard_limits() -> Claim:
    """On the line through w* = e₁, x > 0: c(ŵ - w*) = 0."""

    def shrunk(penalty_moves: Expr) -> Expr:
        return Piecewise((0, x <= t), (x - penalty_moves, True))

    return failing(
        "no-fixed-point-without-normalisation-for-any-penalty",
        "A4",
        "Without the normalisation there is no fixed point w = x e₁, x > 0, with w* = e₁ if S(x) = x - "
        "{subject} above the threshold t.",
        0 * t,
        lambda claim: Query(Ne(beta * (x - shrunk(claim.subject)), 0)),
        assumptions=(beta > 0, t > 0, x > 0),
        example={beta: 1, t: Rational(1, 2), x: 1},
        at="l0 with t = 1/2 keeps w = w* = e₁",
        controls=(
            Control("nothing from twice the threshold on", Piecewise((0, x >= 2 * t), (t, True))),
            Control("nothing up to twice the threshold", Piecewise((0, x <= 2 * t), (t, True))),
            Control("repair: t, as with l1", t, holds=True),
        ),
        weakens=(Weakening("fixed-points-without-normalisation", "which shrink every entry"),),
    )


def _longer_u() -> Claim:
    # βu = κw - c w*.
    squared = kappa**2 - 2 * kappa * c * K + c**2
    return failing(
        "error-angle-is-acute-for-a-longer-u",
        "A5",
        "Where κw = c w* + βu, κ > β and ‖u‖ ≤ {subject} the angle between w and w* is below π/2.",
        Integer(2),
        lambda claim: Query(K > 0, (kappa > beta, squared <= (claim.subject * beta) ** 2, K >= -1, K <= 1)),
        assumptions=(c > 0, beta > 0),
        example={c: 1, beta: 2, kappa: 3, K: -1},
        at="w = -w* and u = 2w with c = 1, β = 2",
        controls=(
            Control("three", Integer(3)),
            Control("one percent more than 1", ONE_PERCENT),
            Control("repair: 1, as for u = S(w)", Integer(1), holds=True),
        ),
        weakens=(Weakening("error-angle-is-acute-above-the-relaxation", "with u = S(w)"),),
    )


def _acute_queries(claim: Claim) -> Mapping[str, Query]:
    inner = (K <= 1, K >= -1, w_dot_u <= 1, Eq(kappa, c * K + beta * w_dot_u))
    return {"acute": Query(K > 0, (*inner, kappa > claim.subject))}


def _acute_iterates() -> Claim:
    return Claim(
        id="angle-is-acute-above-the-relaxation-at-every-iterate",
        label="A5",
        statement="At every iterate, fixed point or not, with ⟨w, c w* + βS(w)⟩ > {subject} the angle "
        "between w and w* is below π/2.",
        source=HERE,
        subject=beta,
        sharper="smaller",
        assumptions=(c > 0, beta > 0),
        example={c: 1, beta: Rational(1, 2)},
        uses=tuple(f"{name}-proximal-map-keeps-sign-and-order" for name in ("l1", "l0", "tl1")),
        evidence=(unsatisfiable(_acute_queries, "no ⟨w,w*⟩ ≤ 0, as ⟨w,S(w)⟩ ≤ 1"),),
        controls=(
            Control("half of it", beta / 2),
            Control("κ > 0 suffices", 0 * beta),
            Control("one percent less", Rational(99, 100) * beta),
        ),
        weakens=(Weakening("error-angle-is-acute-above-the-relaxation", "At a fixed point"),),
    )
