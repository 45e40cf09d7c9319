"""Whole commands, in seconds: what a user waits for."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.harness import Row, seconds

ROOT = Path(__file__).resolve().parent.parent


def _command(*arguments: str) -> Callable[[], Callable[[], float]]:
    """Return what prepares the timing of one run of Python; a run that fails breaks the row."""

    def work() -> None:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stdout[-2000:]}")

    return lambda: lambda: seconds(work)


def rows() -> Iterable[Row]:
    """Rows of the benchmark."""
    # Absolute times, on machines that may be twice as slow a minute later: the median of a few.
    verify = _command("-m", "proofs_check", "verify", "--effort", "quick")
    yield Row("verify --effort quick, end to end", 30, False, verify, unit="s", rounds=5)
    suite = _command("-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup")
    yield Row("test suite", 120, False, suite, ("pytest", "xdist"), unit="s", rounds=5)
