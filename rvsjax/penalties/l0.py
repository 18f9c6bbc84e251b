"""l0, whose prox is hard thresholding (Lemma 9)."""

from typing import Any, ClassVar

import jax.numpy as jnp
from mpmath import mpf

from rvsjax.penalties.exact import ExactProx, mp
from rvsjax.types import Array, pytree

__all__ = ["L0"]


@pytree
class L0:
    """``P(u) = #{j : u_j != 0}``; its prox is hard thresholding (Lemma 9)."""

    thresholded: ClassVar[bool] = True

    def value(self, u: Array) -> Array:
        """Return the number of nonzero entries, in the dtype of ``u``."""
        return jnp.sum((u != 0).astype(u.dtype))

    def threshold(self, m: Array) -> Array:
        """Return ``sqrt(2 m)``: the prox is 0 exactly where ``|x| <= sqrt(2 m)``."""
        return jnp.sqrt(2 * m)

    def jump(self, m: Array) -> Array:
        """Return ``sqrt(2 m)``, the threshold: beyond it the prox is x."""
        return self.threshold(m)

    def branch(self, x: Array, m: Array) -> Array:
        """Return ``x``, the prox beyond the threshold."""
        del m
        return x

    def prox(self, x: Array, m: Array) -> Array:
        """Return ``x`` where ``|x| > sqrt(2 m)``, else 0; NaN where x or m is."""
        beyond = jnp.where(jnp.isnan(m), jnp.nan, x)  # but for it a NaN m is no limit
        return jnp.where(jnp.abs(x) <= self.threshold(m), 0, beyond)

    @staticmethod
    def exact(m: Any) -> ExactProx:
        """Return the same in mpmath's numbers."""
        return ExactProx(
            value=lambda u: mpf(1),
            threshold=mp.sqrt(2 * m),
            branch=lambda x: x,
            slope=lambda x: mpf(1),
        )
