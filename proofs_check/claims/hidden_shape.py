"""L7 to L9: on the sphere, convexity of the hidden losses, and what an alignment needs of the proxy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Expr, Integer, Rational, Symbol, cos, diff, pi, sin, sqrt

from proofs_check.claims import plane
from proofs_check.claims.coarse_gradient import hidden_residuals
from proofs_check.claims.filters import ANGLE, EXAMPLE, HERE, PLANE, YIN, each
from proofs_check.claims.network_cases import stationary
from proofs_check.claims.network_checks import another_square
from proofs_check.evidence.cases import searched
from proofs_check.evidence.enclosure import positive_on_box
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected
from theory import coarse_gradient as theory
from theory import loss
from theory.gaussian import x
from theory.symbols import c, norm_v, norm_w, theta, v_dot_v_star, w_dot_w_star, w_hat, w_star

# Two filters a and b by their Gram scalars, and the point t a + (1 - t) b between them.
NORM_A, NORM_B, INNER, BETWEEN, PART = (
    Symbol(name, real=True) for name in ("norm_a", "norm_b", "a_dot_b", "norm_between", "part")
)
TAUGHT_A, TAUGHT_B = (Symbol(name, real=True) for name in ("a_dot_w_star", "b_dot_w_star"))
# ‖w‖ sinθ, the scale at which the proxy is met.
SCALE = Symbol("scale", real=True)
RAY = {norm_w: (Rational(1, 4), 4)}


def claims() -> tuple[Claim, ...]:
    """The Riemannian gradient, two hidden losses, L9, and a proxy that is opposed to the loss."""
    return _riemannian(), _convex(), _clipped_along_a_ray(), _any_proxy_is_aligned(), _vanish_together()


def _convex() -> Claim:
    """Convexity by the triangle inequality, in Gram scalars: for any dimension."""
    scale = theory.tangential_law("relu").result
    subject = (theory.hidden_loss("relu").result / scale).expand()

    def queries(claim: Claim) -> Mapping[str, Query]:
        def level(norm: Expr, taught: Expr) -> Expr:
            return claim.subject.subs({norm_w: norm, w_dot_w_star: taught}, simultaneous=True)

        middle = level(BETWEEN, PART * TAUGHT_A + (1 - PART) * TAUGHT_B)
        squared = PART**2 * NORM_A**2 + 2 * PART * (1 - PART) * INNER + (1 - PART) ** 2 * NORM_B**2
        given = (
            NORM_A >= 0, NORM_B >= 0, BETWEEN >= 0, PART >= 0, PART <= 1,
            INNER <= NORM_A * NORM_B, INNER >= -NORM_A * NORM_B,
            squared >= BETWEEN**2, squared <= BETWEEN**2,
        )  # fmt: skip
        ends = PART * level(NORM_A, TAUGHT_A) + (1 - PART) * level(NORM_B, TAUGHT_B)
        return {"between two filters": Query(middle <= ends, given)}

    return Claim(
        id="hidden-loss-of-the-relu-is-convex",
        label="L8",
        statement="With v = v* the hidden loss of the ReLU, c₀ times {subject}, is convex in w.",
        source=HERE,
        subject=subject,
        assumptions=(),
        example={norm_w: Integer(1), w_dot_w_star: Integer(0)},
        evidence=(
            unsatisfiable(queries, "no two filters, by Gram scalars, with a larger value between them"),
            vanishing(
                lambda claim: hidden_residuals(replace(claim, subject=scale * claim.subject), "relu"),
                "c₀ times it has the mean over a patch as its gradient",
            ),
        ),
        controls=(
            Control("uphill", -subject),
            Control("the norm subtracted", -norm_w - w_dot_w_star),
            Control("the inner product squared", norm_w - w_dot_w_star**2),
        ),
        uses=("hidden-loss-relu",),
    )


def _clipped_along_a_ray() -> Claim:
    # At θ = π the teacher never fires with the student, so that E[M(z·w)] alone is left.
    subject = norm_v**2 * theory.hidden_loss("clipped_relu").steps[0].expression

    def bent(claim: Claim) -> Sequence[Expr]:
        return [diff(claim.subject.subs(norm_v, 1), norm_w, 2)]

    return Claim(
        id="hidden-loss-of-the-clipped-relu-is-convex",
        label="L8",
        statement="With v = v* the hidden loss of the clipped ReLU, {subject} on the ray opposite w*, "
        "is convex.",
        source=HERE,
        subject=subject,
        assumptions=(norm_w > 0,),
        example={norm_w: Integer(1), norm_v: Integer(1)},
        evidence=(positive_on_box(bent, RAY, "the second derivative along the ray is positive"),),
        controls=(
            Control("twice as large", 2 * subject),
            Control("a weight decay too small by a half", subject + norm_v**2 * norm_w**2 / 5),
            Control("repair: with weight decay ½‖v‖²‖w‖²", subject + norm_v**2 * norm_w**2 / 2, holds=True),
        ),
        uses=("potential-of-the-clipped-relu",),
        expected=Expected.FAILS,
    )


def _mean(proxy: Expr) -> Expr:
    """E[proxy(scale G)], G standard normal, for a polynomial."""
    return plane.polynomial_mean(proxy, SCALE)


def _any_proxy_is_aligned() -> Claim:
    subject = 1 - x**2
    return Claim(
        id="every-proxy-is-aligned-with-the-loss",
        label="L7",
        statement="Expected coarse gradient and gradient of the loss have no negative inner product for "
        "every "
        "proxy derivative, such as {subject}.",
        source=HERE,
        subject=subject,
        assumptions=(SCALE > 0,),
        example={SCALE: Integer(1), x: Integer(0)},
        evidence=(
            unsatisfiable(
                lambda claim: {"sign of the mean of the proxy": Query(_mean(claim.subject) >= 0)},
                "c(θ) is the mean of the proxy at ‖w‖ sinθ times a normal",
            ),
        ),
        controls=(
            Control("half the constant", Rational(1, 2) - x**2),
            Control("the other sign", x**2 - 1),
            Control("repair: a proxy that is nowhere negative", x**2, holds=True),
            Control("repair: one that is negative in places", 1 - 2 * x**2 + 9 * x**4 / 10, holds=True),
        ),
        uses=("tangential-law-for-any-proxy", "alignment-for-any-second-layers"),
        expected=Expected.FAILS,
    )


def _riemannian() -> Claim:
    subject = c * sin(theta)

    def residuals(claim: Claim) -> Sequence[Expr]:
        found = []
        for ste in theory.ESTIMATORS:
            gradient = theory.expected_coarse_gradient(ste).result.subs(theory.SAME_LAYER)
            # θ falls along ê with slope one on the unit sphere.
            across = plane.along(gradient)[1].subs(norm_w, 1)
            law = theory.tangential_law(ste).result.subs(norm_w, 1)
            found.append(across + claim.subject.subs(c, law))
        constant = c * (1 - cos(theta))
        return [*found, diff(constant, theta) - claim.subject]

    return Claim(
        id="coarse-gradient-is-riemannian-on-the-sphere",
        label="L8",
        statement="On the unit sphere, with v = v*, the tangential part of the expected coarse gradient "
        "is the "
        "Riemannian gradient of the function of θ with slope {subject}, c = c(θ); for constant c, of "
        "c(1 - cosθ).",
        source=HERE,
        subject=subject,
        assumptions=ANGLE,
        example={**EXAMPLE, c: Integer(1)},
        evidence=(vanishing(residuals, "the part across w of three closed forms"),),
        controls=(
            Control("the loss's own slope", c + 0 * theta),
            Control("uphill", -subject),
            Control("the half angle", c * sin(theta / 2)),
        ),
        uses=each("tangential-law"),
    )


def _vanish_together() -> Claim:
    ratio = 1 - 2 * theta / pi
    subject = v_dot_v_star**2 / (8 * pi) * ((ratio - cos(theta)) ** 2 + sin(theta) ** 2)

    def residuals(claim: Claim) -> Sequence[Expr]:
        vector = v_dot_v_star * (ratio * w_hat - w_star) / (2 * sqrt(2 * pi))
        own, across = plane.along(vector)
        loss_own, loss_across = plane.along(loss.filter_gradient().result)
        exact = (v_dot_v_star / (2 * pi * norm_w)) ** 2
        return own**2 + across**2 - claim.subject, loss_own, loss_across**2 - exact

    return Claim(
        id="relu-estimator-vanishes-exactly-with-the-gradient-of-the-loss",
        label="L9",
        statement="Where the gradient in v vanishes, the ReLU's expected coarse gradient has the "
        "squared norm "
        "{subject} and the gradient in w has (vᵀv*)²/(4π²‖w‖²): for 0 < θ < π both vanish if and only "
        "if vᵀv* = 0.",
        source=YIN,
        subject=subject,
        assumptions=PLANE,
        example=EXAMPLE,
        evidence=(
            vanishing(residuals, "a sum of squares, one of which is sin²θ > 0"),
            searched(
                stationary, another_square, "networks stationary in v, one patch to fifty, at all angles"
            ),
        ),
        controls=(
            Control("the square of the sine lost", subject - v_dot_v_star**2 / (8 * pi) * sin(theta) ** 2),
            Control("1 - θ/π", subject.subs(ratio, 1 - theta / pi)),
            Control("the identity's", 4 * subject),
        ),
        uses=("relu-estimator-where-the-loss-is-stationary-in-v", "filter-gradient"),
    )
