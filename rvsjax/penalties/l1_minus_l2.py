"""l1 less a part of l2: of two vectors of one l1 the sparser costs less."""

from typing import Any, ClassVar

import jax.numpy as jnp
from mpmath import inf, mpf

from rvsjax.penalties.exact import ExactVectorProx, mp
from rvsjax.types import Array, pytree

__all__ = ["L1MinusL2"]


@pytree
class L1MinusL2:
    """``P(u) = |u|_1 - alpha |u|_2`` with alpha in [0, 1]: not separable.

    Source: Lou and Yan 2018.
    """

    separable: ClassVar[bool] = False

    alpha: Array  # scalar

    def value(self, u: Array) -> Array:
        """Return ``|u|_1 - alpha |u|_2``."""
        return jnp.sum(jnp.abs(u)) - self.alpha * jnp.sqrt(jnp.sum(u**2))

    def threshold(self, m: Array) -> Array:
        """Return ``(1 - alpha) m``: u is 0 exactly where no ``|x_j|`` is larger."""
        return (1 - self.alpha) * m

    def jump(self, m: Array) -> Array:
        """Return 0: from u = 0 the prox is continuous."""
        return jnp.zeros_like(m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return the prox of each entry alone: ``sgn(x) (|x| - (1 - alpha) m)``."""
        return jnp.sign(x) * (jnp.abs(x) - self.threshold(m))

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``z (1 + alpha m/|z|)``, ``z = soft(x, m)``, where z is not 0.

        Else the first of the largest entries alone, less ``(1 - alpha) m``, or 0. NaN
        in all entries where one of x is.
        """
        size, index = jnp.abs(x), jnp.arange(x.size)
        finite = jnp.where(size < jnp.inf, x, 0)
        z = jnp.sign(finite) * jnp.maximum(jnp.abs(finite) - m, 0)
        square = jnp.sum(z**2)
        length = jnp.sqrt(jnp.where(square > 0, square, 1))
        many = z * (1 + self.alpha * m / length)
        first = index == jnp.argmax(size)
        one = jnp.maximum(size - self.threshold(m), 0)
        few = jnp.where(first, jnp.sign(x) * one, 0)
        u = jnp.where(square > 0, many, few)
        lost = jnp.isnan(m) | jnp.isnan(x)
        return jnp.where(lost, jnp.nan, jnp.where(size < jnp.inf, u, x))

    def steepest(self, x: Array, m: Array, radius: Array) -> Array:
        """Return a bound on the slope of the prox within a radius of x, a scalar.

        ``1 + alpha m/|z|`` where some ``|x_j| > m``; else 1, infinite where another
        entry may become the largest, or one may pass m.
        """
        size = jnp.abs(x)
        least = jnp.linalg.norm(jnp.maximum(size - m, 0)) - radius
        many = 1 + self.alpha * m / jnp.where(least > 0, least, 1)
        order = jnp.sort(size, descending=True)
        second = order[1] if x.size > 1 else jnp.zeros_like(order[0])
        off = order[0] + radius <= self.threshold(m)
        alone = order[0] - second > 2 * radius
        few = jnp.where(alone & (order[0] + radius <= m), 1, jnp.inf)
        no_jump = self.alpha * m == 0
        few = jnp.where(no_jump, 1, jnp.where(off, 0, few))
        return jnp.where(least > 0, many, few)

    @staticmethod
    def exact(m: Any, alpha: Any) -> ExactVectorProx:
        """Return the same in mpmath's numbers."""

        def norm(x: Any) -> Any:
            return mp.sqrt(mp.fsum(p * p for p in x))

        def prox(x: Any) -> list[Any]:
            z = [mp.sign(p) * max(abs(p) - m, 0) for p in x]
            if length := norm(z):
                return [p + alpha * m * p / length for p in z]
            top = max(map(abs, x))
            place = [abs(p) for p in x].index(top)
            rest = max(top - (1 - alpha) * m, mpf(0))
            return [mp.sign(p) * rest * (i == place) for i, p in enumerate(x)]

        def steepest(x: Any, radius: Any) -> Any:
            size = sorted((abs(p) for p in x), reverse=True)
            least = norm([max(p - m, 0) for p in size]) - radius
            if least > 0:
                return 1 + alpha * m / least
            if not alpha * m:
                return mpf(1)
            if size[0] + radius <= (1 - alpha) * m:
                return mpf(0)
            alone = len(size) == 1 or size[0] - size[1] > 2 * radius
            return mpf(1) if alone and size[0] + radius <= m else inf

        return ExactVectorProx(
            value=lambda u: mp.fsum(map(abs, u)) - alpha * norm(u),
            threshold=(1 - alpha) * m,
            prox=prox,
            steepest=steepest,
        )
