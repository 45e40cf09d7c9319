"""L8 for any straight-through estimator: the expected coarse gradient is the gradient of a hidden loss.

With s, s* the activations of student and teacher on one patch and t = z·w, the sample potential is
s(μ(t) - μ(0)) - s* μ(t), times ‖v‖². Its slope in w by the chain rule is z μ′(t)(s - s*): the coarse
gradient of that patch; with v = v* the pairs of different patches cancel in the mean. That the mean may be
differentiated under the integral is not shown by the exact check: the sampled one compares differences along
a segment.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Function, Integer, Symbol, diff
from sympy.core.function import AppliedUndef

from numerics.closed_forms import evaluate
from numerics.monte_carlo import Estimate, estimate
from proofs_check.claims.proxies import Estimated, estimated, sample_gradient
from proofs_check.context import Context
from proofs_check.evidence.monte_carlo import FALSE_ALARM, SAMPLES_FULL, score
from proofs_check.evidence.symbolic import vanishing
from proofs_check.records import Claim, Control, Evidence, Finding, Provenance, Source, Strength, Verdict
from theory.symbols import x

Array = NDArray[np.float64]

MU = Function("mu", real=True)
SLOPE = Symbol("slope", real=True)
STUDENT, TEACHER = Symbol("student_fires", real=True), Symbol("teacher_fires", real=True)
SAMPLES = 50_000
# Gauss-Legendre nodes on a segment that avoids θ = 0 and π: E g is smooth there, and the rule errs by less
# than a thousandth of a standard error.
NODES = 8


def claims() -> tuple[Claim, ...]:
    """L8 for a proxy without properties."""
    subject = STUDENT * (MU(x) - MU(0)) - TEACHER * MU(x)
    return (
        Claim(
            id="hidden-loss-for-any-proxy",
            label="L8",
            statement="With v = v* and any proxy derivative μ′ the expected coarse gradient is the "
                      "gradient in w of "
            "‖v‖² times the mean of {subject} at x = z·w.",
            source=Source(Provenance.DERIVED),
            subject=subject,
            assumptions=(),
            example={x: Integer(1), STUDENT: Integer(1), TEACHER: Integer(0), SLOPE: Integer(2)},
            evidence=(
                vanishing(_residuals, "the slope by the chain rule is μ′(z·w) times the error of a patch, "
                                      "for μ "
                          "without properties"),
                Evidence("monte_carlo", Strength.SAMPLED, "differences of the mean potential along "
                                                          "segments are "
                         "path integrals of the network's coarse gradient, six proxies", _path),
            ),
            controls=(
                Control("uphill for downhill", -subject),
                Control("the teacher forgotten", STUDENT * (MU(x) - MU(0))),
                Control("a half, as of a square", subject / 2),
                Control("x in place of μ in the student's part", STUDENT * x - TEACHER * MU(x)),
                Control("one part in four too much of the teacher", subject - TEACHER * MU(x) / 4),
            ),
        ),
    )  # fmt: skip


def _residuals(claim: Claim) -> list[Expr]:
    slope = diff(claim.subject, x).subs(diff(MU(x), x), SLOPE)
    return [(slope - SLOPE * (STUDENT - TEACHER)).expand()]


def _path(claim: Claim, context: Context) -> Finding:
    samples = SAMPLES_FULL // 10 if context.full else SAMPLES
    rng = context.rng(claim.id, "path")
    cases = estimated(rng)
    paths = context.once(
        ("hidden-loss", context.seed), lambda: [_path_integral(c, samples, rng) for c in cases]
    )
    # Drawn apart from the paths, whoever asks for them first.
    other, tails = context.rng(claim.id, "potential"), []
    for case, (start, end, path) in zip(cases, paths, strict=True):
        ends = _potential(claim.subject, case, start, end, samples, other)
        # Two independent samples: variances add.
        both = Estimate(ends.mean - path.mean, ends.covariance + path.covariance, samples)
        tails.append(score(both, np.zeros(1)).tail)
    said = f"smallest tail probability {min(tails):.2g} of {len(tails)} paths, {samples} samples"
    return Finding(Verdict.REFUTES if min(tails) < FALSE_ALARM else Verdict.SUPPORTS, said)


def _path_integral(case: Estimated, samples: int, rng: np.random.Generator) -> tuple[Array, Array, Estimate]:
    network = case.network
    start = network.w
    end = start + 0.8 * np.linalg.norm(start) * np.roll(network.w_star, 1)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)

    def integral(Z: Array) -> Array:
        terms = [
            weight / 2 * sample_gradient(Z, case, start + (node + 1) / 2 * (end - start)) @ (end - start)
            for node, weight in zip(nodes, weights, strict=True)
        ]
        return np.asarray(np.sum(terms, axis=0)[:, None])

    return start, end, estimate(integral, (network.m, len(start)), samples, rng)


def _potential(
    subject: Expr, case: Estimated, start: Array, end: Array, samples: int, rng: np.random.Generator
) -> Estimate:
    """Mean difference of the sampled potential between the ends of a segment."""
    value, layer = case.proxy.value, float(case.network.v @ case.network.v)
    names = {
        one: Symbol(f"value_{k}", real=True)
        for k, one in enumerate(sorted(subject.atoms(AppliedUndef), key=str))
    }
    plain = subject.xreplace(names)

    def level(z: Array, w: Array) -> Array:
        signal = z @ w
        values: dict[Any, Any] = {
            x: signal,
            STUDENT: 1.0 * (signal > 0),
            TEACHER: 1.0 * (z @ case.network.w_star > 0),
        }
        # The only arguments are x and 0.
        values |= {s: value(signal if one.has(x) else 0 * signal) for one, s in names.items()}
        return np.asarray(evaluate(plain, values))

    def difference(z: Array) -> Array:
        return np.asarray(layer * (level(z, end) - level(z, start))[:, None])

    return estimate(difference, start.shape, samples, rng)
