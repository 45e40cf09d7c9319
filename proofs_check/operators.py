"""Wrong variants of a formula: operators from one expression to others, each with the error in words.

Of many that could be made few are used, so that each is built only when it is called for.

An operator acts at a place of the expression tree: the whole, a term of a sum, a factor of a product, the
argument of a function, a side of a relation. What makes an error is tried everywhere, because a check may
look at one part of a formula only. A wrong expression may happen to equal the right one; that is decided
in ``proofs_check.equivalence``.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import Any

from sympy import (
    Abs,
    Add,
    Basic,
    Expr,
    Function,
    Integral,
    Mul,
    Piecewise,
    Pow,
    Rational,
    S,
    Symbol,
    cos,
    cot,
    erf,
    limit,
    oo,
    pi,
    sin,
    sqrt,
    tan,
)
from sympy.core.relational import Relational

from proofs_check.rendering import text
from theory.symbols import (
    a,
    beta,
    lam,
    mu,
    norm_w,
    ones,
    theta,
    theta_start,
    u_vec,
    v,
    v_star,
    w_hat,
    w_star,
)

# The error in words, and what builds the expression with it.
Wrong = tuple[str, Callable[[], Basic]]
Operator = Callable[[Basic], Iterator[Wrong]]
Place = tuple[int, ...]

# A factor of one of these cannot be dropped or raised: what is left would be no vector.
VECTORS = frozenset({w_hat, w_star, v, ones, v_star, u_vec})
ANGLES = (theta, theta_start)
ONE_PERCENT = Rational(101, 100)
SHIFTS = (S.One, -S.One, S.Half, -S.Half)


def places(expression: Basic) -> Iterator[tuple[Place, Basic, Basic | None]]:
    """Each place with what stands there and what it is a part of; limits of integrals are left alone."""
    yield from _below(expression, (), None)


def _below(part: Basic, place: Place, whole: Basic | None) -> Iterator[tuple[Place, Basic, Basic | None]]:
    yield place, part, whole
    inner = part.args[:1] if isinstance(part, Integral) else part.args
    for number, argument in enumerate(inner):
        yield from _below(argument, (*place, number), part)


def put(expression: Basic, place: Place, new: Basic) -> Basic:
    """The expression with ``new`` at a place.

    Examples
    --------
    >>> from sympy.abc import x
    >>> put(x + sin(x), (1, 0), 2 * x)
    x + sin(2*x)
    """
    if not place:
        return new
    first, *rest = place
    parts = list(expression.args)
    parts[first] = put(parts[first], tuple(rest), new)
    return expression.func(*parts)


def _weighable(expression: Basic) -> Iterator[tuple[Place, Basic]]:
    """Places where a factor changes the value: what a constant or a sign of the formula may stand before."""
    for place, part, whole in places(expression):
        if not isinstance(part, Expr) or part in (0, oo, -oo):
            continue
        if whole is None or isinstance(whole, (Add, Function, Relational)) or _is_value(place, whole):
            yield place, part


def _is_value(place: Place, whole: Basic) -> bool:
    """Whether the place is the value, not the condition, of a case of a Piecewise."""
    return type(whole).__name__ == "ExprCondPair" and place[-1] == 0


def scaled(expression: Basic) -> Iterator[Wrong]:
    """A constant one percent too large, twice or half of what it is."""
    for place, part in _weighable(expression):
        shown = text(part)
        yield f"one percent more of {shown}", partial(put, expression, place, part * ONE_PERCENT)
        yield f"one percent less of {shown}", partial(put, expression, place, part * (2 - ONE_PERCENT))
        yield f"twice {shown}", partial(put, expression, place, 2 * part)
        yield f"half of {shown}", partial(put, expression, place, part / 2)


def flipped(expression: Basic) -> Iterator[Wrong]:
    """A sign the wrong way round."""
    for place, part in _weighable(expression):
        yield f"the sign of {text(part)}", partial(put, expression, place, -part)


def shifted(expression: Basic) -> Iterator[Wrong]:
    """A bound of zero moved; no factor could."""
    if expression == 0:
        for amount in (Rational(1, 100), Rational(-1, 100), S.One, -S.One):
            yield f"{text(amount)} for 0", partial(put, expression, (), amount)


def exponents(expression: Basic) -> Iterator[Wrong]:
    """An exponent off by one or by a half."""
    for place, part, whole in places(expression):
        if isinstance(part, Pow) and part.exp.is_Rational and not part.base.is_Rational:
            for shift in SHIFTS:
                power = text(part.exp + shift)
                yield (
                    f"the power {power} in {text(part)}",
                    partial(put, expression, place, part.base ** (part.exp + shift)),
                )
        elif isinstance(part, Symbol) and part not in VECTORS and not isinstance(whole, (Pow, Integral)):
            yield f"the square of {text(part)}", partial(put, expression, place, part**2)


def dropped(expression: Basic) -> Iterator[Wrong]:
    """A term or a factor forgotten."""
    for place, part, whole in places(expression):
        if isinstance(whole, Add):
            yield f"{text(part)} forgotten", partial(put, expression, place, S.Zero)
        elif isinstance(whole, Mul) and part not in (*VECTORS, -1):
            yield f"the factor {text(part)} forgotten", partial(put, expression, place, S.One)


def swapped(expression: Basic) -> Iterator[Wrong]:
    """Two symbols in each other's place."""
    symbols = sorted(expression.free_symbols, key=str)
    for one, other in combinations(symbols, 2):
        if (one in VECTORS) is (other in VECTORS):
            yield (
                f"{text(one)} and {text(other)} swapped",
                partial(expression.xreplace, {one: other, other: one}),
            )


def turned(expression: Basic) -> Iterator[Wrong]:
    """The cases of a distinction the wrong way round."""
    for place, part, _ in places(expression):
        if isinstance(part, Relational) and place:
            yield (
                f"{text(part)} the other way round",
                partial(put, expression, place, part.reversedsign.func(*part.args)),
            )


def another_angle(expression: Basic) -> Iterator[Wrong]:
    """The supplement, half or double of an angle, or another function of it."""
    for angle in ANGLES:
        if not expression.has(angle):
            continue
        name = text(angle)
        yield f"π - {name} for {name}", partial(expression.xreplace, {angle: pi - angle})
        yield f"{name}/2 for {name}", partial(expression.xreplace, {angle: angle / 2})
        yield f"2{name} for {name}", partial(expression.xreplace, {angle: 2 * angle})
    others: Mapping[Any, Any] = {sin: cos, cos: sin, tan: sin, cot: tan}
    for place, part, _ in places(expression):
        if type(part) in others:
            wrong = others[type(part)](part.args[0])
            yield f"{text(wrong)} for {text(part)}", partial(put, expression, place, wrong)


def another_threshold(expression: Basic) -> Iterator[Wrong]:
    """The l0 threshold μ for √(2μ); the ordinary l1 threshold for that of transformed l1."""
    weight = mu if expression.has(mu) else lam / beta
    for place, part, _ in places(expression):
        if isinstance(part, Mul) and sqrt(2) in part.args and _has_root(part):
            wrong = part * sqrt(weight / 2)
            yield f"{text(weight)} for its root √(2·{text(weight)})", partial(put, expression, place, wrong)
        if (
            isinstance(part, Piecewise)
            and part.args[0].expr.has(a)
            and part.args[0].expr.is_rational_function(a)
        ):
            yield "the ordinary l1 threshold", partial(_with_limit, expression, place, part.args[0].expr)


def _with_limit(expression: Basic, place: Place, threshold: Expr) -> Basic:
    return put(expression, place, limit(threshold, a, oo))


def _has_root(product: Mul) -> bool:
    roots = (factor for factor in product.args if isinstance(factor, Pow) and factor.exp == S.Half)
    return any(root.has(mu, lam) for root in roots)


def another_norm(expression: Basic) -> Iterator[Wrong]:
    """A student on the unit sphere taken for granted; the clip or the magnitude forgotten."""
    if expression.has(norm_w):
        yield f"{text(norm_w)} = 1 taken for granted", partial(expression.subs, norm_w, 1)
    for place, part, _ in places(expression):
        if isinstance(part, erf):
            yield "the clip of the proxy forgotten", partial(put, expression, place, S.One)
        if isinstance(part, Abs):
            yield f"{text(part.args[0])} for its magnitude", partial(put, expression, place, part.args[0])


# Conceptual errors first: where two operators give the same formula, the first names it.
OPERATORS: Mapping[str, Operator] = {
    "threshold": another_threshold,
    "angle": another_angle,
    "norm": another_norm,
    "dropped": dropped,
    "scaled": scaled,
    "flipped": flipped,
    "exponent": exponents,
    "swapped": swapped,
    "turned": turned,
    "shifted": shifted,
}
