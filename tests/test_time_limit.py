"""A check that does not answer makes its claim an error, whatever it hangs in, and no other."""

import json
import signal
import subprocess
import sys
import time

import pytest
from sympy import Integer, Symbol

from proofs_check import judge as judging
from proofs_check.context import Context
from proofs_check.judge import judge
from proofs_check.records import (
    Claim,
    Control,
    Evidence,
    Finding,
    Provenance,
    Source,
    Status,
    Strength,
    Verdict,
)
from proofs_check.time_limit import time_limit, watched

x = Symbol("x", real=True)


def deaf():
    """Work that takes every exception for a case without an answer."""
    while True:
        try:
            time.sleep(0.01)
        except Exception:  # noqa: BLE001 - as in a computer algebra system
            continue


class Deaf:
    """What rings in a destructor is lost."""

    def __del__(self):
        time.sleep(0.3)


def test_answer_in_time_is_left_alone_and_so_are_the_alarms_of_others():
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(0.2):
        answer = 1
    time.sleep(0.3)
    assert answer == 1
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_work_that_hears_no_exception_is_ended():
    with pytest.raises(TimeoutError, match=r"no answer in 0\.2 s"), time_limit(0.2):
        deaf()


def test_limits_that_share_a_watch_end_each_its_own_work_and_nothing_between():
    before = signal.getsignal(signal.SIGALRM)
    with watched():
        for _ in range(2):
            with pytest.raises(TimeoutError, match=r"no answer in 0\.2 s"), time_limit(0.2):
                deaf()
            signal.raise_signal(signal.SIGALRM)
        with time_limit(0.4):
            time.sleep(0.3)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


class Clock:
    """A time that passes by what is added to it, and when a process would be ended."""

    def __init__(self):
        self.now, self.end, self.set = 1000.0, None, 0

    def monotonic(self):
        return self.now

    def dump_traceback_later(self, seconds, *, exit, file):  # noqa: A002 - as faulthandler has it
        assert exit
        assert file == 2
        self.end, self.set = self.now + seconds, self.set + 1

    def cancel_dump_traceback_later(self):
        self.end = None


def test_process_is_ended_within_the_grace_of_every_limit_by_a_timer_that_is_seldom_set(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("proofs_check.time_limit.time", clock)
    monkeypatch.setattr("proofs_check.time_limit.faulthandler", clock)
    # Many short checks, a long one, and again, with what takes a while in and between them.
    limits = [20.0] * 1000 + [300.0] * 1000 + [20.0, 300.0] * 10
    with watched():
        for number, seconds in enumerate(limits):
            with time_limit(seconds):
                assert clock.now + seconds + 30 <= clock.end <= clock.now + seconds + 60
                clock.now += 0.01 if number % 100 else min(seconds, 50.0)
            clock.now += 1e-3
    assert clock.end is None
    assert clock.set < 100
    with time_limit(20):
        assert clock.end == clock.now + 80
    assert clock.end is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_alarm_that_is_lost_in_a_destructor_rings_again(monkeypatch):
    monkeypatch.setattr("proofs_check.time_limit.AGAIN", 0.4)

    def work():
        Deaf()
        time.sleep(5)

    with pytest.raises(TimeoutError), time_limit(0.2):
        work()


def hanging(subject):
    """A check that does not answer on one subject, and refutes all but x."""

    def check(claim, _):
        if claim.subject == subject:
            deaf()
        return Finding(Verdict.SUPPORTS if claim.subject == x else Verdict.REFUTES, "seen")

    return Evidence("symbolic", Strength.EXACT, "a test", check)


def claim(evidence):
    wrong = (Control("twice", 2 * x), Control("zero", Integer(0)))
    return Claim("test", "T", "{subject}", Source(Provenance.FOLKLORE), x, (), {x: 1}, (evidence,), wrong)


@pytest.mark.parametrize("subject", [x, 2 * x], ids=["claim", "planted"])
@pytest.mark.parametrize(("full", "limit"), [(False, "LIMIT_QUICK"), (True, "LIMIT_FULL")])
def test_check_that_does_not_answer_makes_its_claim_an_error_at_either_effort(
    subject, full, limit, monkeypatch
):
    monkeypatch.setattr(judging, limit, 0.2)
    one = judge(claim(hanging(subject)), Context(full=full))
    assert one.status is Status.ERROR
    assert not one.in_order
    assert any(
        "no answer in 0.2 s" in finding.witness for row in (one.findings, *one.rows) for finding in row
    )
    assert judge(claim(hanging(None)), Context(full=full)).status is Status.EXACT


def test_limits_are_those_that_are_stated():
    assert (judging.LIMIT_QUICK, judging.LIMIT_FULL) == (300, 1800)


# A check in native code that neither hears signals nor gives way to other threads, on four workers' worth of
# claims whose process is forked, so that it is born with them.
SCRIPT = """
import ctypes, json, multiprocessing, os, signal, sys
from proofs_check import judge, time_limit, workers
from proofs_check.records import Claim, Control, Evidence, Finding, Provenance, Source, Strength, Verdict
from sympy import Integer, Symbol

judge.LIMIT_QUICK, time_limit.GRACE = 0.3, 0.3
x = Symbol("x", real=True)

def native(seconds):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    ctypes.PyDLL(None).sleep(seconds)

def check(claim, _):
    if claim.subject == x and claim.id in WORK:
        WORK[claim.id]()
    return Finding(Verdict.SUPPORTS if claim.subject == x else Verdict.REFUTES, "seen")

WORK = {"hangs": lambda: native(60), "dies": lambda: os._exit(7)}
evidence = (Evidence("symbolic", Strength.EXACT, "a test", check),)
wrong = (Control("twice", 2 * x), Control("zero", Integer(0)))
claims = [
    Claim(name, "T", "{subject}", Source(Provenance.FOLKLORE), x, (), {x: 1}, evidence, wrong)
    for name in ("a", "b", "hangs", "c", "dies", "d")
]
workers._ledger_by_id = lambda: {one.id: one for one in claims}
fork = multiprocessing.get_context("fork")
found = list(workers._judge_on_workers(claims, 2, fork, (0, False, False)))
assert not multiprocessing.active_children()
print(json.dumps({one.claim.id: [one.status, one.findings[0].witness, one.caught] for one in found}))
"""


def test_native_code_that_never_returns_costs_its_claim_alone():
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert {name: status for name, (status, _, _) in found.items()} == {
        "a": "exact", "b": "exact", "c": "exact", "d": "exact", "hangs": "error", "dies": "error",
    }  # fmt: skip
    assert found["hangs"][1] == "its process ended with exit code 1 before it answered"
    assert found["dies"][1] == "its process ended with exit code 7 before it answered"
    assert found["hangs"][2] == 0
    assert "Timeout" in done.stderr
    assert time.monotonic() - begun < 40
