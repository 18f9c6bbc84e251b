"""Sparsity penalties: value and proximal operator side by side.

Every prox is the minimiser ``prox(x, m) = argmin_u m P(u) + |u - x|^2 / 2``, coordinate
by coordinate. Where the minimiser jumps it is not unique; the convention is 0.
Source: Dinh and Xin 2020, Lemma 8 (transformed l1), Lemma 9 (l0).
"""

import jax.numpy as jnp

from rvsjax.types import Array, pytree

__all__ = ["L0", "L1", "NoPenalty", "TransformedL1"]


@pytree
class L1:
    """``P(u) = sum_j |u_j|``; its prox is soft thresholding."""

    def value(self, u: Array) -> Array:
        """Return ``sum_j |u_j|``."""
        return jnp.sum(jnp.abs(u))

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``sgn(x) max(|x| - m, 0)``."""
        return jnp.sign(x) * jnp.maximum(jnp.abs(x) - m, 0)


@pytree
class L0:
    """``P(u) = #{j : u_j != 0}``; its prox is hard thresholding (Lemma 9)."""

    def value(self, u: Array) -> Array:
        """Return the number of nonzero entries, in the dtype of ``u``."""
        return jnp.sum((u != 0).astype(u.dtype))

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``x`` where ``|x| > sqrt(2 m)``, else 0."""
        return jnp.where(jnp.abs(x) > jnp.sqrt(2 * m), x, 0)


@pytree
class TransformedL1:
    """``P(u) = sum_j (a + 1) |u_j| / (a + |u_j|)`` with ``a > 0``.

    It tends to l0 as ``a -> 0`` and to l1 as ``a -> infinity``.
    """

    a: Array

    def value(self, u: Array) -> Array:
        """Return ``sum_j (a + 1) |u_j| / (a + |u_j|)``."""
        return jnp.sum((self.a + 1) * jnp.abs(u) / (self.a + jnp.abs(u)))

    def threshold(self, m: Array) -> Array:
        """Return ``t*``: the prox is 0 exactly where ``|x| <= t*`` (Lemma 8)."""
        a = self.a
        small = m <= a**2 / (2 * (a + 1))
        return jnp.where(small, m * (a + 1) / a, jnp.sqrt(2 * m * (a + 1)) - a / 2)

    def prox(self, x: Array, m: Array) -> Array:
        """Return the closed form of Lemma 8, written without cancellation.

        ``sgn(x) (|x| - 4/3 (a+|x|) sin^2(phi/6))`` above the threshold, with
        ``cos(phi) = 1 - 27 m a (a+1) / (2 (a+|x|)^3)``. The paper's form
        ``2/3 (a+|x|) cos(phi/3) - 2a/3 + |x|/3`` is the same number, but loses digits
        for large a.
        """
        a, size = self.a, jnp.abs(x)
        half = 27 * m * a * (a + 1) / (4 * (a + size) ** 3)  # sin^2(phi/2)
        phi = 2 * jnp.arcsin(jnp.sqrt(jnp.minimum(half, 1)))  # over 1 only where u = 0
        root = size - 4 / 3 * (a + size) * jnp.sin(phi / 6) ** 2
        return jnp.where(size > self.threshold(m), jnp.sign(x) * root, 0)


@pytree
class NoPenalty:
    """``P(u) = 0``; its prox is the identity."""

    def value(self, u: Array) -> Array:
        """Return 0."""
        return jnp.zeros((), u.dtype)

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``x``."""
        del m
        return x
