"""P1, P5 and P6 past their assumptions: negative weights and shapes, small shapes, and values near zero."""

from sympy import Abs, Eq, Expr, Integer, Rational

from proofs_check.claims.thresholding import inverse, positive_part, query
from proofs_check.claims.trapping import real
from proofs_check.claims.weakened import failing
from proofs_check.records import Claim, Control, Weakening
from theory.penalties import TITLES, thresholding
from theory.symbols import a, lam, mu, u, x

LARGE, SMALL = "tl1-tends-to-l1-for-large-a", "tl1-tends-to-l0-for-small-a"


def _order(penalty: str) -> str:
    return f"{penalty}-proximal-map-keeps-sign-and-order"


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of P1, P5 or P6."""
    return (
        _negative_weight(),
        *map(_lengthened, ("l1", "tl1")),
        _negative_shape(),
        _small_shape(),
        _near_zero(),
    )


def _negative_weight() -> Claim:
    other = real("v")
    branch = inverse("l1")[1]

    def value(point: Expr) -> Expr:
        cost: Expr = (point - x) ** 2 / 2 + mu * Abs(point)
        return cost

    return failing(
        "l1-thresholding-is-a-global-minimiser-for-negative-weights",
        "P1",
        "For μ > {subject} each u ≥ 0 minimises ½(u - x)² + μ|u| for x = u + μ.",
        Integer(-2),
        lambda claim: query(value(u) <= value(other), Eq(x, branch), u >= 0, mu > claim.subject),
        assumptions=(),
        example={mu: -1, u: 0, x: -1, other: -2},
        at="μ = -1 and x = -1: the value is 1/2 at u = 0, and -3/2 at u = -2",
        controls=(
            Control("-3/2", -Rational(3, 2)),
            Control("-1/100", -Rational(1, 100)),
            Control("repair: 0", Integer(0), holds=True),
        ),
        weakens=(
            Weakening("l1-stationary-branch-is-global-minimum", mu > 0),
            Weakening("l1-thresholding-is-a-global-minimiser", mu > 0),
            Weakening("u-step-minimises-the-surrogate", lam > 0),
        ),
    )


def _lengthened(penalty: str) -> Claim:
    return failing(
        f"{penalty}-proximal-map-shortens-for-negative-weights",
        "P5",
        f"For μ > {{subject}} the {TITLES[penalty]} proximal map has |S(x)| ≤ |x|: x(u) is at least u ≥ 0.",
        Integer(-2),
        lambda claim: query(inverse(penalty)[1] >= u, u >= 0, mu > claim.subject),
        assumptions=(a > 0,),
        example={mu: -1, u: 1, a: 1},
        at="μ = -1 and a = 1: the image u = 1 is that of a smaller x",
        controls=(
            Control("-3/2", -Rational(3, 2)),
            Control("-1/100", -Rational(1, 100)),
            Control("repair: 0", Integer(0), holds=True),
        ),
        weakens=(Weakening(_order(penalty), mu > 0),),
    )


def _negative_shape() -> Claim:
    return failing(
        "tl1-proximal-map-shortens-for-negative-shapes",
        "P5",
        "For a > {subject} and a + u > 0 the x(u) of transformed l1 is at least u > 0, so that |S(x)| ≤ |x|.",
        Integer(-1),
        lambda claim: query(inverse("tl1")[1] >= u, u > 0, a + u > 0, a > claim.subject),
        assumptions=(mu > 0,),
        example={mu: 1, a: -Rational(1, 2), u: 1},
        at="a = -1/2 and μ = 1: the penalty falls from u = 1/2 on, and x(1) = 0",
        controls=(
            Control("-3/4", -Rational(3, 4)),
            Control("-1/100", -Rational(1, 100)),
            Control("repair: 0", Integer(0), holds=True),
        ),
        weakens=(Weakening(_order("tl1"), a > 0), Weakening(SMALL, a > 0), Weakening(LARGE, a > 0)),
    )


def _small_shape() -> Claim:
    gap = Abs(thresholding("tl1").threshold - mu)
    return failing(
        "tl1-tends-to-l1-at-a-known-rate-for-every-a",
        "P6",
        "The threshold of transformed l1 is at a distance of at most μ/a from that of l1 for a ≥ {subject}.",
        Integer(1),
        lambda claim: query(gap <= mu / a, a >= claim.subject),
        assumptions=(mu > 0, a > 0),
        example={mu: 18, a: 3},
        at="a = 3, μ = 18: t = √(2·18·4) - 3/2 = 21/2, at the distance 15/2 from 18",
        controls=(
            Control("any a", 0 * a),
            Control("μ/10", mu / 10),
            Control("repair: 2μ + 1", 2 * mu + 1, holds=True),
        ),
        weakens=(Weakening(LARGE, a >= 2 * mu + 1),),
    )


def _near_zero() -> Claim:
    return failing(
        "tl1-tends-to-l0-uniformly",
        "P6",
        "For every u > 0 the penalty of transformed l1 is at most {subject} away from 1, that of l0.",
        4 * a,
        lambda claim: query(Abs(positive_part("tl1") - 1) <= claim.subject),
        assumptions=(a > 0, u > 0),
        example={a: Rational(1, 10), u: Rational(1, 10)},
        at="a = u = 1/10: the penalty is 11/20",
        controls=(
            Control("a", a),
            Control("a(1 + u)", a * (1 + u)),
            Control("repair: a(1 + u)/u", a * (1 + u) / u, holds=True),
        ),
        weakens=(Weakening(SMALL, "of u ≠ 0"),),
    )
