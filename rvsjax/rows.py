"""The arrays of a block, as Arrow tables with the columns of the contract."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from rvsjax.spec.parameters import Parameters
from rvsjax.spec.plan import Item
from rvsjax.theory import VERDICTS

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


def rows(items: Sequence[Item], result: dict[str, Any], weights: bool) -> dict[str, Any]:
    """Return the tables `runs`, `curves` and, if asked, `weights` of a block."""
    measured = result["measurements"]
    stopped = result["stopped"]
    reasons = [
        reason.format(step) if (reason := _REASONS[code]) else None
        for code, step in zip(stopped, measured["first_bad_step"])
    ]
    claims = {}
    for name, check in result["claims"].items():
        for part in ("hyp", "obs", "bound"):
            claims[f"{part}_{name}"] = _column(check[part])
        claims[f"verdict_{name}"] = _names(check["verdict"], VERDICTS)
    runs = (
        _identity(items)
        | {"status": _names(stopped, STATUSES), "reason": pa.array(reasons, pa.string())}
        | _parameters(items)
        | {f"m_{name}": _column(values) for name, values in measured.items()}
        | claims
    )
    tables = {"runs": pa.table(runs), "curves": _curves(items, result["curves"])}
    if weights:
        vectors = {
            name: pa.array(list(values.astype(np.float64)), pa.list_(pa.float64()))
            for name, values in result["weights"].items()
        }
        tables["weights"] = pa.table(_identity(items) | vectors)
    return tables


def _curves(items: Sequence[Item], curves: dict[str, np.ndarray]) -> pa.Table:
    points = curves["step"].shape[1]
    reached = np.isfinite(curves["theta"].ravel())
    ids = np.repeat([item.run_id for item in items], points)
    columns = {"run_id": pa.array(ids[reached], pa.string())}
    for name, values in curves.items():
        columns[name] = _column(values.ravel()[reached])
    return pa.table(columns)


def failed_rows(items: Sequence[Item], reason: str) -> dict[str, pa.Table]:
    """Return the table `runs` of a block that could not be computed."""
    count = len(items)
    runs = (
        _identity(items)
        | {
            "status": pa.array(["failed"] * count, pa.string()),
            "reason": pa.array([reason] * count, pa.string()),
        }
        | _parameters(items)
    )
    return {"runs": pa.table(runs)}
