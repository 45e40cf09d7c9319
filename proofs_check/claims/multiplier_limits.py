"""A7 and A9 past their assumptions: opposed limits, larger pulls, l0, any start and step."""

from sympy import Abs, Eq, Expr, Integer, Rational, sign, sqrt

from proofs_check.claims.global_limit import ACUTE
from proofs_check.claims.limit_runs import ADMITTED
from proofs_check.claims.opposite_limit import SHORT, opposed_step, shrunk
from proofs_check.claims.trapping import ACROSS, ALONG, ANGLE, COSINE, PULL, K, S, real
from proofs_check.claims.trapping_limits import BALL
from proofs_check.claims.weakened import failing
from proofs_check.evidence.smt import Query, square_roots
from proofs_check.records import Claim, Control, Weakening
from theory.symbols import beta, c, eta, kappa, lam, t

POSITIVE = (c > 0, beta > 0, lam > 0)
ONE_PERCENT = Rational(101, 100)
AT_FIXED_POINTS = "multiplier-exceeds-beta-at-fixed-points"
CONTRACTS = "step-with-l1-contracts-the-cap"


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A7 or A9."""
    return (
        _opposed(), _larger_pull(), _obtuse(), _in_the_cap(), _outside_the_cap(), _l0(), _any_start(),
        _wide_cap(), _longer_steps(),
    )  # fmt: skip


def _opposed() -> Claim:
    # A limit ±e₁ whose entry survives; with the upper sign it is w* = e₁ itself.
    point = (Eq(K**2, 1), beta >= lam, Eq(kappa * K, c + beta * K - lam * sign(K)))
    return failing(
        "l1-limit-is-unique-for-any-multiplier",
        "A7",
        "With the l1 penalty, κ > {subject} and w* = e₁ the limit -e₁ is none beside e₁, so that the limit "
        "is unique and the error angle tends to zero with λ.",
        Integer(0),
        lambda claim: Query(K > 0, (*point, kappa > claim.subject)),
        assumptions=POSITIVE,
        example={c: 1, lam: 1, beta: 3, kappa: 1, K: -1},
        at="-e₁ has κ = β - c - λ = 1 for c = λ = 1, β = 3, and any smaller λ will do",
        controls=(
            Control("half of β", beta / 2),
            Control("one percent below β", Rational(99, 100) * beta),
            Control("repair: κ > β", beta, holds=True),
        ),
        weakens=(
            Weakening("l1-limit-is-unique-above-the-relaxation", kappa > beta),
            Weakening("l1-limit-with-large-multiplier-is-unique", "κ > {subject}"),
            Weakening("l1-error-angle-for-small-lambda", "κ > β"),
        ),
    )


def _fixed(*more: Expr) -> tuple[Expr, ...]:
    """(κ - β)w = c w* - e."""
    across = Eq((kappa - beta) ** 2 * S**2, ACROSS**2)
    return (Eq((kappa - beta) * K, c - ALONG), across, BALL, ANGLE, PULL >= 0, *more)


def _larger_pull() -> Claim:
    return failing(
        "multiplier-bound-under-larger-pulls",
        "A9",
        "At every fixed point with θ ≤ π/2 and pull at most Λ ≤ {subject}, κ - β is at least c - Λ, which "
        "may be negative.",
        2 * c,
        lambda claim: Query(kappa - beta >= c - PULL, _fixed(claim.subject >= PULL, ACUTE)),
        assumptions=(c > 0, beta > 0),
        example={c: 3, beta: 5, kappa: 1, PULL: 5, K: 0, S: 1, ALONG: 3, ACROSS: 4},
        at="w = (0, 1) with the pull (3, 4), c = 3, β = 5, κ = 1: 1 - 5 < 3 - 5",
        controls=(
            Control("three times c", 3 * c),
            Control("one percent more than c", ONE_PERCENT * c),
            Control("repair: c", c, holds=True),
        ),
        weakens=(Weakening(AT_FIXED_POINTS, c > PULL),),
    )


def _obtuse() -> Claim:
    return failing(
        "multiplier-bound-at-obtuse-angles",
        "A9",
        "At every fixed point with cosθ ≥ {subject} and pull at most Λ < c, κ - β is at least c - Λ.",
        Integer(-1),
        lambda claim: Query(kappa - beta >= c - PULL, _fixed(claim.subject <= K)),
        assumptions=(c > 0, beta > 0, c > PULL),
        example={c: 1, beta: 2, kappa: 1, PULL: 0, K: -1, S: 0, ALONG: 0, ACROSS: 0},
        at="w = -w* = u with no pull, c = 1, β = 2, κ = 1",
        controls=(
            Control("-1/2", -Rational(1, 2)),
            Control("-1/100", -Rational(1, 100)),
            Control("repair: 0", Integer(0), holds=True),
        ),
        weakens=(Weakening(AT_FIXED_POINTS, ACUTE),),
    )


def _in_the_cap() -> Claim:
    inner = real("inner_we")
    cap = (K >= 0, ANGLE, S >= 0, c * S <= PULL, inner <= PULL)
    return failing(
        "multiplier-exceeds-beta-in-the-cap-up-to-c",
        "A9",
        "If Λ < {subject} then ⟨w, c w* + βS(w)⟩ > β at every w with θ ≤ π/2 and sinθ ≤ Λ/c.",
        c,
        lambda claim: Query(c * K > inner, (*cap, claim.subject > PULL), square_roots(claim.subject)),
        assumptions=(c > 0, PULL > 0),
        example={c: 5, PULL: 4, K: Rational(3, 5), S: Rational(4, 5), inner: 4},
        at="w = (1, 1, 1, 1)/2 with l1, λ = 2, c = 5 and cosθ = 3/5: ⟨w, e⟩ = 4 > 5 · 3/5",
        controls=(
            Control("twice c", 2 * c),
            Control("one percent more than c/√2", ONE_PERCENT * c / sqrt(2)),
            Control("repair: c/√2", c / sqrt(2), holds=True),
        ),
        weakens=(
            Weakening("multiplier-exceeds-beta-in-the-trapping-cap", "Λ < {subject}"),
            Weakening(AT_FIXED_POINTS, "At every fixed point"),
        ),
    )


def _outside_the_cap() -> Claim:
    inner = real("inner_we")
    half = (K >= 0, ANGLE, S >= 0, inner <= PULL, c**2 > 2 * PULL**2)
    return failing(
        "multiplier-exceeds-beta-outside-the-cap",
        "A9",
        "If Λ < c/√2 then ⟨w, c w* + βS(w)⟩ > β at every w with θ ≤ π/2 and sinθ ≤ {subject}.",
        Integer(1),
        lambda claim: Query(c * K > inner, (*half, claim.subject >= S)),
        assumptions=(c > 0, PULL > 0),
        example={c: 3, PULL: sqrt(2), K: 0, S: 1, inner: 1},
        at="w = (0, 1) and w* = (1, 0) with l1, λ = 1 and c = 3: ⟨w, e⟩ = 1 > 0",
        controls=(
            Control("Λ/c + 1/2", PULL / c + Rational(1, 2)),
            Control("twice Λ/c", 2 * PULL / c),
            Control("repair: Λ/c", PULL / c, holds=True),
        ),
        weakens=(Weakening("multiplier-exceeds-beta-in-the-trapping-cap", "sinθ ≤ Λ/c"),),
    )


def _l0() -> Claim:
    first, second = real("w_1"), real("w_2")
    teacher = Rational(3, 5), Rational(4, 5)
    # The first entry is lost, the second is kept; Λ = β√2 t.
    point = (
        Eq(first**2 + second**2, 1), Eq(kappa * first, c * teacher[0]), first <= t, second > t,
        Eq((kappa - beta) * second, c * teacher[1]), kappa > beta, 2 * beta * t < c,
    )  # fmt: skip
    return failing(
        "l0-limit-in-the-cap-is-unique",
        "A9",
        "With the l0 penalty and its threshold t, d = 2 and Λ = β√2 t < c/√2 the limit in the cap is unique "
        "if every |w*ᵢ| exceeds {subject}.",
        t,
        lambda claim: Query(claim.subject >= teacher[0], point),
        assumptions=(c > 0, beta > 0, t > 0),
        example={
            c: 75, beta: 52, kappa: 117, t: Rational(1, 2),
            first: Rational(5, 13), second: Rational(12, 13),
        },
        at="w* = (3, 4)/5 and w = (5, 12)/13 with c = 75, β = 52, t = 1/2: Λ = 26√2 < 75/√2",
        controls=(
            Control("a tenth more", Rational(11, 10) * t),
            Control("half of it", t / 2),
            Control("repair: (1 + β/c)t", (1 + beta / c) * t, holds=True),
        ),
        weakens=(Weakening("global-limit-with-l1", "RVSCGD with l1"),),
    )  # fmt: skip


def _any_start() -> Claim:
    along = Eq(kappa * K, c + beta * shrunk(K), evaluate=False)
    across = Eq(kappa * S, beta * shrunk(S), evaluate=False)
    fixed = (along, across, kappa > 0, ANGLE)
    sine = sqrt(2) * lam / c
    return failing(
        "l1-sequence-converges-from-every-start",
        "A9",
        "With l1 in the plane, w* = e₁ and λ√2 < c/√2 no start with cosθ⁰ ≥ {subject} stays at an obtuse "
        "angle.",
        Integer(-1),
        lambda claim: Query(K > 0, (*fixed, 2 * lam < c, claim.subject <= K), square_roots(claim.subject)),
        assumptions=POSITIVE,
        example={c: 3, lam: 1, beta: 5, kappa: 1, K: -1, S: 0},
        at="-e₁ is a limit with κ = β - c - λ = 1 for c = 3, λ = 1, β = 5",
        controls=(
            Control("sinθ⁰ ≥ λ/(2c)", -sqrt(1 - (lam / c / 2) ** 2)),
            Control("sinθ⁰ ≥ λ/(4c)", -sqrt(1 - (lam / c / 4) ** 2)),
            Control("repair: sinθ⁰ ≥ Λ/c", -sqrt(1 - sine**2), holds=True),
        ),
        weakens=(
            Weakening("global-limit-with-l1-up-to-c", ADMITTED),
            Weakening("global-limit-with-l1", "from every start with θ⁰ < π - arcsin(λ√d/c)"),
        ),
    )


def _wide_cap() -> Claim:
    # w, w′ = kŵ₀ ± v, v across ŵ₀ and w*; ŵ₀ has entries ±1/√d: the step is along (1 - ηc)w + η(c w* - Λŵ₀).
    part = real("cos_spread")
    length = 2 * (1 - eta * c) * part * (c * K - PULL) + eta * (c**2 + PULL**2 - 2 * c * PULL * K)
    cap = (part * K >= COSINE, part > 0, part <= 1, K >= 0, K <= 1)
    return failing(
        "step-with-l1-contracts-wider-caps",
        "A9",
        "With l1, Λ = λ√d and 0 < η ≤ 1/(c+β) no step increases the distance of two points of a cap θ ≤ ψ "
        "with c cosψ > {subject}.",
        PULL / 2,
        lambda claim: Query(length >= 0, (*cap, c * COSINE > claim.subject)),
        assumptions=(c > 0, beta > 0, eta > 0, SHORT, PULL > 0),
        example={
            c: 5, beta: 20, eta: Rational(1, 25), PULL: 4, K: Rational(3, 5), part: Rational(4, 5),
            COSINE: Rational(12, 25),
        },
        at="(7, 7, 1, 1)/10 and (1, 1, 7, 7)/10 with w* = (7, -1, 7, -1)/10, c = 5, λ = 2, β = 20, η = 1/25",
        controls=(
            Control("any cap", 0 * PULL),
            Control("nine tenths of Λ", Rational(9, 10) * PULL),
            Control("repair: Λ", PULL, holds=True),
        ),
        weakens=(Weakening(CONTRACTS, c * COSINE > PULL),),
    )  # fmt: skip


def _longer_steps() -> Claim:
    along, across = opposed_step(K, S)
    cap = (ANGLE, K > 0, S >= 0, 2 * lam**2 < (c * K) ** 2, opposed_step(Integer(1), Integer(0))[0] > 0)
    return failing(
        "step-with-l1-contracts-under-longer-steps",
        "A9",
        "With l1 in the plane, w* = e₁, λ√2 < c cosθ and η(c+β) ≤ {subject} no step increases the distance "
        "of w from the limit e₁.",
        Integer(2),
        lambda claim: Query(S * along - K * Abs(across) >= 0, (*cap, eta * (c + beta) <= claim.subject)),
        assumptions=(*POSITIVE, eta > 0),
        example={
            c: 1, beta: 1, lam: Rational(1, 2), eta: 1, K: Rational(12, 13), S: Rational(5, 13),
        },
        at="from w = (12, 5)/13 to (13, -10)/26 with c = β = η = 1, λ = 1/2",
        controls=(
            Control("three", Integer(3)),
            Control("9/5", Rational(9, 5)),
            Control("repair: 1", Integer(1), holds=True),
        ),
        weakens=(Weakening(CONTRACTS, SHORT), Weakening("global-limit-with-l1", "0 < η ≤ 1/(c+β)")),
    )  # fmt: skip
