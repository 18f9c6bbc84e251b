"""Bounds on what rounding alone does to the numbers of a run: derived, not guessed.

A verdict may not be a rounding artefact, and may not hide a violation. With machine
epsilon ``eps = 2 r`` (r the unit roundoff), worst case over every order of summation:

- A norm of d terms has the relative error ``(d/2 + 2) r``, hence the ratio
  ``|a - b| / |a + b|`` has ``(d + 4) r`` and ``2 atan2`` an absolute error below that,
  plus ``4 r pi`` for atan2 itself and ``(d/2 + 3) r`` for lengths that are not quite 1:
  `angle_error`, ``(3/4 d + 10) eps`` in all.
- The sums and products of ``v = w - eta E g - eta beta (w - u)`` put an error of
  ``2 eps (1 + 2 eta (K + beta))`` on v: `vector_error`. Divided by ``|v|``, plus the
  division itself, that is how far the direction of w can be off: `direction_error`.
- In one step the angle changes by rounding at most by two angle errors and one
  direction error; the Lagrangian by K times that, by ``2 beta`` times the direction
  error (``|w - u| <= 2``) and by the rounding of its sums, where minimality of u
  bounds ``lam P(u) + (beta/2) |w - u|^2`` by ``5/2 beta``.
- What steps have moved w by is led on by the steps after: one step turns e into at most
  ``spread e / |v|``, with ``spread = |1 - eta (K + beta)| + eta beta p`` and p the
  largest slope of the prox, and adds its direction error. That is the `drift` of a run
  from the exact one. It moves the change of theta over a step by up to ``follow`` times
  itself: to first order by ``s (3 + 5/2 b + b / (2 sin theta))`` with ``s = eta K``
  (the tangent turns by ``1 + cot(theta)``, the drift of w by ``1 + b + b p``), and
  never by more than pi; the Lagrangian by ``K + 5 beta`` times that.

``u = prox(w)`` is taken to be off by what `PROX_ULPS` eps of ``|w|`` in each w_j would
do: by as much, times the slope of the prox, which is large next to a jump only. (In the
worst case of every other term, `vector_error` leaves ``2 eps eta beta`` for it, since
``|w - u| <= 1``.)

All results are in the dtype of the run. At a jump of a prox, rounding can choose the
side: a weight that is within its drift and `tie` of one makes the drift unknown.
"""

import math

import jax
import jax.numpy as jnp

from rvsjax.types import Array, Hyper, Penalty

__all__ = [
    "PROX_ULPS",
    "angle_error",
    "angle_step_error",
    "direction_error",
    "epsilon",
    "follow",
    "lagrangian_step_error",
    "spread",
    "spread_by",
    "tie",
    "vector_error",
]


PROX_ULPS = 4
"""A computed prox of x is the prox of a number within so many eps of ``|x|`` of x."""


def epsilon(hyper: Hyper) -> float:
    """Return the machine epsilon of the run's dtype."""
    return float(jnp.finfo(hyper.eta.dtype).eps)


def angle_error(d: int, hyper: Hyper) -> float:
    """Bound the error of one computed angle, radians."""
    return (0.75 * d + 10) * epsilon(hyper)


def vector_error(K: float, hyper: Hyper) -> Array:  # noqa: N803
    """Bound the error of v, before normalisation."""
    return 2 * epsilon(hyper) * (1 + 2 * hyper.eta * (K + hyper.beta))


def direction_error(K: float, hyper: Hyper, length: Array) -> Array:  # noqa: N803
    """Bound the error of the direction of w after one step with ``|v| = length``."""
    return vector_error(K, hyper) / length + epsilon(hyper)


def angle_step_error(d: int, K: float, hyper: Hyper, length: Array) -> Array:  # noqa: N803
    """Bound the rounding in the change of theta over one step, radians."""
    return 2 * angle_error(d, hyper) + direction_error(K, hyper, length)


def lagrangian_step_error(d: int, K: float, hyper: Hyper, length: Array) -> Array:  # noqa: N803
    """Bound the rounding in the change of the Lagrangian over one step."""
    coupling = 2.5 * hyper.beta
    sums = (d + 6) * coupling + 3 * (K * math.pi + coupling)
    return (
        K * angle_step_error(d, K, hyper, length)
        + 2 * hyper.beta * direction_error(K, hyper, length)
        + sums * epsilon(hyper)
    )


_STEEPEST = 1e6  # slope of a prox from which nothing is known of what follows


def spread(K: float, hyper: Hyper, penalty: Penalty) -> Array:  # noqa: N803
    """Return ``|1 - eta (K + beta)| + eta beta p``, by which a step spreads an error.

    p is the slope of the prox at its threshold, from where on slopes fall.
    """
    m = hyper.m
    threshold, one = penalty.threshold(m), jnp.ones_like(m)
    slope = jax.jvp(lambda x: penalty.branch(x, m), (threshold,), (one,))[1]
    return spread_by(K, hyper, slope)


def spread_by(K: float, hyper: Hyper, slope: Array) -> Array:  # noqa: N803
    """Return the same where the prox has slopes of at most so much."""
    p = jnp.where(slope < _STEEPEST, slope, _STEEPEST)
    return jnp.abs(1 - hyper.eta * (K + hyper.beta)) + hyper.eta * hyper.beta * p


def tie(hyper: Hyper, penalty: Penalty) -> Array:
    """Return how near a jump of the prox the rounding of it decides; -2 without one."""
    near = 16 * epsilon(hyper) * penalty.threshold(hyper.m)
    return jnp.where(penalty.jump(hyper.m) > 0, near, -2)


def follow(K: float, hyper: Hyper, sine: Array) -> Array:  # noqa: N803
    """Return by how much a drift can move the change of theta over one step.

    sine is that of theta, as computed: at pi, as float32 has it, it is below 0.
    """
    b = hyper.beta / K
    sine = jnp.maximum(sine, jnp.finfo(hyper.eta.dtype).tiny)
    return jnp.minimum(4 * hyper.eta * K * (1 + b + b / sine), math.pi)
