"""Evidence from cases: Hypothesis searches for a violation, or RVSCGD runs and is watched.

A test that compares with ``>`` lets NaN pass. So an operation on arrays that makes NaN breaks the check, and
so does a case or an outcome that holds one.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

import hypothesis.control
import hypothesis.core
import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings, target
from hypothesis.errors import FailedHealthCheck, Unsatisfiable
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.strategies import SearchStrategy

from proofs_check.context import Context
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict
from proofs_check.replay import code

# The larger number is for claims alone. A check has to show its power with the smaller: of an error that it
# sees only among the larger, effort quick would tell nothing.
EXAMPLES_QUICK, EXAMPLES_FULL = 40, 500
# The counterexample to a planted error is read by nobody, so that it is not made smaller.
SEARCH = (Phase.generate, Phase.target)

# How close to each of its goals the running search came.
_CLOSEST: ContextVar[dict[str, float]] = ContextVar("closest")

# From a case to a sentence that says what is violated, or None.
Violation = Callable[[Any], str | None]


class _CounterexampleError(Exception):
    """Carries the violation and its case out of Hypothesis, which makes it smaller, and sees it again."""


class _FirstCounterexampleError(BaseException):
    """The same at once: what is no `Exception` Hypothesis neither repeats nor writes up, which takes long."""


class _NoConstants:
    """What Hypothesis shall know of the constants in the sources of the modules that are loaded by then.

    By them cases would depend on what ran before, and Hypothesis would keep a copy in the current folder.
    """

    def set_for_type(self, _: object) -> tuple[()]:
        """No constants of a type."""
        return ()


def searched(
    strategy: Callable[[], SearchStrategy[Any]],
    violation: Callable[[Claim], Violation],
    shows: str,
    *,
    borders: Sequence[Any] = (),
    fewer: int = 1,
) -> Evidence:
    """Evidence that Hypothesis finds no violation among the cases of ``strategy``.

    Parameters
    ----------
    strategy : callable
        Makes the strategy that draws cases.
    violation : callable
        From the claim to the test of one case.
    shows : str
        What the absence of violations shows.
    borders : sequence
        Cases that are always tried, before those that are drawn.
    fewer : int
        By which factor fewer cases are tried, where a single one is a whole run of RVSCGD or several.
    """
    drawn = cache(strategy)  # for the claim and its variants, so that Hypothesis looks it over but once

    def check(claim: Claim, context: Context) -> Finding:
        test, ran = violation(claim), 0
        thorough = context.full and not claim.planted
        options = settings(
            max_examples=(EXAMPLES_FULL if thorough else EXAMPLES_QUICK) // fewer,
            database=None,
            deadline=None,
            phases=SEARCH if claim.planted else (*SEARCH, Phase.shrink),
            # Slowness depends on the machine, and the verdict must not.
            suppress_health_check=(HealthCheck.too_slow,),
            report_multiple_bugs=False,
        )
        error = _FirstCounterexampleError if claim.planted else _CounterexampleError

        def attempt(case: Any) -> None:
            nonlocal ran
            ran += 1
            said = _outcome(test, case)
            if said is not None:
                raise error(said, case)

        try:
            _search(attempt, drawn(), borders, options, context.derived_seed(claim.id, shows))
        except (_CounterexampleError, _FirstCounterexampleError) as found:
            said, case = found.args
            if claim.planted and _outcome(test, case) != said:
                return Finding(Verdict.BROKE, f"{said} for {case!r}, but another time not")
            return Finding(Verdict.REFUTES, f"{said} for {case!r}", code(claim.id, case))
        except (Unsatisfiable, FailedHealthCheck) as gave_up:
            return Finding(Verdict.SILENT, f"Hypothesis found too few valid cases: {gave_up}")
        if not ran:
            return Finding(Verdict.SILENT, "Hypothesis ran no case")
        return Finding(Verdict.SUPPORTS, f"no violation in {ran} cases")

    return Evidence("property", Strength.SAMPLED, shows, check, test=violation)


def _search(
    attempt: Callable[[Any], None],
    strategy: SearchStrategy[Any],
    borders: Sequence[Any],
    options: settings,
    number: int,
) -> None:
    """Try the borders, and the cases that Hypothesis draws by the seed ``number``."""

    # Hypothesis parses the source of what it runs: no more than this.
    def run(case: Any) -> None:
        attempt(case)

    with _quick_and_repeatable():
        for case in borders:
            attempt(case)
        token = _CLOSEST.set({})
        try:
            seed(number)(options(given(strategy)(run)))()
        finally:
            _CLOSEST.reset(token)


@contextmanager
def _quick_and_repeatable() -> Iterator[None]:
    """Let Hypothesis know no constants, and leave alone what the process shares: to use it breaks the check.

    Around every case Hypothesis would save, seed and restore the generators of the process, so that who uses
    them repeats himself, and watch whether a strategy uses them. For a small case that is a third of its
    time, and here nobody is to use them.
    """
    before = _shared_generators()
    try:
        # The names are private. A version of Hypothesis without them gives the same verdicts, more slowly.
        with (
            patch.object(HypothesisProvider, "_local_constants", _NoConstants(), create=True),
            patch.object(hypothesis.core, "deterministic_PRNG", _left_alone, create=True),
            patch.object(hypothesis.control, "deprecate_random_in_strategy", _left_alone, create=True),
        ):
            yield
    finally:
        if _shared_generators() != before:
            raise RuntimeError("cases: a case or its test used a random generator of the whole process")


def _left_alone(*_: object) -> AbstractContextManager[None]:
    """Leave the generators of the process as they are."""
    return nullcontext()


def _shared_generators() -> tuple[Any, ...]:
    """State of the generators of the process: that of Python and that of NumPy."""
    numpys: Any = np.random.get_state()  # noqa: NPY002 - here it is seen that nobody uses it
    name, words, *rest = numpys
    return random.getstate(), name, words.tobytes(), rest


def climb(closeness: float, towards: str) -> None:
    """Tell Hypothesis how close a case came to a violation, so that it climbs towards one.

    Parameters
    ----------
    closeness : float
        Larger is closer, such as the measured value over its bound; what is not finite is passed over.
    towards : str
        Names the goal; a search may have several.
    """
    closest = _CLOSEST.get(None)
    # Nobody climbs at the borders, nor where the same test judges outcomes of a simulation.
    if closest is None or not math.isfinite(closeness):
        return
    if closeness > closest.get(towards, -math.inf):
        closest[towards] = closeness
    else:
        # Hypothesis takes a tie for progress: along a number that does not matter, such as the seed of signs
        # that all give the same, it would walk for half of the search.
        closeness = math.nextafter(closeness, -math.inf)
    target(closeness, label=towards)


def simulated(
    simulate: Callable[[Context], Sequence[Any]],
    violation: Callable[[Claim], Violation],
    shows: str,
) -> Evidence:
    """Evidence that no run of RVSCGD violates the claim.

    Parameters
    ----------
    simulate : callable
        Runs the algorithm, without the claim's subject; called once for the claim and its controls.
    violation : callable
        From the claim to the test of one outcome.
    shows : str
        What the absence of violations shows.
    """

    def check(claim: Claim, context: Context) -> Finding:
        outcomes = context.once((simulate, context.seed), lambda: simulate(context))
        if not outcomes:
            return Finding(Verdict.SILENT, "no run was simulated")
        test = violation(claim)
        for outcome in outcomes:
            said = _outcome(test, outcome)
            if said is not None:
                return Finding(Verdict.REFUTES, said)
        return Finding(Verdict.SUPPORTS, f"no violation in {len(outcomes)} batches of runs")

    return Evidence("simulation", Strength.SAMPLED, shows, check)


def _outcome(test: Violation, case: Any) -> str | None:
    """What the case violates, unless it holds NaN or the test makes some."""
    if _holds_nan(case):
        raise ArithmeticError(f"cases: {type(case).__name__} holds a value that is not a number")
    with np.errstate(invalid="raise"):
        return test(case)


def _holds_nan(case: Any) -> bool:
    """Whether a number, array, record or collection of these holds NaN."""
    if isinstance(case, (float, np.floating)):
        return math.isnan(case)
    if isinstance(case, np.ndarray):
        return case.dtype.kind == "f" and bool(np.isnan(case).any())
    if isinstance(case, (list, tuple)):
        return any(map(_holds_nan, case))
    kind: Any = type(case)
    return any(_holds_nan(getattr(case, name)) for name in _parts(kind))


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    """Names of the fields of a record; of anything else, none."""
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
