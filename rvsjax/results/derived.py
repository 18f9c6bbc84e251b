"""Columns that are worked out when runs are loaded, and stand in no file."""

import numpy as np
import pandas as pd

from rvsjax.sweep.plan.derived import Derived
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


def _ratios(told: Derived, runs: pd.DataFrame) -> pd.Series:
    """Return a ratio of each run: worked out once for all that are alike."""
    names = [told.parameter, *told.reads]
    some = runs[[f"p_{name}" for name in names]]
    known = some.drop_duplicates()
    values = [
        told.ratio(dict(zip(names, (None if pd.isna(x) else x for x in row))))
        for row in known.itertuples(index=False, name=None)
    ]
    places = pd.MultiIndex.from_frame(known).get_indexer(pd.MultiIndex.from_frame(some))
    return pd.Series(np.array(values, float)[places], runs.index)
