"""What the RVSCGD iteration refuses, and how it says so: the run is named by its place in the batch."""

import math

import numpy as np
import pytest

from numerics.simulator import iterate


def run(
    w0=((0.0, 1.0), (1.0, 0.0)),
    gradient=lambda w: 0 * w,
    proximal_map=lambda w: w,
    beta=1.0,
    eta=1.0,
    **options,
):
    return iterate(
        np.array(w0), options.pop("w_star", [1.0, 0.0]), gradient, proximal_map, beta, eta, **options
    )


@pytest.mark.parametrize("on_sphere", [True, False])
@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        (lambda w: w * [[0.5], [1.0]], r"^iterate: run 1 reached w=0, which has no direction, at step 1$"),
        (lambda w: w * [[0.5], [math.nan]], r"^iterate: run 1 reached w that is not finite, at step 1$"),
        (
            lambda w: np.maximum(w, [[math.inf], [0.5]]),
            r"^iterate: run 0 reached w that is not finite, at step 1$",
        ),
        (lambda w: w[:1], r"^iterate: gradient returned shape \(1, 2\), \(2, 2\) is required$"),
    ],
)
def test_a_step_that_leads_nowhere_names_the_run(gradient, message, on_sphere):
    with pytest.raises(ValueError, match=message):
        run(gradient=gradient, normalise=on_sphere)


def test_the_run_is_named_by_its_place_in_the_batch_after_others_have_stopped():
    # Run 0 starts at rest and leaves after step 1; run 1 turns by a little, then is sent to the origin.
    def gradient(w):
        if len(w) == 2:
            return np.array([[0.0, 0.0], [0.0, 0.5]])
        return w

    with pytest.raises(ValueError, match=r"^iterate: run 1 reached w=0, which has no direction, at step 2$"):
        run(w0=((1.0, 0.0), (1.0, 0.0)), gradient=gradient)


def test_a_huge_gradient_is_not_mistaken_for_infinity():
    found = run(w0=((0.0, 1.0),), gradient=lambda w: w * 0 + [-3e200, 4e200], max_iterations=1)
    np.testing.assert_allclose(found.w, [[0.6, -0.8]], rtol=4 * np.finfo(np.float64).eps)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"w0": ((1.0, 0.0), (0.0, 0.0))}, r"^iterate: w0\[1\]=0, a start with a direction is required$"),
        ({"w0": ((1.0, math.nan),)}, r"^iterate: w0\[0, 1\]=nan, every entry must be finite$"),
        ({"w0": (1.0, 0.0)}, r"^iterate: w0 has shape \(2,\), an array of 2 axes is required$"),
        ({"w0": ((1.0, 0.0, 0.0),)}, r"^iterate: w0 has length 3, that of w_star, 2, is required$"),
        ({"w_star": [1.0, 1.0]}, r"^iterate: w_star has norm 1.41421356237, a unit vector is required$"),
        ({"beta": -0.1}, r"^iterate: beta=-0.1, a finite number of at least 0 is required$"),
        ({"eta": 0.0}, r"^iterate: eta=0.0, a finite number above 0 is required$"),
        ({"tolerance": math.nan}, r"^iterate: tolerance=nan, a finite number of at least 0 is required$"),
        ({"max_iterations": 1e4}, r"^iterate: max_iterations=10000.0, an integer of at least 0 is required$"),
        (
            {"proximal_map": lambda w: w[0]},
            r"^iterate: proximal_map returned shape \(2,\), \(2, 2\) is required$",
        ),
        (
            {"proximal_map": lambda w: w * np.nan, "beta": 0.0},
            r"^iterate: run 0 reached w that is not finite",
        ),
        (
            {"proximal_map": lambda w: w * np.nan, "max_iterations": 0},
            r"^iterate: run 0 ends with u=\[nan nan\]",
        ),
    ],
)
def test_iterations_that_are_not_defined_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        run(**options)
