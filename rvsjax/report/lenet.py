"""Networks: accuracy against sparsity, and both along the epochs."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.report.lines import STYLES, band
from rvsjax.results import Results

__all__ = ["draw_lenet"]

# a line goes along these, or has them in its name anyway
_ALONG = [f"p_{x}" for x in ("seed", "method", "penalty", "a", "lam", "beta")]
_ALONG.append("p_sparsity")


def draw_lenet(results: Results) -> Figure:
    """Draw accuracy of w and of u by epoch, and that of u against its sparsity.

    There a dot is a network, and a line goes through the means over the seeds.
    """
    runs = results.runs.assign(kind=_kinds(results.runs))
    curves = results.curves.merge(runs[["run_id", "kind"]], on="run_id")
    high = 3.2 + 0.1 * max(0, runs["kind"].nunique() - 8)  # for the legend
    figure = Figure(figsize=(9.6, high), layout="constrained")
    by_epoch, of_u, against = figure.subplots(1, 3)
    for (kind, some), (color, dash) in zip(curves.groupby("kind"), STYLES * 9):
        for axes, which in ((by_epoch, "w"), (of_u, "u")):
            band(axes, 100 * some[f"accuracy_{which}"], some["step"], color, dash)
            axes.get_lines()[-1].set_label(str(kind))
        _trade(against, runs[runs["kind"] == kind], color, dash)
    for axes, which in ((by_epoch, "w"), (of_u, "u")):
        _finish(axes, "epoch", f"accuracy of {which}, %")
    _finish(against, "zeros in u, %", "accuracy of u, %")
    lines = by_epoch.get_legend_handles_labels()
    longest = max(map(len, lines[1]), default=0)
    beside = max(1, min(8, 120 // (longest + 4)))
    figure.legend(*lines, loc="outside lower center", ncols=beside, frameon=False)
    return figure


def _trade(axes: Axes, runs: pd.DataFrame, color: str, dash: Any) -> None:
    """Draw the networks of a kind, and the means over seeds in order of sparsity."""
    columns = ["m_sparsity_u", "m_accuracy_u"]
    axes.plot(*100 * runs[columns].to_numpy().T, "o", ms=3, alpha=0.5, color=color)
    settings = [x for x in runs if str(x).startswith("p_") and x != "p_seed"]
    groups = runs.groupby(settings, dropna=False)[columns]
    means = groups.agg(lambda x: x.mean(skipna=False))
    means = 100 * means.sort_values("m_sparsity_u")
    axes.plot(*means.to_numpy().T, color=color, ls=dash, lw=1.2)


def _kinds(runs: pd.DataFrame) -> pd.Series:
    """Name what a network is: its method or penalty, and what else is changed."""
    names = [str(x) for x in runs if str(x).startswith("p_") and x not in _ALONG]
    rows = zip([""] * len(runs), *(_changes(runs[name]) for name in names))
    told = pd.Series([", ".join(filter(None, row)) for row in rows], runs.index)
    methods = _methods(runs)
    if methods.nunique() == 1 and (told != "").any():
        return told.where(told != "", "unchanged")
    return methods + told.where(told == "", ", " + told)


def _methods(runs: pd.DataFrame) -> pd.Series:
    """Name the method, its penalty, or where both vary, both."""
    methods, penalties = runs["p_method"], runs["p_penalty"]
    if methods.where(penalties.notna()).nunique() < 2:
        return penalties.fillna(methods)
    return (methods + " " + penalties).fillna(methods)


def _changes(values: pd.Series) -> list[str]:
    """Name the values that are not the most common one, which is the unchanged."""
    known = values.dropna()
    if known.nunique() < 2:
        return [""] * len(values)
    usual, name = known.mode()[0], str(values.name).removeprefix("p_")
    changed = values.notna() & values.ne(usual)
    return [_told(name, x) if odd else "" for x, odd in zip(values, changed)]


def _told(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value if name == "surrogate" else f"{name} {value}"
    if isinstance(value, bool | np.bool_):
        return name if value else f"no {name}"
    return f"{name} {value:g}"


def _finish(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25, lw=0.5)
