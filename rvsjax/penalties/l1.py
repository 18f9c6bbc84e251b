"""l1, whose prox is soft thresholding."""

from typing import Any, ClassVar

import jax.numpy as jnp
from mpmath import mpf

from rvsjax.penalties.exact import ExactProx
from rvsjax.types import Array, pytree

__all__ = ["L1"]


@pytree
class L1:
    """``P(u) = sum_j |u_j|``; its prox is soft thresholding."""

    convex: ClassVar[bool] = True
    thresholded: ClassVar[bool] = True

    def value(self, u: Array) -> Array:
        """Return ``sum_j |u_j|``."""
        return jnp.sum(jnp.abs(u))

    def threshold(self, m: Array) -> Array:
        """Return ``m``: the prox is 0 exactly where ``|x| <= m``."""
        return m

    def jump(self, m: Array) -> Array:
        """Return 0: the prox is continuous."""
        return jnp.zeros_like(m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``sgn(x) (|x| - m)``, the prox beyond the threshold."""
        return jnp.sign(x) * (jnp.abs(x) - m)

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``sgn(x) max(|x| - m, 0)``."""
        return jnp.sign(x) * jnp.maximum(jnp.abs(x) - m, 0)

    @staticmethod
    def exact(m: Any) -> ExactProx:
        """Return the same in mpmath's numbers."""
        return ExactProx(
            value=lambda u: u,
            threshold=m,
            branch=lambda x: x - m,
            slope=lambda x: mpf(1),
        )
