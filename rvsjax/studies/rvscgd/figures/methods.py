"""Methods side by side: how sparse u is on the way, and how far it is from w_star."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rvsjax.report.figures.lines import (
    STYLES,
    axis,
    band,
    entitle,
    finish,
    formula_number,
    styles,
    told_cut,
)
from rvsjax.report.kinds import kinds, numbers, of_runs, value_text
from rvsjax.results.results import Results

__all__ = ["draw_methods", "looks_of_methods"]

_ROWS = ("nnz_u", "theta", "loss_u")
_DASHES = ("-", "--", ":", *(dash for _, dash in STYLES[4:]), "-.")


def draw_methods(results: Results) -> Figure:
    """Draw entries of u, the angle of w and f(u) against the step, a column a penalty.

    Colours are kinds as `kinds` has it, dashes up to 8 values of lam; more of them
    are in the bands.
    """
    penalty, kind, lam = looks_of_methods(results.runs)
    runs = results.runs.assign(penalty=penalty, kind=kind, lam=lam)
    dashes = _dashes(runs["p_lam"])
    names = ["run_id", "penalty", "kind", "lam"]
    curves = results.curves.merge(runs[names], on="run_id")
    curves = curves[curves["step"] > 0]  # the axis is logarithmic
    colors = dict(zip(sorted(runs["kind"].unique()), (c for c, _ in styles())))
    penalties = sorted(runs["penalty"].unique())
    columns = results.columns("curves")
    rows = [name for name in _ROWS if name in curves]  # older tables lack the last
    size = (2.6 * len(penalties) + 2.2, 2.5 * len(rows) + 0.3)
    figure = Figure(figsize=size, layout="constrained")
    shape = len(rows), len(penalties)
    grid = figure.subplots(*shape, sharex=True, sharey="row", squeeze=False)
    for column, penalty in enumerate(penalties):
        some = curves[curves["penalty"] == penalty]
        for (kind, lam), each in some.groupby(["kind", "lam"], dropna=False):
            label = kind if pd.isna(lam) else f"{kind}, lam = {value_text(lam)}"
            for axes, name in zip(grid[:, column], rows):
                look = colors[kind], dashes.get(lam, "-")
                band(axes, each[name], each["step"], *look, label)
        grid[0, column].set_title(penalty, fontsize=9)
        grid[-1, column].set_xlabel(axis(columns["step"]))
    for row, name in zip(grid, rows):
        row[0].set_ylabel(axis(columns[name]))
        for axes in row:
            finish(axes)
            axes.set_xscale("log")
    _explain(figure, _counted(runs, curves, colors), dashes)
    cut = told_cut(curves, rows)
    entitle(figure, results, runs["penalty"], runs["kind"], runs["lam"], cut=cut)
    return figure


def looks_of_methods(runs: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return what gives each run its column, its colour and its dash."""
    lam = runs["p_lam"] if _dashes(runs["p_lam"]) else runs["p_lam"].mul(float("nan"))
    penalty = runs["p_penalty"].fillna("no penalty")
    return penalty, kinds(runs, ["p_penalty"]), lam


def _dashes(lams: pd.Series) -> dict[Any, Any]:
    """Return a dash for each lam; none where they are more than there are dashes."""
    values = sorted(lams.dropna().unique())
    return dict(zip(values, _DASHES)) if len(values) <= len(_DASHES) else {}


def _counted(
    runs: pd.DataFrame, curves: pd.DataFrame, colors: dict[str, str]
) -> dict[str, str]:
    """Return colours by the names of kinds, with their numbers of runs."""
    shown = curves.groupby("kind")["run_id"].nunique()
    counts = numbers(runs["kind"])
    return {of_runs(x, int(shown.get(x, 0)), n): colors[x] for x, n in counts}


def _explain(figure: Figure, colors: dict[str, str], dashes: dict[Any, Any]) -> None:
    """Name the colours, and the dashes where there are several."""
    lines = [Line2D([], [], color=c, label=name) for name, c in colors.items()]
    if len(dashes) > 1:
        lines += [
            Line2D(
                [],
                [],
                color="black",
                ls=dash,
                label=rf"$\lambda = {formula_number(lam)}$",
            )
            for lam, dash in dashes.items()
        ]
    figure.legend(handles=lines, loc="outside right center", frameon=False)
