"""The sum of logarithms, which weights close to 0 dominate."""

from typing import ClassVar

import jax.numpy as jnp

from rvsjax.environment import numbers
from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.penalties.pieces import beyond, polished
from rvsjax.types import Array, pytree

__all__ = ["LogSum"]


@pytree
class LogSum:
    """``P(u) = sum_j log(1 + |u_j|/eps)`` with ``eps > 0``.

    Source: Candes, Wakin and Boyd 2008.
    """

    thresholded: ClassVar[bool] = True

    eps: Array  # scalar, above 0

    def __post_init__(self) -> None:
        """Refuse an eps that is known and not above 0."""
        for eps in numbers.flat(self.eps):
            numbers.refuse("LogSum: eps", eps, above=0)
        object.__setattr__(self, "eps", numbers.computable(self.eps))

    def value(self, u: Array) -> Array:
        """Return ``sum_j log(1 + |u_j|/eps)``."""
        return jnp.sum(jnp.log1p(jnp.abs(u) / self.eps))

    def threshold(self, m: Array) -> Array:
        """Return ``m/eps`` for ``m <= eps^2``, else ``u + m/(eps + u)``, u the jump."""
        u = self.jump(m)
        return jnp.where(u > 0, u + m / (self.eps + u), m / self.eps)

    def jump(self, m: Array) -> Array:
        """Return the root ``u = eps v`` of ``(m/eps^2) k(v) = 1/2``, 0 where none is.

        ``k(v) = (log(1 + v) - v/(1 + v))/v^2`` falls from 1/2, so that there is one for
        ``m > eps^2``: there 0 and the branch cost as much. Newton's method rises to it
        from ``sqrt(m)/eps - 1``, where the branch begins.
        """
        scale = m / self.eps**2
        jumps = scale > 1
        big = jnp.where(jumps, scale, 4)
        v = jnp.sqrt(big) - 1
        for _ in range(10):
            k, fall = _k(v)
            v = v + (big * k - 0.5) / (-big * fall)
        return jnp.where(jumps, self.eps * v, 0 * m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return the larger root of ``u + m/(eps + u) = |x|``, 0 where it is below 0.

        ``(|x| - eps + sqrt((|x| + eps)^2 - 4 m))/2``.
        """
        size, eps = jnp.abs(x), self.eps
        root = 2 * jnp.sqrt(m)
        square = (size + eps - root) * (size + eps + root)
        there = (square >= 0) & (size < jnp.inf)
        root = jnp.sqrt(jnp.where(there, square, 1))
        small = size < eps  # without cancellation
        below = jnp.where(small & there, root + eps - size, 1)
        u = jnp.where(small, 2 * (size * eps - m) / below, (size - eps + root) / 2)
        u = jnp.where(there, u, jnp.where(size < jnp.inf, 0, size))
        found = polished(
            *(u, size, m), lambda u: 1 / (eps + u), lambda u: -1 / (eps + u) ** 2
        )
        return jnp.sign(x) * found

    def smaller_root(self, x: Array, largest: Array, m: Array) -> Array:
        """Return the other root: the two add up to ``x - eps``."""
        del m
        other = x - self.eps - largest
        return jnp.where((largest > 0) & (other > 0), other, largest)

    def prox(self, x: Array, m: Array) -> Array:
        """Return `branch` beyond the threshold, else 0; NaN where x or m is."""
        return beyond(x, m, self.threshold(m), self.branch(x, m))

    @staticmethod
    def exact(m, eps):
        """Return the same in mpmath's numbers."""

        def branch(x):
            return (x - eps + mp.sqrt(max((x + eps) ** 2 - 4 * m, 0))) / 2

        def excess(u):
            return m * mp.log1p(u / eps) - u**2 / 2 - m * u / (eps + u)

        threshold = m / eps
        if m > eps**2:
            low, high = mp.sqrt(m) - eps, m / eps
            while high - low > high * mp.mpf(10) ** -55:
                middle = (low + high) / 2
                low, high = (middle, high) if excess(middle) > 0 else (low, middle)
            threshold = high + m / (eps + high)
        return ExactProx(
            value=lambda u: mp.log1p(u / eps),
            threshold=threshold,
            branch=branch,
            slope=lambda x: _over(1 - m / (eps + branch(x)) ** 2),
        )


def _over(x):
    return 1 / x if x > 0 else mp.inf


def _k(v: Array) -> tuple[Array, Array]:
    """Return ``(log(1 + v) - v/(1 + v))/v^2`` and its slope, v > 0."""
    small = v < 0.1
    near, far = jnp.where(small, v, 0), jnp.where(small, 1, v)
    series, slopes = jnp.zeros_like(v), jnp.zeros_like(v)
    for n in reversed(range(18)):
        coefficient = (-1) ** n * (n + 1) / (n + 2)
        slopes = slopes * near + series
        series = series * near + coefficient
    k = (jnp.log1p(far) - far / (1 + far)) / far**2
    fall = 1 / (far * (1 + far) ** 2) - 2 * k / far
    return jnp.where(small, series, k), jnp.where(small, slopes, fall)
