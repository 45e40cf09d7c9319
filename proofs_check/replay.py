"""A counterexample as code that can be pasted, and what it violates when it is run again."""

import builtins
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from numpy import ndarray


def code(claim_id: str, case: Any) -> str:
    """Python source that judges one case of a claim's searches again.

    Examples
    --------
    >>> from fractions import Fraction
    >>> print(code("wedge-probability", (Fraction(1, 2), 3)))
    from fractions import Fraction
    from proofs_check.replay import violations
    print(violations('wedge-probability', (Fraction(1, 2), 3)))
    """
    imports = sorted({*_imports(case), "from proofs_check.replay import violations"})
    return "\n".join([*imports, f"print(violations({claim_id!r}, {case!r}))"])


def violations(claim_id: str, case: Any) -> list[str]:
    """What one case violates, by each search of the claim; empty if nothing.

    Raises
    ------
    ValueError
        If there is no such claim, or no evidence of it searches cases.
    """
    from proofs_check.ledger import ledger, select

    (claim,) = select(ledger(), [claim_id])
    tests = [piece.test(claim) for piece in claim.evidence if piece.test is not None]
    if not tests:
        raise ValueError(f"violations: claim_id={claim_id!r}, a claim with evidence by property is required")
    return [said for test in tests if (said := test(case)) is not None]


def _imports(case: Any) -> Iterator[str]:
    """Import statements for the names in the representation of a case."""
    if isinstance(case, float) and repr(case) in ("inf", "-inf", "nan"):
        yield "from math import inf, nan"
    elif isinstance(case, ndarray):
        yield "from numpy import array"
    elif not hasattr(builtins, type(case).__name__):
        yield f"from {type(case).__module__} import {type(case).__qualname__}"
    if is_dataclass(case):
        for field in fields(case):
            yield from _imports(getattr(case, field.name))
    elif isinstance(case, Mapping):
        for pair in case.items():
            yield from _imports(pair)
    elif isinstance(case, (tuple, list)):
        for part in case:
            yield from _imports(part)
