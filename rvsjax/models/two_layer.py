"""A trainable second layer: loss and coarse gradients of the population.

Input ``Z (k, d)`` has independent rows ``Z_i ~ N(0, I_d)``; the output is
``y(v, w, Z) = sum_i v_i 1[Z_i . w > 0]`` and the sample loss
``(y(v, w, Z) - y(v_star, w_star, Z))^2 / 2``. Source: Yin, Lyu, Zhang, Osher, Qi and
Xin 2019 (ICLR, arXiv 1903.05662), Lemmas 1, 2, 4 and 7; clipped and window are derived
here.

Here v is the second layer, not the weights before they are normalised.
"""

import math
from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import erf

from rvsjax.models.no_overlap import angle, unit
from rvsjax.types import Array, pytree

__all__ = ["SURROGATES", "Shape", "TwoLayerTeacher"]

_DENSITY = 1 / math.sqrt(2 * math.pi)  # of a standard normal number at 0


class Shape(NamedTuple):
    """The derivative mu' that stands for that of the step, for arguments x."""

    two_sided: bool  # 1 for x < 0 as well
    bounded: bool  # 0 for |x| > 1


SURROGATES = {
    "relu": Shape(two_sided=False, bounded=False),  # 1[x > 0]
    "clipped": Shape(two_sided=False, bounded=True),  # 1[0 < x < 1]
    "identity": Shape(two_sided=True, bounded=False),  # 1
    "window": Shape(two_sided=True, bounded=True),  # 1[|x| <= 1]
}


class _Plane(NamedTuple):
    """Position of w, accurate at theta = 0 and pi, where sin(theta) is 0 exactly."""

    direction: Array  # (d,) w/|w|
    length: Array
    cos: Array
    sin: Array


def _plane(w: Array, w_star: Array) -> _Plane:
    """Return the cosine and sine of the angle of ``w`` and ``w_star`` from chords."""
    direction = unit(w)
    near = jnp.linalg.norm(direction - w_star)
    far = jnp.linalg.norm(direction + w_star)
    cos = (far - near) * (far + near) / 4
    return _Plane(direction, jnp.linalg.norm(w), cos, near * far / 2)


def _moments(shape: Shape, plane: _Plane) -> tuple[Array, Array, Array]:
    """Return alpha, p, q, for ``a = Z . w/|w|`` and ``b = Z . w_star``, one patch Z.

    ``E[1[a>0] mu'(|w| a) Z] = alpha w/|w|`` and
    ``E[1[b>0] mu'(|w| a) Z] = p w/|w| + q w_star``. With ``r = 1/|w|`` where mu' is
    bounded, else infinity, and ``E = exp(-r^2/2)``, ``sqrt(2 pi)`` times them are

        alpha = 1 - E
        p     = -E erf(r cot(theta)/sqrt(2)),    q = erf(r/(sqrt(2) sin(theta)))

    for a two-sided mu', and ``(alpha + p)/2``, ``q/2`` for a one-sided one.
    """
    alpha, p, q = jnp.ones_like(plane.cos), jnp.zeros_like(plane.cos), 1.0
    if shape.bounded:
        r = 1 / (math.sqrt(2) * plane.length)
        alpha = -jnp.expm1(-(r**2))
        p = -jnp.exp(-(r**2)) * erf(r * plane.cos / plane.sin)
        q = erf(r / plane.sin)
    if not shape.two_sided:
        p, q = (alpha + p) / 2, q / 2
    return _DENSITY * alpha, _DENSITY * p, _DENSITY * q * jnp.ones_like(alpha)


@pytree
class TwoLayerTeacher:
    """A no-overlap network with a shared filter and a second layer v, both trained."""

    v_star: Array  # (k,)
    w_star: Array  # (d,), unit length

    def theta(self, w: Array) -> Array:
        """Return the angle of ``w`` and the teacher in radians; NaN at ``w = 0``."""
        return angle(unit(w), self.w_star)

    def loss(self, v: Array, w: Array) -> Array:
        """Return the population loss, a scalar; NaN at ``w = 0``.

        ``f = ((1'(v - v*))^2 + |v - v*|^2)/8 + theta v'v*/(2 pi)``: Lemma 1, in a form
        that is accurate near its least value 0. v: ``(k,)``, w: ``(d,)``.
        """
        gap = v - self.v_star
        agreement = jnp.dot(v, self.v_star)
        squares = jnp.sum(gap) ** 2 + jnp.dot(gap, gap)
        return squares / 8 + self.theta(w) * agreement / (2 * math.pi)

    def gradient_v(self, v: Array, w: Array) -> Array:
        """Return ``df/dv = (v - v* + 1 1'(v - v*))/4 + theta v*/(2 pi)``, ``(k,)``."""
        gap = v - self.v_star
        turned = self.theta(w) / (2 * math.pi) * self.v_star
        return (gap + jnp.sum(gap)) / 4 + turned

    def coarse_gradient(self, v: Array, w: Array, surrogate: str) -> Array:
        """Return ``E[(y - y*) sum_i v_i mu'(Z_i . w) Z_i]``, shape ``(d,)``.

            |v|^2 alpha w^ - v'v* (p w^ + q w*) + h M w^ / 2,
            h = (1'v)(1'v - 1'v*) - |v|^2 + v'v*,    w^ = w/|w|,

        with `_moments` for a patch and itself; for two patches, ``M = alpha`` where mu'
        is one-sided and 0 where it is even. Right to a few roundings of ``|v| (|v| +
        |v*|)``, at theta = 0 and pi as well; NaN at ``w = 0``.
        """
        shape = SURROGATES[surrogate]
        plane = _plane(w, self.w_star)
        alpha, p, q = _moments(shape, plane)
        own, agreement = jnp.dot(v, v), jnp.dot(v, self.v_star)
        along = own * alpha - agreement * p
        if not shape.two_sided:
            total = jnp.sum(v)
            others = total * (total - jnp.sum(self.v_star)) - own + agreement
            along = along + others * alpha / 2
        return along * plane.direction - agreement * q * self.w_star

    def spurious(self) -> Array:
        """Return ``(I + 11')^-1 (11' - I) v*``, ``(k,)``: df/dv = 0 at theta = pi.

        A local minimum of the loss where ``(1'v*)^2 < (k+1)/2 |v*|^2`` (Proposition 1),
        of the height ``(1'v*)^2/(2 (k+1))``: for ``1'v* = 0`` as good as the teacher.
        """
        k = self.v_star.size
        return 2 * jnp.sum(self.v_star) / (k + 1) - self.v_star
