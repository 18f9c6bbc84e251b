"""The arrays of a block of `rvscgd`, as tables with the columns of the contract."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from rvsjax.studies.rvscgd.evaluate import PairCounts, RvscgdRecord
from rvsjax.sweep.columns import (
    column,
    curves_table,
    identity,
    measured,
    parameters,
    status,
    vectors,
    words_of_codes,
)
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.theory import PAIR_CLAIMS, RUN_CLAIMS, VERDICTS, Judged, statement

__all__ = ["tables"]


def tables(items: Sequence[RunConfig], record: RvscgdRecord) -> dict[str, pa.Table]:
    """Return the tables `runs`, `curves`, `pairs` and `weights` of a block.

    `record` is stacked: NumPy arrays with one entry an item.
    """
    ids = identity(items)
    runs = (
        ids
        | status(record.stopped, record.measurements.first_bad_step)
        | parameters(items)
        | measured(record.measurements)
        | _claims(record.claims)
    )
    weights = {name: vectors(x) for name, x in record.weights._asdict().items()}
    reached = np.isfinite(record.curves.theta)
    return {
        "runs": pa.table(runs),
        "curves": curves_table(ids["run_id"], record.curves, reached),
        "pairs": _pairs(ids["run_id"], record.pairs),
        "weights": pa.table(ids | weights),
    }


def _claims(judged: Judged) -> dict[str, pa.Array]:
    columns = {}
    for i, name in enumerate(RUN_CLAIMS):
        columns[f"hyp_{name}"] = column(judged.false[:, i] == 0)
        columns[f"obs_{name}"] = column(judged.observed[:, i])
        columns[f"bound_{name}"] = column(judged.bound[:, i])
        columns[f"verdict_{name}"] = words_of_codes(judged.verdict[:, i], VERDICTS)
        columns[f"why_{name}"] = _false_ones(judged.false[:, i], judged.labels)
    return columns


def _false_ones(bits: Any, labels: Sequence[str]) -> pa.Array:
    """Return the hypotheses of each run that are false, null where there is none."""
    patterns, codes = np.unique(bits, return_inverse=True)
    texts = [
        "; ".join(n for i, n in enumerate(labels) if pattern >> i & 1) or None
        for pattern in patterns.tolist()
    ]
    return words_of_codes(codes, texts)


def _pairs(ids: pa.Array, pairs: PairCounts) -> pa.Table:
    """One row a run and claim about weights: its verdicts, counted."""
    names = [verdict.replace("-", "_") for verdict in VERDICTS]
    asked = [statement(claim).hypotheses.removesuffix(".") for claim in PAIR_CLAIMS]
    runs, claims = len(ids), len(PAIR_CLAIMS)
    codes = np.repeat(np.arange(claims), runs)
    counts = pairs.verdicts.transpose(2, 1, 0).reshape(len(names), -1)
    columns = {
        "run_id": ids.take(pa.array(np.tile(np.arange(runs), claims))),
        "claim": words_of_codes(codes, list(PAIR_CLAIMS)),
        **{name: column(number) for name, number in zip(names, counts)},
        "worst_excess": column(pairs.worst_excess.T.ravel()),
        "hypotheses": words_of_codes(codes, asked),
    }
    return pa.table(columns)
