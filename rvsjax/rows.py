"""The arrays of a block, as Arrow tables with the columns of the contract."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from rvsjax.simulate import Curves
from rvsjax.spec.parameters import Parameters
from rvsjax.spec.plan import Item
from rvsjax.spec.study import PairCounts, Record
from rvsjax.theory import PAIR_CLAIMS, RUN_CLAIMS, VERDICTS, Judged, statement

__all__ = ["STATUSES", "failed_rows", "rows"]

STATUSES = ("ok", "diverged", "degenerate", "failed")

_REASONS = (
    None,
    "a number was not finite at step {}",
    "v = 0 within rounding at step {}: no direction",
)


def _column(values: Any) -> pa.Array:
    """Return a column; floats that are not finite and steps of -1 are null."""
    values = np.asarray(values)
    if values.dtype.kind == "f":
        return pa.array(values.astype(np.float64), mask=~np.isfinite(values))
    if values.dtype.kind == "i":
        return pa.array(values.astype(np.int64), mask=values == -1)
    return pa.array(values)


def _names(codes: Any, names: Sequence[str | None]) -> pa.Array:
    return pa.array([names[code] for code in codes], pa.string())


def _claims(judged: Judged) -> dict[str, pa.Array]:
    columns = {}
    for i, name in enumerate(RUN_CLAIMS):
        columns[f"hyp_{name}"] = _column(judged.false[:, i] == 0)
        columns[f"obs_{name}"] = _column(judged.observed[:, i])
        columns[f"bound_{name}"] = _column(judged.bound[:, i])
        columns[f"verdict_{name}"] = _names(judged.verdict[:, i], VERDICTS)
        columns[f"why_{name}"] = _false_ones(judged.false[:, i], judged.labels)
    return columns


def _false_ones(bits: Any, labels: Sequence[str]) -> pa.Array:
    """Return the hypotheses of each run that are false, null where there is none."""
    patterns, codes = np.unique(bits, return_inverse=True)
    texts = [
        "; ".join(n for i, n in enumerate(labels) if pattern >> i & 1) or None
        for pattern in patterns
    ]
    return _names(codes, texts)


def _identity(items: Sequence[Item]) -> dict[str, pa.Array]:
    return {"run_id": pa.array([item.run_id for item in items], pa.string())}


def _parameters(items: Sequence[Item]) -> dict[str, pa.Array]:
    types = {int: pa.int64(), float: pa.float64(), float | None: pa.float64()}
    columns = {
        f"p_{name}": pa.array(
            [item.parameters[name] for item in items],
            types.get(field.annotation, pa.string()),  # type: ignore[arg-type]
        )
        for name, field in Parameters.model_fields.items()
    }
    return columns | {"p_seed": pa.array([item.seed for item in items], pa.int64())}


def rows(items: Sequence[Item], record: Record, weights: bool) -> dict[str, pa.Table]:
    """Return the tables `runs`, `curves`, `pairs` and, if asked, `weights` of a block.

    `record` is stacked: NumPy arrays with one entry an item.
    """
    measured, stopped = record.measurements, record.stopped
    reasons = [
        reason.format(step) if (reason := _REASONS[code]) else None
        for code, step in zip(stopped, measured.first_bad_step)
    ]
    runs = (
        _identity(items)
        | {
            "status": _names(stopped, STATUSES),
            "reason": pa.array(reasons, pa.string()),
        }
        | _parameters(items)
        | {f"m_{name}": _column(x) for name, x in measured._asdict().items()}
        | _claims(record.claims)
    )
    tables = {
        "runs": pa.table(runs),
        "curves": _curves(items, record.curves),
        "pairs": _pairs(items, record.pairs),
    }
    if weights:
        vectors = {
            name: pa.array(list(x.astype(np.float64)), pa.list_(pa.float64()))
            for name, x in record.weights._asdict().items()
        }
        tables["weights"] = pa.table(_identity(items) | vectors)
    return tables


def _pairs(items: Sequence[Item], pairs: PairCounts) -> pa.Table:
    """One row a run and claim about weights: its verdicts, counted."""
    names = [verdict.replace("-", "_") for verdict in VERDICTS]
    tables = []
    for i, claim in enumerate(PAIR_CLAIMS):
        columns = {"claim": pa.array([claim] * len(items), pa.string())}
        counts = pairs.verdicts[:, i].T
        columns |= {name: _column(number) for name, number in zip(names, counts)}
        columns["worst_excess"] = _column(pairs.worst_excess[:, i])
        asked = statement(claim).hypotheses.removesuffix(".")
        columns["hypotheses"] = pa.array([asked] * len(items), pa.string())
        tables.append(pa.table(_identity(items) | columns))
    return pa.concat_tables(tables)


def _curves(items: Sequence[Item], curves: Curves) -> pa.Table:
    """One row a point; points after a run has stopped are left out."""
    points = np.shape(curves.step)[1]
    reached = np.isfinite(curves.theta).ravel()
    ids = np.repeat([item.run_id for item in items], points)
    columns = {"run_id": pa.array(ids[reached], pa.string())}
    for name, values in curves._asdict().items():
        columns[name] = _column(np.ravel(values)[reached])
    return pa.table(columns)


def failed_rows(items: Sequence[Item], reason: str) -> dict[str, pa.Table]:
    """Return the tables of a block that could not be computed: its runs alone."""
    count = len(items)
    runs = (
        _identity(items)
        | {
            "status": pa.array(["failed"] * count, pa.string()),
            "reason": pa.array([reason] * count, pa.string()),
        }
        | _parameters(items)
    )
    nothing = pa.table(_identity([]))
    others = dict.fromkeys(("curves", "pairs", "weights"), nothing)
    return others | {"runs": pa.table(runs)}
