"""Figures of the study `rvscgd`."""

from collections.abc import Callable

from matplotlib.figure import Figure

from rvsjax.results.results import Results
from rvsjax.studies.rvscgd.figures.curves import draw_curves
from rvsjax.studies.rvscgd.figures.methods import draw_methods
from rvsjax.studies.rvscgd.figures.samples import draw_samples

__all__ = ["main_figure"]


def main_figure(results: Results) -> Callable[[Results], Figure] | None:
    """Return what draws a sweep, by what it varies; None without the curves for it."""
    runs = results.runs
    if "p_batch" in runs and runs["p_batch"].nunique() > 2:
        return draw_samples
    if not results.records("curves"):
        return None
    return draw_methods if runs["p_algorithm"].nunique() > 2 else draw_curves
