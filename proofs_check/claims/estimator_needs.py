"""A13 past its other assumptions: negative weights of w, filters off the sphere, angles beyond π/2."""

from collections.abc import Mapping

from sympy import Abs, Expr, Integer, Rational, Symbol, cot, expand, oo, pi, sin

from proofs_check.claims.estimator_checks import LEAST
from proofs_check.claims.other_estimators import KEEP, NOT_NEGATIVE
from proofs_check.claims.trapping import ACROSS, ALONG, ANGLE, HERE, PULL, K, S
from proofs_check.claims.trapping_limits import BALL
from proofs_check.claims.weakened import failing
from proofs_check.evidence.smt import Query
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Expected, Weakening
from theory import coarse_gradient, estimators
from theory.derivation import definite_integral
from theory.estimators import COTANGENT, LARGEST
from theory.gaussian import normal_density, x
from theory.symbols import c, eta, norm_v, norm_w, theta, v_dot_v_star, w_star

TRAPPED, STEP = "angle-is-trapped-with-any-estimator", "largest-step-for-any-estimator"


def claims() -> tuple[Claim, ...]:
    """What fails without an assumption of A13."""
    return _negative_weight(), _off_the_sphere(), _obtuse(), _other_layers()


def _negative_weight() -> Claim:
    along, across = KEEP * K + eta * (c - ALONG), KEEP * S - eta * ACROSS
    inside = (BALL, ANGLE, K >= 0, S >= 0, LEAST * S >= PULL, c >= LEAST)
    return failing(
        "angle-is-trapped-with-a-negative-weight",
        "A13",
        "With c(θ) ≥ c_min > Λ and 1 - ηγ(θ) ≥ {subject} a step stays in every cap θ ≤ ψ ≤ π/2 with "
        "sinψ ≥ Λ/c_min.",
        -Rational(1, 2),
        lambda claim: Query(S * along - K * Abs(across) >= 0, (*inside, claim.subject <= KEEP)),
        assumptions=(LEAST > 0, c > 0, PULL >= 0, LEAST > PULL, eta > 0),
        example={
            LEAST: 1, c: 1, KEEP: -Rational(1, 2), eta: Rational(3, 2), PULL: Rational(3, 5),
            K: Rational(4, 5), S: Rational(3, 5), ALONG: Rational(9, 25), ACROSS: Rational(12, 25),
        },
        at="γ = c = 1 and η = 3/2: from w = (4, 3)/5 with e = (9, 12)/25 to (28, -51)/50",
        controls=(
            Control("-1", Integer(-1)),
            Control("-1/100", -Rational(1, 100)),
            Control("repair: 0", Integer(0), holds=True),
        ),
        weakens=(Weakening(TRAPPED, NOT_NEGATIVE), Weakening(STEP, "η ≤ {subject}")),
    )  # fmt: skip


def _at_one_point(name: str, says: str, subject: Expr, holds: Expr, point: Symbol,
                  controls: tuple[Control, ...], *weakens: Weakening) -> Claim:  # fmt: skip
    """A claim on error functions at one point; no solver knows them, but forty digits decide it."""

    def instance(claim: Claim) -> Mapping[str, Instance]:
        sides = (side.subs(point, claim.subject) for side in holds.args)
        return {"the constants": Instance(holds.func(*sides, evaluate=False))}

    return Claim(
        id=name,
        label="A13",
        statement=says,
        source=HERE,
        subject=subject,
        assumptions=(),
        example={},
        evidence=(at_the_example(instance, "the closed forms at the subject"),),
        controls=controls,
        uses=tuple(one.claim for one in weakens),
        expected=Expected.FAILS,
        weakens=weakens,
    )


def _off_the_sphere() -> Claim:
    law = coarse_gradient.tangential_law("clipped_relu").result.subs({sin(theta): 1, norm_v: 1})
    return _at_one_point(
        "smallest-tangential-constant-for-longer-filters",
        "With ‖w‖ = {subject} the clipped ReLU estimator's c(π/2) is not below that on the unit sphere.",
        Integer(2),
        law >= law.subs(norm_w, 1),
        norm_w,
        (
            Control("one percent more than one", Rational(101, 100)),
            Control("ten", Integer(10)),
            Control("repair: one half", Rational(1, 2), holds=True),
        ),
        Weakening("smallest-tangential-constant-clipped-relu", "On the unit sphere"),
    )


def _dead_zone() -> Expr:
    """γ(θ)/‖v‖² of μ′(x) = 1 for |x| > 1 and 0 else, by k = cotθ: its value at k = 0 and its slope."""
    y, k = Symbol("y", positive=True), Symbol("l", real=True)
    weight = estimators.radial_weight().subs({COTANGENT: 0, x: y})
    level = 2 * definite_integral(weight, (y, 1, oo), half_squares=True)
    # The slope of the weight is that of xφ(x)φ(kx), which is odd.
    slope = -2 * normal_density(x).subs(x, 1) * normal_density(k)
    gamma: Expr = level + definite_integral(slope, (k, 0, COTANGENT), [{COTANGENT: -1}])
    return gamma


def _obtuse() -> Claim:
    step = estimators.largest_step().result.subs({LARGEST: 1, norm_v: 1})
    return _at_one_point(
        "largest-step-for-any-estimator-at-obtuse-angles",
        "With v = v* and the proxy derivative μ′(x) = 1 for |x| > 1 and 0 else, 1 - ηγ(θ) ≥ 0 for the "
        "largest step η = √(2π)/‖v‖² at θ = {subject}.",
        3 * pi / 4,
        1 - step * _dead_zone().subs(COTANGENT, cot(theta)) >= 0,
        theta,
        (
            Control("farther from the teacher", 7 * pi / 8),
            Control("a little nearer to it", 74 * pi / 100),
            Control("repair: the right angle", pi / 2, holds=True),
        ),
        Weakening(STEP, "θ ≤ π/2"),
    )


def _other_layers() -> Claim:
    gradient = expand(coarse_gradient.expected_coarse_gradient("relu").result)
    return _at_one_point(
        "relu-estimator-turns-towards-the-teacher-for-any-layers",
        "With vᵀv* = {subject} the ReLU estimator's -E[g] points towards w* in its part across w.",
        Integer(-1),
        -gradient.coeff(w_star) > 0,
        v_dot_v_star,
        (
            Control("-1/100", -Rational(1, 100)),
            Control("layers at a right angle", Integer(0)),
            Control("repair: one, as for v = v* of norm one", Integer(1), holds=True),
        ),
        Weakening("radial-constant-relu", "with v = v*"),
        Weakening(STEP, "With v = v*"),
        Weakening(TRAPPED, LEAST > 0),
    )
