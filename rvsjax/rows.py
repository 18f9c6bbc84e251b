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
    "",
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
    return pa.array(names, pa.string()).take(pa.array(codes))


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
        for pattern in patterns.tolist()
    ]
    return _names(codes, texts)


def _identity(items: Sequence[Item]) -> dict[str, pa.Array]:
    return {"run_id": pa.array([item.run_id for item in items], pa.string())}


def _parameters(items: Sequence[Item]) -> dict[str, pa.Array]:
    """Return a column a parameter; runs of one point, which share theirs, by number."""
    types = {int: pa.int64(), float: pa.float64(), float | None: pa.float64()}
    types[int | None] = pa.int64()
    points = {id(item.parameters): item.parameters for item in items}
    numbers = {key: number for number, key in enumerate(points)}
    places = pa.array([numbers[id(item.parameters)] for item in items], pa.int32())
    columns = {}
    for name, field in Parameters.model_fields.items():
        kind = types.get(field.annotation, pa.string())  # type: ignore[arg-type]
        values = pa.array([point[name] for point in points.values()], kind)
        columns[f"p_{name}"] = values.take(places)
    return columns | {"p_seed": pa.array([item.seed for item in items], pa.int64())}


def rows(items: Sequence[Item], record: Record, weights: bool) -> dict[str, pa.Table]:
    """Return the tables `runs`, `curves`, `pairs` and, if asked, `weights` of a block.

    `record` is stacked: NumPy arrays with one entry an item.
    """
    identity = _identity(items)
    runs = (
        identity
        | _status(record)
        | _parameters(items)
        | {f"m_{name}": _column(x) for name, x in record.measurements._asdict().items()}
        | _claims(record.claims)
    )
    tables = {
        "runs": pa.table(runs),
        "curves": _curves(identity["run_id"], record.curves),
        "pairs": _pairs(identity["run_id"], record.pairs),
    }
    if weights:
        vectors = {n: _vectors(x) for n, x in record.weights._asdict().items()}
        tables["weights"] = pa.table(identity | vectors)
    return tables


def _status(record: Record) -> dict[str, pa.Array]:
    stopped, steps = record.stopped, record.measurements.first_bad_step
    reasons: list[str | None] = [None] * len(stopped)
    for i in np.flatnonzero(stopped):
        reasons[i] = _REASONS[stopped[i]].format(steps[i])
    status = _names(stopped, STATUSES)
    return {"status": status, "reason": pa.array(reasons, pa.string())}


def _vectors(x: Any) -> pa.Array:
    """Return ``(runs, d)`` numbers as a column of lists."""
    ends = np.arange(len(x) + 1, dtype=np.int32) * x.shape[1]
    return pa.ListArray.from_arrays(ends, np.ravel(x).astype(np.float64))


def _pairs(ids: pa.Array, pairs: PairCounts) -> pa.Table:
    """One row a run and claim about weights: its verdicts, counted."""
    names = [verdict.replace("-", "_") for verdict in VERDICTS]
    asked = [statement(claim).hypotheses.removesuffix(".") for claim in PAIR_CLAIMS]
    runs, claims = len(ids), len(PAIR_CLAIMS)
    codes = np.repeat(np.arange(claims), runs)
    counts = pairs.verdicts.transpose(2, 1, 0).reshape(len(names), -1)
    columns = {
        "run_id": ids.take(pa.array(np.tile(np.arange(runs), claims))),
        "claim": _names(codes, list(PAIR_CLAIMS)),
        **{name: _column(number) for name, number in zip(names, counts)},
        "worst_excess": _column(pairs.worst_excess.T.ravel()),
        "hypotheses": _names(codes, asked),
    }
    return pa.table(columns)


def _curves(ids: pa.Array, curves: Curves) -> pa.Table:
    """One row a point; points after a run has stopped are left out."""
    runs, points = np.shape(curves.step)
    reached = np.isfinite(curves.theta).ravel()
    places = np.repeat(np.arange(runs), points)[reached]
    columns = {"run_id": ids.take(pa.array(places))}
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
