"""An end to work that may never end by itself, where the system has alarms."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds.

    Outside the main thread, and where there are no alarms, there is no limit.

    Raises
    ------
    TimeoutError
    """

    def ring(*_: object) -> None:
        raise TimeoutError(f"no answer in {seconds} s")

    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
