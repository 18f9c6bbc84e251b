"""The numbers of a figure: what its lines, bands and bars show."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from rvsjax.report.figures.maps import MapFigure

__all__ = ["COLUMNS", "figure_data"]

COLUMNS = ["panel", "series", "x", "y", "low", "high"]


def figure_data(figure: Figure) -> pd.DataFrame:
    """Return one row a point of a line, with the band around it, or a bar.

    `panel` is what the axes are called, `series` the line's or bar's name. Of a map,
    its cells.
    """
    if isinstance(figure, MapFigure):
        return figure.cells
    rows = [row for axes in figure.axes for row in _rows(axes)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.replace(r"\\\$", "$", regex=True)  # as words are without formulas


def _rows(axes: Axes) -> Iterator[tuple[Any, ...]]:
    panel = ", ".join(filter(None, (axes.get_title(), axes.get_ylabel())))
    bands = [x for x in axes.collections if isinstance(x, PolyCollection)]
    for number, line in enumerate(axes.get_lines()):
        x, y = (np.asarray(values) for values in line.get_data())
        low = high = np.full(len(x), np.nan)
        if number < len(bands):
            low, high = _ends(bands[number], np.asarray(line.get_xdata(orig=False)))
        for values in zip(x, y, low, high):
            yield panel, line.get_label(), *values
    for bars in axes.containers:
        if isinstance(bars, BarContainer):
            yield from _bars(panel, axes, bars)


def _ends(band: PolyCollection, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of what `Axes.fill_between` has drawn; NaN where it has not.

    Each outline, one between gaps, is a point of the upper edge, the lower edge, and
    the upper one backwards.
    """
    known: dict[float, tuple[float, float]] = {}
    for path in band.get_paths():
        x, y = np.asarray(path.vertices).T
        points = (len(x) - 3) // 2
        upper = y[points + 2 : 2 * points + 2][::-1]
        known |= dict(zip(x[1 : points + 1], zip(y[1 : points + 1], upper)))
    edges = [known.get(place, (np.nan, np.nan)) for place in places]
    low, high = np.array(edges).reshape(-1, 2).T
    return low, high


def _bars(panel: str, axes: Axes, bars: BarContainer) -> Iterator[tuple[Any, ...]]:
    upright = bars.orientation == "vertical"
    names = axes.get_xticklabels() if upright else axes.get_yticklabels()
    for name, bar in zip(names, bars):
        assert isinstance(bar, Rectangle)
        size = bar.get_height() if upright else bar.get_width()
        yield panel, bars.get_label(), name.get_text(), size, np.nan, np.nan
