"""The training of one network as pure functions, to be vmapped over networks.

Images, labels and their order are shared: mapped over networks alone, as in
``jax.vmap(train_epoch, (0, 0, None, None, None, None))``, a minibatch is cut and
prepared once for all of them. Everything is float32, with or without 64-bit types.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from rvsjax.nn import lenet, lenet_matmul
from rvsjax.nn.config import Network
from rvsjax.nn.lenet import Parameters
from rvsjax.nn.sparsifiers import METHODS
from rvsjax.types import Array

__all__ = ["FORWARD", "Training", "begin", "learning_rate", "train_epoch"]

FORWARD = {"plain": lenet.apply, "products": lenet_matmul.apply}
"""Ways to compute the same logits, by name."""


class Training(NamedTuple):
    """State of the training of a network."""

    w: Parameters
    state: Any  # of the optimiser: momentum, and u
    loss: Array  # mean over the minibatches of the last epoch; NaN before the first


def begin(network: Network) -> Training:
    """Draw the network of the seed and prepare its optimiser."""
    w = lenet.init(network.seed, network.architecture, network.gain)
    state = _optimiser(network, network.learning_rate).init(w)
    return Training(w, state, jnp.full((), jnp.nan, jnp.float32))


def learning_rate(network: Network, epoch: Array) -> Array:
    """Return the learning rate of an epoch, from 0: divided by 10 after 60 % of them.

    That is from epoch 60 of 100 on (Dinh and Xin 2020, section 4).
    """
    late = 5 * epoch >= 3 * network.epochs
    return network.learning_rate * jnp.where(late, jnp.float32(0.1), jnp.float32(1))


def train_epoch(
    network: Network,
    training: Training,
    images: Array,
    labels: Array,
    order: Array,
    epoch: Array,
) -> Training:
    """Train for one epoch, a step of SGD for each row of `order`.

    Args:
        network: what is trained.
        training: where its training is.
        images: ``(n, 28, 28)``, uint8 or float (`rvsjax.nn.lenet.pixels`).
        labels: ``(n,)`` integers from 0 to 9.
        order: ``(steps, batch)`` int32, the images of each minibatch.
        epoch: scalar int32, from 0; traced, so that no epoch recompiles.
    """
    optimiser = _optimiser(network, learning_rate(network, epoch))
    steps = len(order)

    def step(at: tuple[Parameters, Any], now: tuple[Array, Array]) -> tuple[Any, Array]:
        w, state = at
        number, rows = now
        loss, gradient = jax.value_and_grad(_loss)(
            w, network, images[rows], labels[rows]
        )
        progress = (epoch + number / steps) / network.epochs
        updates, state = optimiser.update(gradient, state, w, progress=progress)
        return (optax.apply_updates(w, updates), state), loss

    numbers = jnp.arange(steps, dtype=jnp.float32)
    (w, state), losses = jax.lax.scan(step, training[:2], (numbers, order))
    return Training(w, state, jnp.mean(losses))


def _loss(w: Parameters, network: Network, images: Array, labels: Array) -> Array:
    """Return the mean cross-entropy of a minibatch."""
    logits, _ = FORWARD[network.forward](w, images, network.architecture)
    labels = labels.astype(jnp.int32)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.mean(losses)


def _optimiser(network: Network, rate: Array) -> optax.GradientTransformationExtraArgs:
    """Return SGD with momentum and weight decay, as its method has it.

    ``b <- momentum b + g + weight_decay w`` and ``w <- w - rate b``, where g is the
    gradient with what the method adds to it. Decay acts on every parameter, as in
    ``torch.optim.SGD``.
    """
    descent = optax.chain(
        optax.add_decayed_weights(network.weight_decay),
        optax.sgd(rate, momentum=network.momentum),
    )
    method = METHODS[network.method]
    return optax.with_extra_args_support(method.optimiser(network, descent))
