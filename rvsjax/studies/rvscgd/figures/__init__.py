"""Figures of the study `rvscgd`."""

from collections.abc import Callable
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from rvsjax.report.axes import is_pooled
from rvsjax.report.figures.grid import draw_grid
from rvsjax.report.kinds import kinds
from rvsjax.results.results import Results
from rvsjax.studies.rvscgd.figures.curves import draw_curves
from rvsjax.studies.rvscgd.figures.methods import draw_methods, looks_of_methods
from rvsjax.studies.rvscgd.figures.samples import draw_samples

__all__ = ["main_figure"]


_CURVES = ("theta", "lagrangian")


def main_figure(results: Results) -> Callable[[Results], Figure] | None:
    """Return what draws a sweep, by what it varies; None without the curves for it.

    A figure of its own for samples, methods, or words alone, where only seeds would be
    in one of its lines; small multiples for all else.
    """
    runs, kind = results.runs, kinds(results.runs)
    if _varies(runs, "p_batch") and not is_pooled(runs, kind, runs["p_batch"]):
        return draw_samples
    if not results.records("curves"):
        return None
    if _varies(runs, "p_algorithm") and not is_pooled(runs, *looks_of_methods(runs)):
        return draw_methods
    return partial(draw_grid, names=_CURVES) if is_pooled(runs, kind) else draw_curves


def _varies(runs: pd.DataFrame, column: str) -> bool:
    return column in runs and runs[column].nunique() > 2
