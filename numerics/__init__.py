"""What happens: the network, its sample gradients and the algorithm, measured in float64."""

from numerics.certificate import error_certificate
from numerics.closed_forms import expected_coarse_gradient, population_loss
from numerics.gaussian import angle
from numerics.limit import limit_points
from numerics.monte_carlo import monte_carlo
from numerics.network import sample_coarse_gradient, sample_loss
from numerics.penalties import penalty_value, proximal_map
from numerics.splitting import rvscgd

__all__ = [
    "angle",
    "error_certificate",
    "expected_coarse_gradient",
    "limit_points",
    "monte_carlo",
    "penalty_value",
    "population_loss",
    "proximal_map",
    "rvscgd",
    "sample_coarse_gradient",
    "sample_loss",
]
