"""What the figures share: colours, bands over the runs, axes, titles."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rvsjax.results import Results

__all__ = ["STYLES", "band", "finish", "number", "styles", "title", "within"]

# Okabe and Ito's colours, safe for colour-blind readers; dashes for black and white.
STYLES = (
    ("#0072B2", "-"),
    ("#D55E00", "--"),
    ("#009E73", "-."),
    ("#CC79A7", ":"),
    ("#E69F00", (0, (6, 1, 1, 1))),
    ("#56B4E9", (0, (1, 1))),
    ("#000000", (0, (4, 1, 1, 1, 1, 1))),
    ("#888888", (0, (2, 2))),
)


def styles() -> Iterator[tuple[str, Any]]:
    """Yield a colour and a dash a line without end; 64 in a row are unlike."""
    colors, dashes = zip(*STYLES)
    for turn in itertools.count():
        yield from zip(colors, dashes[turn % 8 :] + dashes[: turn % 8])


def within(values: pd.Series) -> pd.Series:
    """Return values that an axis can show: none of 1e100 or more, none below 1e-100."""
    sizes = values.abs()
    return values.where(sizes < 1e100).mask(sizes < 1e-100, 0.0)


def band(axes: Axes, values: pd.Series, by: Any, color: str, dash: Any) -> None:
    """Draw the median of values against `by`, and the band around it.

    It reaches from the 10th to the 90th percentile.
    """
    groups = within(values).groupby(by)
    low, median, high = (groups.quantile(q) for q in (0.1, 0.5, 0.9))
    axes.fill_between(low.index, low, high, color=color, alpha=0.18, lw=0)
    axes.plot(median.index, median, color=color, ls=dash, lw=1.5)


def finish(axes: Axes) -> None:
    """Make the upright axis logarithmic where a line is above 0; draw the grid."""
    if any(np.greater(line.get_ydata(), 0).any() for line in axes.get_lines()):
        axes.set_yscale("log")
    axes.grid(alpha=0.25, lw=0.5)
    axes.margins(x=0.01)


def title(results: Results) -> str:
    """Name what all runs share: the parameters that have one value."""
    runs = results.runs
    names = {"p_k": "k", "p_d": "d", "p_beta": r"\beta", "p_lam": r"\lambda"}
    names |= {"p_eta": r"\eta", "p_nnz": r"\mathrm{nnz}"}
    shared = [
        f"${symbol} = {number(runs[column].dropna().iloc[0])}$"
        for column, symbol in names.items()
        if column in runs and runs[column].nunique() == 1
    ]
    told = "median and 10–90 % band over the runs"
    return ";  ".join(filter(None, [",  ".join(shared), told]))


def number(value: float) -> str:
    r"""Write a number for a formula: ``0.25``, ``4 \times 10^{-3}``, ``10^{-5}``."""
    if value == 0 or 1e-2 <= abs(value) < 1e4 or not np.isfinite(value):
        return f"{value:g}"
    digits, exponent = f"{value:.3e}".split("e")
    front = "" if float(digits) == 1 else rf"{float(digits):g} \times "
    return rf"{front}10^{{{int(exponent)}}}"
