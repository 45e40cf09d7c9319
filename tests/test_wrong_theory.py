"""A wrong constant in a formula of the theory is noticed, and makes ``verify`` exit 1.

One error goes through the whole command. For the others the claims with one label are judged, in a fork of a
process that has imported the libraries and none of the modules with an error. It has derived the right theory
before and dropped its modules: values of integrals and simplifications stay, each under what was integrated
and simplified, as do programs, under their expression, and compiled code, under its source. They are most of
the work, and mostly the same.
The fork reads the error where the source has the right formula; no file is changed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
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
    ("gaussian.py", "(tau, theta - pi / 2, pi / 2), ANGLES", "(tau, theta - pi, pi / 2), ANGLES", "G2"),
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
        "expected-coarse-gradient-relu",
    ),
    ("coarse_gradient.py", "-gradient.coeff(w_star)),", "gradient.coeff(w_star)),", "L6"),
    (
        "coarse_gradient.py",
        "potential = norm_v**2 * (own - teacher)",
        "potential = norm_v * (own - teacher)",
        "L8",
    ),
    (
        "penalties.py",
        "return (step,), linear_root(slope, x)",
        "return (step,), 2 * linear_root(slope, x)",
        "P1",
    ),
    ("penalties.py", "root.subs(positive, mu)", "root.subs(positive, mu / 2)", "P2"),
    ("penalties.py", "x - Rational(4, 3) * (a + x)", "x - Rational(5, 3) * (a + x)", "P3"),
    ("splitting.py", "factor(cancel(gain / length))", "factor(cancel(2 * gain / length))", "A1"),
    ("limit.py", 'kappa * threshold("l1")', 'threshold("l1")', "A7"),
    (
        "limit.py",
        "factor(cancel(general.subs(",
        "2 * factor(cancel(general.subs(",
        "contraction-factor-at-the-largest-step",
    ),
    ("limit.py", "shrink = 1 - eta * c", "shrink = 1 - 2 * eta * c", "A11"),
    ("bounds.py", 'Divided by c.", pull / c', 'Divided by c.", pull / (2 * c)', "A6"),
]


# Reads an error and a label a line, and answers with the verdicts on the claims of it that should hold, up to
# the first that makes the judge withhold its word; a claim that should fail is refuted anyway. Or it answers
# with the exit code and the output of a command. The line before tells the project's folder.
SERVER = """
import functools, gc, importlib, io, json, os, sys
from contextlib import redirect_stderr, redirect_stdout
from importlib.machinery import SourceFileLoader
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

compiled = functools.cache(lambda text, path: compile(text, path, "exec", dont_inherit=True))
code_of_others = SourceFileLoader.get_code
planted, read = {}, set()

def code(loader, name):
    path = loader.get_filename(name)
    if name.partition(".")[0] not in OURS:
        return code_of_others(loader, name)
    text = loader.get_data(path)
    if path in planted:
        right, wrong = (one.encode() for one in planted[path])
        assert right in text
        text = text.replace(right, wrong)
        read.add(path)
    return compiled(text, path)

OURS = ("theory", "numerics", "proofs_check")
SourceFileLoader.get_code = code
for name in ("N", "cancel", "factor", "integrate", "together"):
    setattr(sympy, name, remembered(getattr(sympy, name)))
program_of = sympy.lambdify
sympy.lambdify = remembered(lambda *given, **how: remembered(program_of(*given, **how)))

def derived(folder):
    sys.path.insert(0, folder)
    importlib.import_module("proofs_check.memory").collect_seldom()
    topics = {}
    for topic in importlib.import_module("proofs_check.ledger").TOPICS:
        for name in {name for one in topic.claims() for name in (one.label, one.id)}:
            topics.setdefault(name, []).append(topic.__name__)
    # The integrals by which many claims are checked.
    plane = importlib.import_module("proofs_check.claims.plane")
    plane.symbolic_patch_means("relu"), plane.wedge()
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]
    return topics

def judged(label):
    context = importlib.import_module("proofs_check.context").Context()
    from theory.derivation import DerivationError
    try:
        claims = [one for name in topics[label] for one in importlib.import_module(name).claims()]
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

def commanded(*line):
    # The topic of the claim alone, which rests on no other: what those say does not change its verdict.
    ledger = importlib.import_module("proofs_check.ledger")
    ledger.TOPICS = tuple(map(importlib.import_module, topics[line[-1]]))
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = importlib.import_module("proofs_check.cli").main(line)
    return code, out.getvalue(), err.getvalue()

topics = derived(json.loads(sys.stdin.readline()))
# No fork need look for what could be freed of all this.
gc.freeze()
for line in sys.stdin:
    errors, asked, given = json.loads(line)
    reader, writer = os.pipe()
    if not (child := os.fork()):
        try:
            planted.update(errors)
            answer = {"judged": judged, "commanded": commanded}[asked](*given)
            assert read == set(planted), "the error was never read"
            os.write(writer, json.dumps(answer).encode())
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
    environment = {**os.environ, "SYMPY_CACHE_SIZE": "200000"}
    environment.pop("PYTHONPATH", None)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as process:
        process.stdin.write(json.dumps(str(ROOT)) + "\n")
        yield process
        process.stdin.close()


def planted(file, right, wrong):
    path = ROOT / "theory" / file
    assert right in path.read_text(encoding="utf-8"), (
        "the formula has moved; plant the error where it stands now"
    )
    return {str(path): (right, wrong)}


def answer(server, errors, asked, *given):
    server.stdin.write(json.dumps([errors, asked, given]) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


def verdicts(server, errors, label):
    return set(answer(server, errors, "judged", label))


@pytest.mark.parametrize(("file", "right", "wrong", "label"), ERRORS, ids=[f"{e[3]}" for e in ERRORS])
def test_wrong_constant_in_the_theory_is_noticed(server, file, right, wrong, label):
    # A derivation may notice the contradiction itself; either way nothing passes.
    assert WRONG & verdicts(server, planted(file, right, wrong), label)


def test_without_an_error_nothing_is_noticed(server):
    # What is planted is the right formula.
    assert verdicts(server, planted("gaussian.py", "_radial(2)", "_radial(2)"), "G2") == {"supports"}


def test_wrong_constant_in_the_theory_makes_verify_fail(server):
    file, right, wrong, _ = next(error for error in ERRORS if error[3] == "G4")
    line = "verify", "wedge-mean"
    code, out, err = answer(server, planted(file, right, wrong), "commanded", *line)
    assert code == 1, out + err
    assert " is refuted, " in out or " is error, " in out or "contradicts itself" in err, out + err
    code, out, err = answer(server, {}, "commanded", *line)
    assert code == 0, out + err
