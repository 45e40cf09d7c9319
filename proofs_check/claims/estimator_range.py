"""L6 beyond its formula: the range of the clipped ReLU's constant on the unit sphere, and further proxies."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sympy import (
    Expr,
    Function,
    Integer,
    Rational,
    Symbol,
    Tuple,
    cosh,
    diff,
    erf,
    exp,
    integrate,
    limit,
    pi,
    sin,
    sqrt,
    tanh,
)

from proofs_check.claims import plane
from proofs_check.claims.any_estimator import coefficients
from proofs_check.evidence.enclosure import positive_on_box
from proofs_check.evidence.quadrature import density, integrals, normal_integral
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory import coarse_gradient as theory
from theory.gaussian import normal_density, x
from theory.symbols import beta, norm_v, norm_w, theta

HERE = Source(Provenance.DERIVED)
SINE, WIDTH = Symbol("sine", real=True), Symbol("b", positive=True)
MU = Function("mu", real=True)
ANGLE = (theta > 0, theta < pi, norm_w > 0)
EXAMPLE = {theta: Integer(2), norm_w: Rational(3, 2), norm_v: Integer(2)}
FACTOR = norm_v**2 / sqrt(2 * pi)
# The enclosure leaves out sines below 1/4, where the law is within 1e-4 of its upper end: it rises there.
BOX = {SINE: (Rational(1, 4), 1)}
MARGIN = 1 - Rational(1, 10**9)


def claims() -> tuple[Claim, ...]:
    """L6: the range, its decimal, by parts, and three more proxies."""
    return _range(), _rounded(), _by_parts(), _triangle(), _odd_proxies()


def _relu() -> Expr:
    return theory.tangential_law("relu").result


def _law() -> Expr:
    """The clipped ReLU's constant on the unit sphere, by the sine."""
    return theory.tangential_law("clipped_relu").result.subs({norm_w: 1, sin(theta): SINE})


def _range_residuals(claim: Claim) -> Sequence[Expr]:
    least, largest = claim.subject
    falls = FACTOR * normal_density(1 / SINE) / SINE**2
    return (
        _law().subs(SINE, 1) - least,
        limit(_law(), SINE, 0, "+") - largest,
        # Minus a density: c falls as the sine rises.
        diff(_law(), SINE) + falls,
    )


def _within(claim: Claim) -> Sequence[Expr]:
    least, largest = claim.subject
    unit = [one.subs(norm_v, 1) for one in (_law() - MARGIN * least, largest - _law())]
    return [one / _relu().subs(norm_v, 1) for one in unit]


def _range() -> Claim:
    relu = _relu()
    least = erf(1 / sqrt(2)) * relu
    return Claim(
        id="range-of-the-clipped-relu-constant",
        label="L6",
        statement="On the unit sphere, for 0 < θ < π, the clipped ReLU's c(θ) takes the values from the "
        "first "
        "of {subject}, at θ = π/2, up to the second, which it only approaches at θ = 0 and π.",
        source=HERE,
        subject=Tuple(least, relu),
        assumptions=(SINE > 0, SINE <= 1),
        example={SINE: Rational(1, 2), norm_v: Integer(2)},
        evidence=(
            vanishing(_range_residuals, "both ends, and a slope in sinθ that is negative throughout"),
            positive_on_box(_within, BOX, "no value outside, but for one part in 1e9 at the lower end"),
        ),
        controls=(
            Control("the decimal rounded up", Tuple(Rational(6827, 10**4) * relu, relu)),
            Control("√2 forgotten", Tuple(erf(1) * relu, relu)),
            Control("one percent less at the top", Tuple(least, relu * Rational(99, 100))),
            Control("the two-sided clip's upper end", Tuple(least, 2 * relu)),
        ),
        uses=("tangential-law-clipped-relu", "tangential-law-relu"),
    )


def _rounded() -> Claim:
    return Claim(
        id="clipped-relu-constant-is-at-least-0.6827-of-the-relu-s",
        label="L6",
        statement="On the unit sphere the clipped ReLU's c(θ) is nowhere below {subject} c₀.",
        source=HERE,
        subject=Rational(6827, 10**4),
        assumptions=(SINE > 0, SINE <= 1),
        example={SINE: Rational(1, 2)},
        evidence=(
            positive_on_box(
                lambda claim: [(_law() / _relu() - claim.subject).subs(norm_v, 1)],
                BOX,
                "no sine at which the law is lower",
            ),
        ),
        controls=(
            Control("0.683", Rational(683, 1000)),
            Control("ReLU's own constant", Integer(1)),
            Control("repair: rounded down", Rational(6826, 10**4), holds=True),
        ),
        uses=("range-of-the-clipped-relu-constant",),
        expected=Expected.FAILS,
    )


def _by_parts() -> Claim:
    scale = norm_w * sin(theta)
    subject = FACTOR * x * MU(scale * x) * normal_density(x) / scale

    def residuals(claim: Claim) -> Sequence[Expr]:
        law = FACTOR * diff(MU(scale * x), x) / scale * normal_density(x)
        border = diff(FACTOR * MU(scale * x) * normal_density(x) / scale, x)
        return coefficients((law - claim.subject - border).doit())

    return Claim(
        id="tangential-law-by-parts",
        label="L6",
        statement="For a proxy μ that is smooth and bounded by a polynomial, c(θ) is the integral of "
        "{subject} "
        "over all x; so it is positive for every proxy with values of the sign of x.",
        source=HERE,
        subject=subject,
        assumptions=ANGLE,
        example={**EXAMPLE, x: Integer(1)},
        evidence=(
            vanishing(
                residuals, "the law's integrand less this one is a derivative, of a function that fades"
            ),
        ),
        controls=(
            Control("the scale forgotten", subject * scale),
            Control("the sign of the border term", -subject),
            Control("twice", 2 * subject),
        ),
        uses=("tangential-law-for-any-proxy",),
    )


@cache
def _triangle_mean() -> Expr:
    """Mean of max(2 - 2|y|/b, 0) under the standard normal law, by the half width b."""
    mean = 4 * integrate(normal_density(x), (x, 0, WIDTH), manual=True)
    return mean - 4 / WIDTH * integrate(x * normal_density(x), (x, 0, WIDTH))


def _triangle() -> Claim:
    scale = norm_w * sin(theta)
    inside = erf(1 / (sqrt(2) * scale))
    subject = FACTOR * (2 * inside - 4 * scale * (1 - exp(-1 / (2 * scale**2))) / sqrt(2 * pi))

    def residuals(claim: Claim) -> Sequence[Expr]:
        return (claim.subject - FACTOR * _triangle_mean().subs(WIDTH, 1 / scale),)

    def reference(at: Mapping[str, Any]) -> Sequence[Any]:
        k, norm = at["theta"].cot(), at["norm_w"]
        across = 2 * plane.mean_across(1 / norm, k)
        lower = normal_integral(lambda y: y * density(y) * density(k * y), 1, 1 / norm)
        mean = 2 * (across - 2 * norm * lower)
        return (at["norm_v"] ** 2 * mean / at["theta"].sin(),)

    return Claim(
        id="tangential-law-triangle",
        label="L6",
        statement="With v = v* the proxy derivative max(2 - 2|x|, 0) has the tangential constant {subject}.",
        source=HERE,
        subject=subject,
        assumptions=ANGLE,
        example=EXAMPLE,
        evidence=(
            vanishing(residuals, "mean of the proxy at ‖w‖ sinθ times a normal, by its half width"),
            integrals(lambda subject: (subject,), reference, "integral of the teacher's mean across w"),
        ),
        controls=(
            Control("the two-sided clip's", FACTOR * inside),
            Control("half the height", subject / 2),
            Control("the sine forgotten", subject.subs(sin(theta), 1)),
            Control("one percent too much", subject * Rational(101, 100)),
        ),
        uses=("tangential-law-for-any-proxy",),
    )


def _odd_proxies() -> Claim:
    y = beta * x
    sigmoid = 1 / (1 + exp(-y))
    subject = Tuple(tanh(x), 2 * sigmoid * (1 + y * (1 - sigmoid)) - 1)

    def residuals(claim: Claim) -> Sequence[Expr]:
        first, second = claim.subject
        slope = beta * (2 - y * tanh(y / 2)) / (1 + cosh(y))
        # Sums of terms with the sign of x, for β > 0.
        signed = tanh(y / 2) + y / (1 + cosh(y))
        parts = (
            diff(first, x) - (1 - tanh(x) ** 2), first - tanh(x), diff(second, x) - slope, second - signed
        )  # fmt: skip
        return [part.rewrite(exp) for part in parts]

    return Claim(
        id="two-smooth-proxies-have-the-sign-of-x",
        label="L6",
        statement="The proxy derivatives 1 - tanh² x and β(2 - βx tanh(βx/2))/(1 + cosh βx), which "
        "changes sign, "
        "are the slopes of {subject}, which have the sign of x; so their tangential constants are positive.",
        source=HERE,
        subject=subject,
        assumptions=(beta > 0,),
        example={beta: Integer(5), x: Rational(1, 3)},
        evidence=(
            vanishing(residuals, "slopes, and the second as tanh(βx/2) + βx/(1 + cosh βx), both signed"),
        ),
        controls=(
            Control("the sigmoid for tanh", Tuple(sigmoid.subs(beta, 1), subject[1])),
            Control("the factor β lost", Tuple(subject[0], subject[1].subs(beta, 1))),
            Control("the product's other half", Tuple(subject[0], 2 * sigmoid * (1 - y * (1 - sigmoid)) - 1)),
        ),
        uses=("tangential-law-by-parts",),
    )
