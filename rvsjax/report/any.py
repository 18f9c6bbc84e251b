"""Any other figure: one column of a table against another."""

import difflib
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from rvsjax.report.lines import STYLES, band, finish
from rvsjax.results import Results
from rvsjax.store import StoreError

__all__ = ["MOST_PANELS", "TABLES", "draw_any"]

TABLES = ("runs", "curves")
MOST_PANELS = 12


def draw_any(
    results: Results,
    table: str,
    x: str,
    y: str,
    color: str | None = None,
    facet: str | None = None,
) -> Figure:
    """Draw the median of `y` by `x`, and the band from the 10th to the 90th percentile.

    A line a value of `color`, a panel a value of `facet`. Columns are named as in the
    table, or without their ``p_`` or ``m_``; a table of curves has the parameters of
    its runs as well. Raises StoreError where a column is unknown, or has no numbers.
    """
    rows = _rows(results, table)
    columns = {name: _column(rows, name) for name in (x, y, color, facet) if name}
    across, up = columns[x], columns[y]
    if not pd.api.types.is_numeric_dtype(rows[up]):
        raise StoreError(f"--y {y}: its column holds no numbers")
    panels = _split(rows, columns.get(facet or ""), MOST_PANELS, "facet")
    figure = Figure(figsize=(2.8 * len(panels) + 1.8, 3.2), layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    shades = _split(rows, columns.get(color or ""), len(STYLES), "color")
    styles = dict(zip(shades, STYLES))
    for axes, (panel, some) in zip(grid, panels.items()):
        inside = _split(some, columns.get(color or ""), len(STYLES), "color")
        for name, each in inside.items():
            band(axes, each[up], each[across], *styles[name])
            axes.get_lines()[-1].set_label(name or up)
        axes.set_title(f"{facet} = {panel}" if facet else "", fontsize=9)
        axes.set_xlabel(across)
        finish(axes)
        if _is_wide(rows[across]):
            axes.set_xscale("log")
    grid[0].set_ylabel(up)
    if color:
        place: dict[str, Any] = {"loc": "outside right center", "title": color}
        handles, labels = _legend(grid)
        figure.legend(handles, labels, frameon=False, **place)
    return figure


def _legend(grid: Any) -> tuple[list[Any], list[str]]:
    """Return a line of each name, from whatever panel has one."""
    found: dict[str, Any] = {}
    for axes in grid:
        handles, labels = axes.get_legend_handles_labels()
        found |= dict(zip(labels, handles))
    return list(found.values()), list(found)


def _rows(results: Results, table: str) -> pd.DataFrame:
    if table == "runs":
        return results.runs
    known = [c for c in results.runs if c == "run_id" or str(c).startswith("p_")]
    return results.curves.merge(results.runs[known], on="run_id")


def _column(rows: pd.DataFrame, name: str) -> str:
    """Return the column of that name, with ``p_`` or ``m_`` before it or not."""
    for column in (name, f"p_{name}", f"m_{name}"):
        if column in rows:
            return column
    known = [str(column).removeprefix("p_").removeprefix("m_") for column in rows]
    close = difflib.get_close_matches(name, known, n=1)
    guess = f'; did you mean "{close[0]}"?' if close else f"; known: {', '.join(known)}"
    raise StoreError(f'no column "{name}"{guess}')


def _split(
    rows: pd.DataFrame, column: str | None, most: int, option: str
) -> dict[str, pd.DataFrame]:
    """Return the rows of each value of a column, in order; all of them without one."""
    if column is None:
        return {"": rows}
    values = rows[column].nunique(dropna=False)
    if values > most:
        raise StoreError(f"--{option} {column}: {values} values, at most {most}")
    groups = rows.groupby(column, dropna=False)
    return {"none" if pd.isna(x) else f"{x}": some for x, some in groups}


def _is_wide(values: pd.Series) -> bool:
    """Say whether values, all above 0, reach over two decades."""
    if not pd.api.types.is_numeric_dtype(values):
        return False
    low, high = values.min(), values.max()
    return bool(0 < low < high / 100)
