"""An end to work that may never end by itself.

First an alarm raises an exception in the work. It is repeated, since one that rings in a destructor is lost,
and is no `Exception` inside the block, so that no handler on the way takes it for something else. Native code
hears no alarm before it returns. If it does not, the process is ended by a timer that needs neither Python
nor its lock; whoever started the process makes of that what it should (see `proofs_check.workers`).

To start that timer, which is a thread, takes longer than most checks. Limits in one `watched` block share it:
it is set anew only where it would be too early or too late for the next limit.
"""

import faulthandler
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Seconds after the first alarm until the next ones, and until the process is ended, which may be half.
AGAIN = 1.0
GRACE = 60.0
# The process's own standard error, whatever stands in its place.
STDERR = 2


class _AlarmError(BaseException):
    """The alarm has rung."""


@dataclass
class _Watch:
    """What limits share: when the process is ended, and whether an alarm is meant for the work."""

    until: float = 0.0
    limited: bool = False

    def allow(self, seconds: float) -> None:
        """Let the process live so much longer, and between half of GRACE and all of it."""
        left = self.until - time.monotonic() - seconds
        if not GRACE / 2 <= left <= GRACE:
            faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=STDERR)
            self.until = time.monotonic() + seconds + GRACE

    def ring(self, *_: object) -> None:
        """Hear the alarm."""
        if self.limited:
            raise _AlarmError


_present: list[_Watch] = []


@contextmanager
def watched() -> Iterator[None]:
    """Let the limits inside share a timer and the alarm, both of which are off afterwards.

    Outside the main thread, and inside another such block, this does nothing.
    """
    if _present or threading.current_thread() is not threading.main_thread():
        yield
        return
    watch = _Watch()
    _present.append(watch)
    try:
        with _heard(watch):
            yield
    finally:
        _present.remove(watch)
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds, or end the process within GRACE more.

    Outside the main thread there is no limit, and where there are no alarms only the second. Limits cannot be
    nested.

    Raises
    ------
    TimeoutError
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with watched():
        (watch,) = _present
        watch.allow(seconds)
        try:
            with _alarm(watch, seconds):
                yield
        except _AlarmError:
            raise TimeoutError(f"no answer in {seconds:g} s") from None


@contextmanager
def _heard(watch: _Watch) -> Iterator[None]:
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, watch.ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _alarm(watch: _Watch, seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer"):
        yield
        return
    watch.limited = True
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        watch.limited = False
        signal.setitimer(signal.ITIMER_REAL, 0)
