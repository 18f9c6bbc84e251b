"""Any other figure: one column of a table against another."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.errors import counted
from rvsjax.report.columns import column_of
from rvsjax.report.figures.lines import STYLES, axis, band, finish, told_cut
from rvsjax.report.figures.panels import (
    MOST_WORDS,
    heights,
    is_even_in_powers,
    panels,
    places,
    plain_label,
    split_by,
)
from rvsjax.report.kinds import value_text
from rvsjax.results.results import Results
from rvsjax.sweep.store import FolderError

__all__ = ["MOST_PANELS", "MOST_WORDS", "draw_any"]

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

    A line a value of `color`, a panel a value of `facet`; null is one of the values, as
    it is of an `x` of words. Truth values of `y` are 0 and 1. Columns are named as in
    the table, or without their ``p_``, ``d_`` or ``m_``; a table of curves has the
    parameters of its runs as well. The title says how many rows have numbers to be
    drawn, and what is cut.

    Raises FolderError where a column is unknown, has no numbers, or too many words.
    """
    rows = _rows(results, table)
    columns = {name: column_of(rows, name) for name in (x, y, color, facet) if name}
    across, up = columns[x], columns[y]
    described = results.columns("runs", table)
    named = {name: plain_label(described[columns[name]]) for name in columns}
    shades = split_by(rows, columns.get(color or ""), len(STYLES), "color")
    facets = split_by(rows, columns.get(facet or ""), MOST_PANELS, "facet")
    values = heights(rows[up], f"--y {y}")
    where, words = places(rows[across], f"--x {x}")
    drawn = values.notna() & where.notna()
    if not drawn.any():
        raise FolderError(f"no row of {table} has both --x {x} and --y {y}")
    figure, grid = panels(Figure, len(facets), *_room(words))
    for axes, (panel, inside) in zip(grid, facets.items()):
        axes.xaxis.update_units(words or [0.0])  # words in their order
        for (name, shade), look in zip(shades.items(), STYLES):
            some = inside & shade & drawn
            if some.any():
                band(axes, values[some], where[some], *look, name or value_text(up))
        axes.set_title(f"{named[facet]} = {panel}" if facet else "", fontsize=9)
        _scale(axes, where[drawn], words)
    for axes in grid:  # that share their heights
        finish(axes)
    figure.supxlabel(axis(described[across]), fontsize=9)
    for axes in grid:
        place = axes.get_subplotspec()
        if place and place.is_first_col():
            axes.set_ylabel(axis(described[up]))
    if color:
        _explain(figure, grid, named[color], list(shades))
    told = f"{drawn.sum():,} of {counted(len(rows), 'row')}"
    cut = told_cut(rows.assign(drawn=values.where(drawn)), ["drawn"])
    told += f"; {cut}" if cut else ""
    figure.suptitle(f"median and 10–90 % band\n{told}", fontsize=9)
    return figure


def _room(words: list[str]) -> tuple[float, float]:
    """Return the inches of a panel, with words below."""
    crowded = 0.08 * max(map(len, words)) if _are_crowded(words) else 0
    return max(2.8, 0.2 * len(words)), 3.4 + crowded


def _are_crowded(words: list[str]) -> bool:
    """Say whether words have no room beside each other."""
    return len(words) * max(map(len, words), default=0) > 30


def _scale(axes: Axes, where: pd.Series, words: list[str]) -> None:
    """Name the places of words; make the axis of wide numbers logarithmic."""
    if words:
        axes.tick_params(axis="x", rotation=90 if _are_crowded(words) else 0)
        axes.set_xlim(-0.5, len(words) - 0.5)
    elif where.min() > 0:
        known = np.unique(where)
        wide = known[-1] > 100 * known[0]
        if wide or (len(known) <= MOST_WORDS and is_even_in_powers(known)):
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
    known = [c for c in results.runs if c == "run_id" or str(c)[:2] in ("p_", "d_")]
    return results.curves.merge(results.runs[known], on="run_id")
