"""A wrong constant in a formula of the theory makes ``verify`` exit 1: tried on copies of the source."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(("file", "right", "wrong", "label"), ERRORS, ids=[f"{e[3]}" for e in ERRORS])
def test_wrong_constant_in_the_theory_makes_verify_fail(tmp_path, file, right, wrong, label):
    for package in ("theory", "numerics", "proofs_check"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path / "theory" / file
    source = target.read_text(encoding="utf-8")
    assert source.count(right) >= 1, "the formula has moved; plant the error where it stands now"
    target.write_text(source.replace(right, wrong), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "proofs_check", "verify", label],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    # A derivation may notice the contradiction itself; either way nothing passes.
    assert done.returncode == 1, done.stdout + done.stderr
    noticed = (
        " is refuted, " in done.stdout or " is error, " in done.stdout or "contradicts itself" in done.stderr
    )
    assert noticed, done.stdout + done.stderr
