"""A4 and A5, what they need: the sign of the multiple, the fixed point itself, and a multiplier above β.

In inner products: x = ⟨w,w*⟩, A = ⟨w,u⟩ and z = ⟨u,w*⟩. Where κw = c w* + βu, the products with w, w* and u
are κ = cx + βA, κx = c + βz and κA = cz + β‖u‖². If u = S(w) shrinks every entry, ‖u‖² <= A <= 1.
"""

from collections.abc import Mapping

from sympy import And, Eq, Integer, Rational

from proofs_check.claims.limit_cases import Solution, any_solution
from proofs_check.evidence.cases import Violation, climb, searched
from proofs_check.evidence.smt import Query, unsatisfiable
from proofs_check.evidence.substitution import Instance, at_the_example
from proofs_check.records import Claim, Control, Expected, Provenance, Source, Weakening
from theory.symbols import (
    beta,
    c,
    eta,
    kappa,
    norm_u,
    norm_u_perp,
    norm_w,
    u_dot_w_star,
    w_dot_u,
    w_dot_w_star,
)  # fmt: skip

HERE = Source(Provenance.DERIVED)
POSITIVE = (c > 0, beta > 0)
EXAMPLE = {c: 1, beta: Rational(1, 2)}


def claims() -> tuple[Claim, ...]:
    """What A4 and A5 need."""
    return (
        _positive_multiplier(), _every_solution(), _unnormalised(),
        _acute(), _ambiguous(), _every_iterate(),
    )  # fmt: skip


def _fixed(claim: Claim) -> Mapping[str, Query]:
    short = (eta > 0, eta * (c + beta) <= 1)
    multiple = 1 + eta * (kappa - c - beta)
    return {"fixed above": Query(multiple > 0, (*short, kappa > claim.subject))}


def _fixed_exactly(claim: Claim) -> Mapping[str, Query]:
    at_the_limit = (1 + (kappa - c - beta) / (c + beta)) <= 0
    return {**_fixed(claim), "not up to it": Query(at_the_limit, (kappa <= claim.subject,))}


def _positive_multiplier() -> Claim:
    return Claim(
        id="solutions-fixed-by-every-short-step",
        label="A4",
        statement="A solution of κw = c w* + βu on the sphere is kept by the w-step for every 0 < η ≤ "
        "1/(c + β) "
        "exactly if κ > {subject}.",
        source=HERE,
        subject=Integer(0),
        assumptions=POSITIVE,
        example=EXAMPLE,
        uses=("fixed-points-of-the-step",),
        evidence=(
            unsatisfiable(
                _fixed_exactly, "the multiple is positive above, and at η = 1/(c + β) not up to it"
            ),
        ),
        controls=(
            Control("any solution with ⟨w,u⟩ ≥ 0", -c),
            Control("κ > β", beta),
            Control("one percent of c less", -c / 100),
        ),
    )


def _every_solution() -> Claim:
    return Claim(
        id="every-solution-is-a-fixed-point",
        label="A4",
        statement="Every solution of κw = c w* + βu with κ > {subject} is kept by the w-step for 0 < η ≤ "
        "1/(c + β).",
        source=HERE,
        subject=-c,
        assumptions=POSITIVE,
        example=EXAMPLE,
        uses=("solutions-fixed-by-every-short-step",),
        evidence=(
            unsatisfiable(_fixed, "a solution from which the step returns -w, as from w = -w* with u = 0"),
        ),
        controls=(
            Control("half of it", -c / 2),
            Control("β for c", -beta),
            Control("repair: κ > 0", Integer(0), holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(
            Weakening("solutions-fixed-by-every-short-step", "exactly if κ > {subject}"),
            Weakening("fixed-points-of-the-step", "exactly if that is positive"),
        ),
    )


def _unnormalised() -> Claim:
    """β(w - u) = c(w* - ŵ), multiplied by ŵ: the left side is not negative, the right one not positive."""

    def queries(claim: Claim) -> Mapping[str, Query]:
        balance = Eq(beta * (norm_w - w_dot_u), c * (w_dot_w_star - 1), evaluate=False)
        inside = (norm_w > 0, w_dot_u <= norm_w, w_dot_w_star <= 1, balance)
        return {
            "the angle": Query(Eq(w_dot_w_star, claim.subject, evaluate=False), inside),
            "nothing is shrunk": Query(Eq(w_dot_u, norm_w * claim.subject, evaluate=False), inside),
        }

    return Claim(
        id="fixed-points-without-normalisation",
        label="A4",
        statement="Without the normalisation ⟨ŵ,w*⟩ and ⟨ŵ,S(w)⟩/‖w‖ are {subject} at every fixed point, "
        "so that ŵ = w* "
        "and S(w) = w; with l1 and transformed l1, which shrink every entry, there is none.",
        source=HERE,
        subject=Integer(1),
        assumptions=POSITIVE,
        example=EXAMPLE,
        uses=tuple(f"{name}-proximal-map-keeps-sign-and-order" for name in ("l1", "l0", "tl1")),
        evidence=(unsatisfiable(queries, "no other inner products meet w = w - ηc(ŵ - w*) - ηβ(w - u)"),),
        controls=(
            Control("one percent less", Rational(99, 100)),
            Control("a right angle", Integer(0)),
            Control("the opposite", Integer(-1)),
        ),
    )


def _acute_above(claim: Claim) -> Mapping[str, Query]:
    """Solutions in inner products, with ‖u⊥‖ from the exact error."""
    balance = Eq(kappa, c * w_dot_w_star + beta * w_dot_u, evaluate=False)
    error = Eq(c**2 * (1 - w_dot_w_star**2), beta**2 * norm_u_perp**2, evaluate=False)
    shrunk = (norm_u_perp >= 0, w_dot_u**2 + norm_u_perp**2 <= w_dot_u, w_dot_u <= 1, w_dot_w_star**2 <= 1)
    return {"acute": Query(w_dot_w_star > 0, (balance, error, *shrunk, kappa > claim.subject))}


def _acute_exactly(claim: Claim) -> Mapping[str, Query]:
    # u = w is a value of the l0 map.
    return {**_acute_above(claim), "u = w": Query(kappa - beta <= 0, (kappa <= claim.subject,))}


def _acute() -> Claim:
    return Claim(
        id="error-angle-is-acute-above-the-relaxation",
        label="A5",
        statement="At a fixed point with u = S(w) and κ > {subject} the angle between w and w* is below "
        "π/2, so that w "
        "and u alone determine it; no smaller bound of κ will do for every penalty.",
        source=HERE,
        subject=beta,
        sharper="smaller",
        assumptions=POSITIVE,
        example=EXAMPLE,
        uses=("exact-error-of-a-fixed-point",
              *(f"{name}-proximal-map-keeps-sign-and-order" for name in ("l1", "l0", "tl1"))),
        evidence=(
            unsatisfiable(_acute_exactly, "no ⟨w,w*⟩ ≤ 0 with c⟨w,w*⟩ = κ - β⟨w,u⟩ and ⟨w,u⟩ ≤ 1"),
            searched(any_solution, _obtuse, "constructed fixed points with κ on both sides of β"),
        ),
        controls=(
            Control("κ > 0 suffices", 0 * beta),
            Control("half of it", beta / 2),
            Control("one percent less", Rational(99, 100) * beta),
            Control("one percent more", Rational(101, 100) * beta),
        ),
    )  # fmt: skip


def _obtuse(claim: Claim) -> Violation:
    def test(case: Solution) -> str | None:
        w, _, w_star, norm = case.vectors
        if not norm or not case.ratio * case.beta > float(claim.subject.subs(beta, case.beta)):
            return None
        cosine = float(w @ w_star)
        climb(-cosine, "an obtuse angle")
        return None if cosine > 0 else f"cosθ = {cosine:.6g}, κ = {case.ratio}β"

    return test


def _opposite(claim: Claim) -> Mapping[str, Instance]:
    """A fixed point that l0 has if it keeps every entry: κw = c w* + βu with u = w = -w*, cosθ = -1."""
    return {"the opposite": Instance(Integer(-1) > 0, (Eq(kappa, beta - c), kappa > claim.subject))}


def _ambiguous() -> Claim:
    return Claim(
        id="output-alone-determines-the-angle",
        label="A5",
        statement="At a fixed point with u = S(w) and κ > {subject} the angle is below π/2, so that w and "
        "u determine "
        "it.",
        source=HERE,
        subject=Integer(0),
        assumptions=POSITIVE,
        example={c: 1, beta: 200, kappa: 199},
        uses=("error-angle-is-acute-above-the-relaxation",),
        evidence=(
            at_the_example(_opposite, "u = w = -w* with l0"),
            unsatisfiable(_acute_above, "inner products of a fixed point at an obtuse angle"),
        ),
        controls=(
            Control("half of β", beta / 2),
            Control("one percent below β", Rational(99, 100) * beta),
            Control("repair: κ > β", beta, holds=True),
        ),
        expected=Expected.FAILS,
        weakens=(Weakening("error-angle-is-acute-above-the-relaxation", "κ > {subject}"),),
    )


_MULTIPLIER = Eq(kappa, c * w_dot_w_star + beta * w_dot_u, evaluate=False)
_ALONG_TEACHER = Eq(kappa * w_dot_w_star, c + beta * u_dot_w_star, evaluate=False)
_ALONG_U = Eq(kappa * w_dot_u, c * u_dot_w_star + beta * norm_u**2, evaluate=False)


def _identity(claim: Claim) -> Mapping[str, Query]:
    across = Eq(norm_u_perp**2, norm_u**2 - w_dot_u**2, evaluate=False)
    conclusion = Eq(c**2 * (1 - w_dot_w_star**2), beta**2 * norm_u_perp**2, evaluate=False)
    inside = (w_dot_w_star**2 <= 1, norm_u_perp >= 0, norm_u >= 0)
    return {"the error": Query(conclusion, (claim.subject, across, *inside))}


def _every_iterate() -> Claim:
    return Claim(
        id="error-identity-at-every-iterate",
        label="A5",
        statement="If {subject}, which is true of every iterate, then c sinθ = β‖u⊥‖.",
        source=HERE,
        subject=_MULTIPLIER,
        assumptions=POSITIVE,
        example=EXAMPLE,
        uses=("exact-error-of-a-fixed-point",),
        evidence=(unsatisfiable(_identity, "inner products of an iterate with another error"),),
        controls=(
            Control("balance along w and w*", And(_MULTIPLIER, _ALONG_TEACHER)),
            Control("balance along w and u", And(_MULTIPLIER, _ALONG_U)),
            Control(
                "repair: balance along w, w* and u, a fixed point",
                And(_MULTIPLIER, _ALONG_TEACHER, _ALONG_U),
                holds=True,
            ),
        ),
        expected=Expected.FAILS,
        weakens=(
            Weakening("exact-error-of-a-fixed-point", "At a fixed point"),
            Weakening("exact-error-with-any-estimator", "At a fixed point"),
        ),
    )
