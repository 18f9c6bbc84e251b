"""Curves for the page: quantiles over the runs, by each parameter that differs."""

from typing import Any

import numpy as np
import pandas as pd

from rvsjax.report.page.pack import listed
from rvsjax.report.parameters import Parameter, joined
from rvsjax.report.quantiles import BAND, Sorted
from rvsjax.results.schema import Columns

__all__ = ["curves_content"]

MOST_RUNS = 20_000
_MOST_STEPS = 200
_LEAST_STEPS = 20
_MOST_LINES = 400
_MOST_NUMBERS = 250_000  # of all lines, about 1.2 MB
_MOST_COLUMNS = 8


def curves_content(
    runs: pd.DataFrame,
    table: pd.DataFrame,
    parameters: list[Parameter],
    method: Parameter | None,
    columns: Columns,
    first: str = "",
) -> dict[str, Any] | None:
    """Return lines with bands for each column of the curves, None where there are none.

    A view has a line for each value of a parameter, over all runs and over those of
    each method; that of the parameter `first` is shown first, if it is named. A run
    counts at the steps that it has; `n` says how many do.
    """
    if table.empty or not {"run_id", "step"} <= set(table):
        return None
    places = pd.Index(runs["run_id"])
    row = places.get_indexer(pd.Index(table["run_id"]))
    known = _drawn(np.unique(row[row >= 0]))
    steps = table["step"].to_numpy(float, na_value=np.nan)
    names = _drawn_columns(table, columns)
    shown = sorted(_shown(parameters, method), key=lambda x: x.name != first)
    lines = sum(len(x.values) for x in shown) * (1 + _nested(shown, method))
    room = _MOST_NUMBERS // max(5 * lines * len(names), 1)
    kept = np.isin(row, known) & np.isin(steps, _thinned(steps, room))
    some = table.loc[kept, names]
    sorts = [Sorted(some[name].to_numpy(float, na_value=np.nan)) for name in names]
    rows = _Rows(sorts, row[kept], steps[kept])
    return {
        "step": columns["step"].label,
        "columns": [{"name": x, "label": columns[x].text} for x in names],
        "runs": len(known),
        "of": len(runs),
        "views": _views(rows, shown, method),
    }


def _drawn_columns(table: pd.DataFrame, columns: Columns) -> list[str]:
    """Return the columns of numbers that are drawn, those that matter most first."""
    numeric = [x for x in table if pd.api.types.is_numeric_dtype(table[x].dtype)]
    names = [str(name) for name in numeric if name not in ("run_id", "step")]
    names.sort(key=lambda x: columns[x].order)
    return names[:_MOST_COLUMNS]


def _shown(parameters: list[Parameter], method: Parameter | None) -> list[Parameter]:
    """Return what a view has lines for: the method first."""
    if method is None:
        return parameters
    return [method, *(x for x in parameters if x.name != method.name)]


def _nested(shown: list[Parameter], method: Parameter | None) -> int:
    """Return by how many methods each parameter is shown, 0 where lines are many."""
    if method is None:
        return 0
    others = [x for x in shown if x is not method]
    lines = sum(len(x.values) for x in others) * len(method.values)
    return len(method.values) if lines <= _MOST_LINES else 0


def _views(
    rows: "_Rows", shown: list[Parameter], method: Parameter | None
) -> list[dict[str, Any]]:
    """Return a view for the method, each parameter, and each within each method."""
    views = [
        {"label": x.label, "only": None, "lines": rows.lines(x.codes, x.values)}
        for x in shown
    ]
    if not views:
        whole = rows.lines(np.zeros(rows.most + 1, np.int64), ["all runs"])
        views = [{"label": "all runs", "only": None, "lines": whole}]
    if method and _nested(shown, method):
        others = (x for x in shown if x is not method)
        views += [view for x in others for view in _within(rows, method, x)]
    return views


def _within(rows: "_Rows", method: Parameter, x: Parameter) -> list[dict[str, Any]]:
    """Return a view of a parameter for each method that has runs."""
    codes, pairs = joined([method, x])
    lines = rows.lines(codes, [x.values[i] for _, i in pairs])
    views = []
    for j, only in enumerate(method.values):
        own = [line for line in lines if pairs[line["group"]][0] == j]
        views.append({"label": x.label, "only": only, "lines": own})
    return [view for view in views if view["lines"]]


class _Rows:
    """The rows of the curves: for each the place of its run, and its step."""

    def __init__(
        self, columns: list[Sorted], rows: np.ndarray, steps: np.ndarray
    ) -> None:
        """Take the columns, sorted, and what each row belongs to."""
        self.columns, self.rows = columns, rows
        self.most = int(rows.max(initial=0))
        self.steps, self._step = np.unique(steps, return_inverse=True)

    def lines(self, groups: np.ndarray, values: list[str]) -> list[dict[str, Any]]:
        """Return a line for each group of runs: n, and each column's quantiles."""
        size = len(self.steps)
        own = groups[self.rows]
        codes = own * size + self._step
        found = [x.quantiles(codes, len(values) * size, BAND) for x in self.columns]
        runs = [len(np.unique(self.rows[own == i])) for i in range(len(values))]
        return [
            {
                "group": i,
                "value": value,
                "runs": runs[i],
                "columns": [_line(self.steps, *x, i * size) for x in found],
            }
            for i, value in enumerate(values)
            if runs[i]
        ]


def _line(
    steps: np.ndarray, quantiles: np.ndarray, counts: np.ndarray, first: int
) -> dict[str, Any]:
    """Return the steps at which a group has values, their quantiles and number."""
    part = slice(first, first + len(steps))
    there = counts[part] > 0
    low, middle, high = (listed(x[part][there]) for x in quantiles)
    return {
        "step": listed(steps[there]),
        "n": listed(counts[part][there]),
        "low": low,
        "middle": middle,
        "high": high,
    }


def _drawn(places: np.ndarray) -> np.ndarray:
    """Return at most `MOST_RUNS` of the runs, evenly spaced."""
    if len(places) <= MOST_RUNS:
        return places
    return places[np.linspace(0, len(places) - 1, MOST_RUNS).astype(int)]


def _thinned(steps: np.ndarray, room: int) -> np.ndarray:
    """Return the steps that there is room for, evenly spaced among those there are."""
    known = np.unique(steps[np.isfinite(steps)])
    most = min(max(room, _LEAST_STEPS), _MOST_STEPS, len(known))
    return known[np.linspace(0, len(known) - 1, most).astype(int)]
