"""Gaussian moments by which claims are checked, where a formula stands for an integral."""

import pytest
from sympy import Rational, Symbol, cot, exp, integrate, oo, pi, sin, sqrt

from proofs_check.claims import plane
from theory.gaussian import normal_density, x
from theory.symbols import theta

SINE = Symbol("S", positive=True)


@pytest.mark.parametrize("power", range(4))
def test_moments_of_the_product_of_densities_are_those_that_sympy_integrates(power):
    # The product of densities is one of variance sin²θ, but for its factor.
    product = normal_density(x) * normal_density(x * cot(theta))
    bell = exp(-(x**2) / (2 * SINE**2)) * product.subs(x, 0)
    assert (product / bell.subs(SINE, sin(theta))).simplify() == 1
    of_product = integrate(x**power * bell, (x, 0, oo)).subs(SINE, sin(theta))
    assert (of_product - plane.gaussian_moment(power)).simplify() == 0


def test_the_mean_of_a_polynomial_is_the_one_that_sympy_integrates():
    polynomial, scale = 3 * x**4 - x**3 + x**2 / 2 + x + 7, Rational(5, 3)
    law = exp(-(x**2) / (2 * scale**2)) / (scale * sqrt(2 * pi))
    mean = integrate((polynomial * law).expand(), (x, -oo, oo))
    assert mean.equals(plane.polynomial_mean(polynomial, scale))
