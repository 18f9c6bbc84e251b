"""The minimax concave penalty, between l0 and l1."""

from typing import ClassVar

import jax.numpy as jnp
from mpmath import mpf

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.penalties.pieces import beyond
from rvsjax.types import Array, pytree

__all__ = ["MCP"]


@pytree
class MCP:
    """``P(u) = sum_j |u_j| - u_j^2/(2 gamma)`` up to gamma, then ``gamma/2``.

    Source: Zhang 2010, with slope 1 at 0.
    """

    thresholded: ClassVar[bool] = True

    gamma: Array  # scalar, above 0

    def __post_init__(self) -> None:
        """Refuse a knot that is known and not above 0."""
        for gamma in numbers.flat(self.gamma):
            numbers.refuse("MCP: gamma", gamma, above=0)
        object.__setattr__(self, "gamma", numbers.computable(self.gamma))

    def value(self, u: Array) -> Array:
        """Return the sum of ``x - x^2/(2 gamma)``, ``x = min(|u_j|, gamma)``."""
        x = jnp.minimum(jnp.abs(u), self.gamma)
        return jnp.sum(x - x**2 / (2 * self.gamma))

    def threshold(self, m: Array) -> Array:
        """Return ``m`` for ``m < gamma``, else ``sqrt(gamma m)``."""
        large = jnp.maximum(m, self.gamma)  # the root has no slope at m = 0
        return jnp.where(m < self.gamma, m, jnp.sqrt(self.gamma * large))

    def jump(self, m: Array) -> Array:
        """Return 0 for ``m < gamma``, else the threshold: beyond, the prox is x."""
        return jnp.where(m < self.gamma, 0, self.threshold(m))

    def branch(self, x: Array, m: Array) -> Array:
        """Return x beyond gamma, ``sgn(x) (|x| - m)/(1 - m/gamma)`` below."""
        soft = m < self.gamma
        share = jnp.where(soft, m / self.gamma, 0)
        inner = jnp.where(soft, jnp.sign(x) * (jnp.abs(x) - m) / (1 - share), 0)
        return jnp.where(jnp.abs(x) <= self.gamma, inner, x)  # also NaN

    def smaller_root(self, x: Array, largest: Array, m: Array) -> Array:
        """Return ``(m - x)/(m/gamma - 1)`` for x in ``(gamma, m)``."""
        two = (x > self.gamma) & (x < m)
        bend = jnp.where(two, m / self.gamma - 1, 1)
        return jnp.where(two, (m - x) / bend, largest)

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` beyond the threshold, else 0; NaN where x or m is."""
        return beyond(x, m, self.threshold(m), self.branch(x, m))

    @staticmethod
    def exact(m, gamma):
        """Return the same in mpmath's numbers."""
        within = m < gamma

        def branch(x):
            return gamma * (x - m) / (gamma - m) if within and x < gamma else x

        return ExactProx(
            value=lambda u: u - u**2 / (2 * gamma) if u < gamma else gamma / 2,
            threshold=m if within else mp.sqrt(gamma * m),
            branch=branch,
            slope=lambda x: gamma / (gamma - m) if within and x < gamma else mpf(1),
        )
