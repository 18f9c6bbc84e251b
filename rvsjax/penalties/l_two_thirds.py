"""The power 2/3 of the magnitudes."""

from typing import ClassVar

import jax.numpy as jnp

from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.penalties.pieces import beyond, polished
from rvsjax.types import Array, pytree

__all__ = ["LTwoThirds"]


@pytree
class LTwoThirds:
    """``P(u) = sum_j |u_j|^(2/3)``. Source: Cao, Sun and Xu 2013."""

    thresholded: ClassVar[bool] = True

    def value(self, u: Array) -> Array:
        """Return ``sum_j |u_j|^(2/3)``."""
        return jnp.sum(jnp.cbrt(jnp.abs(u)) ** 2)

    def threshold(self, m: Array) -> Array:
        """Return ``2 (2 m/3)^(3/4)``."""
        return 2 * self.jump(m)

    def jump(self, m: Array) -> Array:
        """Return ``(2 m/3)^(3/4)``: half of the threshold."""
        root = jnp.sqrt(2 * m / 3)
        return root * jnp.sqrt(root)

    def branch(self, x: Array, m: Array) -> Array:
        """Return the largest root of ``u + (2 m/3) u^(-1/3) = |x|``, or 0.

        ``y = u^(1/3)`` solves ``y^4 - |x| y + 2 m/3 = 0``: Newton's method from
        ``|x|^(1/3)``, where the left side is convex and positive, falls to it.
        """
        size, c = jnp.abs(x), 2 * m / 3
        least = jnp.cbrt(size / 4)  # where the left side is least
        there = (size > 0) & (size < jnp.inf) & (3 * least**4 >= c)
        near, least = jnp.where(there, size, 1), jnp.where(there, least, 0.6)
        y = jnp.cbrt(near)
        for _ in range(6):
            fall = jnp.maximum(4 * y**3 - near, 1e-6 * near)
            y = jnp.maximum(y - (y**4 - near * y + c) / fall, least)
        u = jnp.where(there, y**3, jnp.where(size < jnp.inf, 0, size))
        root = polished(
            *(u, size, m),
            lambda u: 2 / 3 / jnp.cbrt(u),
            lambda u: -2 / 9 / (u * jnp.cbrt(u)),
        )
        return jnp.sign(x) * root

    def smaller_root(self, x: Array, largest: Array, m: Array) -> Array:
        """Return the other root, ``z^3 + y z^2 + y^2 z = x - y^3`` in ``z = u^(1/3)``.

        The left side is convex and rises: Newton's method from above falls to it.
        """
        del m
        y = jnp.cbrt(jnp.where(largest > 0, largest, 1))
        right = jnp.maximum(x - y**3, 0)
        z = right / y**2
        for _ in range(8):
            z = z - (z**3 + y * z**2 + y**2 * z - right) / (3 * z**2 + 2 * y * z + y**2)
        return jnp.where(largest > 0, jnp.maximum(z, 0) ** 3, largest)

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` beyond the threshold, else 0; NaN where x or m is."""
        return beyond(x, m, self.threshold(m), self.branch(x, m))

    @staticmethod
    def exact(m):
        """Return the same in mpmath's numbers, by the cosine of a third."""

        def branch(x):
            if not m:
                return x
            phi = mp.acosh(27 * x**2 / 16 / mp.sqrt(2 * m) ** 3)
            big = 2 / mp.sqrt(3) * mp.root(2 * m, 4) * mp.sqrt(mp.cosh(phi / 3))
            return ((big + mp.sqrt(2 * x / big - big**2)) / 2) ** 3

        return ExactProx(
            value=lambda u: mp.cbrt(u) ** 2,
            threshold=2 * mp.root(2 * m / 3, 4) ** 3,
            branch=branch,
            slope=lambda x: 1 / (1 - 2 * m / 9 / mp.cbrt(branch(x)) ** 4),
        )
