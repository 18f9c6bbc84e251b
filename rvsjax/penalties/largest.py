"""A limit on the number of entries, whose prox is a projection."""

import jax.numpy as jnp

from rvsjax.environment import numbers
from rvsjax.types import Array, pytree

__all__ = ["Largest"]


@pytree
class Largest:
    """``P(u) = 0`` where u has at most s nonzero entries, infinite elsewhere.

    Its prox is the projection on such u, whatever m: the step of iterative hard
    thresholding (Blumensath and Davies 2009). Not separable: which entries stay depends
    on all of them.
    """

    s: Array  # scalar integer

    def __post_init__(self) -> None:
        """Refuse a number of entries that is known and not whole."""
        for s in numbers.flat(self.s):
            numbers.whole("Largest: s", s)

    def value(self, u: Array) -> Array:
        """Return 0, which is right for every u that the prox returns; not checked."""
        return jnp.zeros((), u.dtype)

    def threshold(self, m: Array) -> Array:
        """Return 0: no threshold holds for every x. Where s >= d, it is the right one.

        Claims that rest on a threshold mean nothing here.
        """
        return jnp.zeros_like(m)

    def jump(self, m: Array) -> Array:
        """Return infinity: an entry of any size may come or go."""
        return jnp.full_like(m, jnp.inf)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``x``, the prox at the entries that stay."""
        del m
        return x

    def prox(self, x: Array, m: Array) -> Array:
        """Return x with its s entries of largest magnitude, 0 elsewhere.

        Of equal magnitudes the lower index stays; all stay where ``s >= d``, none where
        ``s <= 0``. NaN counts as largest and always stays. O(d log d).
        """
        del m
        order = jnp.argsort(jnp.abs(x), descending=True, stable=True)
        stays = (jnp.argsort(order) < self.s) | jnp.isnan(x)
        return jnp.where(stays, x, 0)
