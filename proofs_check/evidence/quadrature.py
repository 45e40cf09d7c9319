"""Certified integration: balls around integrals (Arb, through python-flint), at random rational parameters.

Each comparison is a proof at its point: both sides are balls that contain the exact value, rounding,
quadrature and truncation included. Balls that do not meet refute; balls that meet support only if both are
narrow, so that a wide one, which meets everything, decides nothing. The strength is that of a sample, because
the points are.

An improper integral is cut off at ``END``, and what is left out is bounded by the Gaussian tail.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sympy import Expr

from proofs_check.context import Context
from proofs_check.evidence.balls import ball, rational_ball
from proofs_check.evidence.points import points, show
from proofs_check.evidence.tolerance import refuse_blind
from proofs_check.records import Claim, Evidence, Finding, Strength, Verdict

# Thirty digits are promised; 160 bits are 48, and the rest is left to cancellation.
NARROW = 1e-30
PRECISION = 160
POINTS_QUICK, POINTS_FULL = 3, 30
# Beyond it the normal law has less than 1e-56.
END = 16

Reference = Callable[[Mapping[str, Any]], Sequence[Any]]
# From a complex ball to the ball of an integrand; analytic wherever it is finite.
Integrand = Callable[[Any], Any]


def integrals(read: Callable[[Any], Sequence[Expr]], reference: Reference, shows: str) -> Evidence:
    """Evidence that components of the subject equal integrals.

    Parameters
    ----------
    read : callable
        From the subject to its components.
    reference : callable
        From the parameters' balls, by the symbols' names, to balls around the integrals.
    shows : str
        What the agreement shows.
    """

    def check(claim: Claim, context: Context) -> Finding:
        from flint import ctx

        components = read(claim.subject)
        if not components:
            return Finding(Verdict.SILENT, "there is no component, so that nothing was compared")
        count = POINTS_FULL if context.full else POINTS_QUICK
        symbols = set().union(*(component.free_symbols for component in components))
        widest = 0.0
        with ctx.workprec(PRECISION):
            for point in points(claim, symbols, context.rng(claim.id, "quadrature"), count):
                at = {name: rational_ball(value) for name, value in point.items()}
                named = {str(name): value for name, value in at.items()}
                expected = context.once((claim.id, shows, show(point)), partial(reference, named))
                seen = [ball(component, at) for component in components]
                apart, width = _compared(seen, expected)
                if apart:
                    said = f"at {show(point)}: {_short(seen)}, integral {_short(expected)}"
                    return Finding(Verdict.REFUTES, said)
                refuse_blind(NARROW, *(float(one.abs_upper()) for one in (*seen, *expected)))
                if width > NARROW:
                    said = f"at {show(point)}: the balls are {width:.1g} wide, which decides nothing"
                    return Finding(Verdict.SILENT, said)
                widest = max(widest, width)
        return Finding(
            Verdict.SUPPORTS,
            f"balls of relative radius {widest:.1g} meet at {count} random points and the example",
        )

    return Evidence("quadrature", Strength.SAMPLED, shows, check)


def _compared(seen: Sequence[Any], expected: Sequence[Any]) -> tuple[bool, float]:
    """Whether some pair of balls is apart, and the largest relative radius."""
    apart, widest = False, 0.0
    for one, other in zip(seen, expected, strict=True):
        if not (one.is_finite() and other.is_finite()):
            raise ArithmeticError(f"quadrature: {one} against {other}, numbers are required")
        apart = apart or not one.overlaps(other)
        radius = max(float(part.rad()) / (1 + abs(float(part.mid()))) for part in (one, other))
        widest = max(widest, radius)
    return apart, widest


def _short(values: Sequence[Any]) -> str:
    return ", ".join(value.str(12, radius=False) for value in values)


def integral(integrand: Integrand, low: Any, high: Any) -> Any:
    """Ball around the integral of a meromorphic function between two balls.

    Where the integrand has a pole its ball is not finite, which is all that the quadrature asks for; a
    function with a branch cut, a kink or a jump has to be split by hand.
    """
    from flint import acb

    return acb.integral(lambda z, _: integrand(z), low, high).real


def normal_integral(integrand: Integrand, power: int, upper: Any | None) -> Any:
    """Ball around an integral over (0, upper), upper None for infinity.

    The integrand may not exceed x^power φ(x), power 0 or 1, in absolute value: then what lies beyond x is at
    most φ(x)/x or φ(x).
    """
    from flint import arb

    if upper is not None and upper < END:
        return integral(integrand, arb(0), upper)
    tail = density(arb(END)) / END ** (1 - power)
    return integral(integrand, arb(0), arb(END)) + tail * arb(0, 1)


def density(x: Any) -> Any:
    """Density φ of the standard normal law, of a real or complex ball."""
    from flint import arb

    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def distribution(x: Any) -> Any:
    """Distribution function Φ of the standard normal law, of a real or complex ball."""
    from flint import arb

    return (1 + (x / arb(2).sqrt()).erf()) / 2
