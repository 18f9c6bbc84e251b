"""Networks: relaxed splitting for any optimiser, and binarised activations."""

from rvsjax.nn.activations import binary_relu, quantised_relu
from rvsjax.nn.splitting import SplittingState, relaxed_splitting, u_params

__all__ = [
    "SplittingState",
    "binary_relu",
    "quantised_relu",
    "relaxed_splitting",
    "u_params",
]
