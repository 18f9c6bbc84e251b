"""Methods side by side: how sparse u is on the way, and how far it is from w_star."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rvsjax.report.lines import band, finish, number, styles, title
from rvsjax.results import Results

__all__ = ["draw_methods"]

_ROWS = {
    "nnz_u": "nonzero entries of $u^t$",
    "theta": r"angle of $w^t$ (radians)",
    "loss_u": "loss $f(u^t)$",  # older tables lack it
}
_DASHES: tuple[str, ...] = ("-", "--", ":")


def draw_methods(results: Results) -> Figure:
    """Draw entries of u, the angle of w and f(u) against the step, a column a penalty.

    Colours are methods, dashes the values of lam.
    """
    runs = results.runs.assign(penalty=results.runs["p_penalty"].fillna("no penalty"))
    names = ["run_id", "penalty", "p_algorithm", "p_lam"]
    curves = results.curves.merge(runs[names], on="run_id")
    curves = curves[curves["step"] > 0]  # the axis is logarithmic
    colors = dict(zip(sorted(runs["p_algorithm"].unique()), (c for c, _ in styles())))
    dashes: dict[Any, str] = dict(
        zip(sorted(runs["p_lam"].dropna().unique()), _DASHES * 9)
    )
    penalties = sorted(runs["penalty"].unique())
    rows = {name: text for name, text in _ROWS.items() if name in curves}
    size = (2.6 * len(penalties) + 1.6, 2.5 * len(rows))
    figure, shape = (
        Figure(figsize=size, layout="constrained"),
        (len(rows), len(penalties)),
    )
    grid = figure.subplots(*shape, sharex=True, sharey="row", squeeze=False)
    for column, penalty in enumerate(penalties):
        some = curves[curves["penalty"] == penalty]
        for (method, lam), each in some.groupby(["p_algorithm", "p_lam"], dropna=False):
            for axes, name in zip(grid[:, column], rows):
                dash = dashes.get(lam, "-")
                band(axes, each[name], each["step"], colors[method], dash)
                axes.get_lines()[-1].set_label(f"{method}, lam = {lam:g}")
        grid[0, column].set_title(penalty, fontsize=9)
        grid[-1, column].set_xlabel("step $t$")
    for row, label in zip(grid, rows.values()):
        row[0].set_ylabel(label)
        for axes in row:
            finish(axes)
            axes.set_xscale("log")
    _explain(figure, colors, dashes)
    figure.suptitle(title(results), fontsize=9)
    return figure


def _explain(figure: Figure, colors: dict[str, str], dashes: dict[Any, str]) -> None:
    """Name the colours, and the dashes where there are several."""
    lines = [Line2D([], [], color=c, label=name) for name, c in colors.items()]
    if len(dashes) > 1:
        lines += [
            Line2D([], [], color="black", ls=dash, label=rf"$\lambda = {number(lam)}$")
            for lam, dash in dashes.items()
        ]
    figure.legend(handles=lines, loc="outside right center", frameon=False)
