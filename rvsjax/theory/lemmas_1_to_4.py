"""Statements about gradients at weights of any length: Lemmas 1 to 4.

Equalities have their rounding as the bound; inequalities have it as the allowance. An
angle, and f by K times that, is off by `Pair.error` at most, ``E g`` by K times that,
and a gradient of f by ``K/(|w| sin(theta))`` times a few of it. Proofs:
docs/explanation/mathematics.md.
"""

import jax.numpy as jnp

from rvsjax.models.no_overlap import unit
from rvsjax.theory.check import Check
from rvsjax.theory.pair import Pair
from rvsjax.types import Array

__all__ = [
    "lemma_1",
    "lemma_1_acute",
    "lemma_2",
    "lemma_2_gradient",
    "lemma_3",
    "lemma_3_descent",
    "lemma_3_descent_stated",
    "lemma_3_stated",
    "lemma_4",
    "lemma_4_general",
]

_LARGE = 100
"""The constant of Lemma 3 as stated, in units of ``K/c^2``."""


def lemma_1(pair: Pair) -> Check:
    """``<E g(w), grad f(w)> = K^2 sin(theta) / |w|``, which is not negative.

    Hypotheses: w is not 0, theta is neither 0 nor pi.
    Observed: the difference of the two sides, with the gradient of f by automatic
    differentiation; the bound is rounding, ``1/sin(theta)`` times larger near 0 and pi.
    Source: Lemma 1; derived.
    """
    sine, length = jnp.sin(pair.thetas[0]), pair.lengths[0]
    found = _product(pair)
    expected = pair.teacher.K**2 * sine / length
    observed = jnp.where(found >= 0, jnp.abs(found - expected), jnp.inf)
    bound = 4 * pair.error * pair.teacher.K**2 / (length * sine)
    return Check(pair.off_axis, observed, bound, jnp.zeros_like(bound))


def lemma_1_acute(pair: Pair) -> Check:
    """``<E g(w), grad f(w)> >= 0``: the two gradients make an acute angle.

    Hypotheses: w is not 0, theta is neither 0 nor pi.
    Observed: less the product, with the gradient of f by automatic differentiation; the
    allowance is the bound of lemma_1.
    Source: Lemma 1, second half.
    """
    sine, observed = jnp.sin(pair.thetas[0]), -_product(pair)
    allowance = 4 * pair.error * pair.teacher.K**2 / (pair.lengths[0] * sine)
    return Check(pair.off_axis, observed, jnp.zeros_like(observed), allowance)


def _product(pair: Pair) -> Array:
    return jnp.sum(pair.coarse_gradients[0] * pair.losses[1][0, 0])


def lemma_2(pair: Pair) -> Check:
    """``E g(w) = K (w/|w| - w_star)``.

    Hypotheses: w is not 0, theta is neither 0 nor pi.
    Observed: the distance to ``2 K (w^ - cos(theta/2) (w^ + w_star)/|w^ + w_star|)``,
    the textbook form; the bound is rounding, larger near
    ``theta = pi``.
    Source: Lemma 2, with ``c = sqrt(2/pi)`` in equation (8); derived.
    """
    teacher, direction, theta = pair.teacher, pair.directions[0], pair.thetas[0]
    bisector = unit(direction + teacher.w_star)
    textbook = 2 * teacher.K * (direction - jnp.cos(theta / 2) * bisector)
    observed = jnp.linalg.norm(pair.coarse_gradients[0] - textbook)
    bound = 4 * pair.error * teacher.K / jnp.sin(theta)
    return Check(pair.off_axis, observed, bound, jnp.zeros_like(bound))


def lemma_2_gradient(pair: Pair) -> Check:
    """``grad f(w) = -K t/|w|``, t the unit vector of ``(I - ww'/|w|^2) w_star``.

    Hypotheses: w is not 0, theta is neither 0 nor pi.
    Observed: the distance to the gradient of f by automatic differentiation; the bound
    is rounding: t is a difference of the length ``sin(theta)``.
    Source: Lemma 2, the true gradient; derived.
    """
    teacher, sine = pair.teacher, jnp.sin(pair.thetas[0])
    observed = jnp.linalg.norm(teacher.gradient(pair.first) - pair.losses[1][0, 0])
    bound = 4 * pair.error * teacher.K / (pair.lengths[0] * sine)
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
    K, (r, s) = pair.teacher.K, pair.clearance  # noqa: N806
    distance, _, observed, _ = pair.distances
    bound = K * distance / (r * s)
    allowance = 8 * pair.error * K / (r * jnp.minimum(1, s / r))
    return Check(pair.off_segment, observed, bound, allowance)


def lemma_3_descent(pair: Pair) -> Check:
    """``f(w2) <= f(w1) + <grad f(w1), w2 - w1> + (L/2) |w2 - w1|^2``, ``L = K/(r s)``.

    r and s as in lemma_3: the usual consequence, along the segment.
    Hypotheses: the segment does not meet the axis.
    Observed: ``f(w2) - f(w1) - <grad f(w1), w2 - w1>``.
    Source: Lemma 3, second half, with its region made explicit; derived.
    """
    K, (r, s), distance = pair.teacher.K, pair.clearance, pair.distances[0]  # noqa: N806
    bound = K / (2 * r * s) * distance**2
    allowance = 8 * pair.error * K * (1 + distance / s)
    return Check(pair.off_segment, pair.above_tangent[0], bound, allowance)


def lemma_3_stated(pair: Pair) -> Check:
    """``|grad f(w1) - grad f(w2)| <= L |w1 - w2|``, one L for all lengths ``>= c``.

    False for every L: two weights of length c on both sides of w_star or -w_star,
    however near, have gradients that differ by ``2 K cos(theta)/c``. The words leave L
    open; it is taken as 100 K/c^2, a hundred times the norm of the Hessian at a right
    angle. A larger one would only move the distance, c/50, from which on it fails.
    Hypotheses: neither of the two is on the axis of w_star.
    Observed: the left side, for two such weights, c the smaller length of the pair and
    ``|w1 - w2|/c`` the distance of its directions: powers of ten from 1e-6 to 1.
    Source: Lemma 3, as stated: ``c <= |w1|, |w2| <= C`` and no more; the constant L
    is reconstructed.
    """
    distance, bound = _stated(pair)
    allowance = 16 * pair.error * pair.teacher.K / distance
    return Check(pair.apart, pair.distances[3], bound * distance, allowance)


def lemma_3_descent_stated(pair: Pair) -> Check:
    """``f(w2) <= f(w1) + <grad f(w1), w2 - w1> + (L/2) |w2 - w1|^2``, one L for all.

    False for every L, beside w_star: f has a kink there, and the step across it gains
    nothing where the tangent promises ``2 K sin(theta)``, to first order. L and the
    weights are those of lemma_3_stated. Beside -w_star, where f is largest, it holds.
    Hypotheses: neither of the two is on the axis of w_star.
    Observed: ``f(w2) - f(w1) - <grad f(w1), w2 - w1>``.
    Source: Lemma 3, second half, as stated; the constant L is reconstructed.
    """
    distance, bound = _stated(pair)
    observed = pair.above_tangent[1]
    allowance = jnp.full_like(observed, 16 * pair.error * pair.teacher.K)
    return Check(pair.apart, observed, bound / 2 * distance**2, allowance)


def _stated(pair: Pair) -> tuple[Array, Array]:
    """Return the distance of the two straddling weights, and the constant L."""
    shorter = jnp.min(pair.lengths)
    return 2 * shorter * pair.half_gap, _LARGE * pair.teacher.K / shorter**2


def lemma_4(pair: Pair) -> Check:
    """``|E g(w1) - E g(w2)| <= (K/c) |w1 - w2|``, and descent with ``L = K``.

    c is the smaller length. The second, for unit w1, w2 with ``theta_2 <= theta_1``:
    ``f(w2) - f(w1) <= <E g(w1), w2 - w1> + (L/2) |w2 - w1|^2``.
    Hypotheses: ``w1`` and ``w2`` are not 0.
    Observed: the larger excess of the two; the two weights are taken in falling order.
    Source: Lemma 4; derived.
    """
    K, shorter = pair.teacher.K, jnp.min(pair.lengths)  # noqa: N806
    distance, change, _, _ = pair.distances
    lipschitz = change - K / shorter * distance
    directions = pair.falling(pair.directions)
    step = directions[1] - directions[0]
    quadratic = _fall(pair) - jnp.sum((_coarse(pair) + K / 2 * step) * step)
    observed = jnp.maximum(lipschitz, quadratic)
    hypotheses = {"w is not 0": shorter > 0}
    allowance = 16 * pair.error * K * (1 + distance / shorter)
    return Check(hypotheses, observed, jnp.zeros_like(observed), allowance)


def lemma_4_general(pair: Pair) -> Check:
    """``f(w2) - f(w1) <= <E g(w1), w2 - w1>/r2 + K/(2 r1 r2) |w2 - w1|^2``.

    r1, r2 are the lengths of w1 and w2, ``theta_2 <= theta_1``, and ``L = K/(r1 r2)``:
    with both lengths at least c, L is at most K/c^2. For unit weights it is the descent
    lemma of lemma_4; no smaller L will do: for ``theta_2 = theta_1`` and r1 = r2 the
    two sides are equal. For other weights the term of first order needs its ``1/r2``,
    and w2 may not be shorter: f does not change with the length, but E g points
    outwards.
    Hypotheses: ``w2``, of the smaller angle, is not the shorter.
    Observed: the excess of the left side, ``r1`` and ``r2`` the lengths of the two
    weights, which are taken in falling order.
    Source: Remark 2, general constants; reconstructed and proved here: apply lemma_4 to
    ``w2^ - w1^ = (w2 - w1)/r2 - (r2 - r1)/r2 w1^`` with ``<E g(w1), w1^> >= 0`` and
    ``|w2 - w1|^2 = (r2 - r1)^2 + r1 r2 |w2^ - w1^|^2``.
    """
    K, weights = pair.teacher.K, pair.falling(pair.weights)  # noqa: N806
    r1, r2 = pair.falling(pair.lengths)
    step, product = weights[1] - weights[0], r1 * r2
    curve = K / (2 * product) * pair.distances[0] ** 2
    observed = _fall(pair) - jnp.sum(_coarse(pair) * step) / r2 - curve
    label = "w of the smaller angle is not the shorter"
    allowance = 16 * pair.error * K + 2 * pair.error * curve
    zero = jnp.zeros_like(observed)
    longer = r2 * (1 + 4 * pair.error) >= r1  # equal lengths are, whatever was rounded
    return Check({label: longer}, observed, zero, allowance)


def _fall(pair: Pair) -> Array:
    losses = pair.falling(pair.losses[0][0])
    return losses[1] - losses[0]


def _coarse(pair: Pair) -> Array:
    return pair.falling(pair.coarse_gradients)[0]
