"""Hypothesis profiles, chosen by the environment variable HYPOTHESIS_PROFILE; interrupts that are heeded."""

import os
import signal

import pytest
from hypothesis import settings

from proofs_check.collector import collect_seldom

# Each worker derives the ledger; the collector and what SymPy forgets are a third of that.
collect_seldom()
os.environ.setdefault("SYMPY_CACHE_SIZE", "50000")

# A program: its import puts another ledger in the place of the real one.
collect_ignore = ["small_ledger.py"]

# No deadline: the first call of a function pays for imports and caches, and shared machines pause.
_COMMON = {"deadline": None, "print_blob": True}

settings.register_profile("dev", max_examples=50, **_COMMON)
# Each run tries the same cases, so that more of them find at most once what they find, and take their time in
# every run. Other cases come under "dev", and many under "thorough".
settings.register_profile("ci", max_examples=100, derandomize=True, **_COMMON)
settings.register_profile("thorough", max_examples=2000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


# The tests of each of these files share what is dear to make: the verdicts on the whole ledger, a sweep, a
# server that has derived the theory, sources taken apart. They go to one worker, and first, as the largest
# groups; others singly.
TOGETHER = ("test_verify.py", "test_sweep.py", "test_wrong_theory.py", "test_imports.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Share out the tests; xdist's own groups are lost on the way under pytest 9."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return file if file.endswith(TOGETHER) else nodeid

    return Sharing(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session", autouse=True)
def _heeded_interrupts():
    """Let programs under test receive Ctrl-C, which they would ignore if a shell's background does."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
