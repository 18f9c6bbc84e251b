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

__all__ = ["COLUMNS", "figure_data"]

COLUMNS = ["panel", "series", "x", "y", "low", "high"]


def figure_data(figure: Figure) -> pd.DataFrame:
    """Return one row a point of a line, with the band around it, or a bar.

    `panel` is what the axes are called, `series` the line's or bar's name.
    """
    rows = [row for axes in figure.axes for row in _rows(axes)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(axes: Axes) -> Iterator[tuple[Any, ...]]:
    panel = ", ".join(filter(None, (axes.get_title(), axes.get_ylabel())))
    bands = [x for x in axes.collections if isinstance(x, PolyCollection)]
    for number, line in enumerate(axes.get_lines()):
        x, y = (np.asarray(values) for values in line.get_data())
        low = high = np.full(len(x), np.nan)
        if number < len(bands):
            low, high = _ends(bands[number], len(x))
        for values in zip(x, y, low, high):
            yield panel, line.get_label(), *values
    for bars in axes.containers:
        if isinstance(bars, BarContainer):
            yield from _bars(panel, axes, bars)


def _ends(band: PolyCollection, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper edge of what `Axes.fill_between` has drawn.

    Its outline is one point of the upper edge, the lower edge, and the upper backwards.
    """
    y = np.asarray(band.get_paths()[0].vertices)[:, 1]
    return y[1 : points + 1], y[points + 2 : 2 * points + 2][::-1]


def _bars(panel: str, axes: Axes, bars: BarContainer) -> Iterator[tuple[Any, ...]]:
    upright = bars.orientation == "vertical"
    names = axes.get_xticklabels() if upright else axes.get_yticklabels()
    for name, bar in zip(names, bars):
        assert isinstance(bar, Rectangle)
        size = bar.get_height() if upright else bar.get_width()
        yield panel, bars.get_label(), name.get_text(), size, np.nan, np.nan
