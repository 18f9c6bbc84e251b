"""Both layers trained: where each surrogate ends, from each start."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.report.lines import band, finish, styles, title
from rvsjax.results import Results

__all__ = ["draw_two_layer"]

_ENDINGS = {"global": "#444444", "spurious": "#a0a0a0", "elsewhere": "#e4e4e4"}


def draw_two_layer(results: Results) -> Figure:
    """Draw where runs ended, and the length of w on the way; a column a start."""
    runs = results.runs
    names = ["run_id", "p_surrogate", "p_start"]
    curves = results.curves.merge(runs[names], on="run_id")
    starts = sorted(runs["p_start"].unique())
    figure = Figure(figsize=(2.6 * len(starts) + 1.8, 4.6), layout="constrained")
    grid = figure.subplots(2, len(starts), sharey="row", squeeze=False)
    for (ended, lengths), start in zip(grid.T, starts):
        _draw_endings(ended, runs[runs["p_start"] == start])
        _draw_lengths(lengths, curves[curves["p_start"] == start])
        ended.set_title(f"start: {start}", fontsize=9)
    grid[0, 0].set_ylabel("share of runs that end at")
    grid[1, 0].set_ylabel("length of $w^t$")
    for axes in grid[:, -1]:
        handles, labels = axes.get_legend_handles_labels()
        place = {"loc": "center left", "bbox_to_anchor": (1.02, 0.5)}
        axes.legend(handles, labels, frameon=False, **place)
    figure.suptitle(title(results), fontsize=9)
    return figure


def _draw_endings(axes: Axes, runs: pd.DataFrame) -> None:
    """Stack the shares of runs that ended at each minimum, or at none."""
    counts = pd.crosstab(runs["p_surrogate"], runs["m_ended"], normalize="index")
    below = pd.Series(0.0, counts.index)
    for ending, color in _ENDINGS.items():
        share = counts.get(ending, below * 0)
        label = f"{ending} minimum" if ending != "elsewhere" else ending
        axes.bar(counts.index, share, 0.7, bottom=below, color=color, label=label)
        below = below + share
    axes.tick_params(axis="x", rotation=30)


def _draw_lengths(axes: Axes, curves: pd.DataFrame) -> None:
    for (name, some), (color, dash) in zip(curves.groupby("p_surrogate"), styles()):
        band(axes, some["length"], some["step"], color, dash)
        axes.get_lines()[-1].set_label(str(name))
    finish(axes)
    axes.set_xlabel("step $t$")
