"""Symbols that stand for parts of an expression: always the same one for a part, and equal to no other.

A new `Dummy` each time would serve as well, but what SymPy has computed with it is never asked for again.
"""

from functools import cache
from typing import Any

from sympy import Dummy


@cache
def stand_in(part: Any, **sign: bool) -> Dummy:
    """The symbol for a part, with SymPy's assumptions on its sign.

    Examples
    --------
    >>> from sympy.abc import x
    >>> stand_in(x, positive=True) == stand_in(x, positive=True)
    True
    >>> stand_in(x, positive=True) == stand_in(x)
    False
    """
    return Dummy(str(part), **sign)
