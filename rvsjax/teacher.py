"""The teacher network and its population quantities under Gaussian inputs.

Input ``Z (k, d)`` has independent rows ``Z_i ~ N(0, I_d)``; the output is
``y(w, Z) = sum_i 1[Z_i . w > 0]`` (or the mean over i), and the sample loss
``(y(w, Z) - y(w_star, Z))^2 / 2``. Source: Dinh and Xin 2020, Section 2.
"""

import math

import jax.numpy as jnp

from rvsjax.types import Array, pytree, static

__all__ = [
    "READOUTS",
    "Teacher",
    "angle",
    "direction_at",
    "slope",
    "sparse_direction",
    "unit",
]

READOUTS = ("sum", "mean")


def slope(k: int, readout: str) -> float:
    """Return K, ``k / (2 pi)`` for a sum of patches, ``1 / (2 pi k)`` for a mean."""
    return (k if readout == "sum" else 1 / k) / (2 * math.pi)


def unit(x: Array) -> Array:
    """Return ``x / |x|``, shape ``(d,)``; NaN where ``x = 0``."""
    return x / jnp.linalg.norm(x)


def angle(a: Array, b: Array) -> Array:
    """Return the angle of two unit vectors in radians, ``2 atan2(|a - b|, |a + b|)``.

    Accurate to rounding near 0 and pi, where arccos loses half of the digits. A length
    that is off by ``e`` moves the result by ``e`` at most, and only near 0 and pi.
    """
    return 2 * jnp.arctan2(jnp.linalg.norm(a - b), jnp.linalg.norm(a + b))


@pytree
class Teacher:
    """A no-overlap network with one binarised hidden layer and a shared filter."""

    w_star: Array  # (d,), unit length
    k: int = static()
    readout: str = static(default="sum")

    @property
    def K(self) -> float:  # noqa: N802 (the paper's constant)
        """``k / (2 pi)`` for the sum over patches; 1/k in place of k for the mean."""
        return slope(self.k, self.readout)

    def theta(self, w: Array) -> Array:
        """Return the angle of ``w`` and the teacher in radians; NaN at ``w = 0``."""
        return angle(unit(w), self.w_star)

    def loss(self, w: Array) -> Array:
        """Return the population loss ``f(w) = K theta(w, w_star)``."""
        return self.K * self.theta(w)

    def gradient(self, w: Array) -> Array:
        """Return the true gradient ``-K t / |w|``, shape ``(d,)``.

        ``t`` is the unit vector of ``(I - w w' / |w|^2) w_star``. There is no gradient
        at theta = 0, theta = pi and w = 0: the result is NaN or has no digit right.
        """
        direction = unit(w)
        across = self.w_star - jnp.dot(direction, self.w_star) * direction
        return -self.K * unit(across) / jnp.linalg.norm(w)

    def coarse_gradient(self, w: Array) -> Array:
        """Return the expected coarse gradient ``E g(w) = K (w/|w| - w_star)``.

        Equation (8) and Lemma 2, with the surrogate slope ``c = sqrt(2/pi)``. Shape
        ``(d,)``; NaN at ``w = 0``.
        """
        return self.K * (unit(w) - self.w_star)


def sparse_direction(ranks: Array, values: Array, nnz: Array) -> Array:
    """Return a unit vector ``(d,)`` that keeps the ``values`` of the lowest ``ranks``.

    From two rows of independent Gaussians: ``nnz`` of them at a random support. The
    supports of one draw are nested in ``nnz``.
    """
    order = jnp.sum(ranks[:, None] > ranks[None, :], axis=1)
    return unit(jnp.where(order < nnz, values, 0))


def direction_at(theta: Array, w_star: Array, values: Array) -> Array:
    """Return a unit vector ``(d,)`` at the angle ``theta`` to the teacher.

    Its direction around the teacher is that of ``values``, a row of Gaussians: uniform.
    In one dimension, where there is none, the teacher or its opposite.
    """
    across = values - jnp.dot(values, w_star) * w_star
    across = jnp.where(jnp.any(across != 0), unit(across), 0)
    return unit(jnp.cos(theta) * w_star + jnp.sin(theta) * across)
