"""ADMM with a gradient step on w, not normalised, as in `rvsjax.algorithms.admm`.

    L(w, u, z) = f(w) + lam P(u) + <z, w - u> + (beta/2) |w - u|^2

    w^{t+1} = descent from w^t along E g(w^t) + z^t + beta (w^t - u^t)
    u^{t+1} = prox_{(lam/beta) P}(w^{t+1} + z^t / beta)
    z^{t+1} = z^t + beta (w^{t+1} - u^{t+1})

Biases and normalisations have no u and no z: they are not penalised.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters
from rvsjax.nn.partition import kernels, over
from rvsjax.types import Array

__all__ = ["MultiplierState", "optimiser", "sparse"]


class MultiplierState(NamedTuple):
    """Sparse copy and multiplier of the kernels, and the state of the descent."""

    u: Any  # holes where the parameters have no kernel
    z: Any
    descent: Any


def optimiser(
    network: Network, descent: optax.GradientTransformation
) -> optax.GradientTransformation:
    """Return the descent on the augmented Lagrangian; ``u^0 = prox(w^0), z^0 = 0``."""
    beta, m = network.beta, network.lam / network.beta

    def prox(x: Array) -> Array:
        return network.penalty.prox(x.ravel(), m).reshape(x.shape)

    def init(params: Any) -> MultiplierState:
        u = jax.tree.map(prox, kernels(params))
        z = jax.tree.map(jnp.zeros_like, u)
        return MultiplierState(u, z, descent.init(params))

    def update(
        updates: Any, state: Any, params: Any = None
    ) -> tuple[Any, MultiplierState]:
        slopes = jax.tree.map(
            lambda g, w, u, z: g + z + beta * (w - u),
            *(kernels(updates), kernels(params), state.u, state.z),
        )
        updates, after = descent.update(over(slopes, updates), state.descent, params)
        w = kernels(optax.apply_updates(params, updates))
        u = jax.tree.map(lambda w, z: prox(w + z / beta), w, state.z)
        z = jax.tree.map(lambda z, w, u: z + beta * (w - u), state.z, w, u)
        return updates, MultiplierState(u, z, after)

    return optax.GradientTransformation(init, update)


def sparse(network: Network, w: Parameters, state: Any) -> Parameters:
    """Return ``u^t`` with the biases and normalisations of w."""
    del network
    return over(state.u, w)
