"""A proof, from the last step of a run, that it goes to a limit, and how far it is.

Write ``G(x) = w_star + b prox(x)``, ``s = eta K`` and ``tau = s (1 + b)``. One step is
``S(x) = V/|V|`` with ``V = (1 - tau) x + s G(x)``, and a fixed point of S with a
positive factor is a solution of equation (12). On the ball of radius R around the last
iterate w let the prox be continuous, with slopes of at most p. There ``|V| >= <V, x> >=
1 - tau + s P`` with ``P = <G, w> (1 - R^2/2) - (b p + |G across w|) R``, and V changes
by at most ``|1 - tau| + s b p`` times the distance. Hence S contracts on the ball where

    ``pull = P - b p - 2 max(tau - 1, 0) / s``

is positive. The last move x, with the rounding e of that step, then bounds what is left
to go: ``|w - w_bar| <= reach = ((|1/s - 1 - b| + b p) x + e/s) / pull``, and Banach's
theorem gives one limit in the ball, which attracts the run, if reach and x are at most
R. A start near the pole has ``<G, w> < 0``, an entry on its way to a jump has the jump
in its ball, and a step that is far from its limit too large a ball: nothing is proved
of these, however small their last move.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rvsjax.penalties.properties import own_steepest
from rvsjax.simulation import rounding
from rvsjax.simulation.run import Run
from rvsjax.types import Array, Hyper, Penalty

__all__ = ["Attraction", "attraction", "widest", "wide_numbers"]


class Attraction(NamedTuple):
    """Distance to the limit as the last step proves it, in the widest precision."""

    residual: Array  # bound of ``|w_star + b u - c w|`` at w^T: what is left open
    slope: Array  # the largest of the prox around w^T
    reach: Array  # bound of ``|w^T - w_bar|``; infinite where nothing is proved

    @property
    def proved(self) -> Array:
        """True where the run is proved to converge."""
        return self.reach < jnp.inf


def widest() -> jnp.dtype:
    """Return the type of float64 where it is enabled, else float32."""
    return jax.dtypes.canonicalize_dtype(jnp.float64)


def wide_numbers(run: Run) -> tuple[Hyper, Penalty]:
    """Return the numbers of a run and of its penalty, in the widest precision."""
    numbers = run.hyper, run.penalty
    return jax.tree.map(lambda x: jnp.asarray(x, widest()), numbers)


def attraction(run: Run, w: Array, moved: Array, u_is_w: bool = False) -> Attraction:
    """Return what is proved of the limit of a run that ended at w ``(d,)``.

    ``moved`` is its last move, ``|w^T - w^{T-1}|``; ``u_is_w`` says that the method has
    no second variable.
    """
    hyper, penalty = wide_numbers(run)
    K, m = run.teacher.K, hyper.m  # noqa: N806
    w, w_star, x = (a.astype(widest()) for a in (w, run.teacher.w_star, moved))
    b, s = hyper.beta / K, hyper.eta * K
    tau = s * (1 + b)
    target = w_star + b * (w if u_is_w else penalty.prox(w, m))
    along = jnp.dot(target, w)
    aside = jnp.linalg.norm(target - along * w)
    length = jnp.maximum(1 - tau + s * along, 0)
    sums = rounding.angle_error(w.size, run.hyper) * (1 + b)
    rounded = rounding.direction_error(K, run.hyper, length) / s + sums

    def look(radius: Array) -> Attraction:
        p = jnp.ones_like(b) if u_is_w else steepest(penalty, w, m, radius)
        left = (jnp.abs(1 / s - 1 - b) + b * p) * x + rounded
        least = along * (1 - radius**2 / 2) - (b * p + aside) * radius
        pull = least - b * p - 2 * jnp.maximum(tau - 1, 0) / s
        reach = jnp.where(pull > 0, left / pull, jnp.inf)
        return Attraction(left, p, reach)

    def look_around(_: int, at: tuple[Array, ...]) -> tuple[Array, ...]:
        found = look(jnp.minimum(at[1], 1))
        return at[1], 2 * (found.reach + x), *found

    # a loop, so that a program has the code once: at w itself, then around it
    begin = (jnp.zeros_like(x),) * 5
    radius, _, *last = jax.lax.fori_loop(0, 2, look_around, begin)
    found = Attraction(*last)
    inside = (found.reach <= radius) & (radius <= 1)
    return found._replace(reach=jnp.where(inside, found.reach, jnp.inf))


def steepest(penalty: Penalty, w: Array, m: Array, radius: Array) -> Array:
    """Return the largest slope of the prox within a radius of each weight, a scalar.

    Infinite where the prox jumps there. Beyond the threshold slopes are taken to be
    monotone, but for penalties that bound their slopes themselves.
    """
    if own := own_steepest(penalty):
        return own(w, m, radius)
    size, t = jnp.abs(w), penalty.threshold(m)
    beyond = size + radius > t

    def slope(x: Array) -> Array:
        return jax.jvp(lambda y: penalty.branch(y, m), (x,), (jnp.ones_like(x),))[1]

    ends = jnp.stack([jnp.maximum(size - radius, t), size + radius])
    slopes = jnp.where(beyond, jax.vmap(slope)(ends), 0)
    jumps = jnp.any(beyond & (size - radius <= t)) & (penalty.jump(m) > 0)
    return jnp.where(jumps, jnp.inf, jnp.max(slopes))
