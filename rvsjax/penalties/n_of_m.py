"""N of M: a limit on the entries of each block, whose prox is a projection."""

from typing import Any, ClassVar

import jax.numpy as jnp
from mpmath import inf, mpf

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactVectorProx
from rvsjax.penalties.largest import largest_of, margin
from rvsjax.types import Array, pytree, static

__all__ = ["NOfM"]


@pytree
class NOfM:
    """``P(u) = 0`` where each block of m entries has n that are not 0 at most.

    Infinite elsewhere. Blocks are entries one after the other, the last one the rest.
    The prox is the projection on such u, whatever m. Source: Zhou et al. 2021, 2:4.
    """

    cone: ClassVar[bool] = True
    separable: ClassVar[bool] = False

    n: int = static()
    m: int = static()

    def __post_init__(self) -> None:
        """Refuse what is not whole, and n beyond m."""
        most = numbers.whole("NOfM: m", self.m, 1)
        numbers.whole("NOfM: n", self.n, 1, most)

    def value(self, u: Array) -> Array:
        """Return 0, which is right for every u that the prox returns; not checked."""
        return jnp.zeros((), u.dtype)

    def threshold(self, m: Array) -> Array:
        """Return 0: no threshold holds for every x."""
        return jnp.zeros_like(m)

    def jump(self, m: Array) -> Array:
        """Return infinity: an entry of any size may come or go."""
        return jnp.full_like(m, jnp.inf)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``x``, the prox at the entries that stay."""
        del m
        return x

    def prox(self, x: Array, m: Array) -> Array:
        """Return the n largest entries of each block, 0 elsewhere.

        Of equal magnitudes the lower index stays. NaN counts as largest and stays.
        """
        del m
        kept = largest_of(self._blocks(x), self.n).ravel()[: x.size]
        return jnp.where(kept | jnp.isnan(x), x, 0)

    def steepest(self, x: Array, m: Array, radius: Array) -> Array:
        """Return 1, infinite where other entries may stay within a radius of x."""
        del m
        gap = margin(self._blocks(x), self.n)
        return jnp.where(gap > radius, jnp.ones_like(gap), jnp.inf)

    def _blocks(self, x: Array) -> Array:
        return jnp.pad(x, (0, -x.size % self.m)).reshape(-1, self.m)

    @staticmethod
    def exact(_: Any, n: Any, m: Any) -> ExactVectorProx:
        """Return the same in mpmath's numbers."""
        keep, size = int(n), int(m)

        def blocks(x: Any) -> list[list[Any]]:
            return [list(x[i : i + size]) for i in range(0, len(x), size)]

        def prox(x: Any) -> list[Any]:
            found: list[Any] = []
            for part in blocks(x):
                order = sorted(range(len(part)), key=lambda i: (-abs(part[i]), i))
                stay = set(order[:keep])
                found += [p if i in stay else mpf(0) for i, p in enumerate(part)]
            return found

        def steepest(x: Any, radius: Any) -> Any:
            for part in blocks(x):
                size = sorted(map(abs, part), reverse=True)
                if len(size) > keep and size[keep - 1] - size[keep] <= 2 * radius:
                    return inf
            return mpf(1)

        return ExactVectorProx(
            value=lambda u: mpf(0), threshold=mpf(0), prox=prox, steepest=steepest
        )
