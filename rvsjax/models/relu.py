"""The smooth reference: the same network with ReLU, which has a true gradient.

The output is ``y(w, Z) = sum_i max(Z_i . w, 0)`` (or the mean over i), so that the
length of w matters. Under Gaussian inputs, with ``|w_star| = 1``, the population loss
``E (y(w, Z) - y(w_star, Z))^2 / 2`` of a sum is

    f(w) = (k/4 + k(k-1)/(4 pi)) (|w|^2 + 1) - k h - k(k-1)/(2 pi) |w|
    h    = |w| (sin(theta) + (pi - theta) cos(theta)) / (2 pi)

and ``1/k^2`` of it for a mean. Besides ``w_star``, its gradient is 0 at the saddle
``-(k-1)/(k-1+pi) w_star``. The forms below are the same without cancellation at w_star.
Source: Brutzkus and Globerson 2017, no-overlap networks; h is the arc-cosine kernel of
Cho and Saul 2009.
"""

import math

import jax.numpy as jnp

from rvsjax.models.no_overlap import Teacher, unit
from rvsjax.types import Array

__all__ = ["gradient", "loss"]

_SMALL = 0.25  # radians: below, five terms of the series reach float64


def loss(teacher: Teacher, w: Array) -> Array:
    """Return the population loss of the ReLU network, a scalar; NaN at ``w = 0``.

    ``k/4 |w - w*|^2 + k(k-1)/(4 pi) (|w| - 1)^2
    - k/(2 pi) |w| (sin(theta) - theta cos(theta))``.
    """
    k, gap = teacher.k, w - teacher.w_star
    across_patches = k * (k - 1) / (4 * math.pi) * _excess(teacher, w) ** 2
    bend = k / (2 * math.pi) * jnp.linalg.norm(w) * _sine_gap(teacher.theta(w))
    return _scale(teacher) * (k / 4 * jnp.dot(gap, gap) + across_patches - bend)


def gradient(teacher: Teacher, w: Array) -> Array:
    """Return the gradient of `loss`, shape ``(d,)``; NaN at ``w = 0``.

    ``k/2 (w - w*) + k(k-1)/(2 pi) (|w| - 1) w/|w|
    + k/(2 pi) (theta w* - sin(theta) w/|w|)``.
    """
    k, hat, theta = teacher.k, unit(w), teacher.theta(w)
    one_patch = k / 2 * (w - teacher.w_star)
    across_patches = k * (k - 1) / (2 * math.pi) * _excess(teacher, w) * hat
    bend = k / (2 * math.pi) * (theta * teacher.w_star - jnp.sin(theta) * hat)
    return _scale(teacher) * (one_patch + across_patches + bend)


def _scale(teacher: Teacher) -> float:
    return 1 if teacher.readout == "sum" else 1 / teacher.k**2


def _excess(teacher: Teacher, w: Array) -> Array:
    """Return ``|w| - |w*|``, with all of its digits where w is near w*."""
    product = jnp.dot(w - teacher.w_star, w + teacher.w_star)
    return product / (jnp.linalg.norm(w) + 1)


def _sine_gap(theta: Array) -> Array:
    """Return ``sin(theta) - theta cos(theta)``, by its series near 0."""
    square, series = theta**2, jnp.zeros_like(theta)
    for n in range(5, 0, -1):
        series = 2 * n / math.factorial(2 * n + 1) - square * series
    direct = jnp.sin(theta) - theta * jnp.cos(theta)
    return jnp.where(theta < _SMALL, theta**3 * series, direct)
