"""Judge many claims on all cores, each result as soon as it is there.

Claims hold functions and cannot travel between processes; ids and findings can. The workers are forked from
a server that has derived the ledger, where the system has such, or derive it each for itself. Every check's
randomness depends on the seed and the claim alone, so that the verdicts do not depend on the number of
workers or on their order.

A worker judges one claim at a time and holds one end of a pipe. If it dies, by a check that no alarm could
end (see `proofs_check.time_limit`) or by a defect of a library, the pipe says so: that claim's checks broke,
and another worker takes the next.
"""

import contextlib
import multiprocessing
import os
import time
from collections.abc import Generator, Sequence
from functools import cache
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext

from proofs_check.context import Context
from proofs_check.judge import Judgement, judge, unanswered
from proofs_check.ledger import ledger
from proofs_check.records import Claim, Finding
from proofs_check.starting import follow_parent, start_method
from proofs_check.trials import Trial

# A worker spends some seconds on imports and derivations, which fewer claims do not repay.
WORTH_A_WORKER = 4

# Milliseconds by the kind of evidence, once a claim and for each of its variants, fitted to the ledger. What
# is sampled or simulated is kept for the controls, and a search finds most errors among its first cases.
ONCE = {"monte_carlo": 475, "property": 170, "simulation": 115}
EACH = {"symbolic": 16, "smt": 6, "enclosure": 50}

Options = tuple[int, bool, bool]
Findings = tuple[Finding, tuple[Finding, ...], tuple[tuple[Finding, ...], ...], float, tuple[Trial, ...]]


def judge_each(
    claims: Sequence[Claim], seed: int, full: bool, controls: bool = False
) -> Generator[Judgement, None, None]:
    """Judge claims of the ledger, in whatever order they are finished.

    When the iteration is interrupted or closed, the workers are stopped at once.
    """
    size = min(os.cpu_count() or 1, len(claims) // WORTH_A_WORKER)
    if size < 2:
        return (judge(claim, Context(seed, full, controls)) for claim in claims)
    return _judge_on_workers(claims, size, start_method(), (seed, full, controls))


def _judge_on_workers(
    claims: Sequence[Claim], size: int, start: BaseContext, options: Options
) -> Generator[Judgement, None, None]:
    waiting = sorted(claims, key=expected_cost)
    idle: list[_Worker] = []
    busy: dict[Connection, _Worker] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < size:
                worker = idle.pop() if idle else _Worker(start, options)
                busy[worker.pipe] = worker
                worker.take(waiting.pop())
            ready = wait(list(busy))
            for pipe in [one for one in busy if one in ready]:
                worker = busy.pop(pipe)
                yield worker.answer()
                if worker.alive:
                    idle.append(worker)
    finally:
        rest = (*idle, *busy.values())
        for worker in rest:
            worker.kill()
        for worker in rest:
            worker.end()


class _Worker:
    """A process that judges one claim at a time."""

    def __init__(self, start: BaseContext, options: Options) -> None:
        self.pipe, other = multiprocessing.Pipe()
        self._process = start.Process(target=_work, args=(other, options), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        # The only other end is the worker's then, and ends with it.
        other.close()
        self.alive = True

    def take(self, claim: Claim) -> None:
        self._claim, self._since = claim, time.perf_counter()
        # One that has died is noticed when its answer is read.
        with contextlib.suppress(BrokenPipeError):
            self.pipe.send(claim.id)

    def answer(self) -> Judgement:
        """The judgement of the claim that was taken, or that it could not be reached."""
        try:
            found: Findings = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.end()
            why = f"its process ended with exit code {self._process.exitcode} before it answered"
            return unanswered(self._claim, why, time.perf_counter() - self._since)
        return Judgement(self._claim, *found)

    def kill(self) -> None:
        """Let it end, without waiting until the system has taken back its memory."""
        self._process.kill()

    def end(self) -> None:
        """Let it end, and wait for that."""
        self.alive = False
        self.pipe.close()
        self.kill()
        self._process.join()


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


def _work(pipe: Connection, options: Options) -> None:
    """Answer each id with the findings of its claim, until the parent hangs up."""
    follow_parent()
    with contextlib.suppress(EOFError):
        while True:
            pipe.send(_judge_one(pipe.recv(), *options))


@cache
def _ledger_by_id() -> dict[str, Claim]:
    return {claim.id: claim for claim in ledger()}


def _judge_one(name: str, seed: int, full: bool, controls: bool) -> Findings:
    one = judge(_ledger_by_id()[name], Context(seed, full, controls))
    return one.vacuity, one.findings, one.rows, one.seconds, one.trials
