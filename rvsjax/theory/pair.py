"""Pairs of weights, drawn to judge the statements that are not about runs.

The statements are in `slopes` and `thresholds`. With ``w`` of any length, directions
carry an error of a few eps, norms of d terms d/2 eps.
"""

import math
from functools import cached_property

import jax
import jax.numpy as jnp

from rvsjax.models.no_overlap import Teacher, direction_at, unit
from rvsjax.simulation import rounding
from rvsjax.types import Array, Hyper, Penalty

__all__ = ["Pair", "draw_pair"]


class Pair:
    """Two weights of any length, with a teacher, a penalty and its numbers.

    What several claims ask of them is computed once, and for both weights at once.
    """

    def __init__(
        self,
        teacher: Teacher,
        penalty: Penalty,
        hyper: Hyper,
        first: Array,
        second: Array,
    ) -> None:
        """Take two weights ``(d,)``."""
        self.teacher = teacher
        self.penalty = penalty
        self.hyper = hyper
        self.first = first
        self.second = second
        self.weights = jnp.stack([first, second])  # (2, d)

    @property
    def error(self) -> float:
        """Rounding of a direction, of an angle or of an inner product of two."""
        return rounding.angle_error(self.first.size, self.hyper)

    @cached_property
    def lengths(self) -> Array:
        """``|w|``, ``(2,)``."""
        return jnp.linalg.norm(self.weights, axis=1)

    @cached_property
    def directions(self) -> Array:
        """``w/|w|``, ``(2, d)``."""
        return self.weights / self.lengths[:, None]

    @cached_property
    def thetas(self) -> Array:
        """The angles to the teacher in radians, ``(2,)``."""
        return jax.vmap(self.teacher.theta)(self.weights)

    @cached_property
    def across(self) -> Array:
        """Components of both weights across the axis of w_star, ``(2, d)``."""
        w_star = self.teacher.w_star
        return jax.vmap(lambda w: w - jnp.sum(w * w_star) * w_star)(self.weights)

    @cached_property
    def half_gap(self) -> Array:
        """Half of the distance of the two directions: sin(theta) at `straddling`."""
        return jnp.linalg.norm(self.directions[0] - self.directions[1]) / 2

    @cached_property
    def straddling(self) -> Array:
        """Two weights on both sides of the axis of w_star, ``(2, d)``.

        Across from each other, beside w_star or -w_star, whichever the first weight is
        nearer to, and on its great circle. Their length is that of the shorter weight,
        their distance that of the two directions times this length.
        """
        height = jnp.sqrt(jnp.maximum(1 - self.half_gap**2, 0))
        acute = self.thetas[0] < math.pi / 2
        along = jnp.where(acute, height, -height) * self.teacher.w_star
        side = unit(self.across[0]) * self.half_gap
        return jnp.min(self.lengths) * jnp.stack([along + side, along - side])

    @cached_property
    def losses(self) -> tuple[Array, Array]:
        """``f(w)`` ``(2, 2)``, its gradient by automatic differentiation ``(2, 2, d)``.

        Of the two weights, and of those of `straddling`.
        """
        four = jnp.stack([self.weights, self.straddling])
        return jax.vmap(jax.vmap(jax.value_and_grad(self.teacher.loss)))(four)

    @cached_property
    def above_tangent(self) -> Array:
        """``f(w2) - f(w1) - <grad f(w1), w2 - w1>``, ``(2,)``, in the same order."""
        f, gradients = self.losses
        steps = [self.weights[1] - self.weights[0]]
        steps.append(self.straddling[1] - self.straddling[0])
        slopes = jnp.sum(gradients[:, 0] * jnp.stack(steps), axis=1)
        return f[:, 1] - f[:, 0] - slopes

    @cached_property
    def coarse_gradients(self) -> Array:
        """``E g(w)``, ``(2, d)``."""
        return jax.vmap(self.teacher.coarse_gradient)(self.weights)

    @cached_property
    def distances(self) -> Array:
        """``|w1 - w2|``, and that of other things that two weights have, ``(4,)``.

        Of their coarse gradients, their gradients, and those of `straddling`.
        """
        everything = [self.weights, self.coarse_gradients, *self.losses[1]]
        return jnp.linalg.norm(jnp.stack([x[0] - x[1] for x in everything]), axis=1)

    @cached_property
    def off_axis(self) -> dict[str, Array]:
        """The first weight has an angle that is neither 0 nor pi."""
        sine = jnp.sin(self.thetas[0])
        return {"theta is neither 0 nor pi": sine > 16 * self.error}

    @cached_property
    def apart(self) -> dict[str, Array]:
        """Both of `straddling` have an angle that is neither 0 nor pi."""
        far = self.half_gap > 16 * self.error
        (first,) = self.off_axis.values()
        return {"neither of the two is on the axis of w_star": first & far}

    @cached_property
    def clearance(self) -> tuple[Array, Array]:
        """The least length r, and the least distance s to the axis, on the segment."""
        r, s = jax.vmap(_nearest)(jnp.stack([self.weights, self.across]))
        return r, s

    @cached_property
    def off_segment(self) -> dict[str, Array]:
        """The segment from the one weight to the other does not meet the axis."""
        off = self.clearance[1] > 16 * self.error * jnp.max(self.lengths)
        return {"the segment does not meet the axis of w_star": off}

    @cached_property
    def falls(self) -> Array:
        """The second angle is not the larger."""
        return self.thetas[1] <= self.thetas[0]

    def falling(self, x: Array) -> Array:
        """Return what both have, ``(2, ...)``, that of the larger angle first."""
        return jnp.where(self.falls, x, x[::-1])

    @cached_property
    def shrunk(self) -> Array:
        """``u = prox(w)`` of the first weight, ``(d,)``."""
        return self.penalty.prox(self.first, self.hyper.m)

    @cached_property
    def prox_excess(self) -> Array:
        """Excess of the objective at the prox over that at other points, ``(d,)``.

        The others are 0, x and points at and around both weights; infinite where u is 0
        on the wrong side of the threshold.
        """
        (x, other), m = self.directions, self.hyper.m
        u, threshold = self.penalty.prox(x, m), self.penalty.threshold(m)
        points = [
            u,
            0 * x,
            x,
            other,
            (u + other) / 2,
            0.999 * u,
            1.001 * u,
            (u + x) / 2,
        ]
        tried = jnp.stack(points)
        cost = jax.vmap(jax.vmap(lambda y: self.penalty.value(y[None])))(tried)
        objective = m * cost + jax.vmap(lambda point: (point - x) ** 2 / 2)(tried)
        size = jnp.abs(x)
        clear = jnp.abs(size - threshold) > 8 * rounding.epsilon(self.hyper) * size
        misplaced = clear & ((u == 0) != ((size <= threshold) | (x == 0)))
        excess = objective[0] - jnp.min(objective[1:], axis=0)
        return jnp.where(misplaced, jnp.inf, excess)


def draw_pair(uniform: Array, normal: Array, w_star: Array) -> tuple[Array, Array]:
    """Return two weights ``(d,)``.

    They are made of numbers uniform in [0, 1), ``(2, 2)``, and normal ones, ``(2, d)``,
    of any variance. The first has an angle uniform in (0, pi); the second is as far
    from it as a power of ten between 1e-6 and 1. Half of the lengths are 1, the rest in
    [0.1, 10].
    """
    theta, distance = uniform[:, 0].astype(w_star.dtype)
    lengths = uniform[:, 1].astype(w_star.dtype)
    around, noise = normal.astype(w_star.dtype)
    first = direction_at(math.pi * theta, w_star, around)
    second = unit(first + 10 ** (-6 * distance) * unit(noise))
    long, longer = jnp.where(lengths < 0.5, 1, 10 ** (4 * lengths - 3))
    return first * long, second * longer


def _nearest(ends: Array) -> Array:
    """Return the least length on the segment between two points, ``(2, d)``."""
    start, along = ends[0], ends[1] - ends[0]
    tiny = jnp.finfo(ends.dtype).tiny
    share = -jnp.sum(start * along) / jnp.maximum(jnp.sum(along**2), tiny)
    return jnp.linalg.norm(start + jnp.clip(share, 0, 1) * along)
