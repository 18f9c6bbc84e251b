"""Rows of a table: measurements and verdicts of the runs of each setting."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from rvsjax.report.columns import column_of
from rvsjax.report.kinds import within_lines
from rvsjax.report.measures import run_measures
from rvsjax.report.parameters import varied
from rvsjax.report.words import number
from rvsjax.results.results import Results
from rvsjax.results.schema import Columns
from rvsjax.sweep.store import FolderError

__all__ = ["Cell", "Row", "PaperTable", "VERDICTS", "make_rows"]

MOST_ROWS = 500
_MOST = 4  # measurements where none is named
_MOST_VALUES = 12  # of a parameter that has rows where none is named
_EPS = float(np.finfo(float).eps)  # of the largest: below, numbers are rounding
VERDICTS = ("holds", "violated", "undecided")


class Cell(NamedTuple):
    """A measurement of the runs of a row, or the verdicts on a claim."""

    middle: float = np.nan
    low: float = np.nan  # of a mean, the standard deviation
    high: float = np.nan
    n: int = 0
    verdicts: tuple[int, ...] = ()
    is_best: bool = False


class Row(NamedTuple):
    """A setting: its values, how many runs have it, and its cells."""

    values: tuple[Any, ...]
    runs: int
    cells: list[Cell]


class PaperTable(NamedTuple):
    """Rows of settings, columns of measurements and claims."""

    by: list[str]
    of: list[str]
    statistic: str
    rows: list[Row]
    columns: Columns
    pooled: list[str]  # parameters that differ among the runs of a row


def make_rows(
    results: Results,
    by: Sequence[str] = (),
    of: Sequence[str] = (),
    statistic: str = "median",
) -> PaperTable:
    """Return a row for each setting, which is a combination of the columns `by`.

    Without any, of the parameters that vary, of at most 12 values, but the seed. A
    column of `of` is a measurement, with its median and 10 to 90 % quantiles, or its
    mean and standard deviation; or a claim, with the counts of its verdicts. Raises
    FolderError where a column is unknown, holds no numbers, or the rows are too many.
    """
    runs, columns = results.runs, results.columns("runs")
    rows_by = [column_of(runs, x) for x in by] or _settings(runs, columns)
    shown = [_measured(runs, x) for x in of] or _main(runs, columns)
    groups = runs.groupby(rows_by, dropna=False) if rows_by else [((), runs)]
    if len(groups) > MOST_ROWS:
        what = f"the table would have {len(groups):,} rows, at most {MOST_ROWS}"
        raise FolderError(f"{what}; name the columns of its rows with --by")
    rows = [
        Row(tuple(key), len(some), [_cell(some[x], statistic) for x in shown])
        for key, some in groups
    ]
    rows = _marked(rows, shown, columns)
    pooled = within_lines(runs, [runs[x] for x in rows_by])
    return PaperTable(rows_by, shown, statistic, rows, columns, pooled)


def _settings(runs: pd.DataFrame, columns: Columns) -> list[str]:
    names = [x.name for x in varied(runs, columns)]
    return [x for x in names if runs[x].nunique(dropna=False) <= _MOST_VALUES]


def _main(runs: pd.DataFrame, columns: Columns) -> list[str]:
    found = [x.name for x in run_measures(runs, columns)]
    return found[:_MOST]


def _measured(runs: pd.DataFrame, name: str) -> str:
    claim = f"verdict_{name.removeprefix('verdict_')}"
    if claim in runs:
        return claim
    found = column_of(runs, name)
    if not _is_number(runs[found]):
        raise FolderError(f"--of {name}: its column holds no numbers, no verdicts")
    return found


def _is_number(column: pd.Series) -> bool:
    truth = pd.api.types.infer_dtype(column, skipna=True) == "boolean"
    return truth or pd.api.types.is_numeric_dtype(column.dtype)


def _cell(values: pd.Series, statistic: str) -> Cell:
    """Return what a row says of a column: a verdict or not, by its name."""
    if str(values.name).startswith("verdict_"):
        counts = tuple(int(values.eq(x).sum()) for x in VERDICTS)
        return Cell(n=sum(counts), verdicts=counts)
    known = values.astype(float).to_numpy(float, na_value=np.nan)
    known = known[np.isfinite(known)]
    if not len(known):
        return Cell()
    if statistic == "mean":
        with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverge
            spread = known.std(ddof=1) if len(known) > 1 else np.nan
            return Cell(known.mean(), spread, np.nan, len(known))
    low, middle, high = np.quantile(known, (0.1, 0.5, 0.9))
    return Cell(middle, low, high, len(known))


def _marked(rows: list[Row], names: list[str], columns: Columns) -> list[Row]:
    """Mark the best of each column that is better one way: all that are as printed."""
    for i, name in enumerate(names):
        sign = {"higher": -1, "lower": 1}.get(columns[name].better)
        values = np.array([row.cells[i].middle for row in rows])
        known = values[np.isfinite(values)]
        if sign is None or not len(known) or known.min() == known.max():
            continue
        values = np.where(np.abs(values) < _EPS * np.abs(known).max(), 0, values)
        texts = [number(x) for x in values]
        best = texts[int(np.nanargmin(sign * values))]
        for row, text in zip(rows, texts):
            row.cells[i] = row.cells[i]._replace(is_best=text == best)
    return rows
