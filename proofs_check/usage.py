"""Bad usage told apart from defects: a wrong argument is one sentence, and anything else is a traceback."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class UsageError(ValueError):
    """What the user gave (an option, a file, a store, a cluster) cannot be used; one sentence says why."""


def checked(
    check: Callable[Arguments, Value], *arguments: Arguments.args, **options: Arguments.kwargs
) -> Value:
    """Call one of the checks of `numerics.validation` on what the user gave.

    Raises
    ------
    UsageError
        With the check's own sentence.
    """
    try:
        return check(*arguments, **options)
    except ValueError as error:
        raise UsageError(str(error)) from error
