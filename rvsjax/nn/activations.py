"""Binarised and b-bit activations, whose derivative is a surrogate's.

    sigma(x) = ceil(L min(max(x, 0), 1)) / L,    L = 2^b - 1,

the uniform quantiser of Yin et al. 2019 (arXiv 1903.05662, section 4) with resolution
``1/L``, so that every b has the levels ``0, 1/L, ..., 1`` and clips at 1; half-wave as
in Cai et al. 2017 (arXiv 1702.00953), who fit the resolution to Gaussian input instead.
One bit gives ``1[x > 0]``, the binarised ReLU of Dinh and Xin 2020.

Its derivative is 0 almost everywhere. Backward it is replaced by that of ``relu``
(``1[x > 0]``), ``clipped`` (``1[0 < x < 1]``), ``identity`` (1) or ``window``
(``1[|x| <= 1]``), whatever b: see `rvsjax.models.surrogates`.
"""

from functools import partial

import jax
import jax.numpy as jnp

from rvsjax.environment.numbers import whole
from rvsjax.models.surrogates import SURROGATES
from rvsjax.types import Array

__all__ = ["activation", "binary_relu", "quantised_relu"]

MOST_BITS = 32
_SMALL = 0.25  # of a level, for what rounding may move


def quantised_relu(x: Array, surrogate: str = "relu", bits: int = 1) -> Array:
    """Return ``ceil(L clip(x, 0, 1)) / L`` elementwise, ``L = 2^bits - 1``.

    `surrogate` is a key of `SURROGATES`, `bits` from 1 to 32; others
    are a ValueError. In the dtype of x; NaN stays NaN, so that a network that diverged
    does not look alive. A level stays as it is, however it was rounded (by two eps),
    where eps of that dtype is small against a level.
    """
    bits = whole("quantised_relu: bits", bits, 1, MOST_BITS)
    if surrogate not in [*SURROGATES]:
        known = ", ".join(SURROGATES)
        what = f"is {surrogate!r}; it must be one of {known}"
        raise ValueError(f"quantised_relu: the surrogate {what}")
    x = jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        x = x.astype(float)
    return _quantised(x, surrogate, bits)


@partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _quantised(x: Array, surrogate: str, bits: int) -> Array:
    """Return the least rounded level that is not below x, where one bit has none.

    A value that is above a level by rounding alone has that level.
    """
    del surrogate
    if bits == 1:
        return jnp.ceil(jnp.clip(x, 0, 1))
    rounding = 2 * float(jnp.finfo(x.dtype).eps)
    nearly = 1 - rounding if rounding * 2.0**bits < _SMALL else 1.0
    wide = jnp.clip(x, 0, 1).astype(jnp.promote_types(x.dtype, jnp.float32))
    levels = 2.0**bits - 1 + 0 * wide  # by a constant XLA multiplies with 1/L, rounded
    number = jnp.ceil(levels * (nearly * wide))
    below = ((number - 1) / levels).astype(x.dtype)  # L x may have passed it, rounded
    return jnp.where(below >= wide, below, (number / levels).astype(x.dtype))


@_quantised.defjvp
def _quantised_jvp(
    surrogate: str, bits: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    [x], [tangent] = primals, tangents
    slope = SURROGATES[surrogate].derivative(x)
    return _quantised(x, surrogate, bits), slope * tangent


def binary_relu(x: Array, surrogate: str = "relu") -> Array:
    """Return ``1[x > 0]`` elementwise, whose derivative is the surrogate's."""
    return quantised_relu(x, surrogate, 1)


def activation(x: Array, surrogate: str, bits: int | None) -> Array:
    """Return `quantised_relu`, or ``max(x, 0)`` with its own derivative if no bits."""
    if bits is None:
        return jax.nn.relu(x)
    return quantised_relu(x, surrogate, bits)
