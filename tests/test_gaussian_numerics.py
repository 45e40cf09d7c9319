"""Angles, sines and directions to full precision, and the checks that guard them."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from numerics import validation
from numerics.gaussian import angle, norm, normalise, perpendicular, sine, uniform_sphere
from tests.strategies import dimensions, generators, starts, unit_vectors

EPS = np.finfo(np.float64).eps
# Each entry of a unit vector carries a relative error of about two roundings, and so does each norm.
ROUNDING = 8 * EPS


@st.composite
def planes(draw):
    """Draw an orthonormal pair (2, d), exact up to rounding."""
    d = draw(dimensions())
    first = draw(unit_vectors(d))
    second = perpendicular(draw(unit_vectors(d)), first)
    if norm(second) < 0.1:  # nearly parallel: take the axis least aligned with the first
        second = perpendicular(np.eye(d)[np.argmin(np.abs(first))], first)
    return first, normalise(second)


@given(planes(), st.floats(0, math.pi), st.integers(-300, 300), st.integers(-300, 300))
@example((np.array([1.0, 0.0]), np.array([0.0, 1.0])), 0.0, 0, 0)
@example((np.array([1.0, 0.0]), np.array([0.0, 1.0])), math.pi, 200, -200)
@example((np.array([1.0, 0.0]), np.array([0.0, 1.0])), math.pi / 2, -300, -300)
def test_angle_is_the_rotation_between_vectors_of_any_length(plane, theta, ten_a, ten_b):
    first, second = plane
    turned = math.cos(theta) * first + math.sin(theta) * second
    assert abs(angle(first * 10.0**ten_a, turned * 10.0**ten_b) - theta) <= ROUNDING
    assert abs(sine(first * 10.0**ten_a, turned * 10.0**ten_b) - math.sin(theta)) <= ROUNDING


@given(st.integers(1, 300), st.sampled_from([-1.0, 1.0]))
def test_small_angles_keep_their_relative_precision_down_to_1e_300(digits, side):
    tilt = 10.0**-digits
    line, tilted = [side, 0.0], [1.0, tilt]
    # A few roundings: division by the norm, the difference, the norm, the inverse tangent.
    assert sine(line, tilted) == pytest.approx(math.sin(math.atan(tilt)), rel=ROUNDING, abs=0)
    if side > 0:
        assert angle(line, tilted) == pytest.approx(math.atan(tilt), rel=ROUNDING, abs=0)
    else:
        assert angle(line, tilted) == pytest.approx(math.pi - math.atan(tilt), rel=ROUNDING, abs=0)


def test_arc_cosine_would_miss_an_angle_that_is_resolved_here():
    a, b = np.array([1.0, 0.0]), np.array([1.0, 1e-9])
    assert np.arccos(a @ b / np.linalg.norm(b)) == 0
    assert angle(a, b) == 1e-9


@given(dimensions(), st.data())
def test_angle_is_symmetric_and_supplementary_under_reflection(d, data):
    w_star = data.draw(unit_vectors(d))
    w = data.draw(starts(w_star))
    assert angle(w, w_star) == angle(w_star, w)
    assert abs(angle(-w, w_star) + angle(w, w_star) - math.pi) <= ROUNDING
    assert abs(sine(w, w_star) - math.sin(angle(w, w_star))) <= ROUNDING


def test_angles_broadcast_over_leading_axes():
    a = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    b = np.array([[1.0, 0.0], [0.0, 3.0], [-2.0, 0.0]])
    quarter = math.pi / 2
    np.testing.assert_array_equal(angle(a, b), [[0, quarter, math.pi], [quarter, 0, quarter]])
    assert sine(a, b).shape == (2, 3)


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-200, 1.0, 1e200, 1e308])
def test_directions_and_norms_survive_overflow_and_underflow(scale):
    x = scale * np.array([1.0, 1.0, 0.0, -1.0])
    np.testing.assert_allclose(normalise(x), np.array([1, 1, 0, -1]) / math.sqrt(3), rtol=2 * EPS)
    assert angle(x, [0.0, 0.0, 1.0, 0.0]) == pytest.approx(math.pi / 2, abs=ROUNDING)
    assert sine(x, -x) <= ROUNDING
    # The smallest subnormals have no digits: there the norm is within half the spacing of all of them.
    assert norm(x) == pytest.approx(math.hypot(*x), rel=2 * EPS, abs=5e-324)
    # Beside a vector of another scale, on either side.
    for batch in ([x, np.ones(4)], [np.ones(4), x]):
        np.testing.assert_array_equal(norm(np.array(batch)), [norm(one) for one in batch])
        np.testing.assert_array_equal(normalise(batch), [normalise(one) for one in batch])


@given(planes(), st.floats(-1, 1), st.floats(-1, 1), st.integers(-300, 300))
def test_perpendicular_part_drops_what_is_along_w_and_nothing_else(plane, along, across, ten):
    first, second = plane
    part = perpendicular(along * first + across * second, first * 10.0**ten)
    np.testing.assert_allclose(part, across * second, rtol=0, atol=ROUNDING)
    # Orthogonal relative to what remains, unless that is itself but rounding.
    assert abs(part @ first) <= ROUNDING * (norm(part) + ROUNDING)


def test_perpendicular_part_of_a_vector_along_w_is_zero_at_any_scale():
    x = np.array([3e307, 4e307])
    assert norm(perpendicular(x, x)) <= ROUNDING * norm(x)
    np.testing.assert_array_equal(perpendicular(np.zeros(2), x), np.zeros(2))
    # Its length, and with it the projection, is beyond float64.
    equal = np.full(4, 1e308)
    assert norm(perpendicular(equal, equal) / 1e308) <= ROUNDING


@given(generators(), st.integers(1, 20), dimensions())
def test_uniform_points_lie_on_the_sphere(rng, runs, d):
    points = uniform_sphere(rng, runs, d)
    assert points.shape == (runs, d)
    np.testing.assert_allclose(norm(points), 1, atol=ROUNDING)


@pytest.mark.parametrize("d", [2, 3, 20])
def test_uniform_points_have_the_second_moment_of_the_sphere(d):
    points = uniform_sphere(np.random.default_rng(7), 20_000, d)
    # E[x x^T] = I/d; an entry's standard error is at most sqrt(E[x_i^4]) = sqrt(3/(d(d+2))) / sqrt(20,000).
    # The seed is fixed, so that 5 standard errors cannot flake; a normalised cube misses by more at d = 2.
    bound = 5 * math.sqrt(3 / (d * (d + 2)) / len(points))
    assert np.abs(points.T @ points / len(points) - np.eye(d) / d).max() < bound
    assert np.abs(points.mean(axis=0)).max() < 5 / math.sqrt(d * len(points))
    # Fourth moment 3/(d(d+2)): this one tells the sphere from other shapes with the same covariance.
    fourth = np.mean(points**4, axis=0)
    assert np.abs(fourth - 3 / (d * (d + 2))).max() < 5 * math.sqrt(
        105 / (d * (d + 2) * (d + 4) * (d + 6)) / 2e4
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: angle([0, 0], [1, 0]), r"^angle: a=0, a vector with a direction is required$"),
        (
            lambda: angle([1, 0], [[1, 0], [0, 0]]),
            r"^angle: b\[1\]=0, a vector with a direction is required$",
        ),
        (lambda: sine([1, math.nan], [1, 0]), r"^sine: a\[1\]=nan, every entry must be finite$"),
        (lambda: angle([1, 0], [math.inf, 0]), r"^angle: b\[0\]=inf, every entry must be finite$"),
        (lambda: angle([1, 0], [1, 0, 0]), r"^angle: a has length 2, that of b, 3, is required$"),
        (
            lambda: angle(np.ones((2, 2)), np.ones((3, 2))),
            r"^angle: a has shape \(2, 2\), one that broadcasts",
        ),
        (lambda: angle(1.0, [1, 0]), r"^angle: a=1.0, a vector is required$"),
        (lambda: perpendicular([1, 0], [0, 0]), r"^perpendicular: w=0, "),
        (lambda: perpendicular([1, math.nan], [1, 0]), r"^perpendicular: x\[1\]=nan, every entry must be "),
        (lambda: perpendicular([1, 0], [1, 0, 0]), r"^perpendicular: x has length 2, "),
        (lambda: normalise([[1, 2], [0, 0]]), r"^normalise: x\[1\]=0, "),
        (lambda: uniform_sphere(np.random.default_rng(0), 0, 2), r"^uniform_sphere: runs=0, .* at least 1 "),
        (lambda: uniform_sphere(np.random.default_rng(0), 1, 1), r"^uniform_sphere: d=1, .* at least 2 "),
    ],
)
def test_directions_that_do_not_exist_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (lambda x: validation.finite_array("f", "x", x), [1, 2.5], [1, math.nan]),
        (lambda x: validation.finite_array("f", "x", x), [[1], [2]], [[1], [2, 3]]),
        (lambda x: validation.finite_array("f", "x", x), [1], [1j]),
        (lambda x: validation.finite_array("f", "x", x), 3, "3"),
        (lambda x: validation.finite_array("f", "x", x, ndim=1), [1], [[1]]),
        (lambda x: validation.positive("f", "x", x), 5e-324, 0),
        (lambda x: validation.positive("f", "x", x), np.float32(1), math.inf),
        (lambda x: validation.positive("f", "x", x), 1, True),
        (lambda x: validation.positive("f", "x", x), np.int64(1), "1"),
        (lambda x: validation.positive("f", "x", x), 1e308, 10**400),
        (lambda x: validation.real("f", "x", x, least=0), 0, -5e-324),
        (lambda x: validation.real("f", "x", x), -1e308, math.nan),
        (lambda x: validation.count("f", "x", x), np.int64(1), 0),
        (lambda x: validation.count("f", "x", x), 1, 1.0),
        (lambda x: validation.count("f", "x", x), 1, True),
        (lambda x: validation.filter_vector("f", "x", x), [0, 1e-300], [0, 0]),
        (lambda x: validation.filter_vector("f", "x", x), [1, 0], [1]),
        (lambda x: validation.unit_vector("f", "x", x), [0.6, 0.8], [0.6, 0.8 + 2e-9]),
        (lambda x: validation.unit_vector("f", "x", x), [1, 1e-200], [1e200, 1e200]),
        (lambda x: validation.one_of("f", "x", x, ("l0", "l1")), "l1", "l2"),
        (lambda x: validation.one_of("f", "x", x, ("l0", "l1")), "l0", None),
        (lambda x: validation.same_length("f", "x", x, "y", np.zeros(2)), np.zeros((5, 2)), np.zeros((2, 3))),
    ],
)
def test_every_argument_check_passes_the_good_and_refuses_the_bad(check, good, bad):
    check(good)
    with pytest.raises(ValueError, match=r"^f: x\b"):
        check(bad)


def test_unknown_name_is_answered_with_the_nearest_known_one():
    with pytest.raises(ValueError, match=r"'clipped_relu' is required \(did you mean 'clipped_relu'\?\)$"):
        validation.one_of("f", "ste", "cliped-relu", ("identity", "relu", "clipped_relu"))
    with pytest.raises(ValueError, match=r"is required$"):
        validation.one_of("f", "ste", "zzz", ("identity", "relu"))
