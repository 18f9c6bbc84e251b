"""Statements about weights, not runs: Lemmas 1 to 4, 8 and 9, judged on drawn pairs.

Equalities have their rounding as the bound; inequalities have it as the allowance. With
``w`` of any length, directions carry an error of a few eps, norms of d terms d/2 eps.
"""

import math
from functools import cached_property

import jax
import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.penalties import L0, TransformedL1
from rvsjax.teacher import Teacher, direction_at, unit
from rvsjax.theory.check import Check
from rvsjax.types import Array, Hyper, Penalty

__all__ = [
    "Pair",
    "draw_pair",
    "lemma_1",
    "lemma_2",
    "lemma_3",
    "lemma_4",
    "lemma_8",
    "lemma_9",
]


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
    def losses(self) -> tuple[Array, Array]:
        """``f(w)`` ``(2,)``, its gradient by automatic differentiation ``(2, d)``."""
        return jax.vmap(jax.value_and_grad(self.teacher.loss))(self.weights)

    @cached_property
    def coarse_gradients(self) -> Array:
        """``E g(w)``, ``(2, d)``."""
        return jax.vmap(self.teacher.coarse_gradient)(self.weights)

    @cached_property
    def distances(self) -> Array:
        """``|w1 - w2|``, and that of gradients and of coarse gradients, ``(3,)``."""
        all_three = [self.weights, self.losses[1], self.coarse_gradients]
        return jnp.linalg.norm(jnp.stack([x[0] - x[1] for x in all_three]), axis=1)

    @cached_property
    def off_axis(self) -> dict[str, Array]:
        """The first weight has an angle that is neither 0 nor pi."""
        sine = jnp.sin(self.thetas[0])
        return {"theta is neither 0 nor pi": sine > 16 * self.error}

    @cached_property
    def prox_excess(self) -> Array:
        """How far the objective at the prox is above that at other points, ``(d,)``.

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


def lemma_1(pair: Pair) -> Check:
    """``<E g(w), grad f(w)> = K^2 sin(theta) / |w|``, which is not negative.

    Hypotheses: w is not 0, theta is neither 0 nor pi.
    Observed: the difference of the two sides, with the gradient of f by automatic
    differentiation; the bound is rounding, ``1/sin(theta)`` times larger near 0 and pi.
    Source: Lemma 1; derived.
    """
    sine, length = jnp.sin(pair.thetas[0]), pair.lengths[0]
    found = jnp.sum(pair.coarse_gradients[0] * pair.losses[1][0])
    expected = pair.teacher.K**2 * sine / length
    observed = jnp.where(found >= 0, jnp.abs(found - expected), jnp.inf)
    bound = 4 * pair.error * pair.teacher.K**2 / (length * sine)
    return Check(pair.off_axis, observed, bound, jnp.zeros_like(bound))


def lemma_2(pair: Pair) -> Check:
    """``E g(w) = K (w/|w| - w_star)``.

    Hypotheses: w is not 0, theta is neither 0 nor pi.
    Observed: the distance to ``2 K (w^ - cos(theta/2) (w^ + w_star)/|w^ + w_star|)``,
    the textbook form; the bound is rounding, larger near theta = pi.
    Source: Lemma 2, with ``c = sqrt(2/pi)`` in equation (8); derived.
    """
    teacher, direction, theta = pair.teacher, pair.directions[0], pair.thetas[0]
    bisector = unit(direction + teacher.w_star)
    textbook = 2 * teacher.K * (direction - jnp.cos(theta / 2) * bisector)
    observed = jnp.linalg.norm(pair.coarse_gradients[0] - textbook)
    bound = 4 * pair.error * teacher.K / jnp.sin(theta)
    return Check(pair.off_axis, observed, bound, jnp.zeros_like(bound))


def lemma_3(pair: Pair) -> Check:
    """``|grad f(w1) - grad f(w2)| <= K |w1 - w2| / (r s)`` off the axis of w_star.

    r is the least length and s the least distance to the axis of w_star on the segment
    from w1 to w2. Across the axis there is no such constant: the gradient flips.
    Hypotheses: the segment does not meet the axis.
    Observed: the left side.
    Source: Lemma 3, with its region made explicit; derived: the Hessian of f has the
    norm ``K max(1, |cot(theta)|)/|w|^2``.
    """
    w_star, K = pair.teacher.w_star, pair.teacher.K  # noqa: N806
    across = jax.vmap(lambda w: w - jnp.sum(w * w_star) * w_star)(pair.weights)
    r, s = jax.vmap(_nearest)(jnp.stack([pair.weights, across]))
    distance, observed, _ = pair.distances
    bound = K * distance / (r * s)
    allowance = 8 * pair.error * K / (r * jnp.minimum(1, s / r))
    off = s > 16 * pair.error * jnp.max(pair.lengths)
    label = "the segment does not meet the axis of w_star"
    return Check({label: off}, observed, bound, allowance)


def lemma_4(pair: Pair) -> Check:
    """``|E g(w1) - E g(w2)| <= (K/c) |w1 - w2|``, and the descent lemma with L = K.

    c is the smaller length. The second, for unit w1, w2 with ``theta_2 <= theta_1``:
    ``f(w2) - f(w1) <= <E g(w1), w2 - w1> + (L/2) |w2 - w1|^2``.
    Hypotheses: w1 and w2 are not 0.
    Observed: the larger excess of the two; the two weights are taken in falling order.
    Source: Lemma 4; derived.
    """
    K, shorter = pair.teacher.K, jnp.min(pair.lengths)  # noqa: N806
    distance, _, change = pair.distances
    lipschitz = change - K / shorter * distance
    falls = pair.thetas[1] <= pair.thetas[0]
    turn = jnp.where(falls, 1, -1)  # high to low
    high = jnp.where(falls, pair.coarse_gradients[0], pair.coarse_gradients[1])
    step = turn * (pair.directions[1] - pair.directions[0])
    fall = turn * (pair.losses[0][1] - pair.losses[0][0])
    quadratic = fall - jnp.sum((high + K / 2 * step) * step)
    observed = jnp.maximum(lipschitz, quadratic)
    hypotheses = {"w is not 0": shorter > 0}
    allowance = 16 * pair.error * K * (1 + distance / shorter)
    return Check(hypotheses, observed, jnp.zeros_like(observed), allowance)


def lemma_8(pair: Pair) -> Check:
    """The prox of transformed l1 is the argmin, and 0 exactly where ``|x| <= t*``.

    Hypotheses: the penalty is transformed l1.
    Observed: ``m P(u) + |u - x|^2/2`` at the prox less that at other u, the largest
    over the coordinates; infinite where u is 0 on the wrong side of the threshold.
    Source: Lemma 8.
    """
    label = "the penalty is transformed-l1"
    return _argmin(pair, label, isinstance(pair.penalty, TransformedL1))


def lemma_9(pair: Pair) -> Check:
    """The prox of l0 is the argmin, and 0 exactly where ``|x| <= sqrt(2 lam/beta)``.

    Hypotheses: the penalty is l0.
    Observed: ``m P(u) + |u - x|^2/2`` at the prox less that at other u, the largest
    over the coordinates; infinite where u is 0 on the wrong side of the threshold.
    Source: Lemma 9.
    """
    return _argmin(pair, "the penalty is l0", isinstance(pair.penalty, L0))


def _argmin(pair: Pair, label: str, is_so: bool) -> Check:
    observed = jnp.max(pair.prox_excess)
    truth = {label: jnp.full_like(observed, is_so, bool)}
    allowance = 8 * rounding.epsilon(pair.hyper) * (1 + pair.hyper.m)
    return Check(truth, observed, jnp.zeros_like(observed), allowance)


def _nearest(ends: Array) -> Array:
    """Return the least length on the segment between two points, ``(2, d)``."""
    start, along = ends[0], ends[1] - ends[0]
    tiny = jnp.finfo(ends.dtype).tiny
    share = -jnp.sum(start * along) / jnp.maximum(jnp.sum(along**2), tiny)
    return jnp.linalg.norm(start + jnp.clip(share, 0, 1) * along)
