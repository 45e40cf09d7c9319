"""All derivations, in the order of the theory."""

from collections.abc import Iterator

from theory import (
    bounds,
    coarse_gradient,
    estimators,
    gaussian,
    learnability,
    limit,
    loss,
    penalties,
    splitting,
)
from theory.derivation import Derivation

SECTIONS = ("gaussian", "loss", "coarse-gradient", "penalties", "splitting", "limit", "bounds")


def derivations(section: str) -> Iterator[Derivation]:
    """Derive the formulas of one section, one of ``SECTIONS``."""
    yield from _BY_SECTION[section]()


def _gaussian() -> Iterator[Derivation]:
    yield gaussian.half_space_probability()
    yield gaussian.wedge_probability()
    yield gaussian.half_space_mean()
    yield gaussian.wedge_mean()
    yield gaussian.strip_mean()
    yield gaussian.strip_wedge_mean()


def _loss() -> Iterator[Derivation]:
    yield loss.population_loss()
    yield loss.teacher_loss()
    yield loss.output_gradient()
    yield loss.filter_gradient()
    yield loss.filter_gradient_norm()


def _coarse_gradient() -> Iterator[Derivation]:
    for derive in (
        coarse_gradient.expected_coarse_gradient,
        coarse_gradient.tangential_law,
        coarse_gradient.hidden_loss,
    ):
        for ste in coarse_gradient.ESTIMATORS:
            yield derive(ste)
    yield coarse_gradient.hidden_curl()


def _penalties() -> Iterator[Derivation]:
    for penalty in penalties.PENALTIES:
        yield penalties.threshold(penalty)
        yield penalties.proximal_map(penalty)


def _splitting() -> Iterator[Derivation]:
    yield splitting.surrogate_lagrangian()
    yield splitting.decrease()
    yield splitting.largest_step()
    yield splitting.largest_step_of_runs()
    yield splitting.residual_gain()
    yield splitting.fixed_point_norm()
    yield splitting.error_identity()


def _limit() -> Iterator[Derivation]:
    yield limit.small_coordinate()
    for penalty in penalties.PENALTIES:
        yield limit.large_coordinate(penalty)
    yield limit.sparsifying_operation()
    yield limit.contraction_factor()
    yield limit.best_contraction_factor()
    yield limit.half_angle_factor()
    yield limit.angle_flow()


def _bounds() -> Iterator[Derivation]:
    for penalty in penalties.PENALTIES:
        yield bounds.displacement(penalty)
        yield bounds.error_bound(penalty)
        yield bounds.sharp_error_bound(penalty)
    yield bounds.filter_error()
    yield bounds.full_support_angle()
    yield bounds.small_penalty_angle()
    for ste in coarse_gradient.ESTIMATORS:
        yield bounds.smallest_tangential_constant(ste)
        yield estimators.radial_constant(ste)
    yield estimators.largest_step()
    yield learnability.start_probability()
    yield learnability.learning_probability()


_BY_SECTION = {
    "gaussian": _gaussian,
    "loss": _loss,
    "coarse-gradient": _coarse_gradient,
    "penalties": _penalties,
    "splitting": _splitting,
    "limit": _limit,
    "bounds": _bounds,
}
