"""A10: how fast RVSCGD comes to its limit."""

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import Eq, Expr, Integer, Rational, diff, sqrt

from numerics.closed_forms import evaluate
from proofs_check.claims.rate_cases import Rates, rates
from proofs_check.claims.rate_property import beside_limits, wrong_factor
from proofs_check.claims.trapping import real
from proofs_check.evidence.cases import Violation, searched, simulated
from proofs_check.evidence.smt import Query, square_roots, unsatisfiable
from proofs_check.records import Claim, Control, Provenance, Source
from theory import limit
from theory.symbols import beta, c, eta, kappa, s

Array = NDArray[np.float64]
HERE = Source(Provenance.DERIVED)
# 1 - η(c+β) ≥ -(1 - ηc), so that no error changes its sign and grows.
NOT_TOO_LONG = eta * (2 * c + beta) <= 2
# S′ of l1 and l0 in coordinates that survive.
S_MOVES = Integer(1)
DIGITS = 1e-3  # see ERRORS in ``rate_cases``


def claims() -> tuple[Claim, ...]:
    """The contraction factors."""
    return _contraction(), _best_contraction()


def _contraction() -> Claim:
    subject = limit.contraction_factor().result
    return Claim(
        id="local-contraction-factor",
        label="A10",
        statement="Near a limit with l1 or l0, κ > β, two or more surviving coordinates and none at the "
        "threshold, a step with 0 < η ≤ 2/(2c+β) multiplies a small error across w̄ in the former by "
        "{subject}, and no other more.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, kappa > beta, eta > 0, NOT_TOO_LONG),
        example={c: 1, beta: Rational(1, 2), kappa: Rational(5, 4), eta: Rational(1, 3)},
        uses=("fixed-points-of-the-step",),
        evidence=(
            unsatisfiable(
                lambda claim: {**moved_queries(claim), **_other_queries(claim)},
                "the step, differentiated in surviving coordinates, where S moves with w; and an error with "
                "parts in other coordinates too, where S rests",
            ),
            searched(
                lambda: beside_limits((2.0, 1.0, 0.5, 0.05)),
                wrong_factor,
                "one step from beside constructed limits, up to the longest",
            ),
            simulated(
                rates,
                lambda claim: _rate(claim, largest=False),
                "small errors at the limits of RVSCGD, three digits",
            ),
        ),
        controls=(
            Control("κ for κ - β", (1 - eta * c) / (1 - eta * c + eta * kappa)),
            Control(
                "the relaxation does not move", (1 - eta * (c + beta)) / (1 - eta * c + eta * (kappa - beta))
            ),
            Control("not divided by the norm", 1 - eta * c),
            Control("its square", subject**2),
            Control("one percent more", Rational(101, 100) * subject),
            Control("longer steps", without=(NOT_TOO_LONG,)),
        ),
    )


@cache
def linearised(slope: Expr) -> Expr:
    """Derivative in s at 0 of a step from w + sv, with w, v orthonormal, where S moves by ``slope`` times sv.

    Across w, after the normalisation; κw = c w* + βu.
    """
    along = 1 - eta * (c + beta) + eta * kappa
    across = s * (1 - eta * (c + beta)) + eta * beta * slope * s
    return diff(across / sqrt(along**2 + across**2), s).subs(s, 0)


def moved_queries(claim: Claim, slope: Expr = S_MOVES) -> Mapping[str, Query]:
    """The derivative of the step is the subject."""
    factor = linearised(slope)
    return {
        "the derivative of the step": Query(
            Eq(factor, claim.subject, evaluate=False), roots=square_roots(factor)
        )
    }


def _other_queries(claim: Claim) -> Mapping[str, Query]:
    active, other = real("square_active"), real("square_other")
    keep, length = 1 - eta * (c + beta), 1 - eta * (c + beta) + eta * kappa
    # The projection across w, which is left out, only shortens.
    moved = (keep + eta * beta) ** 2 * active + keep**2 * other
    allowed = (claim.subject * length) ** 2 * (active + other)
    return {"any error across w": Query(moved <= allowed, (active >= 0, other >= 0))}


def _best_contraction() -> Claim:
    subject = limit.best_contraction_factor().result
    return Claim(
        id="contraction-factor-at-the-largest-step",
        label="A10",
        statement="At η = 1/(c+β) the contraction factor is {subject}.",
        source=HERE,
        subject=subject,
        assumptions=(c > 0, beta > 0, kappa > beta),
        example={c: 1, beta: Rational(1, 2), kappa: Rational(5, 4)},
        uses=("local-contraction-factor",),
        evidence=(
            unsatisfiable(
                lambda claim: {
                    name: Query(one.conclusion, (Eq(eta * (c + beta), 1),), one.roots)
                    for name, one in moved_queries(claim).items()
                },
                "the step of this size, differentiated in surviving coordinates",
            ),
            searched(lambda: beside_limits((1.0,)), wrong_factor, "one step from beside constructed limits"),
            simulated(
                rates,
                lambda claim: _rate(claim, largest=True),
                "small errors at the limits of RVSCGD, three digits",
            ),
        ),
        controls=(
            Control("c for β", c / kappa),
            Control("β/(c+β), as for w̄ = w*", beta / (c + beta)),
            Control("its square", subject**2),
            Control("one percent less", Rational(99, 100) * subject),
        ),
    )


def _rate(claim: Claim, *, largest: bool) -> Violation:
    def test(batch: Rates) -> str | None:
        if largest and batch.eta * (batch.c + batch.beta) < 0.99:
            return None
        values = {c: batch.c, beta: batch.beta, eta: batch.eta, kappa: batch.kappa}
        predicted = np.broadcast_to(evaluate(claim.subject, values), batch.factor.shape)
        off = np.abs(batch.factor - predicted)
        worst = int(np.argmax(off))
        if off[worst] <= DIGITS * batch.factor[worst]:
            slow = batch.generic - predicted.max()
            return (
                f"a generic error shrinks by {batch.generic:.6g} only: {batch.name}"
                if slow > DIGITS
                else None
            )
        return f"factor {batch.factor[worst]:.6g}, predicted {predicted[worst]:.6g}: {batch.name}"

    return test
