"""Networks: relaxed splitting for any optimiser, and the data to train them on."""

from rvsjax.nn.splitting import SplittingState, relaxed_splitting, u_params

__all__ = ["SplittingState", "relaxed_splitting", "u_params"]
