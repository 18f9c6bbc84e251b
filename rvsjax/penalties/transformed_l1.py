"""Transformed l1, between l0 and l1 (Lemma 8)."""

from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.types import Array, pytree

__all__ = ["TransformedL1", "sine_of_third"]


@pytree
class TransformedL1:
    """``P(u) = sum_j (a + 1) |u_j| / (a + |u_j|)`` with ``a > 0``.

    It tends to l0 as ``a -> 0`` and to l1 as ``a -> infinity``.
    """

    thresholded: ClassVar[bool] = True

    a: Array  # scalar, above 0

    def __post_init__(self) -> None:
        """Refuse a shape that is known and not above 0."""
        for a in numbers.flat(self.a):
            numbers.refuse("TransformedL1: a", a, above=0)
        object.__setattr__(self, "a", numbers.computable(self.a))

    def value(self, u: Array) -> Array:
        """Return ``sum_j (a + 1) |u_j| / (a + |u_j|)``."""
        return jnp.sum((self.a + 1) * jnp.abs(u) / (self.a + jnp.abs(u)))

    def threshold(self, m: Array) -> Array:
        """Return ``t*``: the prox is 0 exactly where ``|x| <= t*`` (Lemma 8)."""
        a = self.a
        edge = a**2 / (2 * (a + 1))
        large = jnp.maximum(m, edge)  # the root has no slope at m = 0
        beyond = jnp.sqrt(2 * large * (a + 1)) - a / 2
        return jnp.where(m <= edge, m * (a + 1) / a, beyond)

    def jump(self, m: Array) -> Array:
        """Return ``sqrt(2 m (a + 1)) - a``, 0 where ``m <= a^2 / (2 (a + 1))``.

        As ``(2 m (a + 1) - a^2) / (sqrt(2 m (a + 1)) + a)``: 0 exactly there, and off
        by a few eps of ``sqrt(2 m (a + 1))`` beyond. Follows from Lemma 8.
        """
        a = self.a
        edge = a**2 / (2 * (a + 1))
        large = jnp.maximum(m, edge)  # the root has no slope at m = 0
        beyond = 2 * (a + 1) * (large - edge)
        return beyond / (jnp.sqrt(2 * large * (a + 1)) + a)

    def branch(self, x: Array, m: Array) -> Array:
        """Return the largest root of Lemma 8 to rounding, for every a.

        ``sgn(x) (|x| - delta)`` with ``delta = m a (a+1) / z^2``, ``z = a + |u|``.
        First z is the closed form ``(a+|x|) (1 - 4/3 sin^2(phi/6))`` with
        ``sin^2(phi/2) = 27 m a (a+1) / (4 (a+|x|)^3)``. The paper's form
        ``2/3 (a+|x|) cos(phi/3) - 2a/3 + |x|/3`` is the same number, but loses digits
        for large a. Where the square is over 1 there is no root, and u is 0.
        """
        return jnp.sign(x) * _root(jnp.abs(x), m, self.a)

    def smaller_root(self, x: Array, largest: Array, m: Array) -> Array:
        """Return the other root, from ``z^3 - (a + x) z^2 + m a (a + 1) = 0``.

        That is the equation of ``z = a + u``, two roots of which are above 0.
        """
        del m
        z, p = self.a + largest, jnp.maximum(x - largest, 0)
        return (p + jnp.sqrt(p * (p + 4 * z))) / 2 - self.a

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` where ``|x| > t*``, else 0; NaN where x is."""
        u = self.branch(x, m)
        crosses = u * x < 0  # by rounding, next to t*
        return jnp.where((jnp.abs(x) <= self.threshold(m)) | crosses, 0, u)

    @staticmethod
    def exact(m: Any, a: Any) -> ExactProx:
        """Return the same in mpmath's numbers, by the cosine of Lemma 8."""
        edge = a**2 / (2 * (a + 1))

        def branch(x: Any) -> Any:
            s = a + x
            phi = mp.acos(max(1 - 27 * m * a * (a + 1) / (2 * s**3), -1))
            return 2 * s * mp.cos(phi / 3) / 3 - 2 * a / 3 + x / 3

        return ExactProx(
            value=lambda u: (a + 1) * u / (a + u),
            threshold=m * (a + 1) / a
            if m <= edge
            else mp.sqrt(2 * m * (a + 1)) - a / 2,
            branch=branch,
            slope=lambda x: 1 / (1 - 2 * m * a * (a + 1) / (a + branch(x)) ** 3),
        )


@jax.custom_jvp
@jax.jit  # a program asks for it in eight places: traced once, it compiles faster
def _root(x: Array, m: Array, a: Array) -> Array:
    """Return the largest u with ``u + m a (a+1) / (a+u)^2 = x``, x >= 0, elementwise.

    Newton's step on the closed form: its delta has all its digits for any z that is
    nearly right. Next to a double root, where the slope is rounding, it is not taken.
    """
    s, scale = a + x, m * (a * (a + 1))
    sine = sine_of_third(jnp.sqrt(jnp.minimum(27 * scale / (4 * s**3), 1)))
    u = x - 4 / 3 * s * sine**2
    z = a + u
    delta = scale / z**2
    twice = 2 * delta / z
    steep = 1 - twice > jnp.sqrt(jnp.finfo(s.dtype).eps) * 8
    rest = (u - x + delta) / jnp.where(steep, 1 - twice, 1)
    u = jnp.where(steep, x - (delta + twice * rest), u)
    return jnp.where(x < jnp.inf, u, x)  # also NaN


@_root.defjvp
def _slopes_of_root(point, tangents):  # type: ignore[no-untyped-def]
    """Differentiate ``u + m a (a+1) / z^2 = x``; 0 where there is no root."""
    [x, m, a], [dx, dm, da] = point, tangents
    u = _root(x, m, a)
    z = a + u
    inverse = 1 - 2 * m * a * (a + 1) / z**3
    slope = jnp.where(inverse > 0, 1 / jnp.where(inverse > 0, inverse, 1), 0)
    by_m = a * (a + 1) / z**2
    by_a = m * ((2 * a + 1) - 2 * a * (a + 1) / z) / z**2
    return u, slope * (dx - by_m * dm - by_a * da)


def sine_of_third(s: Array) -> Array:
    """Return ``sin(arcsin(s) / 3)`` for s in [0, 1], to rounding, elementwise.

    The root y in [0, 1/2] of ``3 y - 4 y^3 = s``, by Newton's method: first for
    ``z = 1/2 - y`` from ``sqrt((1 - s)/6)``, good near s = 1 where the slope of y is
    infinite, then for y itself where it is small. With arcsin and sin a whole step of
    a run took 87 instead of 52 microseconds (blocks of 16, d = 50, float64, 2 cores).
    """
    gap = 1 - s
    z = jnp.sqrt(gap / 6)
    for _ in range(4):
        z = z - (6 * z**2 - 4 * z**3 - gap) / (12 * z * (1 - z) + (z == 0))
    y = 0.5 - z
    return jnp.where(s < 0.5, (s - 8 * y**3) / (3 - 12 * y**2), y)
