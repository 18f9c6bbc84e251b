"""The study `lenet`: networks trained at once on shared images, an epoch a stage."""

import dataclasses

import jax.numpy as jnp

from rvsjax.studies.lenet.dataset import find_material
from rvsjax.studies.lenet.evaluate import advance_trial, begin_trial
from rvsjax.studies.lenet.tables import tables
from rvsjax.studies.lenet.tolerance import LeNetTolerance
from rvsjax.studies.lenet.trial import LeNetTrial, make_trial
from rvsjax.sweep.engine import Resumable
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.study import Probe, Study
from rvsjax.types import Array

__all__ = ["STUDY"]

_MNIST = 60_000  # training images, where neither sweep nor data says how many
_WEIGHTS = 61_706
_PROBE_STEPS = 20

# Two networks fit into a core's cache: 12 thousand images a CPU-second against 9 with
# four or more (benchmarks/lenet.py). XLA's own options: a fifth faster than
# ours for small arrays, and 14 instead of 11 s to compile.
_BLOCK_SIZE = 2


def _short(trial: LeNetTrial) -> tuple[LeNetTrial, int]:
    network = dataclasses.replace(trial.network, epochs=1)
    images = _PROBE_STEPS * network.batch
    few = dataclasses.replace(
        trial, network=network, train_images=images, test_images=network.batch
    )
    return few, _PROBE_STEPS


def _take(trial: LeNetTrial, images: Array, labels: Array, *test: Array) -> Array:
    carry = begin_trial(trial, images, labels, *test)
    carry = advance_trial(trial, carry, jnp.int32(0), images, labels, *test)
    return carry.history.loss_train


def _steps(item: RunConfig, shared: tuple[Array, ...] = ()) -> int:
    given = item.parameters
    images = given["train_images"] or (len(shared[0]) if shared else _MNIST)
    return given["epochs"] * (images // given["batch"])


STUDY = Study(
    trial=make_trial,
    evaluate=Resumable(begin_trial, advance_trial, lambda trial: trial.network.epochs),
    probe=Probe(_short, _take),
    tables=tables,
    names=("curves", "weights", "runs"),
    allowed=LeNetTolerance,
    steps=_steps,
    size=lambda item: _WEIGHTS,
    has_kernel=lambda item: False,
    has_light_steps=lambda item: False,
    draw=lambda trial: trial.network,
    material=find_material,
    block_size=_BLOCK_SIZE,
    alone=False,  # a binary activation turns the last digit into another network
    options={},
)
