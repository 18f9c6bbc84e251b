"""Any other figure: one column of a table against another."""

import difflib
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.errors import counted
from rvsjax.report.figures.lines import STYLES, axis, band, finish, within
from rvsjax.report.kinds import unlike, value_text
from rvsjax.results.results import Results
from rvsjax.sweep.store import FolderError

__all__ = ["MOST_PANELS", "MOST_WORDS", "TABLES", "draw_any"]

TABLES = ("runs", "curves")
MOST_PANELS = 12
MOST_WORDS = 24
_NULL = "null"


def draw_any(
    results: Results,
    table: str,
    x: str,
    y: str,
    color: str | None = None,
    facet: str | None = None,
) -> Figure:
    """Draw the median of `y` by `x`, and the band from the 10th to the 90th percentile.

    A line a value of `color`, a panel a value of `facet`; null is one of the values, as
    it is of an `x` of words. Truth values of `y` are 0 and 1. Columns are named as in
    the table, or without their ``p_`` or ``m_``; a table of curves has the parameters
    of its runs as well. The title says how many rows have numbers to be drawn.

    Raises FolderError where a column is unknown, has no numbers, or too many words.
    """
    rows = _rows(results, table)
    columns = {name: _column(rows, name) for name in (x, y, color, facet) if name}
    across, up = columns[x], columns[y]
    described = results.columns("runs", table)
    below, beside = axis(described[across]), axis(described[up])
    shades = _split(rows, columns.get(color or ""), len(STYLES), "color")
    panels = _split(rows, columns.get(facet or ""), MOST_PANELS, "facet")
    heights = _heights(rows[up], f"--y {y}")
    places, words = _places(rows[across], f"--x {x}")
    drawn = heights.notna() & places.notna()
    if not drawn.any():
        raise FolderError(f"no row of {table} has both --x {x} and --y {y}")
    figure = _blank(len(panels), words)
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (panel, inside) in zip(grid, panels.items()):
        axes.xaxis.update_units(words or [0.0])  # words in their order
        for (name, shade), look in zip(shades.items(), STYLES):
            some = inside & shade & drawn
            if some.any():
                band(axes, heights[some], places[some], *look, name or value_text(up))
        axes.set_title(f"{value_text(facet)} = {panel}" if facet else "", fontsize=9)
        axes.set_xlabel(below)
        finish(axes)
        _scale(axes, places[drawn], words)
    grid[0].set_ylabel(beside)
    if color:
        _explain(figure, grid, value_text(color), list(shades))
    told = f"{drawn.sum():,} of {counted(len(rows), 'row')}"
    figure.suptitle(f"median and 10–90 % band\n{told}", fontsize=9)
    return figure


def _blank(panels: int, words: list[str]) -> Figure:
    """Return a figure with room for panels, and for words below them."""
    wide = max(2.8, 0.2 * len(words)) * panels + 2.2
    high = 3.4 + (0.08 * max(map(len, words)) if _are_crowded(words) else 0)
    return Figure(figsize=(wide, high), layout="constrained")


def _are_crowded(words: list[str]) -> bool:
    """Say whether words have no room beside each other."""
    return len(words) * max(map(len, words), default=0) > 30


def _scale(axes: Axes, places: pd.Series, words: list[str]) -> None:
    """Name the places of words; make the axis of wide numbers logarithmic."""
    if words:
        axes.tick_params(axis="x", rotation=90 if _are_crowded(words) else 0)
        axes.set_xlim(-0.5, len(words) - 0.5)
    elif 0 < places.min() < places.max() / 100:
        axes.set_xscale("log")


def _explain(figure: Figure, grid: Any, title: str, names: list[str]) -> None:
    """Name the colours in order, each by a line from whatever panel has one."""
    found: dict[str, Any] = {}
    for axes in grid:
        handles, labels = axes.get_legend_handles_labels()
        found |= dict(zip(labels, handles))
    names = [name for name in names if name in found]
    place: dict[str, Any] = {"loc": "outside right center", "title": title}
    figure.legend([found[name] for name in names], names, frameon=False, **place)


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
    raise FolderError(f'no column "{name}"{guess}')


def _split(
    rows: pd.DataFrame, column: str | None, most: int, option: str
) -> dict[str, pd.Series]:
    """Say which rows have each value of a column, in order; all of them without one."""
    if column is None:
        return {"": pd.Series(True, rows.index)}
    labels, names = _labels(rows[column], most, f"--{option} {column}", "value")
    return {name: labels == name for name in names}


def _heights(values: pd.Series, option: str) -> pd.Series:
    """Return numbers to be drawn, NaN for others; truth values are 0 and 1."""
    if pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        values = values.map({True: 1.0, False: 0.0})
    if not pd.api.types.is_numeric_dtype(values):
        raise FolderError(f"{option}: its column holds no numbers")
    return within(pd.Series(values.to_numpy(float, na_value=np.nan), values.index))


def _places(values: pd.Series, option: str) -> tuple[pd.Series, list[str]]:
    """Return where values lie, and the words in order if they are words."""
    if pd.api.types.is_numeric_dtype(values):
        if not pd.api.types.is_bool_dtype(values):
            return _heights(values, option), []
    return _labels(values, MOST_WORDS, option, "word")


def _labels(
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
    labels = values.map(dict(zip(known, names))).astype(object)
    return labels.where(values.notna(), names[-1]), names
