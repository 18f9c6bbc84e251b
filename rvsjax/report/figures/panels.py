"""Panels of a figure, wrapped in rows, and the columns that are drawn in them."""

from typing import TypeVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.errors import counted
from rvsjax.report.figures.lines import LONGEST_LABEL, within
from rvsjax.report.kinds import unlike, value_text
from rvsjax.results.schema import Column
from rvsjax.sweep.store import FolderError

__all__ = [
    "heights",
    "is_even_in_powers",
    "labels",
    "panels",
    "places",
    "plain_label",
    "split_by",
]

MOST_WORDS = 24
_MOST_BESIDE = 4
_NULL = "null"


F = TypeVar("F", bound=Figure)


def panels(
    kind: type[F], count: int, wide: float, high: float, beside: float = 2.2
) -> tuple[F, list[Axes]]:
    """Return a figure of so many panels, of inches each, and room `beside` them.

    Up to four are in a row.
    """
    across = min(count, _MOST_BESIDE)
    rows = -(-count // across)
    size = wide * across + beside, high * rows
    figure = kind(figsize=size, layout="constrained")
    grid = figure.subplots(rows, across, sharex=True, sharey=True, squeeze=False)
    for unused in grid.ravel()[count:]:
        unused.remove()
    for above in grid[-2:-1, across - (rows * across - count) :].ravel():
        above.xaxis.set_tick_params(labelbottom=True)
    return figure, list(grid.ravel()[:count])


def plain_label(column: Column) -> str:
    """Name a column in a line of text, as the page does."""
    return value_text(column.text, LONGEST_LABEL)


def split_by(
    rows: pd.DataFrame, column: str | None, most: int, option: str
) -> dict[str, pd.Series]:
    """Say which rows have each value of a column, in order; all of them without one."""
    if column is None:
        return {"": pd.Series(True, rows.index)}
    found, names = labels(rows[column], most, f"--{option} {column}", "value")
    return {name: found == name for name in names}


def heights(values: pd.Series, option: str) -> pd.Series:
    """Return numbers to be drawn, NaN for others; truth values are 0 and 1."""
    if pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        values = values.map({True: 1.0, False: 0.0})
    if not pd.api.types.is_numeric_dtype(values):
        raise FolderError(f"{option}: its column holds no numbers")
    return within(pd.Series(values.to_numpy(float, na_value=np.nan), values.index))


def is_even_in_powers(known: np.ndarray) -> bool:
    """Say whether values in order are spaced more evenly in their logarithms."""
    if len(known) < 2 or known[0] <= 0:
        return False
    if len(known) == 2:
        return bool(known[1] >= 10 * known[0])
    gaps, ratios = np.diff(known), np.diff(np.log(known))
    return bool(ratios.std() / ratios.mean() < gaps.std() / gaps.mean())


def places(values: pd.Series, option: str) -> tuple[pd.Series, list[str]]:
    """Return where values lie, and the words in order if they are words."""
    if pd.api.types.is_numeric_dtype(values):
        if not pd.api.types.is_bool_dtype(values):
            return heights(values, option), []
    return labels(values, MOST_WORDS, option, "word")


def labels(
    values: pd.Series, most: int, option: str, thing: str
) -> tuple[pd.Series, list[str]]:
    """Name each value, null as well, and return all names in order."""
    if pd.api.types.infer_dtype(values, skipna=True).startswith("mixed"):
        values = values.map(str, na_action="ignore")  # lists cannot be told apart
    number = values.nunique(dropna=False)
    if number > most:
        raise FolderError(f"{option}: {counted(number, thing)}, at most {most}")
    known = sorted(values.dropna().unique().tolist())
    names = unlike([*map(value_text, known), *([_NULL] if values.isna().any() else [])])
    found = values.map(dict(zip(known, names))).astype(object)
    return found.where(values.notna(), names[-1]), names
