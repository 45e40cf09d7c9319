"""A12 past its assumptions: what the opposite of the teacher, and an error that holds w, need."""

from sympy import Eq, Expr, Integer, Rational, sqrt

from proofs_check.claims.opposite_limit import HELD_BY, SHORT, held_queries, opposed_step, shrunk
from proofs_check.claims.trapping import ANGLE, K, S
from proofs_check.claims.weakened import failing
from proofs_check.evidence.smt import Query
from proofs_check.records import Claim, Control, Weakening
from theory.symbols import beta, c, eta, lam

OPPOSITE = "opposite-of-the-teacher-attracts"
POSITIVE = (c > 0, beta > 0, lam > 0, eta > 0)
ONE_PERCENT = Rational(101, 100)


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A12."""
    return _longer_steps(), _larger_entries(), _other_teachers(), _longer_held()


def _longer_steps() -> Claim:
    opposed = opposed_step(Integer(-1), Integer(0))[0]
    opposed = opposed_step(Integer(-1), Integer(0))[0]
    return failing(
        "opposite-of-the-teacher-stays-under-longer-steps",
        "A12",
        "With l1, w* = e₁, β > c + λ and η(c + β) ≤ {subject} a step from -e₁ stays opposed to e₁.",
        Integer(2),
        lambda claim: Query(opposed < 0, (eta * (c + beta) <= claim.subject,)),
        assumptions=(*POSITIVE, beta > c + lam),
        example={c: 1, lam: 1, beta: 3, eta: Rational(1, 2)},
        at="c = λ = 1, β = 3: the step with η = 1/2 is from -e₁ to e₁",
        controls=(
            Control("three", Integer(3)),
            Control("one percent more than 1", ONE_PERCENT),
            Control("repair: 1", Integer(1), holds=True),
        ),
        weakens=(Weakening(OPPOSITE, SHORT),),
    )


def _larger_entries() -> Claim:
    along, across = opposed_step(K, S)
    beside = (ANGLE, K < 0, S > 0, -beta * K > c + lam)
    return failing(
        "opposite-of-the-teacher-attracts-for-larger-entries",
        "A12",
        "With l1 in the plane, w* = e₁ and 0 < η ≤ 1/(c + β) a step turns towards -e₁ every w whose other "
        "entry is at most {subject} and whose first is below -(c + λ)/β.",
        2 * lam / beta,
        lambda claim: Query(across * -K < S * -along, (*beside, claim.subject >= S)),
        assumptions=(*POSITIVE, SHORT),
        example={c: 1, lam: 3, beta: 6, eta: Rational(1, 7), K: -Rational(4, 5), S: Rational(3, 5)},
        at="w = (-4, 3)/5 is a limit itself, with κ = 1, for c = 1, λ = 3, β = 6",
        controls=(
            Control("any entry", Integer(1) + 0 * lam),
            Control("one percent more than λ/β", ONE_PERCENT * lam / beta),
            Control("repair: λ/β", lam / beta, holds=True),
        ),
        weakens=(Weakening(OPPOSITE, "entries are at most λ/β"),),
    )


def _other_teachers() -> Claim:
    def turn(entry: Expr) -> Expr:
        """The turn of a step from -w*, w* = (√(1 - q²), q)."""
        teacher = sqrt(1 - entry**2), entry
        keep = 1 - eta * (c + beta)
        after = [-keep * part + eta * (c * part + beta * shrunk(-part)) for part in teacher]
        return teacher[0] * after[1] - teacher[1] * after[0]

    return failing(
        "opposite-of-any-teacher-is-a-limit",
        "A12",
        "With l1, β > c + λ and 0 < η ≤ 1/(c + β) the opposite of w* = (√(1 - q²), q) is kept by a step for "
        "q = {subject}.",
        Rational(3, 5),
        lambda claim: Query(Eq(turn(claim.subject), 0)),
        assumptions=(*POSITIVE, SHORT, beta > c + lam),
        example={c: 1, lam: 1, beta: 3, eta: Rational(1, 4)},
        at="the step from -(4, 3)/5 is along (-3, -1)",
        controls=(
            Control("5/13", Rational(5, 13)),
            Control("-4/5", -Rational(4, 5)),
            Control("repair: 0, for w* = e₁", Integer(0), holds=True),
        ),
        weakens=(Weakening(OPPOSITE, "w* = e₁"),),
    )


def _longer_held() -> Claim:
    return failing(
        "error-holds-an-obtuse-angle-under-longer-steps",
        "A12",
        "At an obtuse angle and for 0 < ηc < {subject} an error of the gradient of norm c sinθ returns w to "
        "itself.",
        Integer(1),
        lambda claim: _kept(eta * c < claim.subject),
        assumptions=(S > 0, S <= 1, c > 0, eta > 0),
        example={c: 1, eta: Rational(3, 4), K: -Rational(4, 5), S: Rational(3, 5)},
        at="with η = 3/4 the step from w = (-4, 3)/5 is along -w",
        controls=(
            Control("without a bound", eta * c + 1),
            Control("one percent more than a half", ONE_PERCENT / 2),
            Control("repair: a half", Rational(1, 2), holds=True),
        ),
        weakens=(Weakening("error-that-holds-an-obtuse-angle", HELD_BY),),
    )


def _kept(step: Expr) -> Query:
    lemma = held_queries(c * S)["and its direction"]
    return Query(lemma.conclusion, (*lemma.assumptions, step))
