"""A sweep over time: its angle and its Lagrangian against the step."""

import pandas as pd
from matplotlib.figure import Figure

from rvsjax.report.lines import band, finish, styles, title
from rvsjax.results import Results

__all__ = ["draw_curves"]


def draw_curves(results: Results) -> Figure:
    """Draw theta and the Lagrangian against the step: median and band over the runs.

    The band reaches from the 10th to the 90th percentile of the runs that are still
    going at that step.
    """
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (method, curves), (color, dash) in zip(_methods(results).items(), styles()):
        runs = curves["run_id"].nunique()
        for axes, column in ((left, "theta"), (right, "lagrangian")):
            band(axes, curves[column], curves["step"], color, dash)
            axes.get_lines()[-1].set_label(f"{method} ({runs} runs)")
    left.set_ylabel(r"angle $\theta(w^t, w^*)$ (radians)")
    right.set_ylabel(r"Lagrangian $L_\beta(u^t, w^t)$")
    for axes in (left, right):
        finish(axes)
        axes.set_xlabel("step $t$")
        axes.ticklabel_format(axis="x", style="sci", scilimits=(0, 4), useMathText=True)
    left.legend(frameon=False, loc="best")
    figure.suptitle(title(results), fontsize=9)
    return figure


def _methods(results: Results) -> dict[str, pd.DataFrame]:
    """Return the curves of each method: an algorithm with its penalty."""
    runs = results.runs
    method = runs["p_penalty"].fillna(runs["p_algorithm"])
    if 1 < runs["p_a"].nunique() <= 4:
        method += runs["p_a"].map(lambda a: "" if pd.isna(a) else f", a = {a:g}")
    for name in ("p_gradient", "p_surrogate"):
        if name in runs and runs[name].nunique() > 1:
            method += runs[name].map(lambda x: "" if pd.isna(x) else f", {x}")
    labelled = pd.DataFrame({"run_id": runs["run_id"], "method": method})
    joined = results.curves.merge(labelled, on="run_id")
    return {str(name): curves for name, curves in joined.groupby("method", sort=True)}
