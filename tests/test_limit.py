"""The limit of RVSCGD without iteration, compared with the iteration, and the certificate of its error."""

import numpy as np
import pytest
import scipy
from hypothesis import assume, example, given
from hypothesis import strategies as st

import numerics.limit
from numerics.certificate import error_certificate
from numerics.gaussian import angle
from numerics.limit import limit_points
from numerics.penalties import proximal_map
from numerics.splitting import largest_step, rvscgd
from tests.strategies import betas, dimensions, lams, penalties, seeds, starts, tl1_parameters, unit_vectors

C = 1.0
# A last step of 1e-14 times 1/(1 - q); runs with contraction factors q above 0.98 are not compared.
AGREE, SLOWEST = 1e-12, 0.98
# Inner products of 200 terms, and the equation's coefficients up to c + 2 beta = 21.
ROUNDING = 1e-13


@st.composite
def problems(draw):
    d = draw(dimensions())
    penalty = draw(penalties())
    a = draw(tl1_parameters()) if penalty == "tl1" else None
    return draw(unit_vectors(d)), C, penalty, draw(lams()), draw(betas()), a


def kappa_of(w, u, w_star, beta):
    return C * (w @ w_star) + beta * np.sum(w * u, axis=-1)


def check_fixed(problem):
    w_star, c, penalty, lam, beta, a = problem
    for point in limit_points(*problem):
        assert np.linalg.norm(point.w) == pytest.approx(1, abs=1e-14)  # normalised in float64
        assert np.array_equal(point.u, proximal_map(point.w, lam / beta, penalty, a))
        residual = point.kappa * point.w - c * w_star - beta * point.u
        # The u that w was built from may differ from S(w) by 1e-8 where transformed l1 has a double root.
        assert np.abs(residual).max() <= (1e-7 * beta if penalty == "tl1" else ROUNDING * (c + beta))
        assert point.kappa > beta or not point.u.any()
        assert point.angle == angle(point.w, w_star)


@given(problems())
@example((np.array([1.0, 0.0]), C, "l1", 0.5, 1.0, None))  # s = 1
@example((np.array([0.6, 0.8]), C, "l1", 0.6, 0.5, None))  # s = d, nothing survives
def test_every_limit_point_solves_the_equation_of_the_fixed_points(problem):
    check_fixed(problem)


def test_a_wrong_weight_is_caught_by_the_equation(monkeypatch):
    shrunk = lambda *args: lambda gap: 0.99 * survivors(*args)(gap)
    survivors = numerics.limit._survivors
    problem = (np.array([0.6, 0.8]), C, "l1", 0.1, 1.0, None)
    check_fixed(problem)
    monkeypatch.setattr(numerics.limit, "_survivors", shrunk)
    monkeypatch.setattr(numerics.limit, "CONSISTENT", 1.0)
    with pytest.raises(AssertionError):
        check_fixed(problem)


@given(problems(), st.data())
def test_iteration_ends_at_the_limit_with_its_survivors(problem, data):
    w_star, c, penalty, lam, beta, a = problem
    start = data.draw(starts(w_star))
    assume(start @ w_star > -0.999)  # from -w* the first step can be exactly zero, e.g. for l0 with beta = c
    run = rvscgd(start, w_star, c, penalty, lam, beta, largest_step(c, beta), a, max_iterations=3000)
    w, u = run.w[0], run.u[0]
    kappa = kappa_of(w, u, w_star, beta)
    # S magnifies by more than one on transformed l1's branch; there the factor is read from the map itself.
    moved = np.abs(proximal_map(w * (1 + 1e-7), lam / beta, penalty, a) - u) / np.maximum(
        np.abs(w) * 1e-7, 1e-300
    )
    slope = float(moved[u != 0].max(initial=0))
    assume(run.converged[0] and slope * beta < SLOWEST * kappa and (kappa > beta or not u.any()))
    found = limit_points(*problem, survivors=(u != 0)[None])
    assert len(found) == 1
    assert np.abs(found[0].w - w).max() <= AGREE


@given(problems())
@example((np.array([0.0, 1.0]), 1.0, "l1", 0.9999999968178847, 1.0, None))  # just below λ = c, a gap of 3e-9
def test_l1_has_one_limit_unless_the_largest_entry_lies_between_two_bounds(problem):
    w_star, c, _, lam, beta, _ = problem
    largest = np.abs(w_star).max()
    assume(abs(c * largest - lam) > 1e-12 and abs(beta * largest - lam) > 1e-12)  # not at the border itself
    none = lam / beta < largest <= lam / c
    assert len(limit_points(w_star, c, "l1", lam, beta)) == (not none)


@given(seeds(), dimensions(2, 50))
def test_kappa_of_l1_is_the_root_that_a_bracketing_solver_finds(seed, d):
    rng = np.random.default_rng(seed)
    w_star = rng.standard_normal(d)
    w_star /= np.linalg.norm(w_star)
    beta, lam = 0.5, 0.5 * np.abs(w_star).max()
    size = np.abs(w_star)

    def excess(kappa):
        sparse = np.maximum(C * size - kappa * lam / beta, 0) / (kappa - beta)
        return np.linalg.norm((C * size + beta * sparse) / kappa) - 1

    root = scipy.optimize.brentq(excess, beta * (1 + 1e-9), C + 2 * beta, xtol=1e-15, rtol=1e-15)
    [point] = limit_points(w_star, C, "l1", lam, beta)
    # Two roundings of ||w||, whose slope in kappa is about one.
    assert point.kappa == pytest.approx(root, rel=1e-13)


@pytest.mark.parametrize("s", [1, 2, 5])
def test_equal_entries_are_learned_without_error_by_l1(s):
    w_star = np.zeros(5)
    w_star[:s] = (-1.0) ** np.arange(s) / np.sqrt(s)
    [point] = limit_points(w_star, C, "l1", 0.1, 1.0)
    assert point.angle <= 1e-15  # one rounding of each entry
    assert np.count_nonzero(point.u) == s
    # w = w* gives kappa = c + beta <w, S(w)>.
    assert point.kappa == pytest.approx(C + 1 - 0.1 * np.sqrt(s), rel=1e-14)


def test_l0_may_have_several_limits_and_iteration_finds_each():
    problem = ([0.8, 0.6], C, "l0", 0.16, 2.0)
    biased, exact = limit_points(*problem)
    assert exact.angle <= 1e-15
    assert biased.angle > 0.4
    for point in (biased, exact):
        run = rvscgd(point.w + np.array([0.0, 1e-3]), *problem, 1 / 3)
        assert np.abs(run.w[0] - point.w).max() <= AGREE


def test_transformed_l1_tends_to_l1():
    w_star = np.array([0.8, 0.0, -0.6])
    [l1] = limit_points(w_star, C, "l1", 0.1, 1.0)
    found = limit_points(w_star, C, "tl1", 0.1, 1.0, 1e6)
    assert len(found) == 1
    assert np.abs(found[0].w - l1.w).max() < 1e-6  # the penalties differ by one part in a


def test_there_is_no_limit_where_iteration_stays_at_an_axis():
    problem = ([0.8, 0.6], C, "l1", 0.9, 2.0)
    assert limit_points(*problem) == ()
    run = rvscgd([1.0, 0.1], *problem, 1 / 3)
    assert kappa_of(run.w[0], run.u[0], np.array([0.8, 0.6]), 2.0) <= 2.0


@given(problems())
def test_certificate_is_the_error_angle_of_every_limit_point(problem):
    _, c, _, _, beta, _ = problem
    for point in limit_points(*problem):
        certificate = error_certificate(point.w, point.u, c, beta)
        candidates = {certificate.angle: certificate.kappa, certificate.other_angle: certificate.other_kappa}
        near = min(candidates, key=lambda x: abs(x - point.angle))
        if certificate.decided:
            assert near == certificate.angle
        # sin loses half the digits of an angle near 90 degrees; rounding of beta u_perp over c elsewhere.
        allowed = 1e-7 if abs(np.cos(point.angle)) < 1e-3 else 1e-10 * (1 + beta)
        assert abs(near - point.angle) <= allowed * (100 if problem[2] == "tl1" else 1)
        assert candidates[near] == pytest.approx(point.kappa, abs=1e-6 * (1 + beta))


def test_certificate_leaves_the_opposite_limit_open():
    # With beta > c the point -e1 attracts although the teacher is e1.
    teacher = np.array([1.0, 0.0])
    run = rvscgd([-1.0, 0.01], teacher, C, "l1", 0.1, 3.0, 0.25)
    certificate = error_certificate(run.w[0], run.u[0], C, 3.0)
    assert run.angle[0] == pytest.approx(np.pi)
    assert not certificate.decided
    assert certificate.other_angle == pytest.approx(np.pi)
    assert certificate.other_kappa == pytest.approx(kappa_of(run.w[0], run.u[0], teacher, 3.0))


BAD = [
    ({"w_star": [1.0, 1.0]}, "w_star"),
    ({"c": 0.0}, "c=0.0"),
    ({"lam": -1.0}, "lam=-1.0"),
    ({"beta": float("nan")}, "beta=nan"),
    ({"penalty": "l2"}, "penalty='l2'"),
    ({"penalty": "tl1"}, "a=None"),
    ({"a": 1.0}, "a=1.0"),
    ({"survivors": [True, False]}, "survivors"),
    ({"survivors": [[1, 0]]}, "survivors"),
]


@pytest.mark.parametrize(("change", "named"), BAD)
def test_bad_input_is_refused_with_the_name_of_the_argument(change, named):
    good = {"w_star": [0.6, 0.8], "c": C, "penalty": "l1", "lam": 0.1, "beta": 1.0}
    with pytest.raises(ValueError, match=r"^limit_points: ") as caught:
        limit_points(**{**good, **change})
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"w": [1.0, 1.0]}, "w has norm"),
        ({"u": [1.0]}, "u has length 1"),
        ({"c": 0}, "c=0"),
        ({"beta": -1}, "beta=-1"),
        ({"u": [0.0, 2.0]}, "u_perp"),
    ],
)
def test_certificate_refuses_what_is_no_fixed_point(change, named):
    good = {"w": [1.0, 0.0], "u": [0.9, 0.0], "c": C, "beta": 1.0}
    with pytest.raises(ValueError, match=r"^error_certificate: ") as caught:
        error_certificate(**{**good, **change})
    assert named in str(caught.value)
