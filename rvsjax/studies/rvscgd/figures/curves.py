"""A sweep over time: its angle and its Lagrangian against the step."""

from matplotlib.figure import Figure

from rvsjax.report.figures.lines import (
    add_legend,
    axis,
    band,
    entitle,
    finish,
    styles,
    told_cut,
)
from rvsjax.report.kinds import kinds, numbers, of_runs
from rvsjax.results.results import Results

__all__ = ["draw_curves"]


def draw_curves(results: Results) -> Figure:
    """Draw theta and the Lagrangian against the step: median and band over the runs.

    A line a kind as `kinds` has it. The band reaches from the 10th to the 90th
    percentile of the runs that are still going at that step.
    """
    kind = kinds(results.runs)
    curves, columns = results.curves, results.columns("curves")
    kind_of = curves["run_id"].map(dict(zip(results.runs["run_id"], kind)))
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (name, number), (color, dash) in zip(numbers(kind), styles()):
        some = curves[kind_of == name]
        label = of_runs(name, some["run_id"].nunique(), number)
        for axes, column in ((left, "theta"), (right, "lagrangian")):
            band(axes, some[column], some["step"], color, dash, label)
    for axes, column in ((left, "theta"), (right, "lagrangian")):
        axes.set_ylabel(axis(columns[column]))
        finish(axes)
        axes.set_xlabel(axis(columns["step"]))
        axes.ticklabel_format(axis="x", style="sci", scilimits=(0, 4), useMathText=True)
    add_legend(figure, left)
    cut = told_cut(curves, ("theta", "lagrangian"))
    entitle(figure, results, kind, cut=cut)
    return figure
