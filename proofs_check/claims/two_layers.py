"""L9: coarse gradients with the second layer trained too, where the loss is stationary in it.

A second layer a v* + b 1 enters by its inner products with 1 and v*, for any number m of patches. At θ = π,
w* = -ŵ, the loss has the spurious minimum v = (I + 11ᵀ)⁻¹(11ᵀ - I)v*.
"""

from functools import cache

from sympy import Add, Expr, Integer, Rational, Tuple, pi, sqrt

from proofs_check.claims.network_cases import ENDS, stationary
from proofs_check.claims.network_checks import another_component, another_gradient, another_minimum
from proofs_check.claims.opposite import (
    M,
    opposite_networks,
    predicted_identity,
    sample_both,
    sample_identity,
    sampled_zero,
)
from proofs_check.evidence.cases import searched
from proofs_check.evidence.monte_carlo import root_mean_square, sampled_mean
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory import coarse_gradient as theory
from theory.derivation import linear_root
from theory.loss import output_gradient
from theory.symbols import (
    norm_v,
    norm_v_star,
    norm_w,
    ones,
    sum_v,
    sum_v_star,
    theta,
    v,
    v_dot_v_star,
    v_star,
    w_hat,
    w_star,
)

YIN = Source(Provenance.YL, "arXiv 1903.05662", "critical points of the loss with a trained second layer")
HERE = Source(Provenance.DERIVED)
# A teacher whose entries do not cancel, with more than one patch.
SEVERAL = (M > 1, sum_v_star > 0, norm_v_star > 0, norm_w > 0)
EXAMPLE = {M: Integer(3), sum_v_star: Integer(2), norm_v_star: Integer(3), norm_w: Rational(3, 2)}
SPURIOUS = Tuple(Integer(-1), 2 * sum_v_star / (M + 1))


def claims() -> tuple[Claim, ...]:
    """L9: the spurious minimum, and what two estimators do there."""
    return _minimum(), _stationary(), _identity(), _identity_vanishes()


def _inner_products(layer: Tuple) -> dict[Expr, Expr]:
    """‖v‖, 1ᵀv and vᵀv* of v = a v* + b 1."""
    a, b = layer
    return {
        norm_v: sqrt(a**2 * norm_v_star**2 + 2 * a * b * sum_v_star + b**2 * M),
        sum_v: a * sum_v_star + b * M,
        v_dot_v_star: a * norm_v_star**2 + b * sum_v_star,
    }


def _opposed(vector: Expr, layer: Tuple) -> Expr:
    """Component along ŵ, at w* = -ŵ, of a combination of ŵ and w*."""
    return vector.subs({theta: pi}).subs(w_star, -w_hat).expand().coeff(w_hat).subs(_inner_products(layer))


def _minimum_residuals(claim: Claim) -> list[Expr]:
    a, b = claim.subject
    slope = output_gradient().result.subs(theta, pi)
    slope = slope.subs(v, a * v_star + b * ones).subs(_inner_products(claim.subject)).expand()
    relu = theory.expected_coarse_gradient("relu").result
    return [slope.coeff(v_star), slope.coeff(ones), _opposed(relu, claim.subject)]


def _minimum() -> Claim:
    return Claim(
        id="relu-estimator-vanishes-at-the-spurious-minimum",
        label="L9",
        statement="At θ = π both the gradient of the loss in v and the expected coarse gradient of the "
                  "ReLU vanish "
        "at v = a v* + b 1 with (a, b) = {subject}, for any m.",
        source=YIN,
        subject=SPURIOUS,
        assumptions=SEVERAL,
        example=EXAMPLE,
        evidence=(
            vanishing(_minimum_residuals, "(I + 11ᵀ)v = (11ᵀ - I)v* and the closed form of the estimator"),
            sampled_mean(opposite_networks, sample_both, sampled_zero,
                         "means of the network's gradients, against those linear in v - v(subject)",
                         quantity=root_mean_square),
            searched(lambda: stationary(opposed=True), another_minimum,
                     "the solved layer, and no gradient there; two patches to fifty"),
        ),
        controls=(
            Control("m for m + 1, without the identity", Tuple(-1, 2 * sum_v_star / M)),
            Control("the two forgotten", Tuple(-1, sum_v_star / (M + 1))),
            Control("the teacher's own layer", Tuple(1, 0)),
            Control("the sign of v*", Tuple(1, 2 * sum_v_star / (M + 1))),
        ),
        uses=("output-gradient", "expected-coarse-gradient-relu"),
    )  # fmt: skip


@cache
def _stationary_square() -> Expr:
    """‖v‖² where the product of v with the gradient in v vanishes, in which it is linear."""
    parts = {v: norm_v**2, ones: sum_v, v_star: v_dot_v_star}
    slope = output_gradient().result.expand()
    return linear_root(sum(slope.coeff(vector) * inner for vector, inner in parts.items()), norm_v**2)


def _stationary_residuals(claim: Claim) -> list[Expr]:
    square = _stationary_square()
    difference = (theory.expected_coarse_gradient("relu").result - claim.subject).expand()
    return [difference.coeff(vector).subs(norm_v**2, square) for vector in (w_hat, w_star)]


def _stationary() -> Claim:
    subject = v_dot_v_star * ((1 - 2 * theta / pi) * w_hat - w_star) / (2 * sqrt(2 * pi))
    return Claim(
        id="relu-estimator-where-the-loss-is-stationary-in-v",
        label="L9",
        statement="Where the gradient of the loss in v vanishes, the expected coarse gradient of the ReLU is "
        "{subject}; so it vanishes exactly where vᵀv* = 0 or θ is 0 or π, the critical points of the loss.",
        source=HERE,
        subject=subject,
        assumptions=(theta > 0, theta < pi, norm_w > 0),
        example={theta: Integer(2), norm_w: Rational(3, 2)},
        evidence=(
            vanishing(_stationary_residuals, "the closed form, with ‖v‖² from the gradient in v times v; ŵ "
                                             "and w* "
                      "are parallel only at 0 and π, and there 1 - 2θ/π is cosθ"),
            searched(stationary, another_gradient,
                     "networks stationary in v, one patch to fifty, at all angles", borders=ENDS),
        ),
        controls=(
            Control("1 - θ/π for 1 - 2θ/π", subject.subs((1 - 2 * theta / pi), 1 - theta / pi)),
            Control("twice, as of the identity", 2 * subject),
            Control("the sign of ŵ", subject.subs(w_hat, -w_hat)),
        ),
        uses=("output-gradient", "expected-coarse-gradient-relu"),
    )  # fmt: skip


def _identity() -> Claim:
    subject = 2 * (M - 1) * sum_v_star**2 / ((M + 1) ** 2 * sqrt(2 * pi))
    return Claim(
        id="identity-estimator-at-the-spurious-minimum",
        label="L9",
        statement="At the spurious minimum θ = π, v = (I + 11ᵀ)⁻¹(11ᵀ - I)v* the expected coarse gradient "
                  "of the "
        "identity is {subject} times ŵ; it vanishes only for m = 1 or 1ᵀv* = 0.",
        source=YIN,
        subject=subject,
        assumptions=SEVERAL,
        example=EXAMPLE,
        evidence=(
            vanishing(
                lambda claim: (
                    _opposed(theory.expected_coarse_gradient("identity").result, SPURIOUS) - claim.subject,
                ),
                "the closed form at the inner products of the layers",
            ),
            sampled_mean(opposite_networks, sample_identity, predicted_identity, "the network's coarse "
                                                                                    "gradient "
                         "along ŵ, m from 2 to 4"),
            searched(lambda: stationary(opposed=True), another_component, "two patches to fifty, all of it"),
        ),
        controls=(
            Control("no gradient, as of ReLU", 0 * subject),
            Control("the square of m + 1 forgotten", subject * (M + 1)),
            Control("m for m - 1", subject * M / (M - 1)),
            Control("a half too many", subject / 2),
        ),
        uses=("relu-estimator-vanishes-at-the-spurious-minimum", "expected-coarse-gradient-identity"),
    )  # fmt: skip


def _identity_vanishes() -> Claim:
    subject = theory.expected_coarse_gradient("identity").result
    return Claim(
        id="identity-estimator-vanishes-at-the-spurious-minimum",
        label="L9",
        statement="The expected coarse gradient {subject} vanishes at θ = π, v = (I + 11ᵀ)⁻¹(11ᵀ - I)v* "
        "for every "
        "teacher.",
        source=YIN,
        subject=subject,
        assumptions=SEVERAL,
        example=EXAMPLE,
        evidence=(
            vanishing(lambda claim: (_opposed(claim.subject, SPURIOUS),), "the closed form at that point"),
        ),
        controls=(
            Control("halved, as if half the inputs counted", subject / 2),
            Control("the loss's sign of w*", subject.subs(w_star, -w_star)),
            Control("repair: the ReLU", theory.expected_coarse_gradient("relu").result, holds=True),
            Control("repair: the clipped ReLU", _clipped_at_pi(), holds=True),
        ),
        uses=("identity-estimator-at-the-spurious-minimum",),
        expected=Expected.FAILS,
    )


def _clipped_at_pi() -> Expr:
    # Student and teacher never fire together at θ = π: E[z μ′σ*] is zero there, and the rest has no angle.
    # The closed form has cotθ and 1/sinθ, which are not defined there.
    expected = theory.expected_coarse_gradient("clipped_relu").result
    kept = [term for term in Add.make_args(expected) if not term.has(theta)]
    return Add(*kept)
