"""A1, A4 and A5: the decrease of the surrogate Lagrangian, the fixed points and their exact error.

Vectors enter the symbolic checks through their inner products, so that an identity holds in every
dimension. The step is taken from its definition, w - ηc(w - w*) - ηβ(w - u), divided by its norm ρ.
"""

from sympy import Rational

from proofs_check.claims import cases, relaxed_cases, runs, splitting_steps
from proofs_check.claims.fixed_point_checks import (
    error_residuals,
    error_violation,
    fixed_point_residuals,
    fixed_point_violation,
    limit_error,
    limit_violation,
)
from proofs_check.claims.splitting_checks import (
    decrease_along,
    decrease_residuals,
    decrease_violation,
    u_step_residuals,
    u_step_violation,
)
from proofs_check.evidence.cases import searched, simulated
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Provenance, Source
from theory import splitting
from theory.symbols import (
    alpha,
    beta,
    c,
    eta,
    kappa,
    lam,
    norm_u,
    norm_u_perp,
    rho,
)  # fmt: skip

HERE = Source(Provenance.DERIVED)


_POSITIVE = (c > 0, beta > 0)


def claims() -> tuple[Claim, ...]:
    """A1, A4 and A5."""
    return _decrease(), *splitting_steps.claims(), _u_step(), _fixed_point(), _error()


def _decrease() -> Claim:
    subject = splitting.decrease().result
    return Claim(
        id="w-step-decreases-the-surrogate-by-an-exact-amount",
        label="A1",
        statement="A w-step decreases the surrogate Lagrangian by exactly {subject} times its squared "
        "length, for any u.",
        source=HERE,
        subject=subject,
        assumptions=(*_POSITIVE, eta > 0, rho > 0),
        example={c: 1, beta: Rational(1, 2), eta: Rational(1, 3), rho: Rational(3, 4)},
        evidence=(
            vanishing(
                decrease_residuals,
                "Φ(u,w) - Φ(u,w⁺) is the factor times ‖w⁺ - w‖² for all inner products of w, w* and u",
            ),
            searched(
                cases.free_steps, decrease_violation, "the identity in up to 200 dimensions, also for tiny p"
            ),
            simulated(
                runs.batches, decrease_along, "the identity at every step of RVSCGD with the three penalties"
            ),
        ),
        controls=(
            Control("the ½ forgotten", (alpha + rho) / eta),
            Control("α forgotten", rho / (2 * eta)),
            Control("the sign of α", (rho - alpha) / (2 * eta)),
            Control("η forgotten", (alpha + rho) / 2),
            Control("ρ = 1, as for a short step", (alpha + 1) / (2 * eta)),
        ),
    )


def _u_step() -> Claim:
    """A1d. As a function of u the surrogate is β times the proximal objective of w, plus a constant."""
    return Claim(
        id="u-step-minimises-the-surrogate",
        label="A1",
        statement="Thresholding with weight {subject} minimises the surrogate Lagrangian over u, so a "
        "u-step never "
        "increases it.",
        source=HERE,
        subject=lam / beta,
        assumptions=(lam > 0, beta > 0),
        example={lam: Rational(1, 4), beta: 2},
        uses=tuple(f"{penalty}-thresholding-is-a-global-minimiser" for penalty in ("l1", "l0", "tl1")),
        evidence=(
            vanishing(
                u_step_residuals,
                "Φ(u,w) - β(½‖u - w‖² + μP(u)) does not depend on u, so that the proximal map minimises both",
            ),
            searched(
                relaxed_cases.relaxed_steps,
                u_step_violation,
                "no u among some forty has a smaller Φ; three penalties",
            ),
        ),
        controls=(
            Control("the weight not divided", lam),
            Control("½ forgotten", lam / (2 * beta)),
            Control("β inverted", lam * beta),
            Control("one percent too much", Rational(101, 100) * lam / beta),
        ),
    )


def _fixed_point() -> Claim:
    """A4. If the step is a multiple of w, so is c w* + βu, which defines κ; the converse is checked."""
    subject = splitting.fixed_point_norm().result
    return Claim(
        id="fixed-points-of-the-step",
        label="A4",
        statement="Where κw = c w* + βu on the unit sphere, the step before normalisation is {subject} "
        "times w; so w is "
        "fixed exactly if that is positive and u = S(w).",
        source=HERE,
        subject=subject,
        assumptions=(*_POSITIVE, eta > 0),
        example={c: 1, beta: Rational(1, 2), eta: Rational(1, 3), kappa: Rational(5, 4)},
        evidence=(
            vanishing(
                fixed_point_residuals,
                "w - ηc(w - w*) - ηβ(w - u) with c w* = κw - βu is that multiple of w, for all vectors w "
                "and u",
            ),
            searched(cases.fixed_points, fixed_point_violation, "constructed solutions: the step, and that "
            "it returns w "
                     "if and only if the multiple is positive"),
            simulated(runs.batches, limit_violation, "every limit of RVSCGD solves κw = c w* + βu, with "
            "this norm"),
        ),
        controls=(
            Control("β forgotten", 1 + eta * (kappa - c)),
            Control("c forgotten", 1 + eta * (kappa - beta)),
            Control("the sign of κ", 1 - eta * (kappa + c + beta)),
            Control("the norm is one", 1 + 0 * eta),
        ),
    )  # fmt: skip


def _error() -> Claim:
    return Claim(
        id="exact-error-of-a-fixed-point",
        label="A5",
        statement="At a fixed point the sine of the angle between w and w* is {subject}, known without w*.",
        source=HERE,
        subject=splitting.error_identity().result,
        assumptions=(*_POSITIVE, norm_u_perp > 0),
        example={c: 1, beta: Rational(1, 2), norm_u_perp: Rational(1, 4)},
        uses=("fixed-points-of-the-step",),
        evidence=(
            vanishing(
                error_residuals,
                "its square is 1 - ⟨w,w*⟩² wherever κw = c w* + βu with unit w and w*, and it is not "
                "negative",
            ),
            searched(
                cases.fixed_points, error_violation, "constructed solutions in up to 200 dimensions, any κ"
            ),
            simulated(runs.batches, limit_error, "the limits of RVSCGD with the three penalties"),
        ),
        controls=(
            Control("β forgotten", norm_u_perp / c),
            Control("the whole of u", beta * norm_u / c),
            Control("divided by c + β", beta * norm_u_perp / (c + beta)),
            Control("the half angle", 2 * beta * norm_u_perp / c),
        ),
    )
