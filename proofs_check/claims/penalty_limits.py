"""P6: transformed l1 lies between l1 and l0.

SymPy's limits are not trusted alone: for each limit a bound of the distance, which plainly vanishes, is
decided by a solver for all parameters.
"""

from collections.abc import Mapping
from typing import Any

from sympy import Abs, Expr, Integer, Rational, Tuple, expand_power_base, limit, oo, sqrt

from numerics.closed_forms import evaluate
from proofs_check.claims.cases import UNIT
from proofs_check.claims.penalty_checks import Weight, weights
from proofs_check.claims.thresholding import positive_part, query
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Evidence, Provenance, Source
from theory.penalties import PENALTY, thresholding
from theory.symbols import a, mu, u

ZHANG = Source(Provenance.ZX, "Comm. Math. Sci. 15 (2017)", "transformed l1 between l0 and l1")


def claims() -> tuple[Claim, ...]:
    """P6, for large and for small a."""
    return _towards_l1(), _towards_l0()


def _limit_claim(name: str, statement: str, subject: Tuple, assumptions: tuple[Any, ...], weight: Any,
                 evidence: tuple[Evidence, ...], wrong: Mapping[str, Tuple]) -> Claim:  # fmt: skip
    return Claim(
        id=name,
        label="P6",
        statement=statement,
        source=ZHANG,
        subject=subject,
        assumptions=assumptions,
        example={mu: weight, a: 2, u: 1},
        evidence=evidence,
        controls=tuple(Control(error, pair) for error, pair in wrong.items()),
        uses=("tl1-thresholding-is-a-global-minimiser",),
    )


def _towards_l1() -> Claim:
    return _limit_claim(
        "tl1-tends-to-l1-for-large-a",
        "As a grows, penalty and threshold of transformed l1 tend to {subject}, those of l1, at "
        "distances of at most (u + u²)/a and μ/a for a >= 2μ + 1.",
        Tuple(u, mu),
        (mu > 0, u > 0, a > 0, a >= 2 * mu + 1),
        Rational(1, 2),
        (
            vanishing(lambda c: _limits(c, oo), "SymPy's limits as a → oo"),
            unsatisfiable(
                lambda c: _near(c, (u + u**2) / a, mu / a), "distances that vanish as a → oo bound both"
            ),
            searched(weights, lambda c: _off(c, (u + u**2) / a, mu / a), "computed distances"),
        ),
        {
            "the counting penalty": Tuple(Integer(1), mu),
            "the threshold of l0": Tuple(u, sqrt(2 * mu)),
            "the penalty without a + 1": Tuple(u / 2, mu),
            "the threshold without the 1/2 of the objective": Tuple(u, mu / 2),
        },
    )


def _towards_l0() -> Claim:
    return _limit_claim(
        "tl1-tends-to-l0-for-small-a",
        "As a falls to zero, penalty (of u ≠ 0) and threshold of transformed l1 tend to {subject}, those of "
        "l0, at distances of at most a(1 + u)/u and a(1 + μ).",
        Tuple(Integer(1), sqrt(2 * mu)),
        (mu > 0, u > 0, a > 0),
        Integer(8),
        (
            vanishing(lambda c: _limits(c, 0), "SymPy's limits as a → 0"),
            unsatisfiable(
                lambda c: _near(c, a * (1 + u) / u, a * (1 + mu)), "distances that vanish as a → 0 bound both"
            ),
            searched(weights, lambda c: _off(c, a * (1 + u) / u, a * (1 + mu)), "computed distances"),
        ),
        {
            "the penalty of l1": Tuple(u, sqrt(2 * mu)),
            "the threshold of l1": Tuple(Integer(1), mu),
            "√μ for √(2μ)": Tuple(Integer(1), sqrt(mu)),
        },
    )


def _limits(claim: Claim, end: Any) -> list[Expr]:
    below, above = (piece.expr for piece in thresholding("tl1").threshold.args)
    limits = (limit(form, a, end) for form in (positive_part("tl1"), below if end == oo else above))
    return [one - other for one, other in zip(limits, claim.subject, strict=True)]


def _off(claim: Claim, penalty_gap: Expr, threshold_gap: Expr) -> Violation:
    """The same bounds for computed penalties and thresholds."""

    def test(case: Weight) -> str | None:
        values = {mu: case.mu, a: case.a}
        place = case.mu  # any positive number will do, from tiny to large
        whole = {**values, u: place}
        if not all(bool(evaluate(relation, whole)) for relation in claim.assumptions):
            return None
        forms = {"penalty": positive_part("tl1"), "threshold": thresholding("tl1").threshold}
        rows = zip(forms.items(), claim.subject, (penalty_gap, threshold_gap), strict=True)
        for (name, form), limit_, gap in rows:
            seen, expected, room = (float(evaluate(one, whole)) for one in (form, limit_, gap))
            climb(abs(seen - expected) / room, f"distance of the {name} over its bound")
            if abs(seen - expected) > room + 16 * UNIT * (abs(seen) + abs(expected)):
                return f"the {name} is {seen:.9g}, farther than {room:.3g} from {expected:.9g}"
        return None

    return test


def _near(claim: Claim, penalty_gap: Expr, threshold_gap: Expr) -> Mapping[str, Query]:
    penalty, t = claim.subject
    # √(μ(a+1)) as √μ·√(a+1), of which the query asks too that they are real: a tenth of the solver's steps.
    apart = expand_power_base(thresholding("tl1").threshold, force=True)
    return {
        "penalty": query(Abs(PENALTY["tl1"] - penalty) <= penalty_gap),
        "threshold": query(Abs(apart - t) <= threshold_gap),
    }
