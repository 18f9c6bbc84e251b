"""Columns that are worked out when runs are loaded, and stand in no file."""

from typing import Any

import numpy as np
import pandas as pd

from rvsjax.sweep.plan.derived import Derived, Inverse
from rvsjax.sweep.registry import find_parameters, find_schema

__all__ = ["with_derived"]


def with_derived(study: str, runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs with ``d_NAME``, ratios of parameters, and what the schema derives.

    A ratio has the 12 digits that a sweep sets it by, so that equal ones are equal; it
    is null where a parameter that it needs is. A column whose source is not there is
    left out.
    """
    parameters = find_parameters(study)
    columns = {
        f"d_{name}": _ratios(told, runs)
        for name, told in parameters.derived.items()
        if _has(runs, told.parameter, *told.reads)
    }
    for name, column in find_schema(study)["runs"].items():
        if column.derive is not None and set(column.needs) <= set(runs):
            columns[name] = column.derive(*(runs[x] for x in column.needs))
    rest = runs.drop(columns=[name for name in columns if name in runs])
    return pd.concat([rest, pd.DataFrame(columns, runs.index)], axis=1)


def _has(runs: pd.DataFrame, *parameters: str) -> bool:
    return {f"p_{name}" for name in parameters} <= set(runs)


def _solved(told: Inverse, runs: pd.DataFrame) -> np.ndarray:
    """Return a number of each run, solved for once for all that share it."""
    names = told.parameter, *told.reads
    columns = [runs[f"p_{name}"] for name in names]
    codes, firsts = _alike(columns)
    settings = zip(*(_values(column.iloc[firsts]) for column in columns))
    return np.array([told.ratio(dict(zip(names, x))) for x in settings], float)[codes]


def _ratios(told: Derived, runs: pd.DataFrame) -> np.ndarray:
    """Return a ratio of each run; its unit is worked out once for all that share it."""
    if isinstance(told, Inverse):
        return _solved(told, runs)
    reads = [runs[f"p_{name}"] for name in told.reads]
    codes, firsts = _alike(reads)
    settings = zip(*(_values(column.iloc[firsts]) for column in reads))
    known = [told.unit(dict(zip(told.reads, row))) for row in settings]
    units = np.array(known, float)
    values = runs[f"p_{told.parameter}"].to_numpy(float, na_value=np.nan)
    with np.errstate(all="ignore"):
        ratios = values / np.where(units == 0, np.nan, units)[codes]
    found, places = np.unique(ratios, return_inverse=True)
    return np.array([told.tidy(x) for x in found.tolist()])[places]


def _alike(columns: list[pd.Series]) -> tuple[np.ndarray, np.ndarray]:
    """Return the combination of values that each run has, and the first run of each."""
    codes = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        own, values = pd.factorize(column)
        codes = codes * (len(values) + 1) + own + 1
        codes = np.unique(codes, return_inverse=True)[1]
    return codes, np.unique(codes, return_index=True)[1]


def _values(column: pd.Series) -> list[Any]:
    """Return plain values, None for null."""
    return column.astype(object).where(column.notna(), None).tolist()
