"""Closed forms against integrals over the plane of w and w*, taken numerically here.

A patch z meets the plane in (x, y), x along ŵ and y along ê. In polar coordinates both filters fire on the
wedge θ - π/2 < τ < π/2; the clipped proxy ends at r = X/cosτ, X = 1/‖w‖. The radial integral of r² exp(-r²/2)
up to b is √(π/2) times the regularised gamma function of order 3/2 at b²/2; the one over τ is done by
Gauss-Legendre panels that shrink towards both ends, where cosτ may vanish.

The rounding allowance: each of the sums over pairs of patches has terms of the scale Σᵢ|vᵢ| Σⱼ(|vⱼ| + |v*ⱼ|),
with a handful of roundings each. The clipped form contains Φ(X cotθ), whose slope in θ is at most
max φ(y)y²/X < 0.3‖w‖; the angle has a few roundings. So 64 roundings times scale·(1 + ‖w‖).
"""

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import gammainc, ndtr
from sympy import Symbol, asin, lambdify, pi, sqrt

from numerics.closed_forms import compile_expression, expected_coarse_gradient, population_loss

EPS = 2.0**-53
ESTIMATORS = ("identity", "relu", "clipped_relu")
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
seeds = st.integers(0, 2**32 - 1)
angles = st.one_of(
    st.sampled_from([0.0, np.pi]),
    st.floats(0.0, np.pi),
    st.floats(-12, -1).map(lambda k: 10**k),
    st.floats(-12, -1).map(lambda k: np.pi - 10**k),
    st.floats(-12, -1).map(lambda k: np.pi / 2 - 10**k),
)


def panels(lower, upper):
    """Nodes and weights on (lower, upper), in panels that halve towards both ends."""
    half = 0.5 ** np.arange(1, 50)
    cuts = lower + (upper - lower) * np.concatenate([[0], half[::-1], (1 - half)[1:], [1]])
    centre, radius = (cuts[1:] + cuts[:-1]) / 2, (cuts[1:] - cuts[:-1]) / 2
    return (centre[:, None] + radius[:, None] * NODES).ravel(), (radius[:, None] * WEIGHTS).ravel()


def both_fire(theta):
    """P(z·w > 0, z·w* > 0): the teacher fires for y > -x cotθ."""
    x, weight = panels(0.0, 40.0)  # beyond, the density is below 1e-340
    with np.errstate(over="ignore"):
        inner = ndtr(x * np.cos(theta) / max(np.sin(theta), 1e-300))
    return (weight * np.exp(-(x**2) / 2) * inner).sum() / np.sqrt(2 * np.pi)


def mean(lower, upper, bound=None):
    """E[z; lower < τ < upper], as (x, y), with x < bound if given."""
    tau, weight = panels(lower, upper)
    # The last nodes round to τ = ±π/2, where cosτ is ±6e-17; 1e-17 lets r run to infinity there.
    end = np.inf if bound is None else bound / np.maximum(np.cos(tau), 1e-17)
    radial = np.sqrt(np.pi / 2) * gammainc(1.5, np.square(end) / 2)
    return np.array([(weight * radial * np.cos(tau)).sum(), (weight * radial * np.sin(tau)).sum()]) / (
        2 * np.pi
    )


def patch_means(theta, norm_w, ste):
    """E[z μ′], E[z μ′ σ] and E[z μ′ σ*] in the plane."""
    wide, narrow = (-np.pi / 2, np.pi / 2), (theta - np.pi / 2, np.pi / 2)
    if ste == "identity":
        everywhere = mean(*wide) + mean(np.pi / 2, 3 * np.pi / 2)
        return everywhere, mean(*wide), mean(theta - np.pi / 2, theta + np.pi / 2)
    bound = None if ste == "relu" else 1 / norm_w
    return mean(*wide, bound), mean(*wide, bound), mean(*narrow, bound)


def integrated_loss(v, v_star, theta):
    one, two = 0.5, both_fire(theta)
    total = 0.0
    for i in range(len(v)):
        for j in range(len(v)):
            own, mixed = (one, two) if i == j else (one * one, one * one)
            total += own * (v[i] * v[j] + v_star[i] * v_star[j]) - 2 * mixed * v[i] * v_star[j]
    return total / 2


def integrated_gradient(v, v_star, theta, norm_w, ste):
    proxy, student, teacher = patch_means(theta, norm_w, ste)
    total = np.zeros(2)
    for i in range(len(v)):
        for j in range(len(v)):
            if i == j:
                total += v[i] * (v[i] * student - v_star[i] * teacher)
            else:
                total += v[i] * (v[j] - v_star[j]) * proxy / 2
    return total


def draw(seed, theta):
    """Second layers with zeros and negative entries, and the filters at the angle theta: w/‖w‖, ê and w*."""
    rng = np.random.default_rng(seed)
    m, d = rng.integers(1, 6), rng.integers(2, 7)
    v, v_star = rng.normal(size=(2, m)) * rng.choice([0.0, 1.0, 3.0], (2, m))
    p, q = np.linalg.qr(rng.normal(size=(d, 2)))[0].T
    p /= np.linalg.norm(p)
    cosine, sine = np.cos(theta), 0.0 if theta in (0.0, np.pi) else np.sin(theta)
    return v, v_star, cosine * p + sine * q, sine * p - cosine * q, p


def allowance(v, v_star, norm_w=0.0):
    scale = np.abs(v).sum() * (np.abs(v).sum() + np.abs(v_star).sum()) + np.abs(v_star).sum() ** 2
    return 64 * EPS * scale * (1 + norm_w)


def check_loss(formula, seed, theta):
    v, v_star, w_hat, _, w_star = draw(seed, theta)
    error = formula(v, 3.0 * w_hat, v_star, w_star) - integrated_loss(v, v_star, theta)
    assert abs(error) <= allowance(v, v_star)


def check_gradient(formula, seed, theta, norm_w, ste):
    v, v_star, w_hat, e_hat, w_star = draw(seed, theta)
    along = integrated_gradient(v, v_star, theta, norm_w, ste)
    error = formula(v, norm_w * w_hat, v_star, w_star, ste) - (along[0] * w_hat + along[1] * e_hat)
    assert np.linalg.norm(error) <= allowance(v, v_star, norm_w)


def fails(check, *args):
    """The check has power: it refuses this."""
    with pytest.raises(AssertionError):
        check(*args)


@given(seeds, angles)
@example(1, 0.0)
@example(1, np.pi)
def test_the_population_loss_is_the_integral_over_pairs_of_patches(seed, theta):
    check_loss(population_loss, seed, theta)


@pytest.mark.parametrize("ste", ESTIMATORS)
@given(seed=seeds, theta=angles, log_norm=st.floats(np.log10(0.05), np.log10(20)))
@example(seed=1, theta=0.0, log_norm=0.0)
@example(seed=1, theta=np.pi, log_norm=0.0)
def test_the_expected_coarse_gradient_is_the_integral_over_pairs_of_patches(ste, seed, theta, log_norm):
    check_gradient(expected_coarse_gradient, seed, theta, 10**log_norm, ste)


@pytest.mark.parametrize("ste", ESTIMATORS)
@pytest.mark.parametrize("norm_w", [1e-3, 1e3])
@pytest.mark.parametrize("theta", [0.0, 1e-9, 1.0, 2.5, np.pi])
def test_the_expected_coarse_gradient_holds_for_tiny_and_huge_filters(ste, norm_w, theta):
    check_gradient(expected_coarse_gradient, 5, theta, norm_w, ste)


@pytest.mark.parametrize("norm_w", [1e-3, 0.05, 1.0, 20.0, 1e3, 1e6])
def test_the_strip_mean_keeps_its_relative_accuracy(norm_w):
    # With v* = 0 the clipped form is ½a₀(‖v‖² + (1ᵀv)²)ŵ = a₀ŵ for v = 1; 1 - exp loses 12 digits at 1e6.
    value = expected_coarse_gradient([1.0], [norm_w, 0.0], [0.0], [0.0, 1.0], "clipped_relu")[0]
    with mpmath.workdps(40):
        exact = (1 - mpmath.exp(-1 / (2 * mpmath.mpf(norm_w) ** 2))) / mpmath.sqrt(2 * mpmath.pi)
        assert abs(value / exact - 1) <= 16 * EPS  # a dozen roundings, none cancels


@pytest.mark.parametrize("ste", ESTIMATORS)
@pytest.mark.parametrize("end", [0.0, np.pi])
def test_loss_and_coarse_gradient_are_finite_and_continuous_where_the_filters_are_parallel(ste, end):
    gap = 1e-9
    for seed in range(10):
        v, v_star, *_ = draw(seed, 1.0)
        slope = (
            allowance(v, v_star, 1.0) / EPS
        )  # a bound of the slopes in θ at ‖w‖ = 1, which have the same scale
        at_end, beside = draw(seed, end), draw(seed, abs(end - gap))
        values = []
        for _, _, w_hat, _, w_star in (at_end, beside):
            gradient = expected_coarse_gradient(v, w_hat, v_star, w_star, ste)
            values.append(np.append(gradient, population_loss(v, w_hat, v_star, w_star)))
        assert np.isfinite(values).all()
        assert (np.abs(values[0] - values[1]) <= slope * gap).all()


@pytest.mark.parametrize("ste", ESTIMATORS)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3)])
def test_a_batch_of_filters_equals_its_rows(ste, shape):
    rng = np.random.default_rng(6)
    v, v_star = rng.normal(size=(2, 3))
    w = rng.normal(size=(*shape, 4)) * 10 ** rng.uniform(-1, 1, (*shape, 1))
    w_star = np.eye(4)[2]
    loss, gradient = (
        population_loss(v, w, v_star, w_star),
        expected_coarse_gradient(v, w, v_star, w_star, ste),
    )
    assert np.shape(loss) == shape
    assert gradient.shape == w.shape
    for index in np.ndindex(shape):
        # Vector and scalar programs may round the elementary functions differently.
        limit = allowance(v, v_star, np.linalg.norm(w[index]))
        assert abs(loss[index] - population_loss(v, w[index], v_star, w_star)) <= limit
        row = expected_coarse_gradient(v, w[index], v_star, w_star, ste)
        assert np.abs(gradient[index] - row).max() <= limit


def lost_cross_terms(v, w, v_star, w_star, ste):
    """Every patch by itself, as if the others' residuals had mean zero."""
    rows = [expected_coarse_gradient(v[i : i + 1], w, v_star[i : i + 1], w_star, ste) for i in range(len(v))]
    return np.sum(rows, axis=0)


def wrong_estimator(v, w, v_star, w_star, ste):
    other = {"identity": "relu", "relu": "clipped_relu", "clipped_relu": "relu"}[ste]
    return expected_coarse_gradient(v, w, v_star, w_star, other)


def test_a_wrong_loss_is_caught():
    fails(check_loss, lambda *args: 2 * population_loss(*args), 3, 1.0)
    fails(check_loss, lambda v, w, *teacher: population_loss(v, -w, *teacher), 3, 1.0)


@pytest.mark.parametrize("ste", ESTIMATORS)
def test_a_wrong_coarse_gradient_is_caught(ste):
    fails(check_gradient, lambda *args: 1.01 * expected_coarse_gradient(*args), 3, 1.0, 2.0, ste)
    fails(check_gradient, wrong_estimator, 3, 1.0, 2.0, ste)
    if ste != "identity":  # whose mean over another patch is zero
        fails(check_gradient, lost_cross_terms, 3, 1.0, 2.0, ste)
    if ste == "clipped_relu":  # the others do not depend on ‖w‖
        unit_filter = lambda v, w, *rest: expected_coarse_gradient(v, w / np.linalg.norm(w), *rest)
        fails(check_gradient, unit_filter, 3, 1.0, 2.0, ste)


GOOD = {"v": [1.0, 2.0], "w": [1.0, 0.0], "v_star": [1.0, 0.0], "w_star": [0.0, 1.0]}
BAD = [
    ({"w": [0.0, 0.0]}, "w"),
    ({"w": [[1.0, 0.0], [0.0, 0.0]]}, "w"),
    ({"w": [1.0, float("nan")]}, r"w\[1\]=nan"),
    ({"w": 1.0}, "w"),
    ({"w": [1.0], "w_star": [1.0]}, "w_star"),
    ({"w_star": [1.0, 1.0]}, "w_star"),
    ({"v": [1.0]}, "v"),
    ({"v": [1.0, float("inf")]}, r"v\[1\]=inf"),
]


@pytest.mark.parametrize(("change", "named"), BAD)
def test_bad_input_is_refused_with_the_name_of_function_and_argument(change, named):
    arguments = {**GOOD, **change}
    with pytest.raises(ValueError, match=rf"^population_loss: {named}\b"):
        population_loss(**arguments)
    with pytest.raises(ValueError, match=rf"^expected_coarse_gradient: {named}\b"):
        expected_coarse_gradient(**arguments, ste="relu")


def test_an_unknown_estimator_is_refused():
    with pytest.raises(ValueError, match=r"^expected_coarse_gradient: ste='rleu'.*did you mean 'relu'"):
        expected_coarse_gradient(**GOOD, ste="rleu")


def test_a_formula_needs_no_more_of_numpy_than_numpy_itself(monkeypatch):
    def fail(module):
        raise AssertionError(f"every name of {module} is imported, and with them modules that nobody needs")

    # By the function's own globals, since the package has the function under the name of the module.
    monkeypatch.setitem(lambdify.__globals__, "_import", fail)
    size = Symbol("size")
    assert compile_expression(sqrt(size) + asin(size) / pi, (size,))(1.0) == 1.5
    with pytest.raises(AssertionError, match="numpy"):
        lambdify(size, sqrt(size), "numpy")
