"""A limit on the number of entries, whose prox is a projection."""

from typing import Any, ClassVar

import jax.numpy as jnp
from mpmath import inf, mpf

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactVectorProx
from rvsjax.types import Array, pytree

__all__ = ["Largest", "largest_of", "margin"]


@pytree
class Largest:
    """``P(u) = 0`` where u has at most s nonzero entries, infinite elsewhere.

    Its prox is the projection on such u, whatever m: the step of iterative hard
    thresholding (Blumensath and Davies 2009). Not separable: which entries stay depends
    on all of them.
    """

    cone: ClassVar[bool] = True
    separable: ClassVar[bool] = False

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
        return jnp.where(largest_of(x, self.s) | jnp.isnan(x), x, 0)

    def steepest(self, x: Array, m: Array, radius: Array) -> Array:
        """Return 1, infinite where other entries may stay within a radius of x."""
        del m
        gap = margin(x[None], self.s)
        return jnp.where(gap > radius, jnp.ones_like(gap), jnp.inf)

    @staticmethod
    def exact(_: Any, s: Any) -> ExactVectorProx:
        """Return the same in mpmath's numbers."""
        keep = int(s)

        def prox(x: Any) -> list[Any]:
            order = sorted(range(len(x)), key=lambda i: (-abs(x[i]), i))
            stay = set(order[:keep])
            return [p if i in stay else mpf(0) for i, p in enumerate(x)]

        def steepest(x: Any, radius: Any) -> Any:
            size = sorted(map(abs, x), reverse=True)
            tied = keep < len(x) and size[keep - 1] - size[keep] <= 2 * radius
            return inf if tied else mpf(1)

        return ExactVectorProx(
            value=lambda u: mpf(0), threshold=mpf(0), prox=prox, steepest=steepest
        )


def largest_of(x: Array, s: Array | int) -> Array:
    """Say which entries are among the s of largest magnitude of the last axis."""
    order = jnp.argsort(jnp.abs(x), axis=-1, descending=True, stable=True)
    return jnp.argsort(order, axis=-1) < s


def margin(rows: Array, s: Array | int) -> Array:
    """Return how far each entry may move with the same s largest of each row.

    Half of the least gap between one that stays and one that does not, a scalar;
    infinite where all stay.
    """
    size, stays = jnp.abs(rows), largest_of(rows, s)
    least = jnp.min(jnp.where(stays, size, jnp.inf), axis=1)
    most = jnp.max(jnp.where(stays, -jnp.inf, size), axis=1)
    return jnp.min(least - most) / 2
