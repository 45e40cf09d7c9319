"""An end to work that may never end by itself.

First an alarm raises an exception in the work. It is repeated, since one that rings in a destructor is lost,
and is no `Exception` inside the block, so that no handler on the way takes it for something else. Native code
hears no alarm before it returns. If it does not, the process is ended by a timer that needs neither Python
nor its lock; whoever started the process makes of that what it should (see `proofs_check.workers`).
"""

import faulthandler
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds after the first alarm until the next ones, and until the process is ended.
AGAIN = 1.0
GRACE = 60.0
# The process's own standard error, whatever stands in its place.
STDERR = 2


class _AlarmError(BaseException):
    """The alarm has rung."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds, or end the process if it takes GRACE more.

    Outside the main thread there is no limit, and where there are no alarms only the second. Limits cannot be
    nested.

    Raises
    ------
    TimeoutError
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=STDERR)
    try:
        with _alarm(seconds):
            yield
    except _AlarmError:
        raise TimeoutError(f"no answer in {seconds:g} s") from None
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer"):
        yield
        return
    over = False

    def ring(*_: object) -> None:
        if not over:
            raise _AlarmError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
