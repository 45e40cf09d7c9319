"""P1 to P3: the printed form of each proximal map, zero up to the threshold t and its formula beyond."""

from collections.abc import Sequence
from itertools import product

from sympy import Abs, Expr, Integer, Ne, Piecewise, Rational, piecewise_fold, sign

from proofs_check.evidence.symbolic import vanishing
from proofs_check.evidence.values import true_at
from proofs_check.records import Claim, Control, Provenance, Source
from theory import penalties
from theory.symbols import a, mu, t, x

# Places relative to the threshold: at it, one part in a million beside it, and far from it.
PLACES = (
    Integer(0), Rational(1, 3), Rational(999999, 10**6), Integer(1), Rational(1000001, 10**6), Integer(7),
)  # fmt: skip
# Thresholds, so that a power of x or t beside a one is seen.
SCALES = (Rational(1, 5), Integer(1), Integer(6))


def claims() -> tuple[Claim, ...]:
    """The claims on the printed form of the proximal maps."""
    return tuple(_form(penalty) for penalty in penalties.PENALTIES)


def _residuals(claim: Claim, penalty: str) -> Sequence[Expr]:
    """The two branches, and which of them is taken at each place on both sides of the threshold."""
    active = penalties.thresholding(penalty).active
    zero, beyond = piecewise_fold(claim.subject).args
    chosen = []
    for place, scale, side in product(PLACES, SCALES, (1, -1)):
        # The condition reads x and t alone; what else a wrong one reads has the value of the example.
        holds = true_at(zero.cond, {**claim.example, x: side * place * scale, t: scale})
        chosen.append(Integer(int(holds != bool(place <= 1))))
    return [zero.expr, beyond.expr - sign(x) * active.subs(x, Abs(x)), *chosen]


def _form(penalty: str) -> Claim:
    subject = penalties.proximal_map(penalty).result
    beyond = subject.args[1].expr
    return Claim(
        id=f"{penalty}-proximal-map-is-zero-up-to-the-threshold",
        label={"l1": "P1", "l0": "P2", "tl1": "P3"}[penalty],
        statement=f"With its threshold t the {penalties.TITLES[penalty]} proximal map is {{subject}}.",
        source=Source(Provenance.FOLKLORE),
        subject=subject,
        assumptions=(mu > 0, a > 0, Ne(x, 0)),
        example={x: Integer(3), mu: Rational(1, 2), a: Integer(1)},
        evidence=(
            vanishing(
                lambda claim: _residuals(claim, penalty),
                "zero, the odd formula, and the branch taken beside the threshold on either side",
            ),
        ),
        controls=(
            Control("half the threshold", Piecewise((0, Abs(x) <= t / 2), (beyond, True))),
            Control("one side only", Piecewise((0, x <= t), (beyond, True))),
            Control("even for odd", Piecewise((0, Abs(x) <= t), (Abs(beyond), True))),
            Control("the branches swapped", Piecewise((beyond, Abs(x) <= t), (0, True))),
        ),
        uses=(f"{penalty}-thresholding-is-a-global-minimiser",),
    )
