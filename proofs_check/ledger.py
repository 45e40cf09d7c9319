"""The ledger: all claims, in the order of the theory, and what must be true of any set of claims."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter

from proofs_check.claims import (
    any_estimator,
    bounds,
    bounds_sharp,
    cap_limits,
    clipped_potential,
    coarse_gradient,
    constants,
    contraction,
    error_limits,
    estimator_limits,
    estimator_needs,
    estimator_range,
    exact_angle,
    filters,
    fixed_points,
    gaussian,
    global_limit,
    hidden_loss,
    hidden_shape,
    iterate_needs,
    ladder,
    lagrangian,
    learnability,
    limit,
    loss,
    multiplier_limits,
    no_penalty,
    opposite_limit,
    opposite_needs,
    other_estimators,
    penalties,
    penalty_limits,
    penalty_needs,
    rate_limits,
    splitting,
    telescoping,
    thresholded_form,
    thresholding,
    ties,
    trapped_runs,
    trapping,
    trapping_limits,
    trapping_rate,
    turn_limits,
    two_layers,
)
from proofs_check.evidence.scores import FALSE_ALARM, FAMILY_FALSE_ALARM, MOST_COMPARISONS
from proofs_check.records import Claim, Expected, Strength
from proofs_check.trust import CAN_MISS
from proofs_check.usage import UsageError

LEAST_CONTROLS = 2
TOPICS = (
    gaussian,
    loss,
    coarse_gradient,
    clipped_potential,
    any_estimator,
    estimator_range,
    filters,
    hidden_loss,
    hidden_shape,
    two_layers,
    ladder,
    penalties,
    thresholded_form,
    thresholding,
    penalty_limits,
    contraction,
    ties,
    penalty_needs,
    splitting,
    fixed_points,
    telescoping,
    lagrangian,
    iterate_needs,
    bounds,
    bounds_sharp,
    exact_angle,
    error_limits,
    limit,
    global_limit,
    no_penalty,
    rate_limits,
    turn_limits,
    constants,
    multiplier_limits,
    trapping,
    trapping_rate,
    trapped_runs,
    trapping_limits,
    cap_limits,
    learnability,
    opposite_limit,
    opposite_needs,
    other_estimators,
    estimator_limits,
    estimator_needs,
)


@cache
def ledger() -> tuple[Claim, ...]:
    """Build all claims; this derives every formula, once in a process.

    Raises
    ------
    ValueError
        If the claims are not well formed.
    """
    claims = tuple(claim for topic in TOPICS for claim in topic.claims())
    validate(claims)
    return claims


def validate(claims: Sequence[Claim]) -> None:
    """Check ids, controls, and that the claims rest on each other without a gap or a circle.

    Raises
    ------
    ValueError
        With one sentence that names the claim.
    """
    ids = [claim.id for claim in claims]
    known = {claim.id: claim for claim in claims}
    for claim in claims:
        if ids.count(claim.id) > 1:
            raise ValueError(f"ledger: id={claim.id!r} occurs twice, every claim needs an id of its own")
        planted = sum(not control.holds for control in claim.controls)
        if planted < LEAST_CONTROLS:
            raise ValueError(
                f"ledger: {claim.id} plants {planted} errors, at least {LEAST_CONTROLS} are needed"
            )
        _validate_uses(claim, known)
        _validate_weakened(claim, known)
        exact = any(piece.strength is Strength.EXACT for piece in claim.evidence)
        if claim.expected is Expected.HOLDS and not exact and not claim.sampled_because:
            raise ValueError(
                f"ledger: {claim.id} has no exact evidence, sampled_because has to say why none is possible"
            )
    made = comparisons(claims)
    if made > MOST_COMPARISONS:
        raise ValueError(
            f"ledger: {made} Monte Carlo comparisons of true statements, at {FALSE_ALARM:g} each "
            f"{MOST_COMPARISONS} share a false-alarm probability of {FAMILY_FALSE_ALARM:g}"
        )
    try:
        TopologicalSorter({claim.id: claim.uses for claim in claims}).prepare()
    except CycleError as error:
        raise ValueError(
            f"ledger: claims rest on each other in a circle: {' -> '.join(error.args[1])}"
        ) from error


def _validate_uses(claim: Claim, known: Mapping[str, Claim]) -> None:
    for used in claim.uses:
        if used not in known:
            raise ValueError(f"ledger: {claim.id} uses {used!r}, which is no claim")
        if claim.expected is Expected.HOLDS and known[used].expected is Expected.FAILS:
            raise ValueError(f"ledger: {claim.id} uses {used!r}, which is expected to fail")
    for piece in claim.evidence:
        if piece.kind not in CAN_MISS:
            raise ValueError(
                f"ledger: {claim.id} has evidence of kind={piece.kind!r}, one of {', '.join(CAN_MISS)} "
                "is required"
            )


def _validate_weakened(claim: Claim, known: Mapping[str, Claim]) -> None:
    for one in claim.weakens:
        if one.claim not in known or known[one.claim].expected is Expected.FAILS:
            raise ValueError(
                f"ledger: {claim.id} weakens {one.claim!r}, a claim expected to hold is required"
            )
        whole = known[one.claim]
        stated = whole.statement if isinstance(one.assumption, str) else whole.assumptions
        if one.assumption not in stated:
            raise ValueError(
                f"ledger: {claim.id} weakens {one.assumption!s}, which {one.claim} does not assume"
            )


def comparisons(claims: Iterable[Claim]) -> int:
    """Number of Monte Carlo comparisons in which an alarm would be a false one.

    Only a true statement can raise a false alarm: the claims, and the repairs among their controls. The
    planted errors are false, and an alarm is what they are there for.
    """
    return sum(
        piece.comparisons.count * (1 + sum(control.holds for control in claim.controls))
        for claim in claims
        for piece in claim.evidence
        if piece.comparisons is not None
    )


def select(claims: Sequence[Claim], names: Iterable[str]) -> tuple[Claim, ...]:
    """The claims with the given ids or labels, in the ledger's order; all of them if no name is given.

    Raises
    ------
    UsageError
        If a name is neither, with the nearest names.
    """
    given = list(names)
    wanted = [name.lower() for name in given]
    known = {name.lower(): name for claim in claims for name in (claim.id, claim.label)}
    for name in given:
        if name.lower() not in known:
            near = [known[match] for match in difflib.get_close_matches(name.lower(), known, n=3)]
            hint = f"; the nearest are {', '.join(near)}" if near else ""
            raise UsageError(f"CLAIM={name!r} is neither an id nor a label of the ledger{hint}")
    return tuple(c for c in claims if not wanted or {c.id.lower(), c.label.lower()} & set(wanted))
