"""The cost of samples: where runs end, against the samples of a step."""

import pandas as pd
from matplotlib.figure import Figure

from rvsjax.report.figures.lines import (
    add_legend,
    axis,
    band,
    entitle,
    finish,
    line,
    styles,
)
from rvsjax.report.kinds import kinds, numbers, of_runs
from rvsjax.results.results import Results

__all__ = ["draw_samples"]


def draw_samples(results: Results) -> Figure:
    """Draw the last angle and the share of right supports against the batch size.

    A line a kind as `kinds` has it; a level one of runs that draw no samples.
    """
    runs, columns = results.runs, results.columns("runs")
    kind = kinds(runs)
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    ends = runs["p_batch"].min(), runs["p_batch"].max()
    for (name, number), (color, dash) in zip(numbers(kind), styles()):
        some = _everywhere(runs[kind == name], ends)
        shown = some.loc[some["m_theta"].notna(), "run_id"].nunique()
        label = of_runs(name, shown, number)
        band(left, some["m_theta"], some["p_batch"], color, dash, label)
        known = some["m_support_exact"].astype(float)
        exact = known.groupby(some["p_batch"]).mean()
        line(right, exact, color, dash, label)
    left.set_ylabel(axis(columns["m_theta"]))
    right.set_ylabel("share of runs with the right support of $u$")
    finish(left)
    right.grid(alpha=0.25, lw=0.5)
    right.set_ylim(-0.02, 1.02)
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xlabel(axis(columns["p_batch"]))
    add_legend(figure, left)
    entitle(figure, results, kind, runs["p_batch"])
    return figure


def _everywhere(runs: pd.DataFrame, ends: tuple[float, float]) -> pd.DataFrame:
    """Put runs without a batch size at both ends."""
    without = runs[runs["p_batch"].isna()]
    both = [runs.dropna(subset="p_batch"), *(without.assign(p_batch=x) for x in ends)]
    return pd.concat([some for some in both if len(some)])
