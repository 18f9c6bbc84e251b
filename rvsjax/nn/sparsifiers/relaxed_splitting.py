"""Relaxed variable splitting (Dinh and Xin 2020, Algorithm 1), w not normalised.

    u^{t+1} = prox_{(lam/beta) P}(w^t)
    w^{t+1} = descent from w^t along E g(w^t) + beta (w^t - u^{t+1})

lam and beta are growth^progress times what they were, so that w is bound to u ever
closer, at the same threshold; 1 is the paper's. Biases and normalisations have no u:
they are not penalised.
"""

from typing import Any

import optax

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters
from rvsjax.nn.splitting import relaxed_splitting, u_params
from rvsjax.types import Array

__all__ = ["optimiser", "sparse"]


def optimiser(
    network: Network, descent: optax.GradientTransformation
) -> optax.GradientTransformationExtraArgs:
    """Return the descent on the gradient plus ``beta (w - u)``."""

    def at(progress: Array | float) -> optax.GradientTransformation:
        factor = network.growth**progress
        lam, beta = factor * network.lam, factor * network.beta
        return optax.chain(relaxed_splitting(network.penalty, lam, beta), descent)

    def update(
        updates: Any, state: Any, params: Any = None, **told: Any
    ) -> tuple[Any, Any]:
        return at(told["progress"]).update(updates, state, params)

    return optax.GradientTransformationExtraArgs(at(0.0).init, update)


def sparse(network: Network, w: Parameters, state: Any) -> Parameters:
    """Return ``u^t = prox(w^{t-1})`` of the last step; before the first, of w^0."""
    del network
    return u_params(state, w)
