"""No penalty at all, whose prox is the identity."""

from typing import ClassVar

import jax.numpy as jnp

from rvsjax.types import Array, pytree

__all__ = ["NoPenalty"]


@pytree
class NoPenalty:
    """``P(u) = 0``; its prox is the identity."""

    convex: ClassVar[bool] = True

    def value(self, u: Array) -> Array:
        """Return 0."""
        return jnp.zeros((), u.dtype)

    def threshold(self, m: Array) -> Array:
        """Return 0."""
        return jnp.zeros_like(m)

    def jump(self, m: Array) -> Array:
        """Return 0: the prox is continuous."""
        return jnp.zeros_like(m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``x``."""
        del m
        return x

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``x``."""
        del m
        return x
