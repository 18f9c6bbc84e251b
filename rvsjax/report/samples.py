"""What samples cost: where runs end, against the samples of a step."""

import pandas as pd
from matplotlib.figure import Figure

from rvsjax.report.lines import band, finish, styles, title
from rvsjax.results import Results

__all__ = ["draw_samples"]


def draw_samples(results: Results) -> Figure:
    """Draw the last angle and the share of right supports against the batch size."""
    runs = results.runs
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (penalty, some), (color, dash) in zip(runs.groupby("p_penalty"), styles()):
        band(left, some["m_theta"], some["p_batch"], color, dash)
        exact = _right_support(some).groupby(some["p_batch"]).mean()
        right.plot(exact.index, exact, color=color, ls=dash, lw=1.5)
        for axes in (left, right):
            axes.get_lines()[-1].set_label(f"{penalty} ({len(some)} runs)")
    left.set_ylabel(r"last angle $\theta(w^T, w^*)$ (radians)")
    right.set_ylabel("share of runs with the right support of $u$")
    finish(left)
    right.grid(alpha=0.25, lw=0.5)
    right.set_ylim(-0.02, 1.02)
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xlabel("samples a step")
    left.legend(frameon=False, loc="best")
    figure.suptitle(title(results), fontsize=9)
    return figure


def _right_support(runs: pd.DataFrame) -> pd.Series:
    found = runs["m_support_precision"].eq(1) & runs["m_support_recall"].eq(1)
    return found.astype(float)
