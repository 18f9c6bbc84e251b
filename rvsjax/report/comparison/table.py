"""The table of pairs: each pair where there are few, configurations where many."""

from typing import Any

import numpy as np
import pandas as pd

from rvsjax.report.comparison.groups import CHANGE
from rvsjax.report.measures import Measure
from rvsjax.report.page.table import MOST_CELLS, MOST_ROWS, table_content
from rvsjax.report.parameters import varied
from rvsjax.results.compare.statistics import MeasureDifference as Difference
from rvsjax.results.schema import Columns

__all__ = ["pairs_content"]

_MOST = 40  # measurements


def pairs_content(
    pairs: pd.DataFrame, good: np.ndarray, moved: list[Difference], columns: Columns
) -> dict[str, Any]:
    """Return the table of runs with pairs for its rows; differences of `good` ones."""
    names = [str(x) for x in pairs if str(x).startswith(("p_", "verdict_"))]
    frame = pairs[names].assign(run_id=pairs["run_id_a"], status=_status(pairs))
    measures = _measures(pairs, good, moved[:_MOST], columns)
    told = table_content(frame, varied(frame, columns), measures, columns)
    for column in told["columns"]:
        column["label"] = {"run_id": "run id in A", "runs": "pairs"}.get(
            column["name"], column["label"]
        )
    return told | {"row": "pair" if told["row"] == "run" else told["row"]}


def _status(pairs: pd.DataFrame) -> pd.Series:
    """Return the status of both runs: one word where it is one."""
    a, b = pairs["status_a"].astype(str), pairs["status_b"].astype(str)
    return a.where(a.eq(b), a + " in A, " + b + " in B")


def _measures(
    pairs: pd.DataFrame, good: np.ndarray, moved: list[Difference], columns: Columns
) -> list[Measure]:
    """Return the differences, and where there is room what A and B have."""
    found = []
    for x in moved:
        name = f"{x.name}_difference"
        change = np.where(good, _numbers(pairs[name]), np.nan)
        found.append(Measure(name, f"{columns[x.name].text}, {CHANGE}", change, False))
    if len(pairs) > MOST_ROWS:
        return found
    room = max(MOST_CELLS // max(len(pairs), 1) - len(found), 0)
    sides = [(x.name, side) for x in moved for side in "AB"]
    for name, side in sides[:room]:
        values = _numbers(pairs[f"{name}_{side.lower()}"])
        text = f"{columns[name].text} in {side}"
        found.append(Measure(f"{name}_{side.lower()}", text, values, False))
    return found


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(float, na_value=np.nan)
