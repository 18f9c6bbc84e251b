"""Colours, bands over the runs, axes and titles that figures share."""

import itertools
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rvsjax.errors import counted
from rvsjax.report.kinds import value_text, within_lines
from rvsjax.results.results import Results
from rvsjax.results.schema import Column, Columns

__all__ = [
    "LONGEST_LABEL",
    "STYLES",
    "add_legend",
    "axis",
    "band",
    "entitle",
    "finish",
    "formula_number",
    "line",
    "rounding_floor",
    "styles",
    "told_cut",
    "within",
]

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

LONGEST_LABEL = 48  # characters; of our own columns none is longer


def styles() -> Iterator[tuple[str, Any]]:
    """Yield a colour and a dash a line without end; 64 in a row are unlike."""
    colors, dashes = zip(*STYLES)
    for turn in itertools.count():
        yield from zip(colors, dashes[turn % 8 :] + dashes[: turn % 8])


def within(values: pd.Series) -> pd.Series:
    """Return values that an axis can show: none of 1e100 or more, none below 1e-100."""
    sizes = values.abs()
    return values.where(sizes < 1e100).mask(sizes < 1e-100, 0.0)


def band(
    axes: Axes, values: pd.Series, by: Any, color: str, dash: Any, label: str
) -> None:
    """Draw the median of values against `by`, and the band around it.

    It reaches from the 10th to the 90th percentile.
    """
    groups = within(values).groupby(by)
    low, median, high = (groups.quantile(q) for q in (0.1, 0.5, 0.9))
    axes.fill_between(low.index, low, high, color=color, alpha=0.18, lw=0)
    line(axes, median, color, dash, label)


def line(axes: Axes, values: pd.Series, color: str, dash: Any, label: str) -> None:
    """Draw values against their index; a point that no line reaches is a dot."""
    there = np.concatenate([[False], values.notna(), [False]])
    alone = there[1:-1] & ~there[:-2] & ~there[2:]
    more: dict[str, Any] = {}
    if alone.any():
        more = {"marker": "o", "ms": 3, "markevery": np.flatnonzero(alone).tolist()}
    axes.plot(values.index, values, color=color, ls=dash, lw=1.5, label=label, **more)


def rounding_floor(values: Any) -> float:
    """Return the size below which numbers beside these are rounding: eps of the most.

    0 where there is none.
    """
    sizes = np.abs(np.asarray(values, float))
    sizes = sizes[sizes < 1e100]
    return float(np.finfo(float).eps * sizes.max(initial=0))


def told_cut(rows: pd.DataFrame, columns: Sequence[str]) -> str:
    """Say how many runs of `rows` are below the rounding floor; nothing where none is.

    A run that is at 0 counts where another is between 0 and the floor.
    """
    low = pd.Series(False, rows.index)
    for column in columns:
        sizes = rows[column].abs()
        below = sizes < rounding_floor(sizes)
        low |= below & bool((below & (sizes > 0)).any())
    if not low.any():
        return ""
    of = counted(rows["run_id"].nunique(), "run")
    number = rows.loc[low, "run_id"].nunique()
    return f"cut at the rounding floor, which {number:,} of {of} fall below"


def finish(axes: Axes) -> None:
    """Make the upright axis logarithmic where a line is above 0; draw the grid.

    Where a line is 0 or below as well, it is linear around 0, so that none is lost.
    It ends at the rounding floor. Lines of axes that share it count.
    """
    sharing = axes.get_shared_y_axes().get_siblings(axes)
    lines = [line for each in sharing for line in each.get_lines()]
    heights = np.concatenate([[], *(np.asarray(x.get_ydata(), float) for x in lines)])
    above = heights[heights > 0]
    if len(above) == np.isfinite(heights).sum() > 0:
        axes.set_yscale("log")
        if axes.get_ylim()[0] < (floor := rounding_floor(heights)):
            axes.set_ylim(bottom=floor)
    elif len(above):
        least = max(above.min(), rounding_floor(heights))
        decade = 10 ** np.floor(np.log10(least))
        axes.set_yscale("symlog", linthresh=decade)
    axes.grid(alpha=0.25, lw=0.5)
    axes.margins(x=0.01)


def add_legend(figure: Figure, axes: Axes) -> None:
    """Name the lines of axes: inside, or below the figure where they need room."""
    lines, names = axes.get_legend_handles_labels()
    longest = max(map(len, names), default=0)
    if len(names) <= 4 and longest <= 30:
        axes.legend(frameon=False, loc="best")
        return
    columns = max(1, min(4, int(14 * figure.get_figwidth()) // (longest + 6)))
    rows = -(-len(names) // columns)
    figure.set_figheight(figure.get_figheight() + 0.2 * rows)
    place: Any = "outside lower center"
    figure.legend(lines, names, loc=place, ncols=columns, frameon=False)


def entitle(
    figure: Figure, results: Results, *keys: pd.Series, cut: str = "", shown: Any = ()
) -> None:
    """Say above a figure what all runs share, and what differs within a line.

    Runs of one line have equal `keys`; what is `shown` in intervals is not told.
    """
    told = "median and 10–90 % band over the runs"
    names = [x for x in within_lines(results.runs, keys) if x not in shown]
    if names:
        told += f", which differ in {', '.join(names[:-1])}"
        told += f" and {names[-1]}" if names[:-1] else names[-1]
    told += f"; {cut}" if cut else ""
    wide = int(14 * figure.get_figwidth())
    shared = _shared(results.runs, results.columns("runs"))
    text = [*_rows(shared, wide), *textwrap.wrap(told, wide)]
    figure.suptitle("\n".join(text), fontsize=9)


def axis(column: Column) -> str:
    """Name an axis: by its formulas where a column has some, with its unit."""
    text = column.tex or value_text(column.label, LONGEST_LABEL)
    return f"{text} ({column.unit})" if column.unit else text


def _shared(runs: pd.DataFrame, columns: Columns) -> list[str]:
    """Name the parameters that have one value, and whether some runs have none."""
    words = ("p_algorithm", "p_penalty")
    there = [x for x in words if x in runs and runs[x].nunique(dropna=False) == 1]
    found = [str(runs[x].iloc[0]) for x in there if runs[x].notna().all()]
    for column, told in columns.items():
        is_parameter = column in runs and column.startswith("p_")
        if told.symbol and is_parameter and runs[column].nunique() == 1:
            values = runs[column].dropna()
            where = "" if len(values) == len(runs) else " where used"
            found.append(f"${told.symbol} = {formula_number(values.iloc[0])}${where}")
    return found


def _rows(items: list[str], wide: int) -> list[str]:
    """Join items, as many in a row as there is room for."""
    rows: list[str] = []
    for item in items:
        longer = f"{rows[-1]},  {item}" if rows else item
        if rows and len(re.sub(r"\\[a-z]+|[${}^]", "", longer)) <= wide:
            rows[-1] = longer
        else:
            rows.append(item)
    return rows


def formula_number(value: float) -> str:
    r"""Write a number for a formula: ``0.25``, ``4 \times 10^{-3}``, ``10^{-5}``."""
    if value == 0 or 1e-2 <= abs(value) < 1e4 or not np.isfinite(value):
        return f"{value:g}"
    digits, exponent = f"{value:.3e}".split("e")
    front = "" if float(digits) == 1 else rf"{float(digits):g} \times "
    return rf"{front}10^{{{int(exponent)}}}"
