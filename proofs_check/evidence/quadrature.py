"""Numerical integration at high precision, at random parameters."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import mpmath
from sympy import Expr, N

from proofs_check.context import Context
from proofs_check.evidence.points import points, show
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict

DIGITS = 30
# The quadrature carries 30 digits and reaches 25 or more on these smooth integrands; a wrong constant
# shows in the first few.
AGREEMENT = mpmath.mpf(10) ** -20
POINTS_QUICK, POINTS_FULL = 3, 12

Reference = Callable[[Mapping[str, mpmath.mpf]], Sequence[mpmath.mpf]]


def integrals(read: Callable[[Any], Sequence[Expr]], reference: Reference, shows: str) -> Evidence:
    """Evidence that components of the subject equal integrals.

    Parameters
    ----------
    read : callable
        From the subject to its components.
    reference : callable
        From the parameters, by the symbols' names, to the integrals' values.
    shows : str
        What the agreement shows.
    """

    def check(claim: Claim, context: Context) -> Finding:
        components = read(claim.subject)
        count = POINTS_FULL if context.full else POINTS_QUICK
        symbols = set().union(*(component.free_symbols for component in components))
        worst = mpmath.mpf(0)
        with mpmath.workdps(DIGITS):
            for point in points(claim, symbols, context.rng(claim.id, "quadrature"), count):
                expected = context.once((claim.id, shows, show(point)), partial(reference, _numbers(point)))
                seen = [mpmath.mpmathify(N(component.subs(point), DIGITS)) for component in components]
                error = _largest_error(seen, expected)
                if mpmath.isnan(error):
                    raise ArithmeticError(f"not a number at {show(point)}")
                if error > AGREEMENT:
                    said = f"at {show(point)}: {_short(seen)}, integral {_short(expected)}"
                    return Finding(Verdict.REFUTES, said)
                worst = max(worst, error)
        return Finding(
            Verdict.SUPPORTS,
            f"largest relative difference {mpmath.nstr(worst, 2)} at {count} random points and the example",
        )

    return Evidence("quadrature", Strength.SAMPLED, shows, check)


def _numbers(point: Mapping[Any, Any]) -> dict[str, mpmath.mpf]:
    return {str(name): mpmath.mpmathify(N(value, DIGITS)) for name, value in point.items()}


def _largest_error(seen: Sequence[mpmath.mpf], expected: Sequence[mpmath.mpf]) -> mpmath.mpf:
    pairs = zip(seen, expected, strict=True)
    errors = [abs(one - other) / (1 + abs(other)) for one, other in pairs]
    # max() would pass over a NaN that does not come first.
    return mpmath.nan if any(map(mpmath.isnan, errors)) else max(errors)


def _short(values: Sequence[mpmath.mpf]) -> str:
    return ", ".join(mpmath.nstr(value, 12) for value in values)
