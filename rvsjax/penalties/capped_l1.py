"""Capped l1: l1 up to a size, constant beyond."""

from typing import ClassVar

import jax.numpy as jnp
from mpmath import mpf

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.penalties.pieces import beyond, steepest_in
from rvsjax.types import Array, pytree

__all__ = ["CappedL1"]


@pytree
class CappedL1:
    """``P(u) = sum_j min(|u_j|, cap)`` with ``cap > 0``.

    Its prox jumps from soft thresholding to x at one ``|x|``, the break. Source:
    Zhang 2010 (JMLR).
    """

    thresholded: ClassVar[bool] = True

    cap: Array  # scalar, above 0

    def __post_init__(self) -> None:
        """Refuse a cap that is known and not above 0."""
        for cap in numbers.flat(self.cap):
            numbers.refuse("CappedL1: cap", cap, above=0)
        object.__setattr__(self, "cap", numbers.computable(self.cap))

    def value(self, u: Array) -> Array:
        """Return ``sum_j min(|u_j|, cap)``."""
        return jnp.sum(jnp.minimum(jnp.abs(u), self.cap))

    def threshold(self, m: Array) -> Array:
        """Return ``m`` for ``m < 2 cap``, else ``sqrt(2 m cap)``."""
        twice = 2 * self.cap
        return jnp.where(m < twice, m, jnp.sqrt(jnp.maximum(m, twice) * twice))

    def jump(self, m: Array) -> Array:
        """Return the threshold where ``m >= 2 cap``, else 0."""
        return jnp.where(m < 2 * self.cap, 0, self.threshold(m))

    def break_at(self, m: Array) -> Array:
        """Return ``cap + m/2``, beyond which the prox is x; the threshold at most."""
        return jnp.where(m < 2 * self.cap, self.cap + m / 2, self.threshold(m))

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``sgn(x) (|x| - m)`` up to the break, x beyond."""
        soft = jnp.sign(x) * (jnp.abs(x) - m)
        return jnp.where(jnp.abs(x) <= self.break_at(m), soft, x)

    def steepest(self, x: Array, m: Array, radius: Array) -> Array:
        """Return 1 where an x within a radius is beyond the threshold, else 0.

        Infinite where the prox jumps within the radius.
        """
        place = jnp.where(m > 0, self.break_at(m), jnp.inf)
        jumps = steepest_in(x, radius, place[None], jnp.full((1,), jnp.inf))
        on = jnp.abs(x) + radius > self.threshold(m)
        return jnp.max(jnp.maximum(on.astype(x.dtype), jumps))

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` beyond the threshold, else 0; NaN where x or m is."""
        return beyond(x, m, self.threshold(m), self.branch(x, m))

    @staticmethod
    def exact(m, cap):
        """Return the same in mpmath's numbers."""
        two = 0 < m < 2 * cap
        return ExactProx(
            value=lambda u: min(u, cap),
            threshold=m if m < 2 * cap else mp.sqrt(2 * m * cap),
            branch=lambda x: x - m if two and x <= cap + m / 2 else x,
            slope=lambda x: mpf(1),
            breaks=(cap + m / 2,) if two else (),
        )
