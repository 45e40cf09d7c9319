"""Closed forms of the theory as array programs: the one door through which formulas enter.

No formula is typed here. Each function derives its formula once a process, turns it into NumPy by
``lambdify`` and evaluates it on arrays. The first call pays for SymPy's import and the derivation.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics import gaussian, validation
from numerics.network import ESTIMATORS

if TYPE_CHECKING:
    from sympy import Expr

Array = NDArray[np.float64]


def compile_expression(expression: "Expr", symbols: tuple[Any, ...]) -> Callable[..., Any]:
    """Turn a SymPy expression into a NumPy function of ``symbols``.

    exp(x) - 1 becomes ``expm1``, which does not cancel. An arcsine is cut at 1, which its argument
    exceeds by rounding only, where the cubic of transformed l1 has a double root.
    """
    from sympy import betainc_regularized, erf, erfinv, exp, lambdify

    functions = {"asin": lambda x: np.arcsin(np.minimum(x, 1.0)), "expm1": np.expm1}
    if expression.has(erf, erfinv, betainc_regularized):
        from scipy import special  # takes longer than most formulas, which do without

        functions |= {
            "erf": special.erf,
            "erfinv": special.erfinv,
            "betainc_regularized": lambda a, b, low, high: (
                special.betainc(a, b, high) - special.betainc(a, b, low)
            ),
        }
    # The module, for by its name SymPy imports all of its names, which loads f2py and other parts.
    modules = [functions, np]
    if expression.has(exp):
        expression = expression.replace(lambda part: part.is_Add, _without_cancellation)
    function: Callable[..., Any] = lambdify(
        symbols, expression, modules=modules, use_imps=False, docstring_limit=0
    )
    return function


def _without_cancellation(total: "Expr") -> "Expr":
    """Write a sum's terms k exp(x) - k as k expm1(x), and leave the others as they are.

    SymPy's own rewriting rearranges the whole expression first, with exponentials that overflow.
    """
    from sympy import Add, exp
    from sympy.codegen.cfunctions import expm1

    terms = list(total.args)
    for term in total.args:
        weight, rest = term.as_independent(exp, as_Add=False)
        if isinstance(rest, exp) and -weight in terms:
            terms.remove(term)
            terms.remove(-weight)
            terms.append(weight * expm1(rest.args[0]))
    return Add(*terms)


def evaluate(expression: "Expr", values: Mapping[Any, Any]) -> Any:
    """Evaluate a SymPy expression at arrays, one for each of its symbols."""
    return program(expression, tuple(values))(*values.values())


@cache
def program(expression: "Expr", symbols: tuple[Any, ...]) -> Callable[..., Any]:
    """Return the function of arrays, one for each symbol, that evaluates the expression; compiled once.

    At θ = 0 and θ = π some formulas divide by sinθ on the way to a finite limit; the infinities that
    arise are what the limit needs, so their warnings are silenced here.
    """
    function = compile_expression(expression, symbols)

    def quietly(*arrays: Any) -> Any:
        with np.errstate(divide="ignore", over="ignore"):
            return function(*arrays)

    return quietly


def layer_values(v: ArrayLike, v_star: ArrayLike, who: str) -> dict[Any, float]:
    """Norms, sums and inner product of the two second layers, keyed by the theory's symbols."""
    from theory import symbols as sym

    student, teacher = (
        validation.finite_array(who, name, x, ndim=1) for name, x in (("v", v), ("v_star", v_star))
    )
    validation.same_length(who, "v", student, "v_star", teacher)
    return {
        sym.norm_v: float(np.linalg.norm(student)),
        sym.norm_v_star: float(np.linalg.norm(teacher)),
        sym.sum_v: float(student.sum()),
        sym.sum_v_star: float(teacher.sum()),
        sym.v_dot_v_star: float(student @ teacher),
    }


def filter_values(w: ArrayLike, w_star: ArrayLike, who: str) -> dict[Any, Array]:
    """Angle, norm and directions of the filters (..., d), keyed by the theory's symbols; scalars end in 1."""
    from theory import symbols as sym

    student = validation.finite_array(who, "w", w)
    teacher = validation.unit_vector(who, "w_star", w_star)
    _check_filters(who, student, teacher)
    theta = np.asarray(gaussian.angle(student, teacher))
    return {
        sym.theta: theta[..., None],
        sym.norm_w: np.asarray(gaussian.norm(student))[..., None],
        sym.w_hat: np.asarray(gaussian.normalise(student)),
        sym.w_star: teacher,
    }


def _check_filters(who: str, student: Array, teacher: Array) -> None:
    """Check that every filter (..., d) has the teacher's length and a direction."""
    if student.ndim == 0:
        raise ValueError(f"{who}: w={student!r}, a vector is required")
    validation.same_length(who, "w", student, "w_star", teacher)
    moving = student.any(axis=-1)
    if not moving.all():
        where = "".join(f"[{i}]" for i in np.argwhere(~moving)[0])
        raise ValueError(f"{who}: w{where}=0, a vector with a direction is required")


def population_loss(v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike) -> Any:
    """Population loss f(v, w) = E[(h - y)²]/2, statement L1 (Yin et al., arXiv 1903.05662).

    Parameters
    ----------
    v, v_star : (m,) array_like
        Second layers of student and teacher.
    w : (..., d) array_like
        The student's filter, not zero; or many of them.
    w_star : (d,) array_like
        The teacher's filter, a unit vector.

    Returns
    -------
    float or (...) ndarray
        Squared units of the label.

    Raises
    ------
    ValueError
        If an entry is not finite, a filter is zero or shorter than 2, or shapes do not match.

    Examples
    --------
    >>> round(float(population_loss([1, 2], [1, 0], [1, 2], [0, 1])), 6)  # ‖v‖² θ/(2π) at θ = π/2
    1.25
    """
    from theory.loss import population_loss as derive

    values = {
        **layer_values(v, v_star, "population_loss"),
        **filter_values(w, w_star, "population_loss"),
    }
    return evaluate(derive().result, values)[..., 0]


def expected_coarse_gradient(
    v: ArrayLike, w: ArrayLike, v_star: ArrayLike, w_star: ArrayLike, ste: str
) -> Array:
    """Mean of the sample coarse gradient, statement L5 (Yin et al., arXiv 1903.05662).

    Parameters
    ----------
    v, v_star : (m,) array_like
        Second layers of student and teacher.
    w : (..., d) array_like
        The student's filter, not zero; or many of them.
    w_star : (d,) array_like
        The teacher's filter, a unit vector.
    ste : {"identity", "relu", "clipped_relu"}
        Straight-through estimator.

    Returns
    -------
    (..., d) ndarray

    Raises
    ------
    ValueError
        If an entry is not finite, a filter is zero or shorter than 2, shapes do not match, or ``ste``
        is unknown.

    Examples
    --------
    >>> expected_coarse_gradient([1], [1, 0], [1], [1, 0], "relu")
    array([0., 0.])
    """
    from theory.coarse_gradient import expected_coarse_gradient as derive

    who = "expected_coarse_gradient"
    validation.one_of(who, "ste", ste, ESTIMATORS)
    values = {**layer_values(v, v_star, who), **filter_values(w, w_star, who)}
    gradient: Array = evaluate(derive(ste).result, values)
    return gradient


def tangential_constant(norm_v: float, theta: ArrayLike, ste: str) -> Array:
    """c(θ) of statement L6 on the unit sphere, for v = v*; angles of any shape, in radians."""
    from theory import symbols as sym
    from theory.coarse_gradient import tangential_law

    values = {sym.norm_v: norm_v, sym.norm_w: 1.0, sym.theta: np.asarray(theta, dtype=np.float64)}
    constant: Array = evaluate(tangential_law(ste).result, values) + np.zeros(np.shape(theta))
    return constant


def smallest_tangential_constant(norm_v: float, ste: str) -> float:
    """Lower bound of c(θ) over [0, π] on the unit sphere, for v = v*."""
    from theory import symbols as sym
    from theory.bounds import smallest_tangential_constant as derive

    return float(evaluate(derive(ste).result, {sym.norm_v: norm_v}))
