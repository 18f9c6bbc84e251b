"""Networks: accuracy against sparsity, and both along the epochs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.report.figures.lines import axis, band, entitle, styles
from rvsjax.report.kinds import parameter_columns, value_text
from rvsjax.results.results import Results
from rvsjax.results.schema import Column

__all__ = ["draw_lenet", "main_figure"]

# a line goes along these, or has them in its name anyway
_ALONG = [f"p_{x}" for x in ("seed", "method", "penalty", "a", "lam", "sparsity")]
_COUPLING = ("p_beta", "p_growth")  # told where they vary within a method


_TICKS = (0, 20, 40, 60, 80, 90, 95, 98, 98.5, 99, 99.5, 99.8)


def main_figure(results: Results) -> Callable[[Results], Figure] | None:
    """Return what draws a sweep; None without its curves."""
    return draw_lenet if results.records("curves") else None


def draw_lenet(results: Results) -> Figure:
    """Draw accuracy of w and of u by epoch, and that of u against its sparsity.

    There a dot is a network, and a line goes through the means over the seeds. Upright
    axes are logarithmic in the share of wrong answers, so that 98 and 99 % are apart.
    """
    runs = results.runs.assign(kind=_kinds(results.runs))
    curves = results.curves.merge(runs[["run_id", "kind"]], on="run_id")
    columns = results.columns("curves")
    high = 3.5 + 0.1 * max(0, runs["kind"].nunique() - 8)  # for the legend
    figure = Figure(figsize=(9.6, high), layout="constrained")
    by_epoch, of_u, against = figure.subplots(1, 3)
    for (kind, some), (color, dash) in zip(curves.groupby("kind"), styles()):
        for axes, which in ((by_epoch, "w"), (of_u, "u")):
            values = 100 * some[f"accuracy_{which}"]
            band(axes, values, some["step"], color, dash, str(kind))
        _trade(against, runs[runs["kind"] == kind], color, dash)
    for axes, which in ((by_epoch, "w"), (of_u, "u")):
        _finish(axes, axis(columns["step"]), _in_percent(columns[f"accuracy_{which}"]))
        axes.xaxis.get_major_locator().set_params(integer=True)
    both = columns["sparsity_u"], columns["accuracy_u"]
    _finish(against, *map(_in_percent, both))
    lines = by_epoch.get_legend_handles_labels()
    longest = max(map(len, lines[1]), default=0)
    beside = max(1, min(8, 120 // (longest + 4)))
    figure.legend(*lines, loc="outside lower center", ncols=beside, frameon=False)
    entitle(figure, results, runs["kind"])
    return figure


def _trade(axes: Axes, runs: pd.DataFrame, color: str, dash: Any) -> None:
    """Draw the networks of a kind, and the means over seeds in order of sparsity."""
    columns = ["m_sparsity_u", "m_accuracy_u"]
    axes.plot(*100 * runs[columns].to_numpy().T, "o", ms=3, alpha=0.5, color=color)
    settings = [x for x in parameter_columns(runs) if x != "p_seed"]
    groups = runs.groupby(settings, dropna=False)[columns]
    means = groups.agg(lambda x: x.mean(skipna=False))
    means = 100 * means.sort_values("m_sparsity_u")
    axes.plot(*means.to_numpy().T, color=color, ls=dash, lw=1.2)


def _kinds(runs: pd.DataFrame) -> pd.Series:
    """Name what a network is: its method or penalty, and what else is changed."""
    methods = _methods(runs)
    fixed = [x for x in _COUPLING if x in runs and _is_of(runs[x], methods)]
    names = [x for x in parameter_columns(runs) if x not in _ALONG + fixed]
    implying = methods + runs["p_bits"].map(str) if "p_bits" in runs else methods
    rows = zip([""] * len(runs), *(_changes(runs[name], implying) for name in names))
    told = pd.Series([", ".join(filter(None, row)) for row in rows], runs.index)
    if methods.nunique() == 1 and (told != "").any():
        return told.where(told != "", "unchanged")
    return methods + told.where(told == "", ", " + told)


def _is_of(values: pd.Series, methods: pd.Series) -> bool:
    """Say whether a value follows from the method."""
    return bool((values.groupby(methods).nunique(dropna=False) <= 1).all())


def _methods(runs: pd.DataFrame) -> pd.Series:
    """Name the method, its penalty, or where both vary, both."""
    methods, penalties = runs["p_method"], runs["p_penalty"]
    if methods.where(penalties.notna()).nunique() < 2:
        return penalties.fillna(methods)
    return (methods + " " + penalties).fillna(methods)


def _changes(values: pd.Series, implying: pd.Series) -> list[str]:
    """Name the values that are not the most common one, which is the unchanged.

    Null is a value as well, where method and bits do not imply it.
    """
    values = values.astype(object)
    if not _is_of(values.isna(), implying):
        values = values.where(values.notna(), "unset")
    counts = values.value_counts()
    if len(counts) < 2:
        return [""] * len(values)
    often = counts[counts == counts.max()].index
    usual = min(often, key=lambda x: (isinstance(x, str), x))
    name = str(values.name).removeprefix("p_")
    changed = values.notna() & values.ne(usual)
    return [_told(name, x) if odd else "" for x, odd in zip(values, changed)]


def _in_percent(column: Column) -> str:
    return f"{column.label}, %"


def _closeness(percent: Any) -> Any:
    """Return the decades between a share in percent and the whole."""
    return 2 - np.log10(np.maximum(100 - np.asarray(percent), 0.01))


def _percent(closeness: Any) -> Any:
    return 100 - 10 ** (2 - np.asarray(closeness))


def _told(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value if name == "surrogate" else f"{name} {value}"
    if isinstance(value, bool | np.bool_):
        return name if value else f"no {name}"
    return f"{name} {value_text(value)}"


def _finish(axes: Axes, x: str, y: str) -> None:
    """Name the axes; the upright one, in percent, is logarithmic in what is missing."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_yscale("function", functions=(_closeness, _percent))
    low, high = axes.get_ylim()
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.grid(alpha=0.25, lw=0.5)
