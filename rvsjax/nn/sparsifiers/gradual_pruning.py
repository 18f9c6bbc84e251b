"""Gradual magnitude pruning (Zhu and Gupta 2017, arXiv 1710.01878, equation 1).

    s_t = s (1 - (1 - t)^3),    t = (progress - BEGIN) / (END - BEGIN) in [0, 1]

After each step the share s_t of all kernel entries together that is smallest in
magnitude is set to 0, and stays 0: what is masked takes no further step. u is w.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters
from rvsjax.nn.partition import kernels, over
from rvsjax.nn.smallest import smallest
from rvsjax.types import Array

__all__ = ["BEGIN", "END", "MaskedState", "optimiser", "share", "sparse"]

BEGIN, END = 0.0, 0.75
"""Parts of the training between which the share of zeros grows."""


class MaskedState(NamedTuple):
    """Mask of the kernel entries held at 0, and state of the descent."""

    pruned: Any  # bools, holes where the parameters have no kernel
    descent: Any


def share(sparsity: Array, progress: Array) -> Array:
    """Return s_t: 0 until `BEGIN`, `sparsity` from `END` on, growing ever slower."""
    t = jnp.clip((progress - BEGIN) / (END - BEGIN), 0, 1)
    return sparsity * (1 - (1 - t) ** 3)


def optimiser(
    network: Network, descent: optax.GradientTransformation
) -> optax.GradientTransformationExtraArgs:
    """Return the descent, after each step of which the smallest entries are 0."""
    inner = optax.with_extra_args_support(descent)

    def init(params: Any) -> MaskedState:
        none = jax.tree.map(lambda x: jnp.zeros(x.shape, bool), kernels(params))
        return MaskedState(none, inner.init(params))

    def update(
        updates: Any, state: Any, params: Any = None, **told: Any
    ) -> tuple[Any, MaskedState]:
        updates, after = inner.update(updates, state.descent, params, **told)
        w = kernels(params)
        moved = jax.tree.map(
            lambda x, d, out: jnp.where(out, 0, x + d),
            *(w, kernels(updates), state.pruned),
        )
        pruned = smallest(moved, share(network.sparsity, told["progress"]))
        pruned = jax.tree.map(jnp.logical_or, state.pruned, pruned)
        held = jax.tree.map(
            lambda d, x, out: jnp.where(out, -x, d), kernels(updates), w, pruned
        )
        return over(held, updates), MaskedState(pruned, after)

    return optax.GradientTransformationExtraArgs(init, update)


def sparse(network: Network, w: Parameters, state: Any) -> Parameters:
    """Return w, which is sparse itself."""
    del network, state
    return w
