"""A13 past its assumption: estimators whose tangential constant has no positive lower bound."""

from collections.abc import Mapping
from typing import Any

from sympy import Eq, Expr, Integer, Rational, Symbol

from proofs_check.claims import plane
from proofs_check.claims.trapping import HERE, PULL, S, real
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Expected, Weakening
from theory.gaussian import x

SCALE = Symbol("s", positive=True)
# c(θ) = K E[μ′(sG)].
SIZE = real("K")


def claims() -> tuple[Claim, ...]:
    """Constants that vanish at w*, and constants that vanish everywhere."""
    return _vanishing_at_the_teacher(), _mean_zero()


def mean(proxy: Expr) -> Expr:
    """E[μ′(sG)]."""
    return plane.polynomial_mean(proxy, SCALE)


def _vanishing_at_the_teacher() -> Claim:
    """With μ′(x) = x², c(θ) = K sin²θ; a fixed point with the pull Λ has K sin³θ = Λ."""

    def fixed() -> tuple[Any, ...]:
        return (Eq(SIZE * mean(x**2).subs(SCALE, S) * S, PULL),)

    return Claim(
        id="error-bound-without-a-least-constant",
        label="A13",
        statement="With μ′(x) = x² and E[μ′(sG)] > 0 for s > 0 alone, c(π/2) = K, a fixed point with pull Λ "
        "has sinθ ≤ {subject}.",
        source=HERE,
        subject=PULL / SIZE,
        assumptions=(SIZE > 0, PULL > 0),
        example={SIZE: 1, PULL: Rational(1, 8), S: Rational(1, 2)},
        evidence=(
            at_the_example(
                lambda claim: {"a fixed point": Instance(claim.subject >= S, fixed())},
                "c(θ)sinθ = Λ at sinθ = 1/2",
            ),
            unsatisfiable(
                lambda claim: {"a fixed point": Query(claim.subject >= S, (*fixed(), S > 0, S <= 1))},
                "c(θ)sinθ = Λ leaves no larger sine",
            ),
        ),
        controls=(
            Control("half of it", PULL / SIZE / 2),
            Control("twice as much", 2 * PULL / SIZE),
            Control("repair: c at the angle itself", PULL / (SIZE * S**2), holds=True),
        ),
        uses=("exact-error-with-any-estimator",),
        expected=Expected.FAILS,
        weakens=(Weakening("angle-is-trapped-with-any-estimator", "E[μ′(sG)] ≥ μ_min > 0"),),
    )


def _mean_zero() -> Claim:
    def instance(claim: Claim) -> Mapping[str, Instance]:
        return {"E[μ′(sG)] at s = 1": Instance(mean(claim.subject).subs(SCALE, 1) > 0)}

    def queries(claim: Claim) -> Mapping[str, Query]:
        # One symbol for s, real and positive by assumption.
        size = real("s_theta")
        return {"E[μ′(sG)]": Query(mean(claim.subject).subs(SCALE, size) > 0, (size > 0, size <= 1))}

    return Claim(
        id="estimator-with-mean-zero-learns",
        label="A13",
        statement="The estimator with μ′(x) = {subject} turns w towards w* at every angle between 0 and π.",
        source=HERE,
        subject=x,
        assumptions=(),
        example={},
        evidence=(
            at_the_example(instance, "its mean decides c(θ)"),
            unsatisfiable(queries, "E[μ′(sG)] > 0 for 0 < s ≤ 1"),
        ),
        controls=(
            Control("another odd function", x**3),
            Control("one that turns w away", Integer(-1) + 0 * x),
            Control("repair: an even and positive one", x**2, holds=True),
        ),
        uses=("tangential-law-for-any-proxy",),
        expected=Expected.FAILS,
        weakens=(Weakening("angle-is-trapped-with-any-estimator", "0 ≤ μ′ ≤ M"),),
    )
