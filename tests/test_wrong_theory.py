"""A wrong constant in a formula of the theory is noticed, and makes ``verify`` exit 1: tried on copies.

One error goes through the whole command. For the others the claims with one label are judged, in a fork of a
process that has imported the libraries and none of the modules with an error. It has derived the right theory
before and dropped its modules: values of integrals and simplifications stay, each under what was integrated
and simplified. They are most of the work, and mostly the same.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from proofs_check.ledger import TOPICS

ROOT = Path(__file__).resolve().parents[1]

# File, what stands there, the error in its place, and a label whose verdict has to change.
ERRORS = [
    ("coarse_gradient.py", "distribution(-width)", "distribution(width)", "potential-of-the-clipped-relu"),
    (
        "coarse_gradient.py",
        "turning = -gradient.coeff(w_star)",
        "turning = gradient.coeff(w_star)",
        "curl-of-the-clipped-relu-gradient",
    ),
    ("penalties.py", "Abs(x) <= t)", "Abs(x) <= t / 2)", "l1-proximal-map-is-zero-up-to-the-threshold"),
    ("bounds.py", "s - ONE_NORM**2", "s - 2 * ONE_NORM**2", "l1-error-angle-for-small-lambda"),
    ("bounds.py", "law.subs(theta, pi / 2)", "2 * law.subs(theta, pi / 2)", "A13"),
    ("learnability.py", "betainc((d - 1) / 2", "betainc(d / 2", "uniform-start-outside-the-far-cap"),
    ("learnability.py", "sin(delta), pull / c", "sin(delta), pull / (2 * c)", "learning-probability"),
    ("estimators.py", "whole = 2 * _half", "whole = _half", "largest-step-for-any-estimator"),
    ("gaussian.py", "exp(-(r**2) / 2) / (2 * pi)", "exp(-(r**2) / 2) / (3 * pi)", "G1"),
    ("gaussian.py", "(tau, theta - pi / 2, pi / 2)], ANGLES", "(tau, theta - pi, pi / 2)], ANGLES", "G2"),
    ("gaussian.py", "along_w * w_hat),", "2 * along_w * w_hat),", "G3"),
    ("gaussian.py", "_radial(2)", "_radial(1)", "G4"),
    ("gaussian.py", "along_w.subs(width, 1 / norm_w) * w_hat", "along_w.subs(width, norm_w) * w_hat", "G5"),
    ("gaussian.py", "border.subs(x, 0) - border.subs(x, width)", "border.subs(x, 0)", "G6"),
    ("loss.py", "(student - 2 * mixed + teacher) / 2", "(student - 2 * mixed + teacher) / 3", "L1"),
    ("loss.py", "v_dot_v_star: norm_v**2}", "v_dot_v_star: norm_v**2 / 2}", "L2"),
    ("loss.py", "diff(loss, norm_v) * v / norm_v", "2 * diff(loss, norm_v) * v / norm_v", "L3"),
    ("loss.py", "w_dot_w_star / norm_w)", "w_dot_w_star)", "L4"),
    (
        "coarse_gradient.py",
        "sum_v**2 - norm_v**2 - sum_v * sum_v_star",
        "sum_v**2 - sum_v * sum_v_star",
        "L5",
    ),
    ("coarse_gradient.py", "-gradient.coeff(w_star)),", "gradient.coeff(w_star)),", "L6"),
    (
        "coarse_gradient.py",
        "potential = norm_v**2 * (own - teacher)",
        "potential = norm_v * (own - teacher)",
        "L8",
    ),
    ("penalties.py", "return (step,), solve(slope, x)[0]", "return (step,), 2 * solve(slope, x)[0]", "P1"),
    ("penalties.py", "root.subs(positive, mu)", "root.subs(positive, mu / 2)", "P2"),
    ("penalties.py", "x - Rational(4, 3) * (a + x)", "x - Rational(5, 3) * (a + x)", "P3"),
    ("splitting.py", "factor(cancel(gain / length))", "factor(cancel(2 * gain / length))", "A1"),
    ("limit.py", 'kappa * threshold("l1")', 'threshold("l1")', "A7"),
    ("limit.py", "factor(cancel(general.subs(", "2 * factor(cancel(general.subs(", "A10"),
    ("limit.py", "shrink = 1 - eta * c", "shrink = 1 - 2 * eta * c", "A11"),
    ("bounds.py", 'Divided by c.", pull / c', 'Divided by c.", pull / (2 * c)', "A6"),
]


# Reads a folder, topics and a label a line, and answers with the verdicts on the claims there that should
# hold, up to the first that makes the judge withhold its word; a claim that should fail is refuted anyway.
# The line before tells a folder of the right theory and its topics.
SERVER = """
import functools, importlib, json, os, sys
import flint, hypothesis, mpmath, numpy, rich, scipy.special, sympy, sympy.polys.rings, z3

def remembered(function):
    kept = functools.lru_cache(None, typed=True)(function)

    def call(*given, **how):
        try:
            hash((given, *how.values()))
        except TypeError:
            return function(*given, **how)
        return kept(*given, **how)

    return call

def derived(folder, topics):
    sys.path.insert(0, folder)
    importlib.import_module("proofs_check.collector").collect_seldom()
    for name in topics:
        importlib.import_module(name).claims()
    sys.path.remove(folder)
    for name in list(sys.modules):
        if name.partition(".")[0] in ("theory", "numerics", "proofs_check"):
            del sys.modules[name]

def judged(folder, topics, label):
    sys.path.insert(0, folder)
    context = importlib.import_module("proofs_check.context").Context()
    from theory.derivation import DerivationError
    assert importlib.import_module("theory.derivation").__file__.startswith(folder)
    try:
        claims = [one for name in topics for one in importlib.import_module(name).claims()]
    except DerivationError:
        return ["contradicts itself"]
    found = []
    for one in claims:
        for piece in one.evidence if label in (one.id, one.label) and one.expected.value == "holds" else ():
            try:
                found.append(piece.check(one, context).verdict)
            except Exception as error:
                found.append("broke")
            if found[-1] in ("refutes", "broke"):
                return found
    return found

sympy.N, sympy.integrate = map(remembered, (sympy.N, sympy.integrate))
derived(*json.loads(sys.stdin.readline()))
for line in sys.stdin:
    reader, writer = os.pipe()
    if not (child := os.fork()):
        try:
            os.write(writer, json.dumps(judged(*json.loads(line))).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        print(answer.read(), flush=True)
    os.waitpid(child, 0)
"""
WRONG = {"refutes", "broke", "contradicts itself"}


@pytest.fixture(scope="module")
def server():
    command = [sys.executable, "-c", SERVER]
    folder = ROOT.anchor  # nothing of this project is found from there
    environment = {**without_path(), "SYMPY_CACHE_SIZE": "200000"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as process:
        needed = sorted({name for error in ERRORS for name in topics()[error[3]]})
        process.stdin.write(json.dumps([str(ROOT), needed]) + "\n")
        yield process
        process.stdin.close()


def without_path():
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@cache
def topics():
    """The modules of the claims, by label and by id."""
    found = {}
    for topic in TOPICS:
        for name in {name for one in topic.claims() for name in (one.label, one.id)}:
            found.setdefault(name, []).append(topic.__name__)
    return found


def planted(tmp_path, file, right, wrong):
    for package in ("theory", "numerics", "proofs_check"):
        # What is compiled is told by its source's time; what another process is compiling may vanish.
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc.*"))
    target = tmp_path / "theory" / file
    source = target.read_text(encoding="utf-8")
    assert source.count(right) >= 1, "the formula has moved; plant the error where it stands now"
    target.write_text(source.replace(right, wrong), encoding="utf-8")


def verdicts(server, folder, label):
    server.stdin.write(json.dumps([str(folder), topics()[label], label]) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize(("file", "right", "wrong", "label"), ERRORS, ids=[f"{e[3]}" for e in ERRORS])
def test_wrong_constant_in_the_theory_is_noticed(server, tmp_path, file, right, wrong, label):
    planted(tmp_path, file, right, wrong)
    # A derivation may notice the contradiction itself; either way nothing passes.
    assert WRONG & set(verdicts(server, tmp_path, label))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_without_an_error_nothing_is_noticed(server, tmp_path):
    planted(tmp_path, "penalties.py", "Abs(x) <= t)", "Abs(x) <= t)")
    found = verdicts(server, tmp_path, "G2")
    assert found
    assert set(found) == {"supports"}


def test_wrong_constant_in_the_theory_makes_verify_fail(tmp_path):
    file, right, wrong, label = next(error for error in ERRORS if error[3] == "G4")
    planted(tmp_path, file, right, wrong)
    command = [sys.executable, "-m", "proofs_check", "verify", label]
    done = subprocess.run(
        command, cwd=tmp_path, env=without_path(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    noticed = (
        " is refuted, " in done.stdout or " is error, " in done.stdout or "contradicts itself" in done.stderr
    )
    assert noticed, done.stdout + done.stderr
