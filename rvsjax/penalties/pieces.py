"""Parts that several prox are made of."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rvsjax.types import Array

__all__ = ["beyond", "polished", "steepest_in"]


def beyond(x: Array, m: Array, threshold: Array, u: Array) -> Array:
    """Return 0 where ``|x| <= threshold``, else u; NaN where x or m is."""
    off = (jnp.abs(x) <= threshold) & ~jnp.isnan(m)
    return jnp.where(off, 0, jnp.where(jnp.isnan(m), jnp.nan, u))


def polished(
    u: Array,
    x: Array,
    m: Array,
    slope: Callable[[Array], Array],
    bend: Callable[[Array], Array],
) -> Array:
    """Return the root of ``u + m P'(u) = x`` next to u > 0, by a step of Newton's.

    ``slope`` is P', ``bend`` P''. That of ``m = 0`` is x, that of an infinite x is x;
    where u is not above 0 there is none, and it is 0. Derivatives are those of the
    root, forward and reverse, since u itself is taken as a constant.
    """
    there = (u > 0) & (u < jnp.inf)
    u = jax.lax.stop_gradient(jnp.where(there, u, 1))
    rise = jax.lax.stop_gradient(1 + m * bend(u))
    gain = jnp.where(rise > 0, 1 / jnp.where(rise > 0, rise, 1), 1)
    shift = m * slope(u)
    found = x - (shift + (gain - 1) * (u - x + shift))
    return jnp.where(there, found, jnp.where(x < jnp.inf, 0, x))


def steepest_in(x: Array, radius: Array, breaks: Array, kinks: Array) -> Array:
    """Return which sizes ``|x|`` have a kink within a radius; infinite at a break.

    1 and 0 ``(d,)``; breaks and kinks are sizes ``(n,)``, infinite where there is none.
    """

    def near(places: Array) -> Array:
        gap = jnp.abs(jnp.abs(x)[:, None] - places[None])
        return jnp.any((gap <= radius) & (places < jnp.inf)[None], axis=1)

    return jnp.where(near(breaks), jnp.inf, near(kinks).astype(x.dtype))
