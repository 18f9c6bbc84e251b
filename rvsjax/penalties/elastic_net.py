"""The elastic net: l1 with a ridge, whose prox is soft thresholding, shortened."""

from typing import ClassVar

import jax.numpy as jnp

from rvsjax.penalties.exact import ExactProx
from rvsjax.types import Array, pytree

__all__ = ["ElasticNet"]


@pytree
class ElasticNet:
    """``P(u) = sum_j |u_j| + (ridge/2) u_j^2`` with ``ridge >= 0``.

    Source: Zou and Hastie 2005.
    """

    convex: ClassVar[bool] = True

    ridge: Array  # scalar

    def value(self, u: Array) -> Array:
        """Return ``sum_j |u_j| + (ridge/2) u_j^2``."""
        return jnp.sum(jnp.abs(u) + self.ridge / 2 * u**2)

    def threshold(self, m: Array) -> Array:
        """Return ``m``: the prox is 0 exactly where ``|x| <= m``."""
        return m

    def jump(self, m: Array) -> Array:
        """Return 0: the prox is continuous."""
        return jnp.zeros_like(m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``sgn(x) (|x| - m) / (1 + m ridge)``."""
        return jnp.sign(x) * (jnp.abs(x) - m) / (1 + m * self.ridge)

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` where ``|x| > m``, else 0."""
        return jnp.sign(x) * jnp.maximum(jnp.abs(x) - m, 0) / (1 + m * self.ridge)

    @staticmethod
    def exact(m, ridge):
        """Return the same in mpmath's numbers."""
        return ExactProx(
            value=lambda u: u + ridge * u**2 / 2,
            threshold=m,
            branch=lambda x: (x - m) / (1 + m * ridge),
            slope=lambda x: 1 / (1 + m * ridge),
        )
