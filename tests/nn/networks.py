"""LeNet and its training in plain NumPy, float64: loops over places, no convolution."""

from functools import partial

import jax
import numpy as np

from rvsjax.sweep.engine import compiler_options

quick_jit = partial(jax.jit, compiler_options=compiler_options("cpu", quick=True))
"""Compiles in half of the time: these programs run once or twice."""

LAYERS = ("conv1", "conv2", "dense1", "dense2", "dense3")
SLOPES = {
    "relu": lambda x: x > 0,
    "clipped": lambda x: (x > 0) & (x < 1),
    "identity": lambda x: np.ones_like(x, bool),
    "window": lambda x: abs(x) <= 1,
}


def quantise(x, bits):
    """The least of the levels 0, 1/L, ..., 1 that is not below x, 1 where none is."""
    if bits is None:
        return np.maximum(x, 0)
    levels = np.arange(2**bits) / (2**bits - 1)
    return levels[np.minimum(np.searchsorted(levels, x), len(levels) - 1)]


def convolve(x, kernel):
    """``(n, h, w, c)`` and ``(5, 5, c, d)``: every place by itself."""
    high, wide = x.shape[1] - 4, x.shape[2] - 4
    y = np.empty((len(x), high, wide, kernel.shape[3]))
    for i in range(high):
        for j in range(wide):
            y[:, i, j] = np.tensordot(x[:, i : i + 5, j : j + 5], kernel, 3)
    return y


def pool(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4))


def forward(parameters, images, net):
    """Logits, each normalisation with the moments of these images."""
    x = images.astype(float)[..., None] / (255 if images.dtype == np.uint8 else 1)
    if net.inputs == "standard":
        x = (x - 0.1307) / 0.3081
    for layer in LAYERS:
        given = {k: np.asarray(v, float) for k, v in parameters[layer].items()}
        if layer == "conv1":
            x = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
        if layer.startswith("conv"):
            x = pool(convolve(x, given["kernel"])) + given["bias"]
        else:
            x = x.reshape(len(x), -1) @ given["kernel"] + given["bias"]
        if layer == "dense3":
            return x
        if net.batch_norm:
            axes = tuple(range(x.ndim - 1))
            x = (x - x.mean(axes)) / np.sqrt(x.var(axes) + 1e-5)
            x = x * given["scale"] + given["shift"]
        full = (layer == "conv1" and net.full_first) or (
            layer == "dense2" and net.full_last
        )
        x = quantise(x, None if full else net.bits)


def cross_entropy(logits, labels):
    shifted = logits - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


def digits(seed, n, noise=40):
    """Ten bright blobs at ten places, noisy: what a network can learn in a minute."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 10
    images = rng.integers(0, noise, (n, 28, 28))
    for image, label in zip(images, labels):
        row, column = 3 + 8 * (label // 4), 2 + 6 * (label % 4)
        image[row : row + 5, column : column + 5] += 150
    return images.astype(np.uint8), labels.astype(np.uint8)
