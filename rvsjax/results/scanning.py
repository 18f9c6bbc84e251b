"""Rows of a table that meet conditions, read a piece at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from rvsjax.errors import UserError, did_you_mean, shown
from rvsjax.sweep.store import Store

__all__ = ["scan"]

Condition = tuple[str, str, Any]

_CONDITIONS = "scan: where must be conditions (column, operator, value)"


def scan(
    store: Store,
    table: str,
    columns: Sequence[str] | None,
    where: Sequence[Condition],
) -> Iterator[pd.DataFrame]:
    """Yield what `Results.scan` does."""
    chosen = _expression(where)
    of_where = [name for name, _, _ in where]
    asked = list(dict.fromkeys([*(columns or ()), *of_where]))
    needed = None
    if store.has(table):  # parts are read with all of their columns
        _need_columns(table, asked, store.columns(table))
        needed = None if columns is None else asked
    for piece in store.tables_of(table, needed):
        _need_columns(table, asked, piece.column_names)
        if chosen is not None:
            piece = _filtered(piece, chosen)
        kept = piece if columns is None else piece.select(list(columns))
        yield kept.to_pandas(use_threads=False)


def _need_columns(table: str, names: Sequence[str], there: Sequence[str]) -> None:
    for name in names:
        if name not in there:
            what = f"scan: {table} has no column {shown(name)}"
            raise UserError(what + did_you_mean(str(name), there))


def _expression(where: Sequence[Condition]) -> Any:
    if not all(isinstance(x, tuple | list) and len(x) == 3 for x in where):
        raise UserError(f"{_CONDITIONS}, got {shown(where)}")
    try:
        return pq.filters_to_expression([*map(tuple, where)]) if where else None
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise _no_condition(error) from None


def _filtered(piece: pa.Table, chosen: Any) -> pa.Table:
    try:
        return piece.filter(chosen)
    except pa.ArrowException as error:
        raise _no_condition(error) from None


def _no_condition(error: Exception) -> UserError:
    return UserError(f"{_CONDITIONS}: {str(error).partition(chr(10))[0]}")
