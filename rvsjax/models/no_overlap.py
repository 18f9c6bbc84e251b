"""The teacher network and its population quantities under Gaussian inputs.

Input ``Z (k, d)`` has independent rows ``Z_i ~ N(0, I_d)``; the output is
``y(w, Z) = sum_i 1[Z_i . w > 0]`` (or the mean over i), and the sample loss
``(y(w, Z) - y(w_star, Z))^2 / 2``. Source: Dinh and Xin 2020, Section 2.
"""

import math

import jax.numpy as jnp
import numpy as np

from rvsjax.environment import numbers
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

MOST_PATCHES = 2**53
"""The most patches whose number is exact in float64."""


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


def _unit_length(w_star: Array) -> Array:
    """Return the teacher, a list as an array; ValueError where its length is not 1.

    Half of the digits are asked for. NaN, and what is traced, is taken as it comes.
    """
    if not numbers.is_known(w_star):
        return w_star
    w_star = numbers.vector("Teacher: w_star", w_star)
    length = np.linalg.norm(np.asarray(w_star, np.float64), axis=-1)
    off = np.abs(length - 1) > float(jnp.finfo(w_star.dtype).eps) ** 0.5
    if np.any(off):
        raise ValueError(
            f"Teacher: w_star has the length {length[off][0]:g}; it must be 1: give "
            "rvsjax.models.no_overlap.unit(w_star)"
        )
    return w_star


@pytree
class Teacher:
    """A no-overlap network with one binarised hidden layer and a shared filter.

    Raises ValueError where it is made with a w_star that is known and not of length 1,
    a k that is not whole or above `MOST_PATCHES`, or a readout not in `READOUTS`.
    """

    w_star: Array  # (d,), unit length
    k: int = static()
    readout: str = static(default="sum")

    def __post_init__(self) -> None:
        """Refuse what is no teacher: the angle to it would be another, in silence."""
        object.__setattr__(self, "w_star", _unit_length(self.w_star))
        object.__setattr__(
            self, "k", numbers.whole("Teacher: k", self.k, 1, MOST_PATCHES)
        )
        if self.readout not in READOUTS:
            what = f"is {self.readout!r}; it must be 'sum' or 'mean'"
            raise ValueError(f"Teacher: readout {what}")

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
