"""The training of a network of `lenet`, an epoch a stage, with its scores."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from rvsjax.environment.jax_settings import random_key
from rvsjax.nn.evaluation import Scores, examine
from rvsjax.nn.training import Training, begin, train_epoch
from rvsjax.studies.lenet.trial import LeNetTrial
from rvsjax.types import Array

__all__ = ["Carry", "History", "advance_trial", "begin_trial"]

_CALIBRATION = 5000  # training images that moments are taken from, or one batch


class History(NamedTuple):
    """Scores of a network after each epoch, ``(epochs + 1,)``; NaN before."""

    loss_train: Array  # mean over the minibatches of an epoch
    scores: Scores


class Carry(NamedTuple):
    """The state of the training of a trial."""

    training: Training
    history: History


def _scores(
    trial: LeNetTrial,
    training: Training,
    images: Array,
    test_images: Array,
    test_labels: Array,
) -> Scores:
    """Score on the test images; moments are those of the first training images."""
    few = slice(None, trial.test_images)
    least = max(_CALIBRATION, trial.network.batch)
    calibration = images[: trial.train_images][:least]
    return examine(
        trial.network, training, test_images[few], test_labels[few], calibration
    )


def begin_trial(
    trial: LeNetTrial,
    images: Array,
    labels: Array,
    test_images: Array,
    test_labels: Array,
) -> Carry:
    """Draw a network and look at it, before its first epoch."""
    training = begin(trial.network)
    scores = _scores(trial, training, images, test_images, test_labels)
    now = History(jnp.full((), jnp.nan, jnp.float32), scores)
    places = trial.network.epochs + 1
    history = jax.tree.map(
        lambda x: jnp.full(places, jnp.nan, x.dtype).at[0].set(x), now
    )
    return Carry(training, history)


def _order(epoch: Array, images: int, batch: int) -> Array:
    """Return the images of each minibatch, the same for every network of any sweep."""
    key = jax.random.fold_in(random_key(0), epoch)
    rows = jax.random.permutation(key, jnp.arange(images, dtype=jnp.int32))
    return rows[: images // batch * batch].reshape(-1, batch)


def advance_trial(
    trial: LeNetTrial,
    carry: Carry,
    epoch: Array,
    images: Array,
    labels: Array,
    test_images: Array,
    test_labels: Array,
) -> Carry:
    """Train a network for the epoch of that number, from 0, and look at it."""
    some, marks = images[: trial.train_images], labels[: trial.train_images]
    order = _order(epoch, len(some), trial.network.batch)
    training = train_epoch(trial.network, carry.training, some, marks, order, epoch)
    scores = _scores(trial, training, images, test_images, test_labels)
    now = History(training.loss, scores)
    history = jax.tree.map(
        lambda kept, x: kept.at[epoch + 1].set(x), carry.history, now
    )
    return Carry(training, history)
