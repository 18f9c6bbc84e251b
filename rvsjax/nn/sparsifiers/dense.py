"""Training without a penalty: u is w."""

from typing import Any

import optax

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters

__all__ = ["optimiser", "sparse"]


def optimiser(
    network: Network, descent: optax.GradientTransformation
) -> optax.GradientTransformation:
    """Return the descent as it is."""
    del network
    return descent


def sparse(network: Network, w: Parameters, state: Any) -> Parameters:
    """Return w."""
    del network, state
    return w
