"""The figure of the toy study."""

from matplotlib.figure import Figure

__all__ = ["main_figure"]


def main_figure(results):
    """Return what draws x against the step."""
    return _draw if results.records("curves") else None


def _draw(results):
    figure = Figure()
    axes = figure.subplots()
    for _, curve in results.curves.groupby("run_id"):
        axes.plot(curve["step"], curve["x"])
    return figure
