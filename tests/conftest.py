"""Hypothesis profiles, chosen by the environment variable HYPOTHESIS_PROFILE; interrupts that are heeded."""

import gc
import os
import signal

import pytest
from hypothesis import settings

from proofs_check.memory import collect_seldom, remember_more

# A worker derives the ledger; the collector and what SymPy forgets are a third of that.
collect_seldom()
remember_more()

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


# What needs the formulas, the ledger or SciPy's statistics goes to one worker, so that they are derived and
# imported once. The tests of each of the other files share what is dear to make, too: simulated cells,
# figures, a sweep, a server that has derived the theory, sources taken apart. These groups go first, as the
# largest. Every other function goes by itself with all its parameters, as the messages for each of them take
# longer than many of the tests.
OF_THE_LEDGER = (
    "assumptions", "attacks", "calibration", "claims_splitting", "evidence_frequencies",
    "evidence_monte_carlo", "formulas", "ladder", "ledger", "proofs", "sweep_design", "theory", "trust",
    "verify",
)  # fmt: skip
TOGETHER = {f"tests/test_{name}.py": "ledger" for name in OF_THE_LEDGER}
OF_THEIR_OWN = ("bounds_numerics", "compare", "imports", "sweep", "wrong_theory")
TOGETHER |= {f"tests/test_{name}.py": name for name in OF_THEIR_OWN}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Share out the tests; xdist's own groups are lost on the way under pytest 9."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return TOGETHER.get(nodeid.partition("::")[0], nodeid.partition("[")[0])

    return Sharing(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    """Look once for what was left open: pytest and Python do so again and again among all the expressions."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _heeded_interrupts():
    """Let programs under test receive Ctrl-C, which they would ignore if a shell's background does."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
