"""Cases of A12: caps of all sizes in few dimensions and many, and their share of the sphere by quadrature."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from numerics.closed_forms import evaluate
from proofs_check.claims.cases import UNIT
from proofs_check.claims.draws import case_of, decades, part_of
from proofs_check.evidence.cases import Violation, climb
from proofs_check.records import Claim

Array = NDArray[np.float64]


PANELS = 20


@cache
def _rule() -> tuple[Array, Array]:
    """Nodes and weights of a quadrature on [-1, 1], Gauss's on panels.

    For d up to 1000 sin^(d-2) grows over a panel like exp(50 t) at most, t from 0 to 1, which thirty nodes
    integrate to 2e-13 of its value. (A rule of 600 nodes is less precise, and its nodes are the eigenvalues
    of a matrix of that size, on all cores.)
    """
    nodes, weights = np.polynomial.legendre.leggauss(30)
    middles = np.arange(1 - PANELS, PANELS, 2)
    return (nodes + middles[:, None]).ravel() / PANELS, np.tile(weights, PANELS) / PANELS


@dataclass(frozen=True)
class FarCap:
    """Starts at an angle of less than δ from the opposite of the teacher."""

    d: int
    delta: float
    c: float

    def share(self) -> float:
        """Probability of a uniform start there, by the density of the polar angle; no function is special."""
        return self._integral(self.delta) / (2 * self._integral(np.pi / 2))

    def _integral(self, end: float) -> float:
        nodes, weights = _rule()
        return float(weights @ np.sin(end / 2 * (nodes + 1)) ** (self.d - 2)) * end / 2

    @property
    def rounding(self) -> float:
        """Rounding error of a probability: near the right angle δ is known by its squared sine only."""
        of_angle = min(8 * UNIT / max(float(abs(np.cos(self.delta))), UNIT), float(np.sqrt(8 * UNIT)))
        return 1e-13 + of_angle * float(np.sqrt(self.d))


def far_caps(*past: float) -> SearchStrategy[FarCap]:
    """Caps from 1e-9 to the right angle, and some past it where a claim speaks of them."""
    gaps = part_of(
        lambda base, gap: float(base - gap if base else gap),
        st.sampled_from((0.0, np.pi / 2, *past)),
        decades(-9, 0),
    )
    return case_of(FarCap, st.sampled_from((2, 3, 4, 10, 100, 1000)), gaps, decades(-1, 1))


def another_share(
    values: Callable[[FarCap], dict[Any, float]], *, attained: bool
) -> Callable[[Claim], Violation]:
    """Whether the subject is not the probability of all other starts, or exceeds it."""

    def of(claim: Claim) -> Violation:
        def test(case: FarCap) -> str | None:
            at = values(case)
            if not all(evaluate(one, at) for one in claim.assumptions):
                return None
            claimed, exact = float(evaluate(claim.subject, at)), 1 - case.share()
            off = abs(claimed - exact) if attained else claimed - exact
            climb(off / case.rounding, "another probability")
            return None if off <= case.rounding else f"probability {claimed:.12g}, by quadrature {exact:.12g}"

        return test

    return of
