"""The power 1/2 of the magnitudes."""

from typing import ClassVar

import jax.numpy as jnp

from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.penalties.pieces import beyond, polished
from rvsjax.types import Array, pytree

__all__ = ["LHalf"]


@pytree
class LHalf:
    """``P(u) = sum_j |u_j|^(1/2)``. Source: Xu, Chang, Xu and Zhang 2012."""

    thresholded: ClassVar[bool] = True

    def value(self, u: Array) -> Array:
        """Return ``sum_j |u_j|^(1/2)``."""
        return jnp.sum(jnp.sqrt(jnp.abs(u)))

    def threshold(self, m: Array) -> Array:
        """Return ``(3/2) m^(2/3)``."""
        return 1.5 * jnp.cbrt(m) ** 2

    def jump(self, m: Array) -> Array:
        """Return ``m^(2/3)``: two thirds of the threshold."""
        return jnp.cbrt(m) ** 2

    def branch(self, x: Array, m: Array) -> Array:
        """Return the largest root of ``u + m/(2 sqrt(u)) = |x|``, or 0.

        ``s = sqrt(u)`` solves ``s^3 - |x| s + m/2 = 0``: Newton's method from
        ``sqrt(|x|)``, where the left side is convex and positive, falls to it.
        """
        size = jnp.abs(x)
        there = (size > 0) & (size < jnp.inf) & (size >= 3 * jnp.cbrt(m / 4) ** 2)
        near = jnp.where(there, size, 1)
        s, least = jnp.sqrt(near), jnp.sqrt(near / 3)
        for _ in range(6):
            fall = jnp.maximum(3 * s**2 - near, 1e-6 * near)
            s = jnp.maximum(s - (s**3 - near * s + m / 2) / fall, least)
        u = jnp.where(there, s**2, jnp.where(size < jnp.inf, 0, size))
        root = polished(
            u, size, m, lambda u: 0.5 / jnp.sqrt(u), lambda u: -0.25 / u**1.5
        )
        return jnp.sign(x) * root

    def smaller_root(self, x: Array, largest: Array, m: Array) -> Array:
        """Return the other root: the three of the cubic in s add up to 0."""
        del m
        s = jnp.sqrt(largest)
        other = (jnp.sqrt(jnp.maximum(4 * x - 3 * largest, 0)) - s) / 2
        return jnp.where(largest > 0, jnp.maximum(other, 0) ** 2, largest)

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` beyond the threshold, else 0; NaN where x or m is."""
        return beyond(x, m, self.threshold(m), self.branch(x, m))

    @staticmethod
    def exact(m):
        """Return the same in mpmath's numbers, by the cosine of a third."""

        def branch(x):
            phi = mp.acos(m / 4 * mp.sqrt(3 / x) ** 3)
            return 2 * x / 3 * (1 + mp.cos(2 * mp.pi / 3 - 2 * phi / 3))

        return ExactProx(
            value=mp.sqrt,
            threshold=3 * mp.cbrt(m) ** 2 / 2,
            branch=branch,
            slope=lambda x: 1 / (1 - m / (4 * mp.sqrt(branch(x)) ** 3)),
        )
