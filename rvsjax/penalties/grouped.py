"""Penalties of the lengths of groups of entries: what they have in common."""

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from mpmath import inf, mpf

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactProx, ExactVectorProx, mp
from rvsjax.types import Array, Penalty, pytree, static

__all__ = ["Grouped", "exact_of_groups"]


@pytree
class Grouped:
    """``P(u) = sum_g p(|u_g|)``, p a penalty of numbers, g groups of equal size.

    Groups are entries one after the other, `group` of them each, the last one the rest.
    With u_g goes ``x_g/|x_g|`` times the prox of ``|x_g|``; a group of length 0 stays.
    """

    separable: ClassVar[bool] = False

    group: int = static()

    def __post_init__(self) -> None:
        """Refuse a size that is not whole, or below 1."""
        numbers.whole(f"{type(self).__name__}: group", self.group, 1)

    @property
    def of_lengths(self) -> Penalty:
        """The penalty p."""
        raise NotImplementedError

    def lengths(self, x: Array) -> Array:
        """Return ``|x_g|``, ``(groups,)``; its slope at a group of zeros is 0."""
        square = jnp.sum(self._rows(x) ** 2, axis=1)
        there = ~(square <= 0)  # also NaN
        return jnp.where(there, jnp.sqrt(jnp.where(there, square, 1)), 0)

    def value(self, u: Array) -> Array:
        """Return ``sum_g p(|u_g|)``."""
        return self.of_lengths.value(self.lengths(u))

    def threshold(self, m: Array) -> Array:
        """Return t: u_g is 0 exactly where ``|x_g| <= t``."""
        return self.of_lengths.threshold(m)

    def jump(self, m: Array) -> Array:
        """Return ``|u_g|`` just beyond the threshold, 0 if continuous."""
        return self.of_lengths.jump(m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return the branch of p, of lengths."""
        return self.of_lengths.branch(x, m)

    def prox(self, x: Array, m: Array) -> Array:
        """Return the prox of each length times ``x_g/|x_g|``; inf and NaN stay."""
        finite = jnp.where(jnp.isinf(x), 0, x)
        rows, lengths = self._rows(finite), self.lengths(finite)
        some = ~(lengths <= 0)
        share = self.of_lengths.prox(lengths, m) / jnp.where(some, lengths, 1)
        u = (rows * share[:, None]).ravel()[: x.size]
        return jnp.where(jnp.isinf(x), x, u)

    def steepest(self, x: Array, m: Array, radius: Array) -> Array:
        """Return the largest slope of the prox within a radius of x, a scalar.

        That of p, or across a group the share that stays, at most 1.
        """
        size, p, t = self.lengths(x), self.of_lengths, self.threshold(m)
        beyond = size + radius > t

        def slope(x: Array) -> Array:
            return jax.jvp(lambda y: p.branch(y, m), (x,), (jnp.ones_like(x),))[1]

        ends = jnp.stack([jnp.maximum(size - radius, t), size + radius])
        slopes = jnp.where(beyond, jnp.maximum(jax.vmap(slope)(ends), 1), 0)
        jumps = jnp.any(beyond & (size - radius <= t)) & (self.jump(m) > 0)
        return jnp.where(jumps, jnp.inf, jnp.max(slopes))

    def _rows(self, x: Array) -> Array:
        """Return x as rows of a group each, the last one with zeros."""
        return jnp.pad(x, (0, -x.size % self.group)).reshape(-1, self.group)


def exact_of_groups(group: Any, p: ExactProx) -> ExactVectorProx:
    """Return the prox of groups in mpmath's numbers, of one of lengths."""
    size = int(group)

    def groups(x: Any) -> list[list[Any]]:
        return [list(x[i : i + size]) for i in range(0, len(x), size)]

    def norm(x: Any) -> Any:
        return mp.sqrt(mp.fsum(q * q for q in x))

    def prox(x: Any) -> list[Any]:
        found: list[Any] = []
        for part in groups(x):
            length = norm(part)
            on = length > p.threshold
            share = p.branch(length) / length if on else mpf(0)
            found += [q * share for q in part]
        return found

    def steepest(x: Any, radius: Any) -> Any:
        slopes, jumps = [mpf(0)], p.branch(p.threshold) > mpf("1e-40")
        for length in map(norm, groups(x)):
            if length + radius > p.threshold:
                jump = jumps and length - radius <= p.threshold
                nearest = max(length - radius, p.threshold)
                slopes.append(inf if jump else max(p.slope(nearest), mpf(1)))
        return max(slopes)

    return ExactVectorProx(
        value=lambda u: mp.fsum(p.value(norm(part)) for part in groups(u)),
        threshold=p.threshold,
        prox=prox,
        steepest=steepest,
    )
