"""Networks: accuracy against sparsity, and both along the epochs."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.report.lines import STYLES, band
from rvsjax.results import Results

__all__ = ["draw_lenet"]


def draw_lenet(results: Results) -> Figure:
    """Draw accuracy of w and of u by epoch, and that of u against its sparsity."""
    runs = results.runs.assign(kind=_kinds(results.runs))
    curves = results.curves.merge(runs[["run_id", "kind"]], on="run_id")
    figure = Figure(figsize=(9.6, 3.2), layout="constrained")
    by_epoch, of_u, against = figure.subplots(1, 3)
    for (kind, some), (color, dash) in zip(curves.groupby("kind"), STYLES * 9):
        for axes, which in ((by_epoch, "w"), (of_u, "u")):
            band(axes, 100 * some[f"accuracy_{which}"], some["step"], color, dash)
            axes.get_lines()[-1].set_label(str(kind))
        last = runs[runs["kind"] == kind]
        shares = 100 * last[["m_sparsity_u", "m_accuracy_u"]]
        against.plot(*shares.to_numpy().T, "o", ms=4, alpha=0.7, color=color)
    for axes, which in ((by_epoch, "w"), (of_u, "u")):
        _finish(axes, "epoch", f"accuracy of {which}, %")
    _finish(against, "zeros in u, %", "accuracy of u, %")
    lines = by_epoch.get_legend_handles_labels()
    figure.legend(*lines, loc="outside lower center", ncols=8, frameon=False)
    return figure


def _kinds(runs: pd.DataFrame) -> pd.Series:
    """Name what a network is: its penalty, or its method where that has none."""
    return runs["p_penalty"].fillna(runs["p_method"])


def _finish(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25, lw=0.5)
