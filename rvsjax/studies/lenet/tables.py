"""The arrays of a block of `lenet`, as tables with the columns of the contract."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
import pyarrow as pa

from rvsjax.nn.evaluation import Scores
from rvsjax.nn.lenet import SHAPES
from rvsjax.studies.lenet.evaluate import Carry
from rvsjax.sweep.columns import (
    column,
    curves_table,
    identity,
    parameters,
    status,
    vectors,
)
from rvsjax.sweep.plan.plan import RunConfig

__all__ = ["Points", "tables"]


def tables(items: Sequence[RunConfig], carry: Carry) -> dict[str, pa.Table]:
    """Return the tables `runs`, `curves` and `weights` of a block."""
    ids, seen = identity(items), carry.history
    loss = np.asarray(seen.loss_train)
    epochs = np.broadcast_to(np.arange(loss.shape[1]), loss.shape)
    points = Points(epochs, loss, *_plain(seen.scores).values())
    losses = np.stack([loss, points.loss_w, points.loss_u])
    bad = ~np.isfinite(losses[..., 1:]).all(0)
    first = np.where(bad.any(-1), bad.argmax(-1) + 1, -1)
    runs = (
        ids
        | status((first > 0).astype(int), first, "epoch")
        | parameters(items)
        | {
            f"m_{name}": column(np.where(first > 0, np.nan, x))
            for name, x in _measured(carry).items()
        }
        | {"m_epochs": column(epochs[:, -1])}
        | {"m_first_bad_epoch": column(first)}
    )
    return {
        "runs": pa.table(runs),
        "curves": curves_table(ids["run_id"], points, np.ones_like(epochs, bool)),
        "weights": pa.table(ids | _weights(carry)),
    }


class Points(NamedTuple):
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
    """Return all of w as one list a run: layer by layer, in alphabetical order.

    So are the arrays of a layer: bias, kernel, scale and shift.
    """
    leaves = [np.asarray(x) for x in jax.tree.leaves(carry.training.w)]
    flat = [x.reshape(len(x), -1) for x in leaves]
    return {"w": vectors(np.concatenate(flat, axis=1))}
