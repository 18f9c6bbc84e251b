"""SCAD, the smoothly clipped absolute deviation."""

from typing import ClassVar

import jax.numpy as jnp
from mpmath import mpf

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.penalties.pieces import beyond, steepest_in
from rvsjax.types import Array, pytree

__all__ = ["SCAD"]


@pytree
class SCAD:
    """``P(u) = sum_j p(|u_j|)`` with three pieces, knots s and a s.

    p is x up to s, ``(2 a s x - x^2 - s^2)/(2 (a - 1) s)`` up to a s, then
    ``(a + 1) s/2``; ``a > 2``, s the knot. Its prox has two branches at one x where
    ``(a - 1) s <= m < (a + 1) s``. Source: Fan and Li 2001, with slope 1 at 0.
    """

    thresholded: ClassVar[bool] = True

    a: Array  # scalar, above 2
    knot: Array  # scalar, above 0

    def __post_init__(self) -> None:
        """Refuse shapes that are known and not above 2, and 0."""
        for a in numbers.flat(self.a):
            numbers.refuse("SCAD: a", a, above=2)
        for knot in numbers.flat(self.knot):
            numbers.refuse("SCAD: knot", knot, above=0)
        for name in ("a", "knot"):
            object.__setattr__(self, name, numbers.computable(getattr(self, name)))

    def value(self, u: Array) -> Array:
        """Return the sum of p over ``|u_j|``."""
        a, s, x = self.a, self.knot, jnp.minimum(jnp.abs(u), self.a * self.knot)
        bent = (2 * a * s * x - x**2 - s**2) / (2 * (a - 1) * s)
        return jnp.sum(jnp.where(x <= s, x, bent))

    def threshold(self, m: Array) -> Array:
        """Return ``m`` for ``m < (a + 1) s``, else ``sqrt(m (a + 1) s)``."""
        flat = (self.a + 1) * self.knot
        return jnp.where(m < flat, m, jnp.sqrt(jnp.maximum(m, flat) * flat))

    def jump(self, m: Array) -> Array:
        """Return the threshold where ``m >= (a + 1) s``, else 0."""
        return jnp.where(m < (self.a + 1) * self.knot, 0, self.threshold(m))

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``|x| - m``, then the piece between the knots, then x."""
        a, s, size = self.a, self.knot, jnp.abs(x)
        bent = m < (a - 1) * s
        room = jnp.where(bent, (a - 1) * s - m, 1)
        inner = x - jnp.sign(x) * m * (a * s - size) / room
        soft = jnp.sign(x) * (size - m)
        low = jnp.where(bent, s + m, (m + (a + 1) * s) / 2)
        middle = jnp.where(bent & (size <= a * s), inner, x)
        return jnp.where((size <= low) & (m < (a + 1) * s), soft, middle)

    def steepest(self, x: Array, m: Array, radius: Array) -> Array:
        """Return the largest slope of the prox within a radius of each x, a scalar.

        Infinite where it jumps there.
        """
        a, s, size = self.a, self.knot, jnp.abs(x)
        bent, flat = m < (a - 1) * s, (a + 1) * s
        inner = jnp.where(bent, (a - 1) * s / jnp.where(bent, (a - 1) * s - m, 1), 1)
        middle = (size + radius > s + m) & (size - radius < a * s) & bent
        place = jnp.where(m < flat, jnp.where(bent, jnp.inf, (m + flat) / 2), jnp.inf)
        place = jnp.where(m < flat, place, self.threshold(m))
        jumps = steepest_in(x, radius, place[None], jnp.full((1,), jnp.inf))
        slopes = jnp.where(middle, inner, size + radius > self.threshold(m))
        return jnp.max(jnp.maximum(slopes, jumps))

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` beyond the threshold, else 0; NaN where x or m is."""
        return beyond(x, m, self.threshold(m), self.branch(x, m))

    @staticmethod
    def exact(m, a, knot):
        """Return the same in mpmath's numbers."""
        s, flat = knot, (a + 1) * knot
        bent, edge = m < (a - 1) * s, (m + flat) / 2

        def value(u):
            if u <= s:
                return u
            middle = s + (u - s) * (2 * a * s - u - s) / (2 * (a - 1) * s)
            return middle if u <= a * s else flat / 2

        def branch(x):
            if bent and s + m < x < a * s:
                return x - m * (a * s - x) / ((a - 1) * s - m)
            low = s + m if bent else edge
            return x - m if m < flat and x <= low else x

        def slope(x):
            inside = bent and s + m <= x < a * s
            return 1 + m / ((a - 1) * s - m) if inside else mpf(1)

        return ExactProx(
            value=value,
            threshold=m if m < flat else mp.sqrt(m * flat),
            branch=branch,
            slope=slope,
            breaks=() if bent or m >= flat else (edge,),
            kinks=(s + m,) if bent else (),
        )
