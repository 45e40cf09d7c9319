"""The exact error of a limit of RVSCGD without knowledge of its teacher: the certificate A5."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from numerics import gaussian, validation
from numerics.closed_forms import evaluate

# A run that stopped at a step of 1e-14 is off by that over 1 - q, q its contraction factor; and sinθ within
# 1e-6 of 1 leaves the angle within 1.5e-3 of π/2 anyhow.
SINE_ROUNDING = 1e-6


@dataclass(frozen=True)
class ErrorCertificate:
    """The error angle of a fixed point, from the output alone.

    Attributes
    ----------
    angle, kappa : float
        The acute angle, in radians, and its multiplier, the larger one.
    other_angle, other_kappa : float
        The only alternative: π - angle.
    decided : bool
        Whether the alternative is excluded for a limit from a generic start, because it would be unstable.
    """

    angle: float
    kappa: float
    other_angle: float
    other_kappa: float
    decided: bool


def error_certificate(w: ArrayLike, u: ArrayLike, c: float, beta: float) -> ErrorCertificate:
    """Exact error angle of a limit of RVSCGD, from w, u, c and β: the teacher is not needed (A5).

    At a limit c w* = κw - βu. Its length c gives sinθ = β‖u⊥‖/c and κ = β⟨w, u⟩ + c cosθ with cosθ of either
    sign, hence θ or π - θ. Both belong to a teacher of which w is a fixed point, so that w and u alone cannot
    tell. Stability does: the smaller κ is below β, and a fixed point with κ < β repels if two or more
    entries of u are non-zero (A10), one with κ < 0 always. Otherwise, with a single non-zero entry, the
    obtuse angle is possible; a start known to be within 90° of the teacher, or the sample loss, decides.

    Parameters
    ----------
    w, u : (d,) array_like
        A converged unit filter and its thresholded form.
    c, beta : float
        Tangential constant and relaxation parameter, > 0.

    Returns
    -------
    ErrorCertificate

    Raises
    ------
    ValueError
        If w is not a unit vector, u not a finite vector of its length, a parameter not positive, or β‖u⊥‖
        exceeds c, which no fixed point allows.

    Examples
    --------
    >>> from numerics.limit import limit_points
    >>> [limit] = limit_points([0.8, 0.6, 0.0], 1.0, "l1", lam=0.1, beta=1.0)
    >>> certificate = error_certificate(limit.w, limit.u, 1.0, 1.0)
    >>> bool(abs(certificate.angle - limit.angle) < 1e-14), certificate.decided
    (True, True)
    """
    who = "error_certificate"
    unit = validation.unit_vector(who, "w", w)
    sparse = validation.vector(who, "u", u)
    validation.same_length(who, "u", sparse, "w", unit)
    c, beta = validation.positive(who, "c", c), validation.positive(who, "beta", beta)
    from theory import symbols as sym
    from theory.splitting import error_identity

    across = float(np.linalg.norm(gaussian.perpendicular(sparse, unit)))
    sine = float(evaluate(error_identity().result, {sym.beta: beta, sym.c: c, sym.norm_u_perp: across}))
    if sine > 1 + SINE_ROUNDING:
        raise ValueError(
            f"{who}: beta*||u_perp||/c={sine:.6g}, at most 1 is required: w, u is no fixed point"
        )
    cosine = float(np.sqrt(max(0.0, (1 - sine) * (1 + sine))))
    inner = beta * float(unit @ sparse)
    angle = float(np.arctan2(sine, cosine))
    larger, smaller = inner + c * cosine, inner - c * cosine
    decided = bool(np.count_nonzero(sparse) > 1 and smaller < beta) or smaller < 0
    return ErrorCertificate(angle, larger, float(np.pi - angle), smaller, decided)
