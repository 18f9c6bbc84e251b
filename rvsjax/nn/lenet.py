"""LeNet-5 with quantised activations, as plain functions of a tree of named arrays.

| layer    | kernel        | output       | then                                |
|----------|---------------|--------------|-------------------------------------|
| `conv1`  | (5, 5, 1, 6)  | (28, 28, 6)  | pooling, normalisation, activation  |
| `conv2`  | (5, 5, 6, 16) | (10, 10, 16) | pooling, normalisation, activation  |
| `dense1` | (400, 120)    | (120,)       | normalisation, activation           |
| `dense2` | (120, 84)     | (84,)        | normalisation, activation           |
| `dense3` | (84, 10)      | (10,)        | the logits                          |

As in LeCun et al. 1998 the first convolution sees 32 x 32 pixels, which are the 28 x 28
with two rows of zeros on each side, and the second has no padding. Pooling is by maxima
of 2 x 2 in place of their weighted means, and layers are dense in place of their
partial connections and radial units. Pooling comes before the activation, as there: a
maximum of binary numbers would often be a tie (Rastegari et al. 2016, XNOR-Net).
Images and activations are NHWC.

What is written here is the reference: `lenet_matmul` computes the same faster.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rvsjax.environment.jax_settings import pinned, random_key
from rvsjax.nn.activations import activation
from rvsjax.nn.batch_norm import Moments, moments_of, normalise
from rvsjax.types import Array

__all__ = ["INPUTS", "SHAPES", "LeNet", "Parameters", "apply", "init", "pixels"]

Parameters = dict[str, dict[str, Array]]
"""Layer to its `kernel` and `bias`, and with normalisation its `scale` and `shift`."""

SHAPES = {
    "conv1": (5, 5, 1, 6),
    "conv2": (5, 5, 6, 16),
    "dense1": (400, 120),
    "dense2": (120, 84),
    "dense3": (84, 10),
}

INPUTS = {"unit": (0.0, 1.0), "standard": (0.1307, 0.3081)}
"""What is taken from pixels in [0, 1], and what they are then divided by.

`standard` are mean and standard deviation of MNIST's training images.
"""


class LeNet(NamedTuple):
    """Layers and quantisation of a network.

    Weights are in full precision everywhere; what is quantised are activations. A first
    layer in full precision keeps ReLU after `conv1` (its input is the image); a last
    one keeps ReLU after `dense2`, the input of `dense3`.
    """

    surrogate: str = "relu"  # of `SURROGATES`
    bits: int | None = 1  # of each activation; None: ReLU everywhere
    batch_norm: bool = False
    full_first: bool = False
    full_last: bool = False
    inputs: str = "unit"  # of `INPUTS`

    def activate(self, layer: str, x: Array) -> Array:
        """Return the activation that follows a layer, elementwise."""
        full = {"conv1": self.full_first, "dense2": self.full_last}.get(layer, False)
        return activation(x, self.surrogate, None if full else self.bits)


@pinned(None)
def init(seed: Array, net: LeNet, gain: Array | float = 1.0) -> Parameters:
    """Draw float32 parameters, uniform in ``+-1/sqrt(fan in)`` as PyTorch's default.

    Kernels are `gain` times that: sqrt(3) gives them the variance 1/(fan in) of LeCun
    et al. 1998, sqrt(6) that of He et al. 2015. The same seed (uint32) gives the same
    kernels and biases whatever the `net`, and with or without 64-bit types; scales of
    normalisations are 1, shifts 0.
    """
    sizes = [size for shape in SHAPES.values() for size in (shape, shape[-1:])]
    ends = np.cumsum([math.prod(size) for size in sizes])
    key = random_key(seed)
    # at once: to compile a draw for each array took over 20 s, this 1 s
    drawn = jax.random.uniform(key, (ends[-1],), jnp.float32, -1, 1)
    arrays = iter(jnp.split(drawn, ends[:-1]))
    parameters = {}
    for layer, shape in SHAPES.items():
        bound = math.prod(shape[:-1]) ** -0.5
        kernel, bias = bound * next(arrays).reshape(shape), bound * next(arrays)
        kernel = jnp.float32(gain) * kernel
        parameters[layer] = {"kernel": kernel, "bias": bias}
        if net.batch_norm and layer != "dense3":
            one = jnp.ones_like(bias)
            parameters[layer] |= {"scale": one, "shift": jnp.zeros_like(one)}
    return parameters


def pixels(images: Array, inputs: str) -> Array:
    """Return images as float32, shifted and scaled as `INPUTS` has it.

    Images of uint8 are from 0 to 255; float images have the scale of their maker.
    """
    mean, deviation = INPUTS[inputs]
    scale = 255 if images.dtype == jnp.uint8 else 1
    return (images.astype(jnp.float32) / scale - mean) / deviation


def apply(
    parameters: Parameters, images: Array, net: LeNet, moments: Moments | None = None
) -> tuple[Array, Moments]:
    """Return logits ``(n, 10)`` of images ``(n, 28, 28)``, and the moments in use.

    Without `moments` each normalisation uses those of these images, as in training.
    """
    found: Moments = {}
    x = pixels(images, net.inputs)[..., None]
    for layer in SHAPES:
        x = _linear(layer, parameters[layer]["kernel"], x)
        x = x + parameters[layer]["bias"].reshape((1,) * (x.ndim - 1) + (-1,))
        if layer == "dense3":
            break
        if net.batch_norm:
            known = moments[layer] if moments else moments_of(x, -1)
            found[layer] = known
            x = normalise(parameters[layer], x, known, -1)
        x = net.activate(layer, x)
    return x, found


def _linear(layer: str, kernel: Array, x: Array) -> Array:
    """Return a convolution and its pooling, or a product over all that an image has."""
    if kernel.ndim == 2:
        return x.reshape(len(x), -1) @ kernel
    x = jax.lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(1, 1),
        padding=[(2, 2), (2, 2)] if layer == "conv1" else "VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    window = (1, 2, 2, 1)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
