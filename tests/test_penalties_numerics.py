"""Proximal maps by their definition: no other point has a lower objective ½(u - x)² + μP(u).

The rounding allowance. Let ε = 2⁻⁵³ be the unit roundoff and F the objective, a sum of two terms ≥ 0.

* The test evaluates F with a relative error below 6ε: no difference but that of two floats occurs.
* A relative error δ ≤ 10ε of the ratio under the arcsine of transformed l1 is the same as one of μ. The map
  for μ(1 + δ) loses at most δμ|P(u) - P(u')| ≤ δF. This holds at the double root too, where u itself loses
  half its digits.
* A threshold off by 6ε chooses between two points whose F differ by 6ε·t·u ≤ 12εF(0).
* What remains is a forward error du ≤ 16ε|x| of u, which costs at most du²/2: F is stationary and F″ ≤ 1.

Together 6 + 6 + 10 + 12 < 64 units of εF, and (16εx)².
"""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from numerics.penalties import penalty_value, proximal_map, threshold

EPS = 2.0**-53
RELATIVE = 64 * EPS  # see above
FORWARD = 16 * EPS
SHAPES = (0.01, 0.1, 1.0, 3.0, 100.0)
# Weights relative to the critical μ = a²/(2(a+1)), both regimes and the border.
REGIMES = (1e-12, 1e-3, 0.5, 1 - 2 * EPS, 1.0, 1 + 2 * EPS, 1.5, 50.0, 1e12)
CASES = (
    [("l1", None, mu) for mu in (1e-100, 1e-3, 0.7, 40.0, 1e100)]
    + [("l0", None, mu) for mu in (1e-100, 1e-3, 0.7, 40.0, 1e100)]
    + [("tl1", a, k * a * a / (2 * (a + 1))) for a in SHAPES for k in REGIMES]
)
seeds = st.integers(0, 2**32 - 1)


def penalty(u, name, a):
    """P of one coordinate, by definition."""
    size = np.abs(u)
    if name == "l1":
        return size
    return 1.0 * (size > 0) if name == "l0" else (a + 1) * size / (a + size)


def objective(u, x, mu, name, a):
    return (u - x) ** 2 / 2 + mu * penalty(u, name, a)


def hard_points(name, a, mu, rng):
    """Points at, beside and around the threshold, of both signs, and zero."""
    t = float(threshold(mu, name, a))
    # Half-way to μ, with which t is easily confused.
    near = [
        t,
        (t + mu) / 2,
        np.nextafter(t, 0),
        np.nextafter(t, np.inf),
        t * (1 + 1e-9),
        t * (1 - 1e-9),
        2 * t,
        1e3 * t,
    ]
    positive = np.concatenate([near, t * rng.uniform(0, 4, 12), t * 10 ** rng.uniform(-6, 6, 12)])
    return np.concatenate([positive, -positive, [0.0]])


def stationary(x, mu, name, a):
    """All zeros of the derivative on the side of x, (n, 3): the roots of the cubic for transformed l1."""
    if name != "tl1":
        return np.stack([x - np.sign(x) * mu * (name == "l1")] * 3, -1)
    scale = a + np.abs(x)
    k = mu * a * (a + 1) / scale**3  # y³ - y² + k = 0 with a + u = scale·y
    roots = [
        scale_i * np.roots([1.0, -1.0, 0.0, k_i]).real - a for scale_i, k_i in zip(scale, k, strict=True)
    ]
    return np.sign(x)[:, None] * np.array(roots)


def rivals(x, s, mu, name, a, rng):
    """Competing points, (n, k)."""
    size = np.abs(x)[:, None]
    steps = 10.0 ** np.arange(-15, 0.5, 0.5)
    around = s[:, None] * np.concatenate([1 + steps, 1 - steps])
    grid = size * np.linspace(-1.5, 1.5, 61)
    return np.concatenate(
        [grid, around, size * rng.uniform(-1.2, 1.2, (len(x), 60)), size * steps, -size * steps,
         stationary(x, mu, name, a), x[:, None], 0 * x[:, None]], axis=1,
    )  # fmt: skip


def check_minimises(candidate, name, a, mu, x, rng):
    s = candidate(x, mu, name, a)
    assert s.shape == x.shape
    value = objective(s, x, mu, name, a)
    others = objective(rivals(x, s, mu, name, a, rng), x[:, None], mu, name, a)
    excess = value - others.min(axis=1)
    allowed = RELATIVE * value + (FORWARD * x) ** 2
    worst = int(np.argmax(excess - allowed))
    assert excess[worst] <= allowed[worst], (name, a, mu, x[worst], s[worst], excess[worst], allowed[worst])


def fails(check, *args):
    """The check has power: it refuses this."""
    with pytest.raises(AssertionError):
        check(*args)


@pytest.mark.parametrize(("name", "a", "mu"), CASES)
def test_no_point_has_a_lower_objective_than_the_proximal_map(name, a, mu):
    rng = np.random.default_rng(1)
    check_minimises(proximal_map, name, a, mu, hard_points(name, a, mu, rng), rng)


@given(
    seeds, st.sampled_from(["l1", "l0", "tl1"]), st.floats(-2, 2), st.floats(-30, 30), st.booleans()
)  # fmt: skip
@example(0, "tl1", -2.0, 0.0, True)
@example(0, "tl1", 2.0, 0.0, True)
def test_the_proximal_map_minimises_for_any_weight_and_shape(seed, name, log_a, log_mu, near_critical):
    rng = np.random.default_rng(seed)
    a = 10**log_a if name == "tl1" else None
    mu = 10**log_mu
    if a and near_critical:
        mu = a * a / (2 * (a + 1)) * (1 + 0.1 * rng.uniform(-1, 1) ** 9)
    check_minimises(proximal_map, name, a, mu, hard_points(name, a, mu, rng), rng)


@pytest.mark.parametrize(
    ("name", "a", "mu"), [c for c in CASES if c[0] == "l0" or (c[0] == "tl1" and c[2] > c[1] ** 2)]
)
def test_at_a_jump_zero_and_the_upper_branch_are_equally_good(name, a, mu):
    t = float(threshold(mu, name, a))
    x = np.array([t])
    upper = proximal_map(np.nextafter(x, np.inf), mu, name, a)
    assert upper[0] > 0
    gap = objective(upper, x, mu, name, a) - objective(0 * x, x, mu, name, a)
    assert abs(gap[0]) <= RELATIVE * t**2 / 2


def active_beyond_mu(x, mu, name, a):
    """The active branch, by the trigonometric root, wherever |x| > μ."""
    y = a + np.abs(x)
    phi = np.arccos(np.clip(1 - 27 * mu * a * (a + 1) / (2 * y**3), -1, 1))
    return np.where(np.abs(x) > mu, np.sign(x) * (y * (1 + 2 * np.cos(phi / 3)) / 3 - a), 0.0)


WRONG = {
    "l0 threshold at mu": ("l0", None, lambda x, mu, *_: np.where(np.abs(x) > mu, x, 0.0)),
    "l0 threshold at sqrt(mu)": ("l0", None, lambda x, mu, *_: np.where(np.abs(x) > np.sqrt(mu), x, 0.0)),
    "l1 one per cent off": ("l1", None, lambda x, mu, name, a: proximal_map(x, 1.01 * mu, name, a)),
    "l0 one per cent off": ("l0", None, lambda x, mu, name, a: proximal_map(x, 1.01 * mu, name, a)),
    "tl1 one per cent off": ("tl1", 1.0, lambda x, mu, name, a: proximal_map(x, 1.01 * mu, name, a)),
    "tl1 value one per cent off": ("tl1", 1.0, lambda x, mu, name, a: 1.01 * proximal_map(x, mu, name, a)),
    "tl1 with the soft threshold": ("tl1", 1.0, lambda x, mu, *_: proximal_map(x, mu, "l1")),
    "tl1 with the threshold of l1": ("tl1", 1.0, active_beyond_mu),
    "tl1 with the sign lost": ("tl1", 1.0, lambda x, mu, name, a: np.abs(proximal_map(x, mu, name, a))),
    "tl1 identity": ("tl1", 1.0, lambda x, *_: x),
}  # fmt: skip


@pytest.mark.parametrize("error", WRONG)
@pytest.mark.parametrize(
    "mu", [0.1, 2.5]
)  # below and above the critical 1/4, and not at μ = 2, where √(2μ) = μ
def test_a_wrong_map_is_caught_by_the_definition(error, mu):
    name, a, wrong = WRONG[error]
    rng = np.random.default_rng(2)
    x = hard_points(name, a, mu, rng)
    fails(check_minimises, wrong, name, a, mu, x, rng)


@given(seeds, st.sampled_from(CASES))
def test_the_map_is_odd_nondecreasing_and_moves_no_point_outwards_or_by_more_than_the_threshold(seed, case):
    name, a, mu = case
    rng = np.random.default_rng(seed)
    x = np.unique(np.abs(hard_points(name, a, mu, rng)))
    s = proximal_map(x, mu, name, a)
    assert np.array_equal(proximal_map(-x, mu, name, a), -s)
    assert (s >= 0).all()
    assert (s <= x).all()  # x less a number >= 0 rounds to at most x
    assert (x - s <= float(threshold(mu, name, a)) * (1 + RELATIVE) + FORWARD * x).all()
    # The backward error of the map is one of x, below 32ε: only points that far apart have an order.
    apart = np.flatnonzero(x[1:] >= x[:-1] * (1 + RELATIVE))
    assert (s[apart + 1] >= s[apart]).all()


@pytest.mark.parametrize(("name", "a"), [("l1", None), ("l0", None), ("tl1", 0.5)])
def test_the_map_keeps_any_shape_and_broadcasts_the_weight(name, a):
    x = np.random.default_rng(3).normal(size=(2, 3, 4))
    for shape in [(), (0,), (3, 0), (1,), (24,), (4, 6)]:
        part = np.resize(x, shape)
        assert proximal_map(part, 0.2, name, a).shape == shape
    whole = proximal_map(x, 0.2, name, a)
    single = [float(proximal_map(value, 0.2, name, a)) for value in x.ravel()]
    # Scalar and vector programs of sin and arcsin may differ by a rounding of each.
    assert (np.abs(whole.ravel() - single) <= FORWARD * np.abs(x.ravel())).all()
    weights = np.array([[0.1], [0.2], [3.0]])
    rows = np.stack([proximal_map(x[0, i], weights[i, 0], name, a) for i in range(3)])
    assert (np.abs(proximal_map(x[0], weights, name, a) - rows) <= FORWARD * np.abs(x[0])).all()
    assert proximal_map(1.0, weights, name, a).shape == (3, 1)
    assert threshold(weights, name, a).shape == (3, 1)


def test_the_map_leaves_its_argument_alone():
    x = np.array([-1.0, 0.0, 2.0])
    proximal_map(x, 0.3, "tl1", 1.0)
    assert x.tolist() == [-1.0, 0.0, 2.0]


@given(seeds, st.sampled_from(["l1", "l0", "tl1"]))
def test_the_penalty_is_the_sum_of_its_coordinates(seed, name):
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(4, 7)) * rng.integers(0, 2, (4, 7))
    a = rng.uniform(0.01, 100) if name == "tl1" else None
    expected = penalty(u, name, a).sum(axis=-1)
    # Seven terms >= 0 of four roundings each, and their sum.
    assert (np.abs(penalty_value(u, name, a) - expected) <= 16 * EPS * expected).all()


BAD = [
    ({"a": 0.0, "penalty": "tl1"}, "a=0.0"),
    ({"a": -1.0, "penalty": "tl1"}, "a=-1.0"),
    ({"a": float("nan"), "penalty": "tl1"}, "a=nan"),
    ({"a": 1e200, "penalty": "tl1"}, "a=1e+200"),
    ({"a": None, "penalty": "tl1"}, "a=None"),
    ({"a": 1.0, "penalty": "l1"}, "a=1.0"),
    ({"a": 1.0, "penalty": "l0"}, "a=1.0"),
    ({"penalty": "l2"}, "penalty='l2'"),
    ({"mu": 0.0}, "mu=0.0"),
    ({"mu": -1.0}, "mu=-1.0"),
    ({"mu": [1.0, -2.0]}, "mu=-2.0"),
    ({"mu": float("nan")}, "mu"),
    ({"x": [0.0, float("nan")]}, "x"),
    ({"x": [float("inf")]}, "x"),
    ({"x": [[1.0], [1.0, 2.0]]}, "x"),
    ({"x": "abc"}, "x"),
    ({"x": [1.0, 2.0], "mu": [1.0, 2.0, 3.0]}, "mu"),
]


@pytest.mark.parametrize(("change", "named"), BAD)
def test_bad_input_is_refused_with_the_name_of_the_argument(change, named):
    arguments = {"x": [1.0], "mu": 0.5, "penalty": "l1", **change}
    with pytest.raises(ValueError, match=r"^proximal_map: ") as caught:
        proximal_map(**arguments)
    assert named in str(caught.value)
