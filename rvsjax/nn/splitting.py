"""Relaxed variable splitting as an optax transformation, for any network.

The weights w of a network f get a sparse copy u, by the Lagrangian
``L(u, w) = f(w) + lam P(u) + beta/2 |w - u|^2``, and a step descends in w alone:

    u^{t+1} = prox_{(lam/beta) P}(w^t)
    w^{t+1} = w^t - eta (grad f(w^t) + beta (w^t - u^{t+1}))

Source: Dinh and Xin 2020, equation (9) and Algorithm 1. There w has length one; on a
network, as in their Table 1, it is not normalised.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from rvsjax.environment.numbers import refuse
from rvsjax.nn.partition import has_holes, is_array, is_hole, over, penalised
from rvsjax.types import Array, Hyper, Penalty, need_penalty

__all__ = ["SplittingState", "relaxed_splitting", "u_params"]

Weight = float | Array | Callable[[Array], Any]
"""A number, a traced scalar, or a schedule: a function of the steps taken."""


class SplittingState(NamedTuple):
    """State of `relaxed_splitting`: the sparse network of the last step.

    Both trees are shaped like the parameters; where the one has a leaf, the other has
    an `optax.MaskedNode`.
    """

    count: Array  # () steps taken
    u: Any  # the penalised leaves, thresholded
    rest: Any  # the others, of the same step


def relaxed_splitting(
    penalty: Penalty, lam: Weight, beta: Weight, mask: Any = None
) -> optax.GradientTransformation:
    """Add ``beta (w - u)`` to the gradient, with ``u = prox_{(lam/beta) P}(w)``.

    To be chained before an optimiser, so that this descends the Lagrangian:
    ``optax.chain(relaxed_splitting(L1(), 1e-4, 0.1), optax.sgd(0.1))``. Its `update`
    needs the parameters. The sparse network is `u_params` of the state.

    Args:
        penalty: one of `rvsjax.penalties`, applied to each leaf as one vector.
        lam: weight of the penalty, at least 0.
        beta: weight of the coupling, at least 0; where it is 0, u is w.
        mask: which leaves are penalised: bools in a tree shaped like the parameters,
            or in a prefix of it, or a function of the parameters that returns one. By
            default leaves with two axes or more, that is no biases and no scales.
            Leaves that are not of real floating point are never penalised.

    Neither value is part of the program: build the transformation inside `jax.jit` or
    `jax.vmap` from traced values, or pass it to `optax.inject_hyperparams`. bfloat16
    and float16 leaves are thresholded in float32, then rounded.
    """
    need_penalty("relaxed_splitting", penalty)
    for name, value in (("lam", lam), ("beta", beta)):
        if not callable(value):
            refuse(f"relaxed_splitting: {name}", value, least=0)

    def split(params: Any, count: Array, weights: tuple[Any, Any]) -> SplittingState:
        chosen = penalised(params, mask)
        u = jax.tree.map(lambda w, p: _prox(penalty, w, *weights, p), params, chosen)
        rest = jax.tree.map(_other, params, chosen)
        return SplittingState(count, u, rest)

    def init(params: optax.Params) -> SplittingState:
        count = jnp.zeros((), jnp.int32)
        state = split(params, count, (_at(lam, count), _at(beta, count)))
        return jax.tree.map(jnp.copy, state)  # w and state may be donated together

    def update(
        updates: optax.Updates, state: Any, params: optax.Params | None = None
    ) -> tuple[optax.Updates, SplittingState]:
        if params is None:
            raise ValueError(
                "relaxed_splitting pulls the weights towards u and needs them: call "
                "update(gradients, state, params)"
            )
        weights = _at(lam, state.count), _at(beta, state.count)
        count = jnp.asarray(optax.safe_increment(state.count))
        new = split(params, count, weights)
        pulled = jax.tree.map(
            lambda g, w, u: _pulled(g, w, u, weights[1]),
            *(updates, params, new.u),
            is_leaf=lambda g: g is None,
        )
        return pulled, new

    return optax.GradientTransformation(init, update)


def u_params(state: Any, params: Any = None) -> Any:
    """Return the sparse network: u where leaves are penalised, w elsewhere.

    The state may hold that of `relaxed_splitting` anywhere, as in `optax.chain`,
    `optax.multi_transform` or `optax.inject_hyperparams`. Without `params` every leaf
    is of the last step's start, ``u^{t+1} = prox(w^t)`` and ``w^t``; with them, the
    leaves that are not penalised are theirs.
    """
    found = [s for s in jax.tree.leaves(state, is_leaf=_is_ours) if _is_ours(s)]
    if not found:
        raise ValueError(
            "u_params found no state of relaxed_splitting in this state of an "
            "optimiser: chain relaxed_splitting before it, or pass opt_state"
        )
    if params is None:
        params = over(found[0].u, found[0].rest)
        if has_holes(params):
            raise ValueError(
                "u_params(state) knows only a part of the network, since "
                "relaxed_splitting was given only that: call u_params(state, params)"
            )
    # by path, since flax.nnx keeps states in containers of its own
    sparse = [leaf for s in found for leaf in jax.tree.leaves_with_path(s.u)]
    known = dict(sparse)
    if len(known) < len(sparse):
        raise ValueError(
            "u_params found two states of relaxed_splitting for one leaf, and cannot "
            "know which u is meant: pass the state of one of them"
        )
    whole = jax.tree.map_with_path(lambda path, w: known.pop(path, w), params)
    if known:
        raise ValueError(
            "u_params: the parameters are not those that the state was made for: "
            f"they have no leaf at {jax.tree_util.keystr(next(iter(known)))}"
        )
    return whole


# -- leaves ----------------------------------------------------------------------------


def _prox(penalty: Penalty, w: Any, lam: Any, beta: Any, chosen: bool) -> Any:
    """Return u of a leaf, in its dtype; a hole where it is not penalised."""
    if not is_array(w):
        return None
    if not chosen:
        return optax.MaskedNode()
    x = _wide(w)
    lam, beta = (jnp.asarray(value, x.dtype) for value in (lam, beta))
    u = penalty.prox(x.ravel(), Hyper(lam, beta, beta).m)
    u = jnp.where(beta > 0, u, x.ravel())  # a projection is none for m = 0 either
    return u.reshape(w.shape).astype(w.dtype)


def _other(w: Any, chosen: bool) -> Any:
    if not is_array(w):
        return None
    return optax.MaskedNode() if chosen else jnp.asarray(w)


def _pulled(g: Any, w: Any, u: Any, beta: Any) -> Any:
    """Return ``g + beta (w - u)`` in the dtype of g."""
    if g is None or u is None or is_hole(u):
        return g
    x = _wide(w)
    pull = jnp.asarray(beta, x.dtype) * (x - _wide(u))
    return (g + pull).astype(g.dtype)


def _wide(x: Array) -> Array:
    return x.astype(jnp.float32) if x.dtype.itemsize < 4 else x


def _at(weight: Weight, count: Array) -> Any:
    return weight(count) if callable(weight) else weight


def _is_ours(node: Any) -> bool:
    return isinstance(node, SplittingState)
