"""Maps: a measurement in colours over two parameters, with contours."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from rvsjax.errors import counted
from rvsjax.report.columns import column_of
from rvsjax.report.figures.lines import axis, formula_number
from rvsjax.report.figures.panels import (
    heights,
    is_even_in_powers,
    panels,
    places,
    plain_label,
    split_by,
)
from rvsjax.report.measures import Measure
from rvsjax.results.results import Results
from rvsjax.results.schema import Column
from rvsjax.sweep.store import FolderError

__all__ = ["MapFigure", "draw_map"]

MOST_PANELS = 12
_MOST_CELLS = 60  # of an axis; more values are cut into `_PARTS` of equal runs
_PARTS = 12
_DECADES = 10  # that colours tell apart, as on the page
_COLUMNS = ["panel", "x", "y", "value", "n"]


class MapFigure(Figure):
    """A figure of cells, which are kept as numbers: panel, x, y, value, n."""

    cells: pd.DataFrame


class _Axis(NamedTuple):
    """An axis of cells: which each run is in, where these lie, and how."""

    codes: np.ndarray  # (runs,), -1 for none
    middles: np.ndarray
    edges: np.ndarray
    is_log: bool
    words: list[str]


def draw_map(
    results: Results, x: str, y: str, color: str, facet: str | None = None
) -> Figure:
    """Draw the median of `color` over the runs of each cell of `x` and `y`.

    Truth values are drawn as their share. Axes are logarithmic where that spaces their
    values more evenly; one of more than 60 values is cut into 12 intervals with as many
    runs each. Contours are drawn over 3 by 3 cells of numbers or more. A panel a value
    of `facet`; cells without a number are left white. The title says what is drawn, and
    of how many runs.

    Raises FolderError where a column is unknown, has no numbers, or too many words.
    """
    runs, columns = results.runs, results.columns("runs")
    names = {name: column_of(runs, name) for name in (x, y, color, facet) if name}
    across, up = (
        _axis(runs[names[name]], f"--{option} {name}")
        for option, name in (("x", x), ("y", y))
    )
    shade, values = (
        columns[names[color]],
        heights(runs[names[color]], f"--color {color}"),
    )
    share = bool(pd.api.types.infer_dtype(runs[names[color]], skipna=True) == "boolean")
    measure = Measure(color, shade.text, values.to_numpy(), share)
    drawn = values.notna() & (across.codes >= 0) & (up.codes >= 0)
    if not drawn.any():
        raise FolderError(f"no run has all of --x {x}, --y {y} and --color {color}")
    facets = split_by(runs, names.get(facet or ""), MOST_PANELS, "facet")
    cells = {
        name: _cells(measure, across, up, inside.to_numpy())
        for name, inside in facets.items()
    }
    figure, grid = panels(MapFigure, len(facets), 2.9, 2.7, 1.6)
    norm, cut = _norm(np.concatenate([z for z, _ in cells.values()]))
    mesh: Any = None
    for axes, (name, (z, _)) in zip(grid, cells.items()):
        mesh = _draw(axes, across, up, z, norm)
        if facet:
            title = f"{plain_label(columns[names[facet]])} = {name}"
            axes.set_title(title, fontsize=9)
    figure.supxlabel(axis(columns[names[x]]), fontsize=9)
    figure.supylabel(axis(columns[names[y]]), fontsize=9)
    _explain(figure, grid, mesh, shade, share)
    figure.suptitle(_told(measure, drawn, cut), fontsize=9)
    figure.cells = pd.concat(_table(*told, across, up) for told in cells.items())
    return figure


def _axis(values: pd.Series, option: str) -> _Axis:
    where, words = places(values, option)
    if words:
        codes = pd.Index(words).get_indexer(pd.Index(where))
        middles = np.arange(len(words), dtype=float)
        return _Axis(codes, middles, np.arange(len(words) + 1) - 0.5, False, words)
    numbers = where.to_numpy()
    known = np.unique(numbers[np.isfinite(numbers)])
    if not len(known):
        raise FolderError(f"{option}: no run has a number there")
    if len(known) > _MOST_CELLS:
        return _parts(numbers, known)
    codes = np.where(np.isfinite(numbers), np.searchsorted(known, numbers), -1)
    is_log = is_even_in_powers(known)
    edges = _edges(np.log(known) if is_log else known)
    return _Axis(codes, known, np.exp(edges) if is_log else edges, is_log, [])


def _parts(numbers: np.ndarray, known: np.ndarray) -> _Axis:
    """Return intervals that have as many runs each."""
    finite = np.isfinite(numbers)
    edges = np.unique(np.quantile(numbers[finite], np.linspace(0, 1, _PARTS + 1)))
    codes = np.searchsorted(edges[1:-1], numbers, side="right")
    is_log = bool(edges[0] > 0 and edges[-1] > 100 * edges[0])
    middles = (edges[1:] + edges[:-1]) / 2
    middles = np.sqrt(edges[1:] * edges[:-1]) if is_log else middles
    return _Axis(np.where(finite, codes, -1), middles, edges, is_log, [])


def _edges(middles: np.ndarray) -> np.ndarray:
    if len(middles) == 1:
        return np.array([middles[0] - 0.5, middles[0] + 0.5])
    between = (middles[1:] + middles[:-1]) / 2
    ends = 2 * middles[0] - between[0], 2 * middles[-1] - between[-1]
    return np.concatenate([ends[:1], between, ends[1:]])


def _cells(
    measure: Measure, across: _Axis, up: _Axis, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the value of each cell, (up, across), and the runs that have one."""
    shape = len(up.middles), len(across.middles)
    known = inside & (across.codes >= 0) & (up.codes >= 0)
    codes = np.where(known, up.codes * shape[1] + across.codes, -1)
    found, counts = measure.summary(codes, shape[0] * shape[1])
    return found.reshape(shape), counts.reshape(shape)


def _norm(values: np.ndarray) -> tuple[Normalize, float]:
    """Return the scale of the colours, and below what all are of the darkest, or 0."""
    known = values[np.isfinite(values)]
    above = known[known > 0]
    low, high = known.min(), known.max()
    if low < 0 or not len(above) or above.min() * 100 > high:
        return Normalize(low, high if high > low else low + 1), 0.0
    floor = max(above.min(), high * 10.0**-_DECADES)
    return LogNorm(floor, high, clip=True), float(floor if low < floor else 0)


def _draw(axes: Axes, across: _Axis, up: _Axis, z: np.ndarray, norm: Normalize) -> Any:
    if isinstance(norm, LogNorm):
        z = np.where(np.isfinite(z), np.maximum(z, norm.vmin or 0), np.nan)
    mesh = axes.pcolormesh(across.edges, up.edges, z, norm=norm, cmap="cividis")
    mesh.set_rasterized(True)
    for scale, told in ((axes.set_xscale, across), (axes.set_yscale, up)):
        scale("log" if told.is_log else "linear")
    if across.words:
        axes.set_xticks(across.middles, across.words, rotation=30, ha="right")
    if up.words:
        axes.set_yticks(up.middles, up.words)
    if min(z.shape) >= 3 and not across.words and not up.words:
        _contours(axes, across, up, z, norm)
    return mesh


def _contours(
    axes: Axes, across: _Axis, up: _Axis, z: np.ndarray, norm: Normalize
) -> None:
    """Draw four lines of equal values between the ends of the colours."""
    known = z[np.isfinite(z)]
    if not len(known) or known.max() <= known.min():
        return
    levels = [float(f"{x:.2g}") for x in norm.inverse(np.linspace(0, 1, 6)[1:-1])]
    look: dict[str, Any] = {"colors": "white", "linewidths": 0.8, "alpha": 0.9}
    masked = np.ma.masked_invalid(z)
    lines = axes.contour(across.middles, up.middles, masked, np.unique(levels), **look)
    texts = axes.clabel(
        lines, fmt=lambda level: f"${formula_number(level)}$", fontsize=6
    )
    for artist in (lines, *texts):
        artist.set_path_effects([withStroke(linewidth=1.6, foreground="#00000099")])


def _explain(
    figure: Figure, grid: list[Axes], mesh: Any, shade: Column, share: bool
) -> None:
    label = f"{plain_label(shade)}, share" if share else axis(shade)
    figure.colorbar(mesh, ax=grid, label=label, fraction=0.05)


def _told(measure: Measure, drawn: pd.Series, cut: float) -> str:
    statistic = "share" if measure.share else "median"
    told = f"{statistic} of the runs of each cell\n"
    told += f"{drawn.sum():,} of {counted(len(drawn), 'run')}"
    return told + (f"; below {cut:.2g} all have the darkest colour" if cut else "")


def _table(
    name: str, told: tuple[np.ndarray, np.ndarray], across: _Axis, up: _Axis
) -> pd.DataFrame:
    """Return one row a cell that has runs."""
    z, n = told
    x, y = (axis.words or axis.middles.tolist() for axis in (across, up))
    rows = [
        (name, x[j], y[i], z[i, j], n[i, j])
        for i in range(len(y))
        for j in range(len(x))
        if n[i, j]
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)
