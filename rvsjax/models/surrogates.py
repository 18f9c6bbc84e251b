"""Surrogate derivatives in place of the ReLU's, and the expected gradients they give.

The coarse gradient of one sample is, with ``c = sqrt(2/pi)`` (equation 8),

    g(w, Z) = c (y(w, Z) - y(w_star, Z)) sum_i mu'(Z_i . w) Z_i.

The paper takes ``mu'(x) = 1[x > 0]``. Yin et al. 2019 (arXiv 1903.05662) compare
`identity`, `relu` and `clipped`; `window` is the slope of the hard tanh.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax.scipy.special import erfc

from rvsjax.models.no_overlap import Teacher, unit
from rvsjax.types import Array

__all__ = ["SLOPE", "SURROGATES", "Surrogate", "expected_gradient", "sine_and_cosine"]

SLOPE = math.sqrt(2 / math.pi)
"""c, with which the coarse gradient has the size K of the true one."""


class Surrogate(NamedTuple):
    """A surrogate derivative: 1 on an interval that ends at 0 or is symmetric."""

    derivative: Callable[[Array], Array]  # mu'(x), elementwise, in the dtype of x
    sides: int  # 1: 0 where x < 0; 2: an even function
    width: float  # 0 where |x| is larger


SURROGATES = {
    "relu": Surrogate(lambda x: (x > 0).astype(x.dtype), 1, math.inf),
    "clipped": Surrogate(lambda x: ((x > 0) & (x < 1)).astype(x.dtype), 1, 1.0),
    "identity": Surrogate(jnp.ones_like, 2, math.inf),
    "window": Surrogate(lambda x: (jnp.abs(x) <= 1).astype(x.dtype), 2, 1.0),
}


def sine_and_cosine(a: Array, b: Array) -> tuple[Array, Array]:
    """Return sine and cosine of the angle of two unit vectors, from their chords.

    ``|a - b| |a + b| / 2`` and ``(|a + b|^2 - |a - b|^2) / 4``: the sine keeps its
    digits near 0 and pi, the cosine near pi/2, as far as a and b have them.
    """
    near, far = jnp.linalg.norm(a - b), jnp.linalg.norm(a + b)
    return near * far / 2, (far - near) * (far + near) / 4


def expected_gradient(name: str, teacher: Teacher, w: Array) -> Array:
    """Return the expected coarse gradient with the surrogate ``name``, ``(d,)``.

    With w^ = w/|w|, theta its angle to w_star, r = width/|w| and f sides, it is

        K f ((1 - exp(-r^2/2) erfc(r cot(theta) / sqrt 2)) w^
             - erf(r / (sqrt 2 sin(theta))) w_star),

    which is ``K f (w^ - w_star)`` where r is infinite. Right to a few roundings of K f
    for every theta, 0 and pi included; NaN at ``w = 0``.
    """
    surrogate = SURROGATES[name]
    whole = surrogate.sides * teacher.coarse_gradient(w)
    if math.isinf(surrogate.width):
        return whole
    direction = unit(w)
    sine, cosine = sine_and_cosine(direction, teacher.w_star)
    r = surrogate.width / jnp.linalg.norm(w)
    beyond = jnp.exp(-(r**2) / 2) * erfc(r * (cosine / sine) / math.sqrt(2))
    beyond_star = erfc(r / sine / math.sqrt(2))
    lost = beyond * direction - beyond_star * teacher.w_star
    return whole - surrogate.sides * teacher.K * lost
