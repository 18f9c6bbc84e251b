"""Measurements of each run, whatever a study calls them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from rvsjax.report.quantiles import Sorted, shares
from rvsjax.results.schema import Columns

__all__ = ["Measure", "in_maps", "run_measures"]

_MOST = 40  # in the table
_MOST_IN_MAPS = 24
_JUDGED = ("holds", "violated", "undecided")


@dataclass(frozen=True, eq=False)
class Measure:
    """A number of each run, NaN where it has none; a `share` is of 0 and 1."""

    name: str
    label: str
    values: np.ndarray  # (runs,)
    share: bool

    def summary(self, codes: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the median of each group, or its share; and its finite values."""
        if self.share:
            return shares(self.values, codes, size)
        rows, counts = self.sorted.quantiles(codes, size, (0.5,))
        return rows[0], counts

    @cached_property
    def sorted(self) -> Sorted:
        """The values in order, which every figure groups anew."""
        return Sorted(self.values)


def run_measures(runs: pd.DataFrame, columns: Columns) -> list[Measure]:
    """Return the columns ``m_`` of numbers or truth values, the main ones first."""
    names = [str(name) for name in runs if str(name).startswith("m_")]
    names.sort(key=lambda x: columns[x].order)
    found = (
        _measure(name, columns[name].text, runs[name]) for name in names[: 2 * _MOST]
    )
    return [x for x in found if x is not None and np.isfinite(x.values).any()][:_MOST]


def _measure(name: str, text: str, column: pd.Series) -> Measure | None:
    truth = pd.api.types.infer_dtype(column, skipna=True) == "boolean"
    if not truth and not pd.api.types.is_numeric_dtype(column.dtype):
        return None
    values = column.astype(float).to_numpy(float, na_value=np.nan)
    return Measure(name, text, values, truth)


def in_maps(
    runs: pd.DataFrame, measures: list[Measure], columns: Columns
) -> list[Measure]:
    """Return what heat maps show: shares of what went wrong, and what differs."""
    found = [_share("not ok", runs["status"].ne("ok").to_numpy(float))]
    found += [
        _share(f"{name.removeprefix('verdict_')} violated", _violated(runs[name]))
        for name in map(str, runs)
        if name.startswith("verdict_") and runs[name].eq("violated").any()
    ]
    found += [x for x in measures if x.name == "m_support_exact"]
    differing = [x for x in measures if np.nanmin(x.values) < np.nanmax(x.values)]
    main = [x for x in differing if columns[x.name].is_main] or differing[:1]
    rest = [x for x in differing if x not in main]
    return [*main[:1], *found, *main[1:], *rest][:_MOST_IN_MAPS]


def _share(name: str, values: np.ndarray) -> Measure:
    return Measure(name, f"runs: {name.replace('_', ' ')} (%)", values, True)


def _violated(verdicts: pd.Series) -> np.ndarray:
    """Return 1 where a claim is violated, NaN where it was not judged."""
    judged = verdicts.isin(_JUDGED).to_numpy()
    return np.where(judged, verdicts.eq("violated").to_numpy(float), np.nan)
