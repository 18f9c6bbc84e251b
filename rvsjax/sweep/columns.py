"""Columns of Arrow from arrays, as the tables of every study have them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from rvsjax.sweep.plan.plan import RunConfig

__all__ = [
    "STATUSES",
    "column",
    "curves_table",
    "failed_rows",
    "identity",
    "measured",
    "words_of_codes",
    "parameters",
    "status",
    "vectors",
]


def column(values: Any) -> pa.Array:
    """Return a column; floats that are not finite and steps of -1 are null."""
    values = np.asarray(values)
    if values.dtype.kind == "f":
        return pa.array(values.astype(np.float64), mask=~np.isfinite(values))
    if values.dtype.kind == "i":
        return pa.array(values.astype(np.int64), mask=values == -1)
    return pa.array(values)


def words_of_codes(codes: Any, names: Sequence[str | None]) -> pa.Array:
    """Return the names that numbers stand for."""
    return pa.array(names, pa.string()).take(pa.array(codes))


def identity(items: Sequence[RunConfig]) -> dict[str, pa.Array]:
    """Return the column that every table has."""
    return {"run_id": pa.array([item.run_id for item in items], pa.string())}


def parameters(items: Sequence[RunConfig]) -> dict[str, pa.Array]:
    """Return a column a parameter; runs of one point, which share theirs, by number."""
    types = {int: pa.int64(), float: pa.float64(), float | None: pa.float64()}
    types |= {int | None: pa.int64(), bool: pa.bool_()}
    points = {id(item.parameters): item.parameters for item in items}
    numbers = {key: number for number, key in enumerate(points)}
    places = pa.array([numbers[id(item.parameters)] for item in items], pa.int32())
    columns = {}
    for name, field in items[0].parameters.space.model.model_fields.items():
        kind = types.get(field.annotation, pa.string())  # type: ignore[arg-type]
        values = pa.array([point[name] for point in points.values()], kind)
        columns[f"p_{name}"] = values.take(places)
    return columns | {"p_seed": pa.array([item.seed for item in items], pa.int64())}


def measured(measurements: NamedTuple) -> dict[str, pa.Array]:
    """Return a column a measurement."""
    return {f"m_{name}": column(x) for name, x in measurements._asdict().items()}


def curves_table(ids: pa.Array, curves: NamedTuple, reached: Any) -> pa.Table:
    """One row a point ``(runs, points)`` of each run that `reached` it."""
    runs, points = np.shape(reached)
    kept = np.ravel(reached)
    places = np.repeat(np.arange(runs), points)[kept]
    columns = {"run_id": ids.take(pa.array(places))}
    for name, values in curves._asdict().items():
        columns[name] = column(np.ravel(values)[kept])
    return pa.table(columns)


STATUSES = ("ok", "diverged", "degenerate", "failed")

_REASONS = (
    "",
    "a number was not finite at {} {}",
    "v = 0 within rounding at {} {}: no direction",
)


def status(stopped: Any, steps: Any, step: str = "step") -> dict[str, pa.Array]:
    """Return how each run ended: 0 at its last step, or what stopped it at which."""
    reasons: list[str | None] = [None] * len(stopped)
    for i in np.flatnonzero(stopped):
        reasons[i] = _REASONS[stopped[i]].format(step, steps[i])
    statuses = words_of_codes(stopped, STATUSES)
    return {"status": statuses, "reason": pa.array(reasons, pa.string())}


def vectors(x: Any) -> pa.Array:
    """Return ``(runs, d)`` numbers as a column of lists, null where not finite."""
    ends = np.arange(len(x) + 1, dtype=np.int32) * x.shape[1]
    return pa.ListArray.from_arrays(ends, column(np.ravel(x)))


def failed_rows(
    items: Sequence[RunConfig], reason: str, tables: Iterable[str]
) -> dict[str, pa.Table]:
    """Return the tables of a block that could not be computed: its runs alone."""
    count = len(items)
    runs = (
        identity(items)
        | {
            "status": pa.array(["failed"] * count, pa.string()),
            "reason": pa.array([reason] * count, pa.string()),
        }
        | parameters(items)
    )
    nothing = pa.table(identity([]))
    return dict.fromkeys(tables, nothing) | {"runs": pa.table(runs)}
