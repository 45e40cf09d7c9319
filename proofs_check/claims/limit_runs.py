"""A9: whether runs of RVSCGD with l1 end at the limit that is computed without iterating."""

from collections.abc import Callable

import numpy as np
from sympy import asin, pi, sqrt

from numerics.closed_forms import evaluate
from proofs_check.claims.limit_cases import Field
from proofs_check.claims.run_cases import BORDERS, descents
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.records import Claim, Evidence
from theory.symbols import c, d, lam, theta_start

# Agreement of iteration and direct solution: a last step of 1e-14 times 1/(1 - q), with q <= 0.9.
AGREE = 1e-12
# The starts that A8 admits.
ADMITTED = theta_start < pi - asin(lam * sqrt(d) / c)


def _bound(claim: Claim, c_: float) -> float:
    """The subject, a bound of λ√d, for a given c."""
    return float(evaluate(claim.subject, {c: c_, lam: 0.0}))


def converges(claim: Claim, *, trapped: bool, slow: bool = False) -> Callable[[Field], str | None]:
    """Whether a run ends elsewhere than at the limit; ``slow`` passes over those that are not at rest."""

    def test(field: Field) -> str | None:
        pull = field.lam * np.sqrt(len(field.w_star))
        if not pull < _bound(claim, field.c):
            return None
        edge = np.pi - np.arcsin(min(1.0, pull / field.c)) if trapped else np.pi
        if len(field.limits) != 1:
            return f"{len(field.limits)} limits are computed: {field.name}"
        judged = (field.start < edge) & (field.result.converged if slow else True)
        off = np.abs(field.result.w - field.limits[0].w).max(axis=1) * judged
        at = int(np.argmax(off))
        climb(float(off[at]), "a run that ends elsewhere")
        if off[at] <= AGREE:
            return None
        return f"a start at {field.start[at]:.4g} ends {off[at]:.3g} from the limit: {field.name}"

    return test


def from_the_border(*, always_trapped: bool) -> Evidence:
    """Runs from the edge of the admitted starts; others count unless an assumption bars them."""

    def violation(claim: Claim) -> Violation:
        test = converges(claim, trapped=always_trapped or ADMITTED in claim.assumptions, slow=True)
        return lambda case: test(case.field(_bound(claim, case.c)))

    shows = "runs from one unit in the last place inside the edge of the admitted starts, and elsewhere"
    return searched(descents, violation, shows, borders=BORDERS, fewer=3)
