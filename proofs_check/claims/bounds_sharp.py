"""A6: the error bounds by the sparsity of w*, and with one entry less.

If κ > β, no entry outside the support of w* is moved (``limit_support``), so that s entries replace d. And
one entry less will do. The error is c sinθ = β‖(w - u)⊥‖ <= β‖w - u - kw‖ for every k. Let k be the share
that the entry of largest magnitude M loses, k = (M - S(M))/M. That entry of w - u - kw vanishes, and every
other, of magnitude y <= M, is y - S(y) - ky, at least zero by the lemma below, and at most y - S(y) <= t.
So sinθ <= β√(d - 1) t/c, and with κ > β a teacher with a single entry is found exactly. Derived here.
"""

from collections.abc import Mapping

from sympy import Expr, Rational, Tuple

from proofs_check.claims import cases, runs
from proofs_check.claims.bounds import (
    DX,
    assumptions,
    controls,
    example,
    exceeds,
    limit_exceeds,
    per_coordinate,
)
from proofs_check.claims.penalty_checks import threshold_residuals, weights
from proofs_check.claims.thresholding import EXAMPLE, SECOND, disorder, inverse, query
from proofs_check.evidence.cases import searched, simulated
from proofs_check.evidence.smt import Queries, Query, unsatisfiable
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory.bounds import error_bound, sharp_error_bound
from theory.penalties import PENALTIES, TITLES
from theory.symbols import a, beta, d, kappa, lam, mu, s, u


def claims() -> tuple[Claim, ...]:
    """The lemma, and the bounds of the three penalties by s, by d - 1 and by s - 1."""
    return (
        *map(_lemma, PENALTIES),
        *(_bound(name, s, error_bound(name).result.subs(d, s), s) for name in PENALTIES),
        *(_bound(name, d, sharp_error_bound(name).result, d - 1) for name in PENALTIES),
        *(_bound(name, s, sharp_error_bound(name).result.subs(d, s), s - 1) for name in PENALTIES),
    )


def _share(claim: Claim) -> Mapping[str, Query]:
    """S(y)/y <= S(M)/M for y = x(u) <= M = x(u_2); where S(y) = 0 there is nothing to show."""
    _, branch, start = claim.subject
    return {
        "both beyond the threshold": query(
            u * branch.subs(u, SECOND) <= SECOND * branch, u >= start, u > 0, u <= SECOND
        )
    }


def _lemma(penalty: str) -> Claim:
    t, branch, start = inverse(penalty)
    return Claim(
        id=f"{penalty}-large-entries-lose-the-smallest-share",
        label="A6",
        statement=f"With (t, x(u), b) = {{subject}} for the {TITLES[penalty]} proximal map, S(y)/y does not "
        "decrease with y > 0: the larger an entry, the smaller the share of itself that it loses.",
        source=Source(Provenance.DERIVED),
        subject=inverse(penalty),
        assumptions=(mu > 0, a > 0) if penalty == "tl1" else (mu > 0,),
        example=EXAMPLE,
        evidence=(
            unsatisfiable(_share, "no larger entry loses a larger share"),
            searched(weights, lambda c: disorder(c, penalty), "the triple is the map as it is computed"),
        ),
        controls=(
            Control("a displacement that rises with the square", Tuple(t, branch + u**2, start)),
            Control("a share that rises with the entry", Tuple(t, branch * (1 + u), start)),
            Control("a negative weight", without=(mu > 0,)),
        ),
        uses=(f"{penalty}-proximal-map-keeps-sign-and-order",),
    )


def _off_support(penalty: str) -> Queries:
    """An entry x(u) with S(x) = u that the teacher has not, κx = βu, by the assumptions of the claim."""
    _, branch, start = inverse(penalty)

    def queries(_: Claim) -> Mapping[str, Query]:
        return {"outside the support": query(kappa * branch > beta * u, mu > 0, u >= start, u > 0)}

    return queries


def _bound(penalty: str, size: Expr, subject: Expr, entries: Expr) -> Claim:
    sparse, sharp = size == s, entries != size
    above = (kappa > beta,) if sparse else ()
    name = f"{penalty}-{'sharp-' if sharp else ''}error-bound{'-by-the-sparsity' if sparse else ''}"
    where = "and κ > β " if sparse else ""
    meaning = ", s the number of non-zero entries of w*" if sparse else ", less than with d"
    exact = "; with s = 1 there is no error" if sparse and sharp else ""
    uses = ["exact-error-of-a-fixed-point", f"{penalty}-displacement-is-at-most-the-threshold"]
    uses += ["support-of-the-limit-is-the-teacher-s"] if sparse else []
    uses += [f"{penalty}-large-entries-lose-the-smallest-share"] if sharp else []
    return Claim(
        id=name,
        label="A6",
        statement=f"At a fixed point with the {TITLES[penalty]} penalty {where}the sine of the error "
        f"angle is "
        f"at most {{subject}}{meaning}{exact}.",
        source=Source(Provenance.DERIVED) if sharp else DX,
        subject=subject,
        sharper="smaller",
        assumptions=(*assumptions(penalty), size >= 1, *above),
        example={**example(penalty, size), **({kappa: 2} if sparse else {})},
        uses=tuple(uses),
        evidence=(
            vanishing(
                lambda claim: (
                    residual.subs(mu, lam / beta)
                    for residual in threshold_residuals(penalty, per_coordinate(claim.subject, entries))
                ),
                f"the bound is β√({entries}) t/c with t the threshold that the definition of the penalty "
                f"fixes; "
                "with the claims that this one uses it decides it, see the module",
            ),
            *(
                unsatisfiable(_off_support(penalty), "no entry outside the support of w* is moved")
                for _ in above
            ),
            searched(
                lambda: cases.thresholded_fixed_points(penalty),
                lambda claim: exceeds(claim, size),
                "constructed fixed points that come within one part in 2000 of the bound",
            ),
            simulated(
                runs.batches,
                lambda claim: limit_exceeds(claim, penalty, size),
                "the limits of RVSCGD from uniform starts with a teacher that has a quarter of its entries",
            ),
        ),
        controls=(
            *_errors(penalty, size, entries),
            *(Control("the assumption κ > β dropped", without=above) for _ in above),
            *(Control("half of the entries", subject.subs(s, (s + 1) / 2)) for _ in above if sharp),
            Control("one percent less", Rational(99, 100) * subject),
        ),
    )


def _errors(penalty: str, size: Expr, entries: Expr) -> tuple[Control, ...]:
    """Two errors of the bound by ``size``, with the number of entries that counts here.

    The bounds by d plant them all.
    """
    plain = controls(penalty, error_bound(penalty).result.subs(d, size), size)[:2]
    return tuple(Control(one.error, one.subject.subs(size, entries)) for one in plain)
