"""G4, G6, L4, L6 to L9: what else the theory says of means, gradients and estimators."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sympy import Abs, Expr, Integer, Rational, Symbol, Tuple, cos, diff, exp, pi, sin, sqrt

from proofs_check.claims import plane
from proofs_check.claims.network_cases import pairs
from proofs_check.claims.network_checks import misaligned
from proofs_check.claims.plane import X
from proofs_check.evidence.cases import searched
from proofs_check.evidence.quadrature import integrals
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import coarse_gradient as theory
from theory import gaussian, loss
from theory.gaussian import normal_density, normal_distribution
from theory.symbols import norm_v, norm_w, theta, v_dot_v_star, w_hat, w_star

HERE = Source(Provenance.DERIVED)
YIN = Source(Provenance.YL, "arXiv 1903.05662")
ANGLE = (theta > 0, theta < pi)
PLANE = (*ANGLE, norm_w > 0)
EXAMPLE = {theta: Integer(2), norm_w: Rational(3, 2), norm_v: Integer(2), v_dot_v_star: Integer(1)}
ONE_PERCENT = Rational(101, 100)
# E[μ′(‖w‖ sinθ G)], G standard normal.
MEAN = Symbol("mean_of_proxy", real=True)


def claims() -> tuple[Claim, ...]:
    """The claims that complete sections 2 and 3."""
    return (
        _bisector(),
        _orthonormal(),
        _kink(),
        _whole_vector(),
        _any_layers(),
    )


def _mean_of(ste: str) -> Expr:
    return theory.tangential_law(ste).result * sqrt(2 * pi) / norm_v**2


def each(stem: str) -> tuple[str, ...]:
    """Ids of the claims on each estimator."""
    return tuple(f"{stem}-{ste.replace('_', '-')}" for ste in theory.ESTIMATORS)


def _bisector() -> Claim:
    subject = cos(theta / 2) / sqrt(2 * pi)

    def residuals(claim: Claim) -> Sequence[Expr]:
        mean = gaussian.wedge_mean().result.expand()
        student, teacher = mean.coeff(w_hat), mean.coeff(w_star)
        # ⟨ŵ + w*, ŵ + w*⟩ = 2 + 2 cosθ = 4 cos²(θ/2).
        along = (student + teacher) * (1 + cos(theta)) / (2 * cos(theta / 2))
        return student - teacher, along - claim.subject, diff(student, theta)

    return Claim(
        id="wedge-mean-by-the-bisector",
        label="G4",
        statement="The mean of the input over the wedge is {subject} times the unit bisector of ŵ and "
        "w*; in ŵ "
        "and w* its coefficients are constants, without the bisector's singularity at θ = π.",
        source=YIN,
        subject=subject,
        assumptions=ANGLE,
        example={theta: Integer(2)},
        evidence=(vanishing(residuals, "equal constant coefficients, and the product with the bisector"),),
        controls=(
            Control("cosθ for cos(θ/2)", subject.subs(theta, 2 * theta)),
            Control("the sine", sin(theta / 2) / sqrt(2 * pi)),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=("wedge-mean",),
    )


def _orthonormal() -> Claim:
    across, own = (step.expression for step in gaussian.strip_wedge_mean().steps[:2])
    in_symbols = {
        s: 1 / norm_w if s.name == "X" else sin(theta) for s in (across + own).free_symbols - {theta}
    }
    subject = Tuple(own.subs(in_symbols), across.subs(in_symbols))

    def residuals(claim: Claim) -> Iterator[Expr]:
        strip = X * normal_density(X) * normal_distribution(X * cos(theta) / sin(theta))
        slopes = strip, exp(-(X**2) / (2 * sin(theta) ** 2)) / (2 * pi)
        pairs = zip(claim.subject, slopes, strict=True)
        return (one for component, slope in pairs for one in plane.in_width(component, slope))

    def reference(at: Mapping[str, Any]) -> Sequence[Any]:
        k, width = at["theta"].cot(), 1 / at["norm_w"]
        return plane.mean(1, width, k), plane.mean_across(width, k)

    return Claim(
        id="strip-wedge-mean-along-w-and-across",
        label="G6",
        statement="Along ŵ and ê the mean over the strip where the teacher fires is (c₁, c₂) = {subject}.",
        source=Source(Provenance.DERIVED, "arXiv 1903.05662", "left as an integral there"),
        subject=subject,
        assumptions=PLANE,
        example={theta: Integer(2), norm_w: Rational(3, 2)},
        evidence=(
            vanishing(residuals, "derivatives in the strip's width, and none at width zero"),
            integrals(tuple, reference, "integrals over the strip"),
        ),
        controls=(
            Control("the components swapped", Tuple(subject[1], subject[0])),
            Control("c₂ without its half", Tuple(subject[0], 2 * subject[1])),
            Control("the border term forgotten", Tuple(subject[1] * cos(theta) / sin(theta), subject[1])),
        ),
        uses=("strip-wedge-mean",),
    )


def _kink() -> Claim:
    subject = v_dot_v_star / pi
    step = Symbol("step", real=True)

    def residuals(claim: Claim) -> Sequence[Expr]:
        level = loss.population_loss().result
        jumps = []
        for base, sign in ((Integer(0), 1), (pi, -1)):
            # Along a great circle the angle is |step| from w*, and π - |step| from -w*.
            path = level.subs(theta, base + sign * Abs(step))
            sides = [path.subs(Abs(step), side * step).diff(step).subs(step, 0) for side in (1, -1)]
            jumps.append(sides[0] - sides[1] - sign * claim.subject)
        return jumps

    return Claim(
        id="loss-is-not-differentiable-at-the-teacher-and-opposite-it",
        label="L4",
        statement="Along a great circle the slope of the loss jumps by {subject} at w*, and by its "
        "negative at "
        "-w*; so it has no gradient there unless vᵀv* = 0.",
        source=HERE,
        subject=subject,
        assumptions=(),
        example={v_dot_v_star: Integer(1)},
        evidence=(vanishing(residuals, "one-sided slopes of the loss at θ = 0 and θ = π"),),
        controls=(
            Control("one side's slope for the jump", subject / 2),
            Control("a smooth minimum", 0 * subject),
            Control("the opposite sign", -subject),
        ),
        uses=("population-loss",),
    )


def _whole_vector() -> Claim:
    subject = theory.tangential_law("relu").result * (w_hat - w_star)

    def residuals(claim: Claim) -> Sequence[Expr]:
        gradient = theory.expected_coarse_gradient("relu").result.subs(theory.SAME_LAYER)
        rest = (gradient - claim.subject).expand()
        return rest.coeff(w_hat), rest.coeff(w_star)

    return Claim(
        id="relu-gradient-is-a-multiple-of-the-difference",
        label="L6",
        statement="With v = v* the ReLU's whole expected coarse gradient is {subject}, for every norm of w.",
        source=HERE,
        subject=subject,
        assumptions=PLANE,
        example=EXAMPLE,
        evidence=(vanishing(residuals, "the closed form with v* = v"),),
        controls=(
            Control("the identity's constant", 2 * subject),
            Control("uphill", -subject),
            Control("the tangential part alone", subject.subs(w_hat, w_hat * cos(theta))),
        ),
        uses=("expected-coarse-gradient-relu", "tangential-law-relu"),
    )


def _any_layers() -> Claim:
    subject = v_dot_v_star**2 * sin(theta) * MEAN / (2 * pi * sqrt(2 * pi) * norm_w)

    def residuals(claim: Claim) -> Sequence[Expr]:
        exact = plane.along(loss.filter_gradient().result)
        found = []
        for ste in theory.ESTIMATORS:
            coarse = plane.along(theory.expected_coarse_gradient(ste).result)
            inner = sum(one * other for one, other in zip(coarse, exact, strict=True))
            found.append(inner - claim.subject.subs(MEAN, _mean_of(ste)))
        return found

    return Claim(
        id="alignment-for-any-second-layers",
        label="L7",
        statement="For any second layers, v = v* or not, and the three estimators the inner product of "
        "expected "
        "coarse gradient and gradient of the loss is {subject}, with the mean of μ′ at ‖w‖ sinθ times a "
        "normal: "
        "where that mean is positive, zero only for θ = 0 or π or vᵀv* = 0.",
        source=HERE,
        subject=subject,
        assumptions=PLANE,
        example=EXAMPLE,
        evidence=(
            vanishing(residuals, "product of the closed forms in the plane, three estimators"),
            searched(
                lambda: pairs(same=False),
                lambda claim: misaligned(
                    {ste: claim.subject.subs(MEAN, _mean_of(ste)) for ste in theory.ESTIMATORS}
                ),
                "the slope of the loss along the coarse gradient, from angles of 1e-6 to π - 1e-6",
            ),
        ),
        controls=(
            Control("‖v‖² for vᵀv*, as if v = v*", subject.subs(v_dot_v_star, norm_v**2)),
            Control("vᵀv* for its square, which may be negative", subject / v_dot_v_star),
            Control("the norm of w forgotten", subject * norm_w),
            Control("one percent too much", subject * ONE_PERCENT),
        ),
        uses=(
            "filter-gradient",
            *(f"expected-coarse-gradient-{ste.replace('_', '-')}" for ste in theory.ESTIMATORS),
        ),
    )
