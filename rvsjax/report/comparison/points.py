"""The figure of a comparison: A against B, one point a pair."""

from typing import Any

import numpy as np
import pandas as pd

from rvsjax.report.page.pack import listed
from rvsjax.report.parameters import Parameter, varied
from rvsjax.report.words import short
from rvsjax.results.compare.statistics import MeasureDifference
from rvsjax.results.schema import Columns

__all__ = ["MOST_POINTS", "points"]

MOST_POINTS = 4_000
_MOST_NUMBERS = 240_000
_MOST_MEASURES = 40
_SEED = 0


def points(
    pairs: pd.DataFrame, measures: list[MeasureDifference], columns: Columns
) -> dict[str, Any] | None:
    """Return numbers of A, of B and B - A of pairs, and what colours them.

    Pairs that are too many are drawn at random, always the same: evenly spaced ones
    could all have one seed, or one value of an axis. None without measurements.
    """
    shown = measures[:_MOST_MEASURES]
    if not shown:
        return None
    chosen = _chosen(len(pairs), min(MOST_POINTS, _MOST_NUMBERS // (3 * len(shown))))
    some = pairs.iloc[chosen]
    return {
        "of": len(pairs),
        "drawn": len(some),
        "measures": [_measure(x.name, columns[x.name].text, some) for x in shown],
        "colours": [_colour(x, chosen) for x in varied(pairs, columns)],
        "runs": [short(x, 40) for x in some["run_id_a"]],
    }


def _chosen(number: int, most: int) -> np.ndarray:
    if number <= most:
        return np.arange(number)
    return np.sort(np.random.default_rng(_SEED).choice(number, most, replace=False))


def _measure(name: str, text: str, pairs: pd.DataFrame) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "label": text}
    for key, end in (("a", "a"), ("b", "b"), ("change", "difference")):
        told[key] = listed(pairs[f"{name}_{end}"].to_numpy(float, na_value=np.nan))
    return told


def _colour(parameter: Parameter, chosen: np.ndarray) -> dict[str, Any]:
    told = {"label": parameter.label, "values": parameter.values}
    return told | {"codes": parameter.codes[chosen].tolist()}
