"""What a call of RVSCGD promises: shapes, a frozen record, the refusal of long steps and of bad input."""

import dataclasses

import numpy as np
import pytest

from numerics.penalties import proximal_map
from numerics.splitting import largest_step, rvscgd


def test_the_history_holds_every_iterate_and_the_result_is_frozen():
    rng = np.random.default_rng(11)
    starts, teacher, c, lam, beta, eta = rng.normal(size=(6, 5)), np.eye(5)[1], 1.0, 0.1, 1.0, 0.1
    run = rvscgd(starts, teacher, c, "l1", lam, beta, eta, max_iterations=7, tolerance=0.0, history=True)
    d = 5
    assert (run.history.w.shape, run.history.u.shape, run.history.angle.shape) == (
        (8, 6, d),
        (8, 6, d),
        (8, 6),
    )
    assert (run.w.shape, run.u.shape, run.angle.shape, run.converged.shape) == ((6, d), (6, d), (6,), (6,))
    assert np.array_equal(run.history.w[-1], run.w)
    assert np.array_equal(run.history.u[-1], run.u)
    assert np.array_equal(run.history.u, proximal_map(run.history.w, lam / beta, "l1"))
    assert rvscgd(starts, teacher, c, "l1", lam, beta, eta, max_iterations=7).history is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.w = starts


def test_a_step_above_the_limit_is_refused_and_can_be_allowed():
    good = ([[1.0, 0.0]], [0.0, 1.0], 1.0, "l1", 0.1, 1.0)
    with pytest.raises(
        ValueError, match=r"^rvscgd: eta=0.9 exceeds 1/\(c\+beta\)=0.5, the largest step for which"
    ):
        rvscgd(*good, 0.9)
    assert rvscgd(*good, 0.5).w.shape == (1, 2)
    assert rvscgd(*good, 0.9, any_step=True, max_iterations=3).w.shape == (1, 2)
    assert largest_step(1.0, 1.0) == 0.5


BAD = [
    ({"w0": [[0.0, 0.0]]}, "w0"),
    ({"w0": [[1.0, 0.0], [0.0, 0.0]]}, "w0"),
    ({"w0": [[1.0, float("nan")]]}, "w0"),
    ({"w0": [[1.0, 0.0, 0.0]]}, "w0"),
    ({"w0": [[1.0]], "w_star": [1.0]}, "w_star"),
    ({"w0": [[[1.0, 0.0]]]}, "w0"),
    ({"w_star": [1.0, 1.0]}, "w_star"),
    ({"w_star": [0.0, float("inf")]}, "w_star"),
    *[({name: bad}, name) for name in ("c", "lam", "beta", "eta") for bad in (0.0, -1.0, float("nan"))],
    ({"penalty": "l2"}, "penalty"),
    ({"penalty": "tl1"}, "a=None"),
    ({"a": 1.0}, "a=1.0"),
    ({"max_iterations": -1}, "max_iterations"),
    ({"tolerance": -1.0}, "tolerance"),
]


@pytest.mark.parametrize(("change", "named"), BAD)
def test_bad_input_is_refused_with_the_name_of_the_argument(change, named):
    good = {
        "w0": [[1.0, 0.0]],
        "w_star": [0.0, 1.0],
        "c": 1.0,
        "penalty": "l1",
        "lam": 0.1,
        "beta": 1.0,
        "eta": 0.5,
    }
    with pytest.raises(ValueError, match=rf"^\w+: {named}"):
        rvscgd(**{**good, **change})
