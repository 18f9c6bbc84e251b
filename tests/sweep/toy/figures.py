"""The figure of the toy study."""

from matplotlib.figure import Figure

from rvsjax.report.figures.lines import axis, entitle

__all__ = ["main_figure"]


def main_figure(results):
    """Return what draws x against the step."""
    return _draw if results.records("curves") else None


def _draw(results):
    figure, columns = Figure(), results.columns("curves")
    axes = figure.subplots()
    for _, curve in results.curves.groupby("run_id"):
        axes.plot(curve["step"], curve["x"])
    axes.set_xlabel(axis(columns["step"]))
    axes.set_ylabel(axis(columns["x"]))
    entitle(figure, results)
    return figure
