"""A tolerance as large as the value that it guards would let zero pass for that value: it is refused."""

from typing import Any


class BlindToleranceError(ArithmeticError):
    """A tolerance is not below what it guards."""


def refuse_blind(tolerance: Any, *guarded: Any) -> None:
    """Refuse a tolerance that is not below the largest of the values that are compared.

    Values that are all exactly zero are compared without a tolerance.

    Raises
    ------
    BlindToleranceError
        If it is not.
    ArithmeticError
        If a value is not a number.

    Examples
    --------
    >>> refuse_blind(1e-9, 0.0, 2e-9)
    >>> refuse_blind(1e-9, 1e-10, 0.0)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    BlindToleranceError: tolerance=1e-09 is not below 1e-10, the largest value it guards
    """
    sizes = [abs(value) for value in guarded]
    if any(size != size for size in sizes):  # noqa: PLR0124 - NaN of any number type
        raise ArithmeticError("tolerance: a value that is not a number cannot be compared")
    largest = max(sizes)
    if largest and not tolerance < largest:
        raise BlindToleranceError(
            f"tolerance={float(tolerance):g} is not below {float(largest):g}, the largest value it guards"
        )


def agree(seen: Any, expected: Any, tolerance: Any) -> bool:
    """Whether two numbers differ by at most a tolerance, which has to be below one of them."""
    refuse_blind(tolerance, seen, expected)
    return bool(abs(seen - expected) <= tolerance)
