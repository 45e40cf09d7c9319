"""Judge many claims on all cores, each result as soon as it is there.

Claims hold functions and cannot travel between processes; ids and findings can. The workers are forked from
a server that has derived the ledger, where the system has such, or derive it each for itself. Every check's
randomness depends on the seed and the claim alone, so that the verdicts do not depend on the number of
workers or on their order.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache

from proofs_check.context import Context
from proofs_check.judge import Judgement, judge
from proofs_check.ledger import ledger
from proofs_check.records import Claim, Finding
from proofs_check.starting import start_method
from proofs_check.trials import Trial

# A worker spends some seconds on imports and derivations, which fewer claims do not repay.
WORTH_A_WORKER = 4

# Milliseconds by the kind of evidence, once a claim and for each of its variants: means over the ledger. What
# is sampled or simulated is kept for the controls.
ONCE = {"monte_carlo": 400, "simulation": 250}
EACH = {"symbolic": 35, "smt": 40, "property": 50, "quadrature": 5, "enclosure": 50}

Findings = tuple[Finding, tuple[Finding, ...], tuple[tuple[Finding, ...], ...], float, tuple[Trial, ...]]


def judge_each(claims: Sequence[Claim], seed: int, full: bool, controls: bool = False) -> Iterator[Judgement]:
    """Judge claims of the ledger, in whatever order they are finished.

    When the iteration is interrupted, the workers are stopped at once.
    """
    workers = min(os.cpu_count() or 1, len(claims) // WORTH_A_WORKER)
    if workers < 2:
        yield from (judge(claim, Context(seed, full, controls)) for claim in claims)
        return
    pool = ProcessPoolExecutor(workers, mp_context=start_method(), initializer=_ignore_interrupts)
    try:
        ordered = sorted(claims, key=expected_cost, reverse=True)
        pending = {pool.submit(_judge_one, claim.id, seed, full, controls): claim for claim in ordered}
        for done in as_completed(pending):
            yield Judgement(pending[done], *done.result())
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def born_with_the_ledger() -> None:
    """Derive the ledger for the workers that will be forked, and import what most claims need."""
    import z3  # noqa: F401 - for the workers

    # What contradicts itself is told by the parent, and by whoever needs the ledger.
    with contextlib.suppress(Exception):
        _ledger_by_id()


def expected_cost(claim: Claim) -> float:
    """About how many milliseconds a claim takes; the longest go first, so that no worker idles at the end."""
    variants = 1 + len(claim.controls)
    return sum(ONCE.get(piece.kind, 0) + EACH.get(piece.kind, 0) * variants for piece in claim.evidence)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent, which a terminal sends to the whole group."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@cache
def _ledger_by_id() -> dict[str, Claim]:
    return {claim.id: claim for claim in ledger()}


def _judge_one(name: str, seed: int, full: bool, controls: bool) -> Findings:
    one = judge(_ledger_by_id()[name], Context(seed, full, controls))
    return one.vacuity, one.findings, one.rows, one.seconds, one.trials
