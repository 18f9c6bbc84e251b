"""What computes the toy study."""

import jax.numpy as jnp
import numpy as np
import pyarrow as pa

from rvsjax.sweep.columns import column, identity, parameters, status
from rvsjax.sweep.differences import differences
from rvsjax.sweep.study import Probe, Study, leaf
from rvsjax.types import pytree, static

__all__ = ["STUDY"]


@pytree
class Trial:
    """A run as the sweep names it."""

    seed: np.ndarray
    factor: np.ndarray
    steps: int = static()
    points: int = static()


def evaluate(trial):
    """Return x at every step; a seed is where it begins."""
    step = jnp.arange(trial.steps + 1)
    return (1.0 + trial.seed) * trial.factor**step


def tables(items, x):
    """Return the tables of a block."""
    x = np.asarray(x)
    ids = identity(items)
    ended = status(np.zeros(len(x), int), np.full(len(x), -1))
    steps = np.tile(np.arange(x.shape[1]), len(x))
    curves = {"run_id": np.repeat(ids["run_id"].to_numpy(False), x.shape[1])}
    return {
        "runs": pa.table(ids | ended | parameters(items) | {"m_x": column(x[:, -1])}),
        "curves": pa.table(curves | {"step": steps, "x": x.ravel()}),
    }


class Exactly:
    """No rounding is allowed."""

    def __init__(self, trial, here):
        """Take a run."""

    def differences(self, there, here):
        """Return what differs at all."""
        return differences(there, here, lambda table, name, a, b: a == b)


STUDY = Study(
    trial=lambda item, points, kernel: Trial(
        leaf("float64", item.seed),
        leaf("float64", item.parameters["factor"]),
        item.parameters["steps"],
        points,
    ),
    evaluate=evaluate,
    probe=Probe(lambda trial: (trial, trial.steps), evaluate),
    tables=tables,
    names=("curves", "runs"),
    allowed=Exactly,
    steps=lambda item, *_: item.parameters["steps"],
    size=lambda item: 1,
    has_kernel=lambda item: False,
    has_light_steps=lambda item: True,
)
