"""P2 to P4 at the jump: both values are optimal there, what that costs, and where transformed l1 starts."""

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Integer, Ne, Rational, Tuple, factor, sqrt

from proofs_check.claims.contraction import CRITICAL
from proofs_check.claims.thresholding import SECOND, at_most, inverse, query
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.records import Claim, Control, Expected, Provenance, Source
from theory.penalties import TITLES, objective, thresholding
from theory.symbols import a, mu, u, x

FOLKLORE, DERIVED = Source(Provenance.FOLKLORE), Source(Provenance.DERIVED)
ZHANG = Source(Provenance.ZX, "Comm. Math. Sci. 15 (2017)", "thresholding of transformed l1")
PAST = (mu > 0, a > 0, mu > CRITICAL)
EXAMPLE: Mapping[Any, Any] = {mu: Rational(1, 2), a: 1, x: 2, u: 1}
ROOT = sqrt(2 * mu * (a + 1))
PERCENT = Rational(1, 100)


def claims() -> tuple[Claim, ...]:
    """Ties, uniqueness, the jump's displacement, and one threshold in the other's regime."""
    return _tie("l0"), _tie("tl1"), _unique(), _jump(), _one_threshold()


def _tie(penalty: str) -> Claim:
    t = sqrt(2 * mu) if penalty == "l0" else ROOT - a / 2
    value = sqrt(2 * mu) if penalty == "l0" else ROOT - a

    def queries(claim: Claim) -> Mapping[str, Query]:
        place, far = claim.subject
        level = objective(penalty).subs(x, place)
        return {
            "zero": query(at_most(level.subs(u, 0), level)),
            "the other value": query(at_most(level.subs(u, far), level)),
            "two values": query(far > 0),
        }

    return Claim(
        id=f"{penalty}-threshold-has-two-minimisers",
        label={"l0": "P2", "tl1": "P3"}[penalty],
        statement=f"At its threshold{' past the critical weight' if penalty == 'tl1' else ''} the "
        f"{TITLES[penalty]} objective has two global minimisers, zero and another: (t, value) = {{subject}}.",
        source=FOLKLORE if penalty == "l0" else ZHANG,
        subject=Tuple(t, value),
        assumptions=(mu > 0,) if penalty == "l0" else PAST,
        example=EXAMPLE,
        evidence=(unsatisfiable(queries, "no real number has a smaller objective than either"),),
        controls=(
            Control("a percent above the threshold", Tuple(t * (1 + PERCENT), value)),
            Control("a percent below it", Tuple(t * (1 - PERCENT), value)),
            Control("a shrunken value", Tuple(t, value * (1 - PERCENT))),
            Control("one minimiser twice", Tuple(t, Integer(0))),
        ),
        uses=(f"{penalty}-thresholding-is-a-global-minimiser",),
    )


def _unique() -> Claim:
    def queries(claim: Claim) -> Mapping[str, Query]:
        t, level = claim.subject
        better = level.subs({u: 0, x: t}) < level.subs(x, t)
        return {"at the threshold": query(better, Ne(u, 0))}

    pairs = {name: Tuple(thresholding(name).threshold, objective(name)) for name in ("l1", "l0", "tl1")}
    return Claim(
        id="l0-proximal-map-is-single-valued",
        label="P2",
        statement="At the threshold zero is the only minimiser, for (threshold, objective) = {subject}.",
        source=FOLKLORE,
        subject=pairs["l0"],
        assumptions=(mu > 0, a > 0),
        example=EXAMPLE,
        evidence=(unsatisfiable(queries, "no other number does as well as zero"),),
        controls=(
            Control("transformed l1, which jumps past its critical weight", pairs["tl1"]),
            Control("a percent above the threshold", Tuple(pairs["l0"][0] * (1 + PERCENT), pairs["l0"][1])),
            Control("repair: l1", pairs["l1"], holds=True),
            Control(
                "repair: a percent below the threshold",
                Tuple(pairs["l0"][0] * (1 - PERCENT), pairs["l0"][1]),
                holds=True,
            ),
        ),
        uses=("l0-threshold-has-two-minimisers",),
        expected=Expected.FAILS,
    )


def _jump() -> Claim:
    _, branch, _ = inverse("tl1")
    displaced = factor(branch - u)

    def queries(claim: Claim) -> Mapping[str, Query]:
        start = claim.subject
        begins = displaced.subs(u, ROOT - a)
        later = displaced.subs(u, SECOND)
        return {
            "starts there": query(begins <= start),
            "and not below": query(begins >= start),
            "within the threshold": query(start <= thresholding("tl1").threshold),
            "falls": query(later < displaced, u >= ROOT - a, u < SECOND),
        }

    return Claim(
        id="tl1-displacement-past-the-jump-starts-at-half-of-a",
        label="P4",
        statement="Past the critical weight the displacement |x - S(x)| of transformed l1 beyond the "
        "threshold "
        "falls with |x|, from {subject} just beyond it, which is at most t.",
        source=DERIVED,
        subject=a / 2,
        assumptions=PAST,
        example=EXAMPLE,
        evidence=(unsatisfiable(queries, "the displacement of the branch at its start, and its order"),),
        controls=(
            Control("a", a),
            Control("the threshold itself, as for l1", thresholding("tl1").threshold),
            Control("a percent less", a / 2 * (1 - PERCENT)),
            Control("also up to the critical weight", without=(mu > CRITICAL,)),
        ),
        uses=("tl1-displacement-is-at-most-the-threshold",),
    )


def _one_threshold() -> Claim:
    touching: Expr = mu * (a + 1) / a

    def queries(claim: Claim) -> Mapping[str, Query]:
        level = objective("tl1")
        return {"zero": query(at_most(level.subs(u, 0), level), x >= 0, x <= claim.subject)}

    return Claim(
        id="one-threshold-of-tl1-serves-both-regimes",
        label="P3",
        statement="Zero minimises the transformed l1 objective for 0 <= x <= {subject}, whatever the "
        "weight is.",
        source=DERIVED,
        subject=touching,
        assumptions=(mu > 0, a > 0),
        example=EXAMPLE,
        evidence=(unsatisfiable(queries, "no real number has a smaller objective"),),
        controls=(
            Control("a percent more", touching * (1 + PERCENT)),
            Control("the threshold of l0", sqrt(2 * mu)),
            Control(
                "repair: the supercritical threshold past the critical weight",
                thresholding("tl1").threshold,
                holds=True,
            ),
        ),
        uses=("tl1-thresholding-is-a-global-minimiser",),
        expected=Expected.FAILS,
    )
