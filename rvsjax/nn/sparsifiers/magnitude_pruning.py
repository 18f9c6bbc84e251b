"""Magnitude pruning at the end: plain training, and u is w without its smallest.

Of the entries of all kernels together the share `sparsity` that is smallest in
magnitude is 0 in u (Han et al. 2015, arXiv 1506.02626, without their retraining).
"""

from typing import Any

import jax
import jax.numpy as jnp

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters
from rvsjax.nn.partition import kernels, over
from rvsjax.nn.smallest import smallest
from rvsjax.nn.sparsifiers.dense import optimiser

__all__ = ["optimiser", "sparse"]


def sparse(network: Network, w: Parameters, state: Any) -> Parameters:
    """Return w with its smallest kernel entries set to 0."""
    del state
    pruned = smallest(kernels(w), network.sparsity)
    u = jax.tree.map(lambda x, out: jnp.where(out, 0, x), kernels(w), pruned)
    return over(u, w)
