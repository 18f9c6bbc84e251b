"""The study `lenet`: networks trained at once on shared images, an epoch a stage."""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow as pa

from rvsjax.agreement import Difference, Tables, differences
from rvsjax.engine import Stages
from rvsjax.nn.data import DataError, load_data
from rvsjax.nn.examine import Scores, examine
from rvsjax.nn.lenet import SHAPES, LeNet
from rvsjax.nn.network import Network
from rvsjax.nn.training import Training, begin, train_epoch
from rvsjax.penalties import L0, L1, NoPenalty, TransformedL1
from rvsjax.rows import (
    column,
    curves_table,
    identity,
    parameters,
    status,
    vectors,
)
from rvsjax.spec.plan import Item
from rvsjax.store import StoreError
from rvsjax.studies.study import Material, Probe, Study, leaf
from rvsjax.types import Array, pytree, static

__all__ = ["STUDY"]

_MNIST = 60_000  # training images, where a sweep does not say how many
_CALIBRATION = 5000  # of the training images, that moments are taken from
_WEIGHTS = 61_706
_PROBE_STEPS = 20

# Two networks fit into a core's cache: 12 thousand images a CPU-second against 9 with
# four or more (benchmarks/lenet.py). XLA's own options: a fifth faster than
# ours for small arrays, and 14 instead of 11 s to compile.
_WIDTH = 2


@pytree
class Trial:
    """A network, and how many of the images it is given."""

    network: Network
    train_images: int | None = static()
    test_images: int | None = static()


class History(NamedTuple):
    """What is seen of a network after each epoch, ``(epochs + 1,)``; NaN before."""

    loss_train: Array  # mean over the minibatches of an epoch
    scores: Scores


class Carry(NamedTuple):
    """Where the training of a trial is."""

    training: Training
    history: History


def make_trial(item: Item, points: int, kernel: str = "plain") -> Trial:
    """Turn the names and numbers of an item into a trial; every epoch is recorded."""
    given = item.parameters

    def real(name: str) -> Any:
        return leaf("float32", given[name])

    penalty = {
        None: NoPenalty,
        "l0": L0,
        "l1": L1,
        "transformed-l1": lambda: TransformedL1(real("a")),
    }[given["penalty"]]()
    net = LeNet(
        surrogate=given["surrogate"] or "relu",
        bits=given["bits"] or None,
        batch_norm=given["batch_norm"],
        full_first=bool(given["full_first"]),
        full_last=bool(given["full_last"]),
    )
    network = Network(
        seed=leaf("uint32", item.seed),
        learning_rate=real("learning_rate"),
        momentum=real("momentum"),
        weight_decay=real("weight_decay"),
        lam=real("lam"),
        beta=real("beta"),
        sparsity=real("sparsity"),
        penalty=penalty,
        architecture=net,
        method=given["method"],
        epochs=given["epochs"],
        batch=given["batch"],
    )
    return Trial(network, given["train_images"], given["test_images"])


# -- stages ----------------------------------------------------------------------------


def _scores(
    trial: Trial,
    training: Training,
    images: Array,
    test_images: Array,
    test_labels: Array,
) -> Scores:
    """Score on the test images; moments are those of the first training images."""
    few = slice(None, trial.test_images)
    calibration = images[: trial.train_images][:_CALIBRATION]
    return examine(
        trial.network, training, test_images[few], test_labels[few], calibration
    )


def _begin(
    trial: Trial, images: Array, labels: Array, test_images: Array, test_labels: Array
) -> Carry:
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
    key = jax.random.fold_in(jax.random.key(0, impl="threefry2x32"), epoch)
    rows = jax.random.permutation(key, jnp.arange(images, dtype=jnp.int32))
    return rows[: images // batch * batch].reshape(-1, batch)


def _advance(
    trial: Trial,
    carry: Carry,
    epoch: Array,
    images: Array,
    labels: Array,
    test_images: Array,
    test_labels: Array,
) -> Carry:
    some, marks = images[: trial.train_images], labels[: trial.train_images]
    order = _order(epoch, len(some), trial.network.batch)
    training = train_epoch(trial.network, carry.training, some, marks, order, epoch)
    scores = _scores(trial, training, images, test_images, test_labels)
    now = History(training.loss, scores)
    history = jax.tree.map(
        lambda kept, x: kept.at[epoch + 1].set(x), carry.history, now
    )
    return Carry(training, history)


def _epochs(trial: Trial) -> int:
    return trial.network.epochs


# -- tables ----------------------------------------------------------------------------


def tables(items: Sequence[Item], carry: Carry) -> dict[str, pa.Table]:
    """Return the tables `runs`, `curves` and `weights` of a block."""
    ids, seen = identity(items), carry.history
    loss = np.asarray(seen.loss_train)
    epochs = np.broadcast_to(np.arange(loss.shape[1]), loss.shape)
    bad = ~np.isfinite(loss[:, 1:])
    first = np.where(bad.any(1), bad.argmax(1) + 1, -1)
    runs = (
        ids
        | status((first > 0).astype(int), first)
        | parameters(items)
        | {f"m_{name}": column(x) for name, x in _measured(carry).items()}
        | {"m_epochs": column(epochs[:, -1])}
        | {"m_first_bad_epoch": column(first)}
    )
    points = _Points(epochs, loss, *_plain(seen.scores).values())
    return {
        "runs": pa.table(runs),
        "curves": curves_table(ids["run_id"], points, np.ones_like(epochs, bool)),
        "weights": pa.table(ids | _weights(carry)),
    }


class _Points(NamedTuple):
    """The columns of the curves, each ``(runs, epochs + 1)``."""

    step: np.ndarray  # epochs
    loss_train: np.ndarray
    accuracy_w: np.ndarray
    loss_w: np.ndarray
    sparsity_w: np.ndarray
    accuracy_u: np.ndarray
    loss_u: np.ndarray
    sparsity_u: np.ndarray


def _plain(scores: Scores) -> dict[str, np.ndarray]:
    """Return the measures of w, then those of u, each ``(runs, epochs + 1)``."""
    return {
        f"{name}_{which}": np.asarray(getattr(score, name))
        for which, score in scores._asdict().items()
        for name in ("accuracy", "loss", "sparsity")
    }


def _measured(carry: Carry) -> dict[str, np.ndarray]:
    """Return the measures after the last epoch."""
    scores = carry.history.scores
    found = {name: x[:, -1] for name, x in _plain(scores).items()}
    found["loss_train"] = np.asarray(carry.history.loss_train)[:, -1]
    for which, score in scores._asdict().items():
        for layer in SHAPES:
            found[f"sparsity_{which}_{layer}"] = np.asarray(score.layers[layer])[:, -1]
    return found


def _weights(carry: Carry) -> dict[str, pa.Array]:
    """Return all of w as one list a run: layers in order, kernel then bias, ..."""
    leaves = [np.asarray(x) for x in jax.tree.leaves(carry.training.w)]
    flat = [x.reshape(len(x), -1) for x in leaves]
    return {"w": vectors(np.concatenate(flat, axis=1))}


class Allowed:
    """A binary activation turns the last digit into another network: none is compared.

    What was asked, and how the run ended, must agree.
    """

    def __init__(self, trial: Trial, here: Tables) -> None:
        """Take the trial and its tables."""

    def differences(self, there: Tables, here: Tables) -> list[Difference]:
        """Return what differs of parameters and statuses."""
        return differences(there, here, self._alike)

    def _alike(self, table: str, name: str, there: Any, here: Any) -> bool:
        fixed = name.startswith("p_") or name in ("run_id", "status", "step")
        return there == here or not fixed


# -- the study -------------------------------------------------------------------------


def _material(folder: str | None, items: Iterable[Item]) -> Material:
    """Find images and labels; StoreError where they are not what the items need."""
    try:
        found = load_data(folder)
    except DataError as error:
        raise StoreError(str(error)) from None
    arrays, sizes = tuple(found[:4]), found.train_images.shape[1:]
    if sizes != (28, 28):
        shown = " x ".join(map(str, sizes))
        raise StoreError(f"LeNet needs images of 28 x 28 pixels, got {shown}")
    if max(found.train_labels.max(), found.test_labels.max()) > 9:
        raise StoreError("LeNet needs labels from 0 to 9")
    for item in items:
        _need_images(item.parameters, len(arrays[0]), len(arrays[2]), found.source)
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}".encode() + array.tobytes())
    return Material(arrays, digest.hexdigest()[:16], found.source)


def _need_images(asked: dict[str, Any], train: int, test: int, source: str) -> None:
    """Refuse data with fewer images than a sweep names, or than one minibatch has."""
    for name, least, there in (
        ("train_images", max(asked["train_images"] or 1, asked["batch"]), train),
        ("test_images", asked["test_images"] or 1, test),
    ):
        if there < least:
            what = (
                f"{name}: the sweep needs {least:,}, the data has {there:,} ({source})"
            )
            raise StoreError(f"{what}; name others with --data, or ask for fewer")


def _short(trial: Trial) -> tuple[Trial, int]:
    network = dataclasses.replace(trial.network, epochs=1)
    images = _PROBE_STEPS * network.batch
    few = dataclasses.replace(
        trial, network=network, train_images=images, test_images=network.batch
    )
    return few, _PROBE_STEPS


def _take(trial: Trial, images: Array, labels: Array, *test: Array) -> Array:
    carry = _begin(trial, images, labels, *test)
    carry = _advance(trial, carry, jnp.int32(0), images, labels, *test)
    return carry.history.loss_train


def _steps(item: Item) -> int:
    given = item.parameters
    return given["epochs"] * ((given["train_images"] or _MNIST) // given["batch"])


STUDY = Study(
    trial=make_trial,
    evaluate=Stages(_begin, _advance, _epochs),
    probe=Probe(_short, _take),
    tables=tables,
    names=("curves", "weights", "runs"),
    allowed=Allowed,
    steps=_steps,
    size=lambda item: _WEIGHTS,
    has_kernel=lambda item: False,
    has_light_steps=lambda item: False,
    material=_material,
    width=_WIDTH,
    options={},
)
