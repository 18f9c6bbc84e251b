"""Sparsity penalties: value and proximal operator side by side.

Every prox is the minimiser ``prox(x, m) = argmin_u m P(u) + |u - x|^2 / 2``, coordinate
by coordinate: 0 up to a threshold, beyond it the largest root of ``u + m P'(u) = x``,
the branch. Where the minimiser jumps it is not unique; the convention is 0.
Source: Dinh and Xin 2020, Lemma 8 (transformed l1), Lemma 9 (l0). `Largest`, a limit on
the number of entries, is the one that is not made of coordinates.
"""

import jax
import jax.numpy as jnp

from rvsjax.types import Array, pytree

__all__ = ["L0", "L1", "Largest", "NoPenalty", "TransformedL1"]


@pytree
class L1:
    """``P(u) = sum_j |u_j|``; its prox is soft thresholding."""

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


@pytree
class L0:
    """``P(u) = #{j : u_j != 0}``; its prox is hard thresholding (Lemma 9)."""

    def value(self, u: Array) -> Array:
        """Return the number of nonzero entries, in the dtype of ``u``."""
        return jnp.sum((u != 0).astype(u.dtype))

    def threshold(self, m: Array) -> Array:
        """Return ``sqrt(2 m)``: the prox is 0 exactly where ``|x| <= sqrt(2 m)``."""
        return jnp.sqrt(2 * m)

    def jump(self, m: Array) -> Array:
        """Return ``sqrt(2 m)``, the prox just beyond the threshold."""
        return self.threshold(m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``x``, the prox beyond the threshold."""
        del m
        return x

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``x`` where ``|x| > sqrt(2 m)``, else 0."""
        return jnp.where(jnp.abs(x) > self.threshold(m), x, 0)


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

    def jump(self, m: Array) -> Array:
        """Return ``max(sqrt(2 m (a + 1)) - a, 0)``, the prox beyond the threshold."""
        return jnp.maximum(jnp.sqrt(2 * m * (self.a + 1)) - self.a, 0)

    def branch(self, x: Array, m: Array) -> Array:
        """Return the closed form of Lemma 8, written without cancellation.

        ``sgn(x) (|x| - 4/3 (a+|x|) sin^2(phi/6))`` with
        ``sin^2(phi/2) = 27 m a (a+1) / (4 (a+|x|)^3)``. The paper's form
        ``2/3 (a+|x|) cos(phi/3) - 2a/3 + |x|/3`` is the same number, but loses digits
        for large a. Where the square is over 1 there is no root, and u is 0.
        """
        a, size = self.a, jnp.abs(x)
        square = 27 * m * a * (a + 1) / (4 * (a + size) ** 3)
        sine = sine_of_third(jnp.sqrt(jnp.minimum(square, 1)))
        return jnp.sign(x) * (size - 4 / 3 * (a + size) * sine**2)

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` where ``|x| > t*``, else 0."""
        return jnp.where(jnp.abs(x) > self.threshold(m), self.branch(x, m), 0)


@jax.custom_jvp
@jax.jit  # a program asks for it in eight places: traced once, it compiles faster
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


@sine_of_third.defjvp
def _slope_of_third(point, tangent):  # type: ignore[no-untyped-def]
    """Return ``cos(phi/3) / (3 cos(phi))`` times the tangent, with phi = arcsin(s)."""
    [s], [ds] = point, tangent
    y = sine_of_third(s)
    return y, jnp.sqrt((1 - y**2) / ((1 - s) * (1 + s))) / 3 * ds


@pytree
class NoPenalty:
    """``P(u) = 0``; its prox is the identity."""

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


@pytree
class Largest:
    """``P(u) = 0`` where u has at most s nonzero entries, infinite elsewhere.

    Its prox is the projection on such u, whatever m: the step of iterative hard
    thresholding (Blumensath and Davies 2009). Not separable: which entries stay depends
    on all of them.
    """

    s: Array  # scalar integer

    def value(self, u: Array) -> Array:
        """Return 0, which is right for every u that the prox returns; not checked."""
        return jnp.zeros((), u.dtype)

    def threshold(self, m: Array) -> Array:
        """Return 0: no threshold holds for every x. Where s >= d, it is the right one.

        Claims that rest on a threshold mean nothing here.
        """
        return jnp.zeros_like(m)

    def jump(self, m: Array) -> Array:
        """Return infinity: an entry leaves wherever another overtakes it."""
        return jnp.full_like(m, jnp.inf)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``x``, the prox at the entries that stay."""
        del m
        return x

    def prox(self, x: Array, m: Array) -> Array:
        """Return x with its s entries of largest magnitude, 0 elsewhere.

        Of equal magnitudes the lower index stays; all stay where ``s >= d``, none where
        ``s <= 0``. NaN counts as largest, so that it is not lost. O(d log d).
        """
        del m
        order = jnp.argsort(jnp.abs(x), descending=True, stable=True)
        return jnp.where(jnp.argsort(order) < self.s, x, 0)
