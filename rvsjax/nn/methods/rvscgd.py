"""Relaxed variable splitting (Dinh and Xin 2020, Algorithm 1), w not normalised.

    u^{t+1} = prox_{(lam/beta) P}(w^t)
    w^{t+1} = descent from w^t along E g(w^t) + beta (w^t - u^{t+1})

Biases and normalisations have no u: they are not penalised.
"""

from typing import Any

import optax

from rvsjax.nn.lenet import Parameters
from rvsjax.nn.network import Network
from rvsjax.nn.splitting import relaxed_splitting, u_params

__all__ = ["optimiser", "sparse"]


def optimiser(
    network: Network, descent: optax.GradientTransformation
) -> optax.GradientTransformation:
    """Return the descent on the gradient plus ``beta (w - u)``."""
    splitting = relaxed_splitting(network.penalty, network.lam, network.beta)
    return optax.chain(splitting, descent)


def sparse(network: Network, w: Parameters, state: Any) -> Parameters:
    """Return ``u^t = prox(w^{t-1})`` of the last step; before the first, of w^0."""
    del network
    return u_params(state, w)
