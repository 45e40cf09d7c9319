"""What happens: the network, its sample gradients and the algorithm, measured in float64."""

from numerics.gaussian import angle
from numerics.monte_carlo import monte_carlo
from numerics.network import sample_coarse_gradient, sample_loss

__all__ = ["angle", "monte_carlo", "sample_coarse_gradient", "sample_loss"]
