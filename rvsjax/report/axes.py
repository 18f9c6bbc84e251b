"""Axes of a sweep: what varies, that of the largest effect first.

Static figures and pages both show these, with these values.
"""

import numpy as np
import pandas as pd

from rvsjax.report.kinds import within_lines
from rvsjax.report.measures import run_measures
from rvsjax.report.parameters import Parameter, holds_numbers, joined, method, varied
from rvsjax.results.schema import Columns

__all__ = ["axes_of", "coarser", "is_pooled"]


def axes_of(runs: pd.DataFrame, columns: Columns) -> list[Parameter]:
    """Return the method, and each number that varies and that no other axis settles.

    That by which the main measurement varies most comes first; with equal effects,
    the method, then parameters as the table has them.
    """
    parameters = varied(runs, columns)
    kind = method(runs, parameters)
    found: list[Parameter] = []
    for new in [*([kind] if kind else []), *(x for x in parameters if x.is_number)]:
        if not any(len(joined([x, new])[1]) == len(x.values) for x in found):
            found.append(new)
    ranks = _ranks(runs, columns)
    return sorted(found, key=lambda x: -_effect(x.codes, ranks))


def _ranks(runs: pd.DataFrame, columns: Columns) -> np.ndarray:
    """Return the place of each run by its main measurement; without one, the last."""
    measured = run_measures(runs, columns)
    if not measured:
        return np.zeros(len(runs))
    values = pd.Series(measured[0].values).where(np.isfinite(measured[0].values))
    return values.rank(na_option="bottom").to_numpy()


def _effect(codes: np.ndarray, ranks: np.ndarray) -> float:
    """Return the share of the variance of ranks between groups, less that by chance.

    Epsilon squared: about 0 where groups are drawn at random, however many there are.
    """
    counts = np.bincount(codes)
    there = counts > 0
    means = np.bincount(codes, ranks)[there] / counts[there]
    total = ((ranks - ranks.mean()) ** 2).sum()
    between = (counts[there] * (means - ranks.mean()) ** 2).sum()
    groups, n = there.sum(), len(ranks)
    if total == 0 or n == groups:
        return 0.0
    chance = (groups - 1) * (total - between) / (n - groups)
    return round((between - chance) / total, 9)


def coarser(axis: Parameter, most: int) -> Parameter:
    """Return an axis of numbers with at most so many values: neighbours joined."""
    names = [x for x in axis.values if x != "none"]
    if not axis.is_number or len(names) <= most:
        return axis
    parts = np.array_split(np.arange(len(names)), most)
    values = [_span(names[part[0]], names[part[-1]]) for part in parts]
    places = np.concatenate([np.full(len(x), i) for i, x in enumerate(parts)])
    more = ["none"] if len(names) < len(axis.values) else []
    codes = np.append(places, len(parts))[axis.codes]
    return axis._replace(values=values + more, codes=codes)


def _span(first: str, last: str) -> str:
    low, high = first.partition(" to ")[0], last.rpartition(" to ")[2]
    return low if low == high else f"{low} to {high}"


def is_pooled(runs: pd.DataFrame, *keys: pd.Series) -> bool:
    """Say whether a number other than the seed differs among runs of equal keys."""
    columns = [f"p_{name}" for name in within_lines(runs, keys) if name != "seed"]
    return any(holds_numbers(runs[name]) for name in columns)
