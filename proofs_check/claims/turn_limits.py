"""A10 and A11 past their other assumptions: repelling limits, longer steps, thresholds, -w*, a penalty."""

from sympy import Abs, Eq, Expr, Integer, Piecewise, Rational, pi

from proofs_check.claims.limit_rate import NOT_TOO_LONG
from proofs_check.claims.trapping import ANGLE, SHORT, K, R, S, real
from proofs_check.claims.weakened import failing
from proofs_check.evidence.smt import Query
from proofs_check.records import Claim, Control, Weakening
from theory import limit
from theory.symbols import beta, c, eta, kappa, lam, t, theta, theta_start

LOCAL, BEST = "local-contraction-factor", "contraction-factor-at-the-largest-step"
HALF_ANGLE = "half-angle-shrinks-without-penalty"
# What a step keeps of an entry that is lost, and of one that is not.
LOST, KEPT = 1 - eta * (c + beta), 1 - eta * c
ONE_PERCENT = Rational(101, 100)


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A10 or A11."""
    return _repelling(), _longer_steps(), _at_the_threshold(), _opposite(), _penalty()


def _repelling() -> Claim:
    factor = limit.contraction_factor().result
    return failing(
        "error-shrinks-at-every-limit",
        "A10",
        "At every limit with l1 or l0 and κ > {subject} a step with 0 < η ≤ 1/(c+β) makes a small error in "
        "surviving coordinates across w̄ smaller.",
        Integer(0),
        lambda claim: Query(factor < 1, (kappa > claim.subject, eta * (c + beta) <= 1)),
        assumptions=(c > 0, beta > 0, eta > 0),
        example={c: 1, beta: 6, kappa: 1, eta: Rational(1, 7)},
        at="w̄ = (-4, 3)/5 with w* = e₁, c = 1, λ = 3, β = 6, κ = 1, η = 1/7: the factor is 6",
        controls=(
            Control("half of β", beta / 2),
            Control("one percent below β", Rational(99, 100) * beta),
            Control("repair: κ > β", beta, holds=True),
        ),
        weakens=(Weakening(LOCAL, kappa > beta), Weakening(BEST, kappa > beta)),
    )


def _longer_steps() -> Claim:
    return failing(
        "lost-coordinates-shrink-most-under-longer-steps",
        "A10",
        "At a limit with l1 or l0, ηc ≤ 1 and η(2c + β) ≤ {subject} a small error in coordinates that are "
        "lost is multiplied by no more than one in those that survive.",
        Integer(3),
        lambda claim: Query(Abs(LOST) <= KEPT, (eta * (2 * c + beta) <= claim.subject,)),
        assumptions=(c > 0, beta > 0, eta > 0, SHORT),
        example={c: 1, beta: 1, eta: 1},
        at="c = β = η = 1: the factors are 0 where entries survive and -1 where they are lost",
        controls=(
            Control("four", Integer(4)),
            Control("one percent more than 2", 2 * ONE_PERCENT),
            Control("repair: 2", Integer(2), holds=True),
        ),
        weakens=(Weakening(LOCAL, NOT_TOO_LONG),),
    )


def _at_the_threshold() -> Claim:
    error = real("error")

    def moved(gap: Expr) -> Expr:
        """The image of the error of a coordinate that rests below the threshold by a gap, d w* apart."""
        point = t - gap + error
        return LOST * error + eta * beta * Piecewise((0, point <= t), (point, True))

    return failing(
        "error-shrinks-at-the-threshold-of-l0",
        "A10",
        "With l0, at a limit with an entry {subject} below the threshold t, a step before the normalisation "
        "multiplies an error r > 0 of that entry by 1 - ηc at most.",
        0 * t,
        lambda claim: Query(Abs(moved(claim.subject)) <= KEPT * error, (NOT_TOO_LONG,)),
        assumptions=(c > 0, beta > 0, eta > 0, t > 0, error > 0),
        example={c: 1, beta: 2, eta: Rational(1, 4), t: Rational(1, 2), error: Rational(1, 10)},
        at="c = 1, β = 2, η = 1/4, t = 1/2: the entry 1/2 is lost, 3/5 is kept, and 1/10 becomes 13/40",
        controls=(
            Control("half of the error", error / 2),
            Control("one percent less than the error", Rational(99, 100) * error),
            Control("repair: the error itself", error, holds=True),
        ),
        weakens=(Weakening(LOCAL, "none at the threshold"),),
    )


def _opposite() -> Claim:
    along, across = KEPT * K + eta * c, KEPT * S
    step = (ANGLE, S >= 0, R >= 0, Eq(R**2, along**2 + across**2), 2 * eta * c < 1)
    return failing(
        "angle-shrinks-from-the-opposite",
        "A11",
        "With no penalty and 0 < ηc < 1/2 a step multiplies 1 - cosθ, 0 ≤ θ ≤ π, by at most {subject}.",
        KEPT,
        lambda claim: Query(along >= R * (1 - claim.subject * (1 - K)), step),
        assumptions=(c > 0, eta > 0),
        example={c: 1, eta: Rational(1, 4), K: -1, S: 0, R: Rational(1, 2)},
        at="from w = -w* to -w*/2, which is the same direction",
        controls=(
            Control("its square", KEPT**2),
            Control("half of the step", 1 - eta * c / 2),
            Control("repair: 1", Integer(1) + 0 * c, holds=True),
        ),
        weakens=(
            Weakening(HALF_ANGLE, theta < pi),
            Weakening(f"{HALF_ANGLE}-under-any-step", "all starts but -w*"),
            Weakening("half-angle-under-the-flow", theta_start < pi),
        ),
    )


def _penalty() -> Claim:
    # w and w* are fixed, c, λ and η are free; both entries of w survive.
    w, teacher = (Rational(12, 13), Rational(5, 13)), (Rational(15, 17), Rational(8, 17))
    after = [KEPT * entry + eta * (c * other - lam) for entry, other in zip(w, teacher, strict=True)]
    before, inner = (sum(x * y for x, y in zip(one, teacher, strict=True)) for one in (w, after))
    length = (R > 0, Eq(R**2, sum(x**2 for x in after), evaluate=False))
    return failing(
        "angle-shrinks-with-a-penalty",
        "A11",
        "With the l1 penalty, λ ≤ {subject} and 0 < η ≤ 1/c a step makes the angle of w = (12, 5)/13 to "
        "w* = (15, 8)/17 smaller.",
        c / 5,
        lambda claim: Query(inner > R * before, (*length, lam <= claim.subject)),
        assumptions=(c > 0, lam >= 0, eta > 0, SHORT),
        example={c: 17, lam: 3, eta: Rational(1, 25), R: Rational(21, 25)},
        at="w is the limit for c = 17, λ = 3 and any β ≥ 39/5",
        controls=(
            Control("c", c + 0 * lam),
            Control("2c/11", 2 * c / 11),
            Control("repair: 0", 0 * c, holds=True),
        ),
        weakens=(Weakening(HALF_ANGLE, "With no penalty"),),
    )
