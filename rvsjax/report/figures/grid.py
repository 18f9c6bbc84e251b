"""Curves of a sweep that varies numbers: small multiples, a panel a setting."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import matplotlib
import matplotlib.lines
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.errors import counted
from rvsjax.report.axes import axes_of, coarser
from rvsjax.report.figures.lines import (
    LONGEST_LABEL,
    STYLES,
    axis,
    entitle,
    finish,
    line,
    styles,
    told_cut,
    within,
)
from rvsjax.report.kinds import value_text
from rvsjax.report.parameters import Parameter
from rvsjax.report.quantiles import BAND, Sorted
from rvsjax.results.results import Results

__all__ = ["draw_grid"]

_MOST_BESIDE, _MOST_BELOW = 6, 4  # panels of numbers
_EARLY = 20  # half of what happens is in the first so-manieth part: powers of ten


class _Place(NamedTuple):
    """A panel: where it is, what it shows, and its name."""

    row: int
    column: int
    name: str  # of the column of the curves
    facet: int
    below: int
    title: str


def draw_grid(results: Results, names: Sequence[str]) -> Figure:
    """Draw curves against the step: a colour, a column and a row an axis of the sweep.

    The axis of the largest effect has the colours, the next the columns, the next, or
    the method where it is none of these, the rows; rows are `names`, columns of the
    curves, where fewer vary, else the first of these. Other parameters are in the
    bands, which the title says. Numbers of many values are cut into intervals.
    """
    color, facet, below = _shown(results)
    names = names[:1] if below.name else list(names)
    places = list(_places(names, facet, below))
    figure, grid = _panels(places, names, bool(facet.name))
    curves = _Curves(results, color, facet, below)
    looks = _looks(color)
    for place in places:
        panel: Any = grid[place.row, place.column]
        for i, look in enumerate(looks):
            curves.draw(panel, place, i, look)
        panel.set_title(place.title, fontsize=8)
    _finish(results, grid, places, names, curves)
    _explain(figure, color, looks)
    _label_rows(grid, below)
    keys = [pd.Series(x.codes, results.runs.index) for x in (color, facet, below)]
    shown = {x.name.removeprefix("p_") for x in (color, facet, below)}
    cut = told_cut(curves.rows, names)
    entitle(figure, results, *keys, cut=cut, shown=shown)
    return figure


def _shown(results: Results) -> tuple[Parameter, Parameter, Parameter]:
    """Return what has colours, columns and rows; the method is among them."""
    axes = axes_of(results.runs, results.columns("runs"))
    none = Parameter("", "", [""], np.zeros(len(results.runs), np.int64))
    color, facet, below = [*axes, none, none, none][:3]
    below = next((x for x in axes[3:] if not x.is_number), below)
    return color, coarser(facet, _MOST_BESIDE), coarser(below, _MOST_BELOW)


def _panels(
    places: Sequence["_Place"], names: Sequence[str], has_columns: bool
) -> tuple[Figure, Any]:
    """Return a figure and its panels, (rows, columns)."""
    rows, columns = 1 + max(x.row for x in places), 1 + max(x.column for x in places)
    wide, high = (1.9, 1.7) if has_columns else (2.9, 2.6)
    size = wide * columns + 2.4, high * rows + 1.2
    figure = Figure(figsize=size, layout="constrained")
    sharey: Any = ("all" if len(names) == 1 else "row") if has_columns else False
    return figure, figure.subplots(
        rows, columns, sharex=True, sharey=sharey, squeeze=False
    )


def _places(names: Sequence[str], facet: Parameter, below: Parameter) -> Iterator:
    """Yield the panels; those of one measurement fill rows where they are many.

    Without columns, measurements are beside each other.
    """
    if not facet.name:
        yield from (_Place(0, i, name, 0, 0, "") for i, name in enumerate(names))
        return
    rows = [*range(len(below.values))] if below.name else [0]
    wide = max(1, min(len(facet.values), _MOST_BESIDE))
    deep = -(-len(facet.values) // wide)
    for i, name in enumerate(names):
        for row in rows:
            for j, value in enumerate(facet.values):
                title = f"{facet.label} = {value}" if facet.name else ""
                place = (i + row) * deep + j // wide, j % wide
                yield _Place(*place, name, j, row, value_text(title, LONGEST_LABEL))


class _Curves:
    """The curves of a sweep as quantiles of each panel, colour and step."""

    def __init__(
        self, results: Results, color: Parameter, facet: Parameter, below: Parameter
    ) -> None:
        """Find which panel and colour each row of the table belongs to."""
        place = pd.Index(results.runs["run_id"]).get_indexer(
            pd.Index(results.curves["run_id"])
        )
        self.rows = results.curves[place >= 0]
        place = place[place >= 0]
        self.steps, step = np.unique(self.rows["step"], return_inverse=True)
        self._sizes = len(color.values), len(facet.values), len(below.values)
        group = color.codes[place]
        for x in (facet, below):
            group = group * len(x.values) + x.codes[place]
        self._codes = group * len(self.steps) + step
        self._known: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def _quantiles(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        if name not in self._known:
            values = within(self.rows[name]).to_numpy(float, na_value=np.nan)
            size = int(np.prod(self._sizes)) * len(self.steps)
            found = Sorted(values).quantiles(self._codes, size, BAND)
            self._known[name] = found
        return self._known[name]

    def line(self, place: _Place, color: int) -> pd.DataFrame:
        """Return low, middle and high of a line by the steps that it has."""
        quantiles, counts = self._quantiles(place.name)
        _, facets, belows = self._sizes
        group = (color * facets + place.facet) * belows + place.below
        part = slice(group * len(self.steps), (group + 1) * len(self.steps))
        there = counts[part] > 0
        index = pd.Index(self.steps[there], name="step")
        found = quantiles[:, part][:, there]
        return pd.DataFrame(found.T, index, columns=["low", "middle", "high"])

    def draw(self, axes: Axes, place: _Place, number: int, look: Any) -> None:
        """Draw a line and its band, where it has runs."""
        label, color, dash = look
        found = self.line(place, number)
        if len(found):
            x, low, high = found.index, found["low"], found["high"]
            axes.fill_between(x, low, high, color=color, alpha=0.18, lw=0)
            line(axes, found["middle"], color, dash, label)

    def is_early(self) -> bool:
        """Say whether most lines are past half of their way in a twentieth of it."""
        early = [_is_early(x) for x in self._middles()]
        return sum(early) > len(early) / 2

    def _middles(self) -> Iterator[np.ndarray]:
        for quantiles, counts in self._known.values():
            for group in range(int(np.prod(self._sizes))):
                part = slice(group * len(self.steps), (group + 1) * len(self.steps))
                if counts[part].all():
                    yield np.stack([self.steps, quantiles[1, part]])


def _is_early(line: np.ndarray) -> bool:
    steps, values = line
    values = np.log(values) if (values > 0).all() else values
    half = np.abs(values - values[0]) >= np.abs(values[-1] - values[0]) / 2
    return bool(steps[half.argmax()] < steps[-1] / _EARLY)


def _looks(color: Parameter) -> list[tuple[str, Any, Any]]:
    """Return name, colour and dash of each value: shades for numbers, in order."""
    counts = np.bincount(color.codes, minlength=len(color.values))
    names = [
        f"{value_text(x)} ({counted(int(n), 'run')})"
        for x, n in zip(color.values, counts)
    ]
    looks: list[tuple[Any, Any]] = [look for _, look in zip(names, styles())]
    if color.is_number and len(names) > 2:
        shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(names)))
        dashes = [STYLES[i % len(STYLES)][1] for i in range(len(names))]
        looks = list(zip(map(tuple, shades), dashes))
    return [(name, shade, dash) for name, (shade, dash) in zip(names, looks)]


def _finish(
    results: Results,
    grid: Any,
    places: Sequence[_Place],
    names: Sequence[str],
    curves: _Curves,
) -> None:
    """Name and scale the axes; a panel without a line is not shown."""
    columns, used = results.columns("curves"), {(x.row, x.column) for x in places}
    early = curves.is_early()
    for i, row in enumerate(grid):
        for j, panel in enumerate(row):
            if (i, j) not in used or not panel.get_lines():
                panel.set_visible((i, j) in used)
            finish(panel)
            if early:
                panel.set_xscale("symlog", linthresh=max(1, curves.steps[1:2].sum()))
            panel.tick_params(labelsize=8)
    for panel in grid[-1]:
        panel.set_xlabel(axis(columns["step"]))
    for name in names:
        own = [x for x in places if x.name == name and x.column == places[0].column]
        middle = (own or [x for x in places if x.name == name])[len(own) // 2]
        grid[middle.row, middle.column].set_ylabel(axis(columns[name]))


def _label_rows(grid: Any, below: Parameter) -> None:
    """Name the rows at their ends."""
    deep = len(grid) // max(1, len(below.values))
    for i, value in enumerate(below.values if below.name else ()):
        text = value_text(f"{below.label} = {value}", LONGEST_LABEL)
        panel = grid[i * deep, -1]
        panel.annotate(
            text,
            (1.03, 0.5),
            xycoords="axes fraction",
            rotation=-90,
            va="center",
            fontsize=8,
        )


def _explain(figure: Figure, color: Parameter, looks: Sequence[Any]) -> None:
    """Name the colours."""
    lines = [
        matplotlib.lines.Line2D([], [], color=c, ls=dash, label=name)
        for name, c, dash in looks
        if not name.endswith("(0 runs)")
    ]
    place: dict[str, Any] = {"loc": "outside right center", "frameon": False}
    figure.legend(
        handles=lines, title=value_text(color.label, LONGEST_LABEL), fontsize=8, **place
    )
