"""Which program runs RVSCGD depends on the arguments alone."""

import sys

import numpy as np
import pytest

from numerics import bounds, engine, kernel
from numerics.problem import problem
from numerics.splitting import rvscgd

ABLE = {"plain_gradient": True, "normalise": True, "history": False}
SMALL = ([[1.0, 0.0]], [0.6, 0.8], 1.0, "l1", 0.1, 1.0, 0.5)


@pytest.mark.parametrize(
    ("change", "work", "chosen"),
    [
        ({}, 1e9, "compiled"),
        ({}, 1e6, "numpy"),
        ({"plain_gradient": False}, 1e9, "numpy"),
        ({"normalise": False}, 1e9, "numpy"),
        ({"history": True}, 1e9, "numpy"),
    ],
)
def test_large_batches_of_the_plain_problem_are_compiled(change, work, chosen):
    assert engine.choose("auto", **{**ABLE, **change}, work=work) == chosen
    assert engine.choose("numpy", **{**ABLE, **change}, work=work) == "numpy"


def test_work_counts_the_steps_that_a_run_is_expected_to_take():
    assert engine.expected_work(2, 3, 0.1, 1000, 1e-14) == pytest.approx(6 * 322, rel=0.01)
    assert engine.expected_work(2, 3, 0.1, 100, 1e-14) == 600
    assert engine.expected_work(2, 3, 0.1, 1000, 0) == 6000
    assert engine.expected_work(2, 3, 0.1, 1000, 10.0) == 0


def used(monkeypatch, *arguments, **options):
    calls = []
    real = kernel.iterate
    monkeypatch.setattr(kernel, "iterate", lambda *a: calls.append(a) or real(*a))
    rvscgd(*arguments, **options)
    return bool(calls)


def test_a_call_takes_the_program_that_was_chosen(monkeypatch):
    assert used(monkeypatch, *SMALL, engine="compiled")
    assert not used(monkeypatch, *SMALL)
    starts = np.random.default_rng(0).standard_normal((600, 400))
    large = (starts, np.eye(400)[0], 1.0, "l1", 0.001, 1.0, 0.1)
    assert used(monkeypatch, *large)
    assert not used(monkeypatch, *large, max_iterations=2)


@pytest.mark.parametrize(
    "options", [{"history": True}, {"normalise": False}, {"gradient": lambda w: w - np.array([0.6, 0.8])}]
)
def test_what_cannot_be_compiled_is_refused(options):
    with pytest.raises(
        ValueError, match=r"^rvscgd: engine='compiled', runs on the unit sphere with the default"
    ):
        rvscgd(*SMALL, engine="compiled", **options)


def test_unknown_engine_is_refused():
    with pytest.raises(ValueError, match=r"^rvscgd: engine='numba', one of 'auto', 'numpy', 'compiled'"):
        rvscgd(*SMALL, engine="numba")


def test_without_the_compiler_arrays_do_the_work_and_a_wish_for_it_is_refused(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("numerics.kernel")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("numerics.kernel")
    monkeypatch.setitem(sys.modules, "numba", None)  # as if not installed
    assert engine.choose("auto", **ABLE, work=1e9) == "numpy"
    with pytest.raises(ValueError, match=r"^rvscgd: engine='compiled', the package numba is required"):
        rvscgd(*SMALL, engine="compiled")


def test_a_grid_tells_beforehand_whether_it_will_compile(monkeypatch):
    drawn = problem("relu", 400, 5, 1500, 0)
    assert bounds.needs_compiler(drawn)
    assert used(monkeypatch, drawn.starts, drawn.w_star, drawn.c, "l1", 0.01, 2 * drawn.c, 1 / (3 * drawn.c))
    assert not bounds.needs_compiler(problem("relu", 50, 5, 64, 0))
    assert not bounds.needs_compiler(problem("clipped_relu", 400, 5, 1500, 0))
