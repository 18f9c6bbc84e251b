"""The table of runs: each run where there are few, groups of them where many."""

from typing import Any

import numpy as np
import pandas as pd

from rvsjax.report.measures import Measure
from rvsjax.report.page.pack import listed
from rvsjax.report.parameters import Parameter, joined, varied
from rvsjax.report.quantiles import shares
from rvsjax.report.words import short
from rvsjax.results.schema import Columns

__all__ = ["MOST_CELLS", "MOST_ROWS", "table_content"]

MOST_ROWS = 8_000
MOST_CELLS = 300_000
_SHOWN = 6  # measures that are shown first


def table_content(
    runs: pd.DataFrame,
    parameters: list[Parameter],
    measures: list[Measure],
    columns: Columns,
) -> dict[str, Any]:
    """Return the columns of a table, and what a row of it is.

    A column has a kind: `word`, with its words once, `number`, or `median`, with the
    number `n` of runs that have one; `first` says whether it is shown at first.
    """
    if len(runs) <= MOST_ROWS:
        return _each(runs, measures, columns)
    if exact := _exact(runs, columns):
        return _aggregated(runs, exact, measures)
    groups = _aggregated(runs, parameters, measures)
    return groups | {"word": "group"}


def _exact(runs: pd.DataFrame, columns: Columns) -> list[Parameter]:
    """Return the parameters with all their values, none where these are too many."""
    names = [str(x) for x in runs if str(x).startswith("p_") and x != "p_seed"]
    if any(runs[name].nunique() > MOST_ROWS for name in names):
        return []
    found = varied(runs, columns, exact=True)
    return found if found and len(joined(found)[1]) <= MOST_ROWS else []


# -- a row a run -----------------------------------------------------------------------


def _each(
    runs: pd.DataFrame, measures: list[Measure], described: Columns
) -> dict[str, Any]:
    names = [str(x) for x in runs if str(x).startswith("p_")]
    differ = [x for x in names if runs[x].nunique(dropna=False) > 1]
    statuses = runs["status"].nunique() > 1
    text = {str(name): described[str(name)].text for name in runs}
    columns = [_column(name, text[name], runs[name], True) for name in differ]
    columns.append(_words("status", text["status"], runs["status"], statuses))
    columns += [_number(x, i < _SHOWN) for i, x in enumerate(measures)]
    if "reason" in runs and runs["reason"].notna().any():
        columns.append(_words("reason", text["reason"], runs["reason"], True))
    room = max(MOST_CELLS // len(runs) - len(columns), 0)
    verdicts = [str(x) for x in runs if str(x).startswith("verdict_")]
    columns += [_words(name, text[name], runs[name], False) for name in verdicts[:room]]
    columns.append(_words("run_id", text["run_id"], runs["run_id"], True))
    return {"row": "run", "rows": len(runs), "runs": len(runs), "columns": columns}


def _column(name: str, text: str, column: pd.Series, first: bool) -> dict[str, Any]:
    kind = column.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        values = column.to_numpy(float, na_value=np.nan)
        return _number(Measure(name, text, values, False), first)
    return _words(name, text, column, first)


def _words(name: str, text: str, column: pd.Series, first: bool) -> dict[str, Any]:
    codes, words = pd.factorize(column)
    told = {"name": name, "label": text, "kind": "word", "first": first}
    most = 60 if len(words) > 200 else 200
    return told | {"words": [short(x, most) for x in words], "values": listed(codes)}


def _number(measure: Measure, first: bool) -> dict[str, Any]:
    told = {"name": measure.name, "label": measure.label, "kind": "number"}
    return told | {"first": first, "values": listed(measure.values)}


# -- a row a configuration, or a group of them -----------------------------------------


def _aggregated(
    runs: pd.DataFrame, parameters: list[Parameter], measures: list[Measure]
) -> dict[str, Any]:
    """Join parameters while there is room for their combinations."""
    used: list[Parameter] = []
    codes, rows = np.zeros(len(runs), np.int64), [()]
    for parameter in parameters:
        found = joined([*used, parameter])
        if len(found[1]) <= MOST_ROWS:
            used, (codes, rows) = [*used, parameter], found
    size = len(rows)
    number = np.bincount(codes, minlength=size)
    columns = [_of_values(x, [row[i] for row in rows]) for i, x in enumerate(used)]
    bad, _ = shares(runs["status"].ne("ok").to_numpy(float), codes, size)
    columns.append(_counts("runs", number))
    columns.append(_counts("not ok", np.rint(bad * number).astype(int)))
    room = max(MOST_CELLS // (2 * size), _SHOWN)
    columns += [
        _median(x, codes, number, i < _SHOWN) for i, x in enumerate(measures[:room])
    ]
    left = [x.label for x in parameters if x not in used]
    about = {"row": "configuration", "rows": size, "runs": len(runs), "left": left}
    return about | {"columns": columns}


def _of_values(parameter: Parameter, codes: list[int]) -> dict[str, Any]:
    told = {"name": parameter.name, "label": parameter.label, "kind": "word"}
    told |= {"first": True, "ordered": True}
    return told | {"words": parameter.values, "values": codes}


def _counts(name: str, values: np.ndarray) -> dict[str, Any]:
    told = {"name": name, "label": name, "kind": "number", "first": True}
    return told | {"values": listed(values)}


def _median(
    measure: Measure, codes: np.ndarray, runs: np.ndarray, first: bool
) -> dict[str, Any]:
    values, counts = measure.summary(codes, len(runs))
    told = {"name": measure.name, "label": measure.label, "kind": "median"}
    n = None if np.array_equal(counts, runs) else listed(counts)
    return told | {"first": first, "values": listed(values), "n": n}
