"""Where RVSCGD goes, and how fast: A7, A10 and A11.

At a fixed point κw = c w* + βS(w) on the unit sphere, one coordinate at a time. A coordinate that S sets to
zero keeps its share c w*ᵢ/κ. One that survives has w = u + μP′(u), so that u + κμ/(κ - β) P′(u) =
c w*ᵢ/(κ - β): the same penalty again, with a larger weight, at a larger point. Derived here.
"""

from functools import cache

from sympy import (
    Abs,
    Expr,
    Piecewise,
    Symbol,
    atan,
    cancel,
    cos,
    diff,
    exp,
    expand,
    expand_trig,
    factor,
    sign,
    sin,
    tan,
)  # fmt: skip

from theory.derivation import Derivation, DerivationError, Step, linear_root
from theory.penalties import TITLES, threshold, thresholding
from theory.splitting import LARGEST_STEP
from theory.symbols import alpha, beta, c, eta, kappa, lam, mu, rho, theta, theta_start, time, u, w_star_i, x

# The point at which, and the weight with which, the penalty acts on the teacher's coordinate.
EFFECTIVE_POINT = c * Abs(w_star_i) / (kappa - beta)
EFFECTIVE_WEIGHT = kappa * lam / (beta * (kappa - beta))


@cache
def small_coordinate() -> Derivation:
    """A7: a coordinate of the limit that the thresholding sets to zero."""
    balance = kappa * x - beta * u - c * w_star_i
    return Derivation(
        "small-limit-coordinate",
        "A7",
        "Coordinate of the limit where the thresholding gives zero",
        "w̄ᵢ, where ūᵢ = 0",
        r"\bar w_i",
        (
            Step("At a fixed point this vanishes, with w̄ᵢ = x and ūᵢ = u.", balance),
            Step("With u = 0, w̄ᵢ is", linear_root(balance.subs(u, 0), x)),
        ),
    )


@cache
def large_coordinate(penalty: str) -> Derivation:
    """A7: a coordinate of the thresholded limit that is not zero, by its magnitude."""
    rule = thresholding(penalty)
    active = rule.active.subs({mu: EFFECTIVE_WEIGHT, x: EFFECTIVE_POINT}, simultaneous=True)
    return Derivation(
        f"large-limit-coordinate-{penalty}",
        "A7",
        f"Magnitude of a coordinate that survives, {TITLES[penalty]}",
        f"|ūᵢ|, {TITLES[penalty]}",
        r"|\bar u_i|",
        (
            Step("The balance is that of the penalty at the point", EFFECTIVE_POINT),
            Step("with the weight", EFFECTIVE_WEIGHT),
            Step("There the active branch of the thresholding is", _tidy(penalty, active)),
        ),
    )


def _tidy(penalty: str, active: Expr) -> Expr:
    # The root of transformed l1 has a form of its own that does not cancel.
    return active if penalty == "tl1" else expand(cancel(active * (kappa - beta))) / (kappa - beta)


@cache
def sparsifying_operation() -> Derivation:
    """A7: the limit of l1 by the teacher, one coordinate."""
    active = large_coordinate("l1").result
    cut = kappa * threshold("l1").result.subs(mu, lam / beta)
    balance = kappa * (u + lam / beta) - beta * u - c * Abs(w_star_i)
    if cancel(linear_root(balance, u) - active) != 0:
        raise DerivationError("sparsifying_operation: two ways to the active branch disagree")
    whole = Piecewise((0, c * Abs(w_star_i) <= cut), (sign(w_star_i) * active, True))
    return Derivation(
        "sparsifying-operation",
        "A7",
        "Sparse limit with the l1 penalty by the teacher: a soft threshold, divided",
        "ūᵢ",
        r"\bar u_i",
        (
            Step("For ūᵢ = u > 0 and w̄ᵢ = u + λ/β this vanishes.", balance),
            Step("Its root.", active),
            Step("It is positive where c|w*ᵢ| exceeds", cut),
            Step("So ūᵢ is", whole),
        ),
    )


@cache
def contraction_factor() -> Derivation:
    """A10: by how much a step shrinks a small tangent error in coordinates that survive (l1, l0)."""
    # There S moves with w, and a direction across w passes the normalisation divided by ρ.
    raw = (alpha + eta * beta) / rho
    full = raw.subs(rho, alpha + eta * kappa)
    return Derivation(
        "contraction-factor",
        "A10",
        "Asymptotic contraction factor of RVSCGD with l1 or l0, two or more coordinates surviving",
        "lim ‖wᵗ⁺¹ - w̄‖/‖wᵗ - w̄‖",
        r"\lim\frac{\|w^{t+1}-\bar w\|}{\|w^{t}-\bar w\|}",
        (
            Step("A tangent error δ in active coordinates becomes (αδ + ηβδ)/ρ.", raw),
            Step("At a fixed point ρ = α + ηκ.", full),
            Step("With α = 1 - η(c + β).", _ordered(full.subs(alpha, 1 - eta * (c + beta)))),
        ),
    )


def _ordered(ratio: Expr) -> Expr:
    """The ratio as 1 - ηc over itself and a rest, from which the rate is read."""
    numerator, denominator = (expand(part) for part in ratio.as_numer_denom())
    return numerator / (numerator + eta * expand((denominator - numerator) / eta))


@cache
def best_contraction_factor() -> Derivation:
    """A10: the factor at the largest step that never increases the surrogate."""
    general = contraction_factor().result
    return Derivation(
        "contraction-factor-at-the-largest-step",
        "A10",
        "Contraction factor at the step size 1/(c + β)",
        "lim ‖wᵗ⁺¹ - w̄‖/‖wᵗ - w̄‖",
        r"\lim\frac{\|w^{t+1}-\bar w\|}{\|w^{t}-\bar w\|}",
        (
            Step("The factor.", general),
            Step("At η = 1/(c + β).", factor(cancel(general.subs(eta, LARGEST_STEP)))),
        ),
    )


def step_without_penalty() -> tuple[Expr, Expr]:
    """Components along w* and across it of the w-step with u = w, before the normalisation."""
    return (1 - eta * c) * cos(theta) + eta * c, (1 - eta * c) * sin(theta)


@cache
def half_angle_factor() -> Derivation:
    """A11: with no penalty tan(θ/2) shrinks at least by this factor in a step."""
    along, across = step_without_penalty()
    shrink = 1 - eta * c
    length_squared = expand(along**2 + across**2)
    # tan(θ⁺/2) = across/(length + along) <= shrink sinθ/(1 + cosθ) where length >= 1 + cosθ - along.
    rest = expand(length_squared - (1 + cos(theta) - along) ** 2 - (eta * c * sin(theta)) ** 2)
    if expand(rest.subs(sin(theta) ** 2, 1 - cos(theta) ** 2)) != 0:
        raise DerivationError("half_angle_factor: the margin is not a square")
    if expand(across - shrink * sin(theta)) != 0:
        raise DerivationError("half_angle_factor: the part across is not the sine times the factor")
    return Derivation(
        "half-angle-factor",
        "A11",
        "With no penalty and η ≤ 1/c a step shrinks tan(θ/2) at least by this factor",
        "tan(θ⁺/2)/tan(θ/2) ≤",
        r"\frac{\tan(\theta^{+}/2)}{\tan(\theta/2)}\le",
        (
            Step("The step before the normalisation, along w*.", along),
            Step("Across it.", across),
            Step("Squared length less (1 + cosθ - part along w*)², a square.", (eta * c * sin(theta)) ** 2),
            Step("As tan(θ⁺/2) is the part across over length and part along, the factor is", shrink),
        ),
    )


@cache
def angle_flow() -> Derivation:
    """A11: the angle under the gradient flow with no penalty."""
    along, across = step_without_penalty()
    speed = cancel(diff(atan(across / along), eta).subs(eta, 0)).subs(sin(theta) ** 2, 1 - cos(theta) ** 2)
    half, name = tan(theta_start / 2) * exp(-c * time), Symbol("h", real=True)
    # By a name for tan(θ/2), which falls at the rate c, both sides are quotients of polynomials.
    falls = diff(half, time) == -c * half
    turned = diff(2 * atan(name), name) * -c * name - speed.subs(theta, 2 * atan(name))
    if not falls or cancel(expand_trig(turned)) != 0 or half.subs(time, 0) != tan(theta_start / 2):
        raise DerivationError("angle_flow: this is no solution of the equation of the angle")
    return Derivation(
        "half-angle-flow",
        "A11",
        "Tangent of the half angle at the time τ under the flow with no penalty",
        "tan(θ(τ)/2)",
        r"\tan(\theta(\tau)/2)",
        (
            Step("Rate at which a step turns the angle as η → 0.", speed),
            Step("The solution; it was differentiated, and starts at θ⁰.", half),
        ),
    )
