"""What a sweep asks of a cell, and what it records of it.

A cell is one choice of parameters, named by a hash of them. Its randomness comes from the sweep's seed
and its parameters alone, so that neither the order of the cells nor who measures them can matter. Cells
that differ in the algorithm only, not in the problem, have the same teachers and starts, and are
compared in pairs. λ and β are in units of the estimator's constant c, η in units of the largest step
1/(c + β).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

# The parameters that make a problem; the others make the algorithm.
PROBLEM = ("dim", "sparsity", "teacher", "start_angle", "teachers", "starts")


@dataclass(frozen=True)
class CellSpec:
    """Parameters of a cell.

    Attributes
    ----------
    penalty : {"l1", "l0", "tl1"}
    ste : {"identity", "relu", "clipped_relu"}
        Straight-through estimator.
    dim, sparsity : int
        Length d of the filter and number s of the teacher's non-zeros.
    lam_over_c, beta_over_c, eta_fraction : float
        λ/c, β/c and η(c + β).
    a : float or None
        Shape of transformed l1; None for the others.
    teacher : {"random", "equal"}
        Normal non-zeros, or equal magnitudes with random signs.
    start_angle : float or None
        Angle of the starts from the teacher in radians; None for uniform starts.
    teachers, starts : int
        Number of teachers drawn, and of starts for each: a cell has teachers · starts runs.
    iterations : int
        Largest number of steps of a run; with mini-batches the number.
    batch : int
        Samples of a mini-batch; 0 for the population form.
    patches : int or None
        Patches m of the network that mini-batches are drawn for, v of equal entries; None if ``batch`` is 0.
    """

    penalty: str
    ste: str
    dim: int
    sparsity: int
    lam_over_c: float
    beta_over_c: float
    eta_fraction: float
    a: float | None
    teacher: str
    start_angle: float | None
    teachers: int
    starts: int
    iterations: int
    batch: int
    patches: int | None

    @cached_property
    def key(self) -> str:
        """A hash of the parameters, 64 bits: two of a million cells agree in one sweep of 4e7."""
        return self._hash(field.name for field in fields(CellSpec))  # not those of a Row

    def seeds(self, seed: int) -> list[np.random.SeedSequence]:
        """One seed sequence for each teacher and its starts, from the sweep's seed and the problem."""
        return self._spawn(seed, self._hash(PROBLEM))

    def batch_seeds(self, seed: int) -> list[np.random.SeedSequence]:
        """One seed sequence for the mini-batches of each teacher, from the sweep's seed and the cell."""
        return self._spawn(seed, self.key)

    def _hash(self, names: Iterable[str]) -> str:
        text = json.dumps({name: getattr(self, name) for name in names}, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _spawn(self, seed: int, key: str) -> list[np.random.SeedSequence]:
        return np.random.SeedSequence(seed, spawn_key=(int(key, 16),)).spawn(self.teachers)


@dataclass(frozen=True)
class Row(CellSpec):
    """Parameters and measurements of a cell; sines and bounds are pure numbers.

    None is for what does not apply. Sines, κ and the counts of entries are over the runs that converged. With
    mini-batches no run does: sines are then over the last quarter of the steps of all runs, entries are those
    of the last one, and what needs a limit is None.

    Attributes
    ----------
    seed : int
        Of the sweep.
    lam, beta, eta, c, c_min : float
        The parameters themselves; largest and smallest value of the tangential constant c(θ).
    runs, not_converged, trapped : int
        Runs; those that did not come to rest; those that ended beyond θ = π/2.
    min_sine, q05_sine, median_sine, q95_sine, max_sine : float or None
        Quantiles of the sine of the error angle.
    max_sine_sparse : float or None
        Of the runs with κ > β, to which `bound_sparse` applies; their number is `kappa_above_beta`.
    bound, bound_sparse : float
        A-priori bounds A6 on the sine, Λ/c with d, and with s in place of d.
    asymptotic_median, asymptotic_max : float or None
        First-order error angle of l1 for small λ: median and maximum over the teachers.
    tightness, tightness_sparse : float or None
        `max_sine`/`bound` and `max_sine_sparse`/`bound_sparse`.
    identity_residual : float or None
        Largest |c sinθ - β‖u⊥‖| (A5).
    slack : float
        What rounding may add to a sine before a bound counts as violated.
    violations : int or None
        Runs beyond a bound; None if none is judged.
    min_kappa, median_kappa : float or None
        Of κ = ⟨w, c w* + βu⟩.
    exact_support : int
        Runs whose u has the teacher's support.
    missed_entries, false_entries : int
        Non-zeros of the teacher that u lacks, and of u that the teacher lacks, summed over the runs counted.
    median_support : float or None
        Median number of non-zeros of u.
    predicted_support : int or None
        Teachers for which A7 has a limit with the teacher's support.
    median_iterations : float
    most_iterations : int
    rate, predicted_rate : float or None
        Contraction factor measured at the limit of one run a teacher, and A10's at its κ; medians over the
        teachers to which A10 applies, or for `rate` over all if it applies to none.
    success_bound : float or None
        Lower bound A12 on the probability that a uniform start ends within `bound`, where c(θ) is constant.
    median_gradient_error, max_gradient_error : float or None
        Norm of the mini-batch gradient less its expectation; the maximum is over all steps.
    bound_inexact : float or None
        A8's (Λ + ε)/c with ε that maximum.
    """

    seed: int
    lam: float
    beta: float
    eta: float
    c: float
    c_min: float
    runs: int
    not_converged: int
    trapped: int
    min_sine: float | None
    q05_sine: float | None
    median_sine: float | None
    q95_sine: float | None
    max_sine: float | None
    max_sine_sparse: float | None
    kappa_above_beta: int
    bound: float
    bound_sparse: float
    asymptotic_median: float | None
    asymptotic_max: float | None
    tightness: float | None
    tightness_sparse: float | None
    identity_residual: float | None
    slack: float
    violations: int | None
    min_kappa: float | None
    median_kappa: float | None
    exact_support: int
    missed_entries: int
    false_entries: int
    median_support: float | None
    predicted_support: int | None
    median_iterations: float
    most_iterations: int
    rate: float | None
    predicted_rate: float | None
    success_bound: float | None
    median_gradient_error: float | None
    max_gradient_error: float | None
    bound_inexact: float | None
