"""Statements about weights, not runs: Lemmas 1 to 4, 8 and 9, judged on drawn pairs.

Equalities have their rounding as the bound; inequalities have it as the allowance. With
``w`` of any length, directions carry an error of a few eps, norms of d terms d/2 eps.
"""

import math
from typing import NamedTuple

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


class Pair(NamedTuple):
    """Two weights of any length, with a teacher, a penalty and its numbers."""

    teacher: Teacher
    penalty: Penalty
    hyper: Hyper
    first: Array  # (d,)
    second: Array  # (d,)

    @property
    def error(self) -> float:
        """Rounding of a direction, of an angle or of an inner product of two."""
        return rounding.angle_error(self.first.size, self.hyper)


def draw_pair(uniform: Array, w_star: Array) -> tuple[Array, Array]:
    """Return two weights ``(d,)``, made of numbers uniform in [0, 1), ``(2, d + 2)``.

    The first has an angle uniform in (0, pi); the second is as far from it as a power
    of ten between 1e-6 and 1. Half of the lengths are 1, the rest in [0.1, 10].
    """
    theta, distance = uniform[:, 0].astype(w_star.dtype)
    lengths = uniform[:, 1].astype(w_star.dtype)
    around, noise = jax.lax.erf_inv(2 * uniform[:, 2:] - 1).astype(w_star.dtype)
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
    w, teacher = pair.first, pair.teacher
    sine, length = jnp.sin(teacher.theta(w)), jnp.linalg.norm(w)
    found = jnp.dot(teacher.coarse_gradient(w), jax.grad(teacher.loss)(w))
    expected = teacher.K**2 * sine / length
    observed = jnp.where(found >= 0, jnp.abs(found - expected), jnp.inf)
    bound = 4 * pair.error * teacher.K**2 / (length * sine)
    return Check(_off_axis(sine, pair), observed, bound, jnp.zeros_like(bound))


def lemma_2(pair: Pair) -> Check:
    """``E g(w) = K (w/|w| - w_star)``.

    Hypotheses: w is not 0, theta is neither 0 nor pi.
    Observed: the distance to ``2 K (w^ - cos(theta/2) (w^ + w_star)/|w^ + w_star|)``,
    the textbook form; the bound is rounding, larger near theta = pi.
    Source: Lemma 2, with ``c = sqrt(2/pi)`` in equation (8); derived.
    """
    w, teacher = pair.first, pair.teacher
    direction, theta = unit(w), teacher.theta(w)
    bisector = unit(direction + teacher.w_star)
    textbook = 2 * teacher.K * (direction - jnp.cos(theta / 2) * bisector)
    observed = jnp.linalg.norm(teacher.coarse_gradient(w) - textbook)
    bound = 4 * pair.error * teacher.K
    sine = jnp.sin(theta)
    return Check(_off_axis(sine, pair), observed, bound / sine, jnp.zeros_like(bound))


def lemma_3(pair: Pair) -> Check:
    """``|grad f(w1) - grad f(w2)| <= K |w1 - w2| / (r s)`` off the axis of w_star.

    r is the least length and s the least distance to the axis of w_star on the segment
    from w1 to w2. Across the axis there is no such constant: the gradient flips.
    Hypotheses: the segment does not meet the axis.
    Observed: the left side.
    Source: Lemma 3, with its region made explicit; derived: the Hessian of f has the
    norm ``K max(1, |cot(theta)|)/|w|^2``.
    """
    w1, w2 = pair.first, pair.second
    w_star, K = pair.teacher.w_star, pair.teacher.K  # noqa: N806
    gradient = jax.grad(pair.teacher.loss)
    across1, across2 = (w - jnp.dot(w, w_star) * w_star for w in (w1, w2))
    r, s = _nearest(w1, w2), _nearest(across1, across2)
    observed = jnp.linalg.norm(gradient(w1) - gradient(w2))
    bound = K * jnp.linalg.norm(w1 - w2) / (r * s)
    allowance = 8 * pair.error * K / (r * jnp.minimum(1, s / r))
    longest = jnp.maximum(jnp.linalg.norm(w1), jnp.linalg.norm(w2))
    off = s > 16 * pair.error * longest
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
    teacher, K = pair.teacher, pair.teacher.K  # noqa: N806
    w1, w2 = pair.first, pair.second
    shorter = jnp.minimum(jnp.linalg.norm(w1), jnp.linalg.norm(w2))
    change = teacher.coarse_gradient(w1) - teacher.coarse_gradient(w2)
    lipschitz = jnp.linalg.norm(change) - K / shorter * jnp.linalg.norm(w1 - w2)
    falls = teacher.theta(w2) <= teacher.theta(w1)
    high, low = (unit(jnp.where(falls, *two)) for two in ((w1, w2), (w2, w1)))
    step = low - high
    quadratic = (
        teacher.loss(low)
        - teacher.loss(high)
        - jnp.dot(teacher.coarse_gradient(high), step)
        - K / 2 * jnp.dot(step, step)
    )
    observed = jnp.maximum(lipschitz, quadratic)
    hypotheses = {"w is not 0": shorter > 0}
    scale = 1 + jnp.linalg.norm(w1 - w2) / shorter
    return Check(
        hypotheses, observed, jnp.zeros_like(observed), 16 * pair.error * K * scale
    )


def lemma_8(pair: Pair) -> Check:
    """The prox of transformed l1 is the argmin, and 0 exactly where ``|x| <= t*``.

    Hypotheses: the penalty is transformed l1.
    Observed: ``m P(u) + |u - x|^2/2`` at the prox less that at other u, the largest
    over the coordinates; infinite where u is 0 on the wrong side of the threshold.
    Source: Lemma 8.
    """
    label = "the penalty is transformed-l1"
    return _argmin(pair, {label: isinstance(pair.penalty, TransformedL1)})


def lemma_9(pair: Pair) -> Check:
    """The prox of l0 is the argmin, and 0 exactly where ``|x| <= sqrt(2 lam/beta)``.

    Hypotheses: the penalty is l0.
    Observed: ``m P(u) + |u - x|^2/2`` at the prox less that at other u, the largest
    over the coordinates; infinite where u is 0 on the wrong side of the threshold.
    Source: Lemma 9.
    """
    return _argmin(pair, {"the penalty is l0": isinstance(pair.penalty, L0)})


def _argmin(pair: Pair, hypotheses: dict[str, bool]) -> Check:
    """Compare the prox with 0, with x and with points at and around both weights."""
    x, other = unit(pair.first), unit(pair.second)
    m = pair.hyper.m
    u, threshold = pair.penalty.prox(x, m), pair.penalty.threshold(m)

    def objective(point: Array) -> Array:
        value = jax.vmap(lambda y: pair.penalty.value(y[None]))(point)
        return m * value + (point - x) ** 2 / 2

    points = [0 * x, x, other, (u + other) / 2, 0.999 * u, 1.001 * u, (u + x) / 2]
    best = jnp.min(jnp.stack([objective(point) for point in points]), axis=0)
    size = jnp.abs(x)
    clear = jnp.abs(size - threshold) > 8 * rounding.epsilon(pair.hyper) * size
    misplaced = clear & ((u == 0) != ((size <= threshold) | (x == 0)))
    excess = jnp.where(misplaced, jnp.inf, objective(u) - best)
    truth = {n: jnp.full_like(misplaced[0], is_so) for n, is_so in hypotheses.items()}
    observed = jnp.max(excess)
    scale = 8 * rounding.epsilon(pair.hyper) * (1 + m)
    return Check(truth, observed, jnp.zeros_like(observed), scale)


def _off_axis(sine: Array, pair: Pair) -> dict[str, Array]:
    return {"theta is neither 0 nor pi": sine > 16 * pair.error}


def _nearest(a: Array, b: Array) -> Array:
    """Return the least length on the segment from a to b."""
    along, tiny = b - a, jnp.finfo(a.dtype).tiny
    share = -jnp.dot(a, along) / jnp.maximum(jnp.dot(along, along), tiny)
    return jnp.linalg.norm(a + jnp.clip(share, 0, 1) * along)
