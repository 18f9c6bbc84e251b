"""Batch normalisation of one layer (Ioffe and Szegedy 2015), for any axis of channels.

    scale (x - mean) / sqrt(variance + 1e-5) + shift

Mean and variance are those of the minibatch, over all axes but the channels'; there are
no running averages. For an examination they are computed again, for w and for u alike,
from training images (`rvsjax.nn.evaluation.calibrate`).
"""

import jax
import jax.numpy as jnp

from rvsjax.types import Array

__all__ = ["Moments", "moments_of", "normalise"]

Moments = dict[str, tuple[Array, Array]]
"""Layer to mean and variance of each channel of what its normalisation is given."""

EPSILON = 1e-5  # added to variances, as torch.nn.BatchNorm2d does


def moments_of(x: Array, channels: int) -> tuple[Array, Array]:
    """Return mean and variance over all axes but `channels`, each ``(width,)``.

    The variance divides by the number of values, not by one less.
    """
    axes = tuple(axis for axis in range(x.ndim) if axis != channels % x.ndim)
    return jnp.mean(x, axes), jnp.var(x, axes)


def normalise(
    layer: dict[str, Array], x: Array, moments: tuple[Array, Array], channels: int
) -> Array:
    """Return x with these moments taken out, then scaled and shifted by the layer's."""
    shape = [1] * x.ndim
    shape[channels] = -1
    mean, variance = moments
    slope = layer["scale"] * jax.lax.rsqrt(variance + EPSILON)
    centred = x - mean.reshape(shape)
    return centred * slope.reshape(shape) + layer["shift"].reshape(shape)
