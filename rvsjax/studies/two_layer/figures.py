"""Both layers trained: where each surrogate ends, from each start."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.report.axes import is_pooled
from rvsjax.report.figures.grid import draw_grid
from rvsjax.report.figures.lines import axis, band, entitle, finish, styles
from rvsjax.report.kinds import kinds, numbers, of_runs
from rvsjax.results.results import Results

__all__ = ["draw_two_layer", "main_figure"]

_ENDINGS = {
    "global": ("global minimum", "#444444"),
    "spurious": ("spurious minimum", "#a0a0a0"),
    "elsewhere": ("elsewhere", "#e4e4e4"),
    "unknown": ("did not end well", "#D55E00"),
}


def main_figure(results: Results) -> Callable[[Results], Figure] | None:
    """Return what draws a sweep, by what it varies; None without its curves."""
    if not results.records("curves"):
        return None
    runs = results.runs
    if is_pooled(runs, kinds(runs, ["p_start"]), runs["p_start"]):
        return partial(draw_grid, names=("theta", "length"))
    return draw_two_layer


def draw_two_layer(results: Results) -> Figure:
    """Draw where runs ended, and the length of w on the way; a column a start.

    A bar and a line a kind as `kinds` has it.
    """
    runs = results.runs.assign(kind=kinds(results.runs, ["p_start"]))
    names = ["run_id", "kind", "p_start"]
    curves = results.curves.merge(runs[names], on="run_id")
    columns = results.columns("curves")
    starts = sorted(runs["p_start"].unique())
    looks = dict(zip((name for name, _ in numbers(runs["kind"])), styles()))
    column = max(2.6, 0.35 * len(looks) + 0.6)
    longest = max(map(len, looks))
    size = column * len(starts) + 2.2 + 0.05 * longest, 4.8 + 0.05 * longest
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(2, len(starts), sharey="row", squeeze=False)
    for (ended, lengths), start in zip(grid.T, starts):
        of_start = runs[runs["p_start"] == start]
        _draw_endings(ended, of_start)
        some = curves[curves["p_start"] == start]
        _draw_lengths(lengths, some, looks)
        lengths.set_xlabel(axis(columns["step"]))
        told = of_runs(f"start: {start}", some["run_id"].nunique(), len(of_start))
        ended.set_title(told, fontsize=9)
    grid[0, 0].set_ylabel("share of runs that end at")
    grid[1, 0].set_ylabel(axis(columns["length"]))
    for axes in grid[1]:  # that share their heights
        finish(axes)
    for row in grid:
        found = [axes.get_legend_handles_labels() for axes in row]
        named = {name: x for lines, texts in found for x, name in zip(lines, texts)}
        place = {"loc": "center left", "bbox_to_anchor": (1.02, 0.5)}
        row[-1].legend(named.values(), named, frameon=False, **place)
    entitle(figure, results, runs["kind"], runs["p_start"])
    return figure


def _draw_endings(axes: Axes, runs: pd.DataFrame) -> None:
    """Stack the shares of runs that ended at each minimum, at none, or did not end."""
    ended = runs["m_ended"].astype(object).where(runs["m_ended"].notna(), "unknown")
    counts = pd.crosstab(runs["kind"], ended, normalize="index")
    below = pd.Series(0.0, counts.index)
    for ending, (label, color) in _ENDINGS.items():
        if ending == "unknown" and ending not in counts:
            continue
        share = counts.get(ending, below * 0)
        axes.bar(counts.index, share, 0.7, bottom=below, color=color, label=label)
        below = below + share
    turned: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    has_room = counts.index.str.len().max() * len(counts) < 24
    names = {} if has_room else turned
    axes.set_xticks(range(len(counts)), labels=counts.index, **names)


def _draw_lengths(axes: Axes, curves: pd.DataFrame, looks: dict[str, Any]) -> None:
    for name, some in curves.groupby("kind"):
        color, dash = looks[str(name)]
        band(axes, some["length"], some["step"], color, dash, str(name))
