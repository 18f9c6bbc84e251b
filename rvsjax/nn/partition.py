"""Penalised leaves of a network, and trees that hold a part of its leaves.

Where such a tree lacks a leaf it has a hole, an `optax.MaskedNode`; it has None where
the network holds something that is no array.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

__all__ = ["has_holes", "is_array", "is_hole", "kernels", "over", "penalised"]


def penalised(params: Any, mask: Any) -> Any:
    """Return a bool for each leaf of the parameters; `relaxed_splitting` says which."""
    if not jax.tree.leaves(params):
        return params  # also the placeholder of `optax.tree_map_params`
    if any(map(callable, jax.tree.leaves(mask))):  # a module of bools is callable
        mask = mask(params)
    if mask is None:
        return jax.tree.map(lambda w: _is_real(w) and jnp.ndim(w) >= 2, params)
    try:
        return jax.tree.map(
            lambda p, part: jax.tree.map(lambda w: bool(p) and _is_real(w), part),
            *(mask, params),
            is_leaf=lambda p: p is None,
        )
    except ValueError as error:
        raise ValueError(
            "relaxed_splitting: the mask does not fit the parameters; it must be a "
            "tree of bools shaped like them, or a prefix of it, or a function of them"
        ) from error


def kernels(params: Any) -> Any:
    """Return the leaves that are penalised by default, and holes elsewhere."""
    return jax.tree.map(
        lambda w, chosen: w if chosen else optax.MaskedNode(),
        *(params, penalised(params, None)),
    )


def is_array(w: Any) -> bool:
    """Say whether a leaf is an array or a number: what a state can hold."""
    return hasattr(w, "dtype") or isinstance(w, int | float)


def _is_real(w: Any) -> bool:
    return hasattr(w, "dtype") and jnp.issubdtype(w.dtype, jnp.floating)


def is_hole(node: Any) -> bool:
    """Say whether a tree has no leaf here."""
    return isinstance(node, optax.MaskedNode)


def has_holes(tree: Any) -> bool:
    """Say whether a tree has a hole anywhere."""
    return any(is_hole(leaf) for leaf in jax.tree.leaves(tree, is_leaf=is_hole))


def over(u: Any, below: Any) -> Any:
    """Return u, and where it has a hole, what lies below it."""
    return jax.tree.map(
        lambda top, part: part if is_hole(top) else top, u, below, is_leaf=is_hole
    )
