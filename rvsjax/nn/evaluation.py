"""Evaluation of a trained network: accuracy, loss and sparsity of w and of u."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from rvsjax.nn.batch_norm import Moments
from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters
from rvsjax.nn.sparsifiers import METHODS
from rvsjax.nn.training import FORWARD, Training
from rvsjax.types import Array

__all__ = ["Score", "Scores", "calibrate", "examine", "sparsity"]


class Score(NamedTuple):
    """One network on a set of images."""

    accuracy: Array  # share of images whose largest logit is their label's
    loss: Array  # mean cross-entropy, nats
    sparsity: Array  # share of kernel entries that are 0
    layers: dict[str, Array]  # the same for each layer


class Scores(NamedTuple):
    """The weights that were trained, and their sparse copy."""

    w: Score
    u: Score


def examine(
    network: Network,
    training: Training,
    images: Array,
    labels: Array,
    calibration: Array,
) -> Scores:
    """Score w and u, always both, on images ``(n, 28, 28)`` with labels ``(n,)``.

    With batch normalisation each is given moments of its own from the images for
    `calibration`, which belong to the training set; without, they are not looked at.
    u has the biases and normalisations of w.
    """
    w = training.w
    u = METHODS[network.method].sparse(network, w, training.state)
    return Scores(
        *(_score(network, each, images, labels, calibration) for each in (w, u))
    )


def calibrate(network: Network, w: Parameters, images: Array) -> Moments:
    """Return the moments for a network: means of those of minibatches of the images.

    In batches as in training, each normalised by itself; images beyond the last whole
    batch are left out. Empty without batch normalisation.
    """
    if not network.architecture.batch_norm:
        return {}
    count = len(images) // network.batch
    if not count:
        raise ValueError(
            f"calibration has {len(images)} images; batch normalisation needs at least "
            f"one batch of {network.batch} training images: pass more"
        )
    batches = images[: count * network.batch].reshape(count, -1, *images.shape[1:])
    forward = FORWARD[network.forward]
    each = jax.lax.map(
        lambda batch: forward(w, batch, network.architecture)[1], batches
    )
    return jax.tree.map(lambda x: jnp.mean(x, 0), each)


def sparsity(w: Parameters) -> tuple[Array, dict[str, Array]]:
    """Return the share of zeros over all kernels, and in each layer's.

    Biases and normalisations are not penalised and not counted.
    """
    kernels = {layer: each["kernel"] for layer, each in w.items()}
    zeros = {layer: jnp.sum(x == 0, dtype=jnp.int32) for layer, x in kernels.items()}
    total = sum(x.size for x in kernels.values())
    share = {layer: zeros[layer] / jnp.float32(x.size) for layer, x in kernels.items()}
    return sum(zeros.values(), jnp.int32(0)) / jnp.float32(total), share


def _score(
    network: Network, w: Parameters, images: Array, labels: Array, calibration: Array
) -> Score:
    moments = calibrate(network, w, calibration)
    rows, counted = _chunks(len(images), network.batch)

    def chunk(part: tuple[Array, Array]) -> tuple[Array, Array]:
        index, weight = part
        forward = FORWARD[network.forward]
        logits, _ = forward(w, images[index], network.architecture, moments)
        label = labels[index].astype(jnp.int32)
        loss = optax.softmax_cross_entropy_with_integer_labels(logits, label)
        right = (jnp.argmax(logits, 1) == label).astype(jnp.float32)
        return jnp.sum(right * weight), jnp.sum(jnp.where(weight > 0, loss, 0))

    right, loss = jax.lax.map(chunk, (rows, counted))
    number = jnp.float32(len(images))
    return Score(jnp.sum(right) / number, jnp.sum(loss) / number, *sparsity(w))


def _chunks(number: int, size: int) -> tuple[Array, Array]:
    """Return indices ``(chunks, size)`` of all rows, and 1 where each first appears."""
    places = jnp.arange(-(-number // size) * size, dtype=jnp.int32).reshape(-1, size)
    return jnp.minimum(places, number - 1), (places < number).astype(jnp.float32)
