"""A8 for whole runs: RVSCGD against an adversary who adds an error of norm ε to every gradient.

The error adds to the pull, ‖β(w - u) + error‖ ≤ Λ + ε, so that the lemmas of ``trapping`` speak of Λ + ε.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, Rational, Symbol

from numerics.closed_forms import evaluate
from numerics.simulator import Result
from proofs_check.claims import trapping_cases
from proofs_check.claims.cases import rounding
from proofs_check.claims.trapping import PULL, SHORT, S, cap_queries, fall_queries, real
from proofs_check.claims.trapping_cases import LONG, AdversarialRun
from proofs_check.claims.trapping_rate import excess_queries
from proofs_check.evidence.cases import Violation, climb, searched, simulated
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Provenance, Source
from theory.symbols import beta, c, eta

# Largest norm of the error in the gradient.
ERROR = Symbol("epsilon", real=True)
STEPS = 8


def claims() -> tuple[Claim, ...]:
    """A8 with errors in the gradient."""
    return (_trapped(),)


def _level(claim: Claim, case: AdversarialRun) -> float:
    values: dict[Any, float] = {PULL: case.pull, ERROR: case.error, c: 1.0, beta: case.beta}
    return float(evaluate(claim.subject, values))


def _escapes(claim: Claim) -> Violation:
    def test(case: AdversarialRun) -> str | None:
        history = case.run(STEPS).history
        if history is None:
            raise ValueError("trapping: history=None, the angles of the run are required")
        level = _level(claim, case)
        before, after = history.angle[:-1], history.angle[1:]
        # A sum that is short before the division magnifies rounding; in these cases by much less than 1e3.
        error = 1e3 * rounding(case.d)
        outside = before > np.arcsin(level)
        excess = after - np.where(outside, before, np.arcsin(level)) - error
        t, k = np.unravel_index(np.argmax(excess), excess.shape)
        climb(float(excess[t, k]), "a step out of the caps")
        if excess[t, k] <= 0:
            return None
        return (
            f"step {t} goes from the angle {before[t, k]:.9g} to {after[t, k]:.9g}, past arcsin {level:.6g},"
        )

    return test


def _stays_out(claim: Claim) -> Violation:
    def test(outcome: tuple[AdversarialRun, Result]) -> str | None:
        case, result = outcome
        level = _level(claim, case)
        sine = np.sin(result.angle)
        # Geometric convergence has come to rest at rounding.
        worst = float(np.where(result.angle < np.pi / 2, sine, 2.0).max())
        if worst <= level + 1e-9:
            return None
        return f"sinθ = {worst:.9g} after {LONG} steps, past {level:.9g}: {case}"

    return test


def _queries(claim: Claim) -> Mapping[str, Query]:
    size, of_relaxation, of_error, level = map(real, ("norm_e", "norm_pull", "norm_error", "level"))
    pull = c * level
    bounded = (size <= of_relaxation + of_error, of_relaxation <= PULL, of_error <= ERROR)
    factor = (1 - eta * c) / (1 - eta * pull)
    # By the first query the norm of e is at most c times the level; level < 1 is an assumption.
    lemmas = {**cap_queries(level, pull), **fall_queries(c * S, pull), **excess_queries(factor, pull)}
    known = (level >= 0, level < 1)
    return {
        "the pull and the error": Query(size <= c * claim.subject, bounded),
        **{name: Query(one.conclusion, (*one.assumptions, *known)) for name, one in lemmas.items()},
    }


def _trapped() -> Claim:
    subject: Expr = (PULL + ERROR) / c
    return Claim(
        id="angle-is-trapped-with-errors-in-the-gradient",
        label="A8",
        statement="Let ‖β(w - u)‖ ≤ Λ, errors of the gradient have norm ε at most, and L = {subject}. If "
        "θ⁰ ≤ π - δ, L < sinδ and 0 < η ≤ 1/c, then θ falls above π/2, never leaves a cap θ ≤ ψ with "
        "L ≤ sinψ, ψ ≤ π/2, and limsup sinθ ≤ L.",
        source=Source(Provenance.DERIVED),
        subject=subject,
        sharper="smaller",
        assumptions=(c > 0, beta > 0, PULL > 0, ERROR >= 0, c > PULL + ERROR, eta > 0, SHORT),
        example={beta: 1, c: 1, PULL: Rational(1, 2), ERROR: Rational(1, 4), eta: 1},
        evidence=(
            unsatisfiable(_queries, "the lemmas of one step, with the error added to the pull; that tanθ "
                          "decreases to its level by a factor below 1 gives the limsup"),
            searched(trapping_cases.adversarial_runs, _escapes, "no step of RVSCGD against an adversary "
                                                                "violates it; "
                     "three penalties, L up to just below sinδ"),
            simulated(trapping_cases.long_runs, _stays_out, "sinθ after many steps against an adversary"),
        ),
        controls=(
            Control("the error forgotten", PULL / c),
            Control("the pull forgotten", ERROR / c),
            Control("divided by c + β", (PULL + ERROR) / (c + beta)),
            Control("half of it", subject / 2),
        ),
        uses=(
            "caps-around-the-teacher-are-invariant", "angle-falls-by-a-fixed-amount-above-the-right-angle",
            "excess-over-the-trapping-angle-shrinks",
        ),
    )  # fmt: skip
