"""L8 for any straight-through estimator: the expected coarse gradient is the gradient of a hidden loss.

With s, s* the activations of student and teacher on one patch and t = z·w, the sample potential is
s(μ(t) - μ(0)) - s* μ(t), times ‖v‖². Its slope in w by the chain rule is z μ′(t)(s - s*): the coarse
gradient of that patch; with v = v* the pairs of different patches cancel in the mean. That the mean may be
differentiated under the integral is not shown by the exact check: the sampled one compares differences along
a segment, on which a point is drawn with each input, so that no rule of integration enters.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Derivative, Expr, Function, Integer, Subs, Symbol, diff
from sympy.core.function import AppliedUndef

from numerics.closed_forms import evaluate
from numerics.monte_carlo import Estimate, estimate
from numerics.network import preactivations
from proofs_check.claims.proxies import Estimated, estimated
from proofs_check.evidence.symbolic import vanishing
from proofs_check.evidence.two_samples import same_mean
from proofs_check.records import Claim, Control, Evidence, Provenance, Source, Strength
from theory.symbols import x

Array = NDArray[np.float64]

MU = Function("mu", real=True)
SLOPE = Symbol("slope", real=True)
STUDENT, TEACHER = Symbol("student_fires", real=True), Symbol("teacher_fires", real=True)


def claims() -> tuple[Claim, ...]:
    """L8 for a proxy without properties."""
    subject = STUDENT * (MU(x) - MU(0)) - TEACHER * MU(x)
    return (
        Claim(
            id="hidden-loss-for-any-proxy",
            label="L8",
            statement="With v = v* and any proxy derivative μ′ the expected coarse gradient is the "
                      "gradient in w of "
            "‖v‖² times the mean of {subject} at x = z·w, which does not jump "
            "where the student starts to fire.",
            source=Source(Provenance.DERIVED),
            subject=subject,
            assumptions=(),
            example={x: Integer(1), STUDENT: Integer(1), TEACHER: Integer(0), SLOPE: Integer(2)},
            evidence=(
                vanishing(_residuals, "the slope by the chain rule is μ′(z·w) times the error of a patch, "
                                      "for μ "
                          "without properties", strength=Strength.SAMPLED),
                _path_evidence(),
            ),
            controls=(
                Control("uphill for downhill", -subject),
                Control("the teacher forgotten", STUDENT * (MU(x) - MU(0))),
                Control("a half, as of a square", subject / 2),
                Control("x in place of μ in the student's part", STUDENT * x - TEACHER * MU(x)),
                Control("one part in four too much of the teacher", subject - TEACHER * MU(x) / 4),
            ),
            sampled_because="the chain rule is exact for one input, but no identity decides that the mean of "
            "a proxy without properties may be differentiated under the integral.",
        ),
    )  # fmt: skip


def _residuals(claim: Claim) -> list[Expr]:
    slope = diff(claim.subject, x).subs(diff(MU(x), x), SLOPE)
    jump = claim.subject.subs({x: 0, TEACHER: 0})
    return [_plain(slope - SLOPE * (STUDENT - TEACHER)), _plain(jump)]


def _plain(expression: Expr) -> Expr:
    """Symbols for the values and slopes of μ that are left."""
    for kind in (Subs, Derivative, AppliedUndef):
        left = sorted(expression.atoms(kind), key=str)
        expression = expression.xreplace(
            {one: Symbol(f"{kind.__name__}_{k}", real=True) for k, one in enumerate(left)}
        )
    return expression.expand()


def _path_evidence() -> Evidence:
    """Differences of the mean potential against path integrals, both of them sampled."""
    shows = "differences of the mean potential along segments are path integrals of the network's coarse "
    shows += "gradient, six proxies"
    return same_mean(estimated, _path_integral, _potential, shows)


def _segment(case: Estimated) -> tuple[Array, Array]:
    network = case.network
    size = np.linalg.norm(network.w)
    away = -np.sign(network.w @ network.w_star) * size * network.w_star
    return network.w, network.w + away + 0.2 * size * np.roll(network.w_star, 1)


def _path_integral(case: Estimated, samples: int, rng: np.random.Generator) -> Estimate:
    """∫ ⟨g, dw⟩ along the segment, as the mean over a point of it that is drawn with each input."""
    from scipy.special import ndtr

    network = case.network
    (m, d), (start, end) = (network.m, len(network.w)), _segment(case)
    filters = np.column_stack([start, end - start, network.w_star])

    def integrand(normals: Array) -> Array:
        signals = preactivations(normals[:, 1:].reshape(-1, m, d), filters)
        step = signals[..., 1]
        signal = signals[..., 0] + ndtr(normals[:, :1]) * step
        fired, taught = (signal > 0).astype(np.float64), (signals[..., 2] > 0).astype(np.float64)
        error = fired @ network.v - taught @ network.v_star
        return np.asarray(((case.proxy.derivative(signal) * step) @ network.v * error)[:, None])

    return estimate(integrand, (m * d + 1,), samples, rng, by_orbit=True)


def _potential(subject: Expr, case: Estimated, samples: int, rng: np.random.Generator) -> Estimate:
    """Mean difference of the sampled potential between the ends of a segment."""
    value, layer = case.proxy.value, float(case.network.v @ case.network.v)
    names = {
        one: Symbol(f"value_{k}", real=True)
        for k, one in enumerate(sorted(subject.atoms(AppliedUndef), key=str))
    }
    plain, (start, end) = subject.xreplace(names), _segment(case)

    def level(signal: Array, taught: Array) -> Array:
        values: dict[Any, Any] = {x: signal, STUDENT: 1.0 * (signal > 0), TEACHER: taught}
        values |= {s: value(np.asarray(evaluate(one.args[0], values))) for one, s in names.items()}
        return np.broadcast_to(evaluate(plain, values), signal.shape)

    def difference(z: Array) -> Array:
        taught = (z @ case.network.w_star > 0).astype(np.float64)
        gained = np.subtract(level(z @ end, taught), level(z @ start, taught))
        return np.asarray(layer * gained[:, None])

    return estimate(difference, start.shape, samples, rng, by_orbit=True)
