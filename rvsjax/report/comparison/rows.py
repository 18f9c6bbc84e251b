"""The tables of the page of a comparison: settings, measurements, words, claims."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from rvsjax.report.comparison.groups import Groups
from rvsjax.report.words import interval, number, short
from rvsjax.results.compare.comparison import Comparison, WordCounts
from rvsjax.results.compare.pairing import Differing
from rvsjax.results.compare.statistics import ClaimDifference, MeasureDifference
from rvsjax.results.schema import Columns

__all__ = ["claim_rows", "measure_groups", "setting_rows", "word_tables"]

_MOST = 100  # rows of a table
_MOST_WORDS = 8  # rows of a word
_HALF = 47.0  # percent of a drawing, from 0 to the end that is farther from it

_TITLES = {
    "clear": "clearly different: the 95 % interval excludes 0, surest first",
    "fixed": "different by the same in every seed: the interval has no width",
    "open": "different by no more than chance may explain: the interval holds 0",
}
_NO_INTERVAL = "different, without an interval: one seed gives none"


def setting_rows(found: Comparison) -> list[dict[str, Any]]:
    """Return what is one thing in A and another in B: parameters, then settings."""
    columns = found.columns
    parameters = [Differing(columns[f"p_{x.name}"].text, x.a, x.b) for x in found.on]
    groups = (("parameters", parameters), ("settings", found.settings))
    return [
        {
            "title": f"{title} that differ",
            "rows": [_plain(x) for x in rows[:_MOST]],
            "more": max(len(rows) - _MOST, 0),
        }
        for title, rows in groups
        if rows
    ]


def _plain(x: Differing) -> dict[str, str]:
    return {"name": short(x.name, 60), "a": short(x.a, 200), "b": short(x.b, 200)}


def measure_groups(
    groups: Groups, pairs: pd.DataFrame, columns: Columns
) -> list[dict[str, Any]]:
    """Return the measurements that differ; `pairs` are those that are measured."""
    told, room = [], _MOST
    for kind, title in _TITLES.items():
        measures = getattr(groups, kind)
        if measures:
            none = all(x.low is None for x in measures)
            made = [
                _measure_row(x, columns[x.name].text, pairs) for x in measures[:room]
            ]
            about = {"title": _NO_INTERVAL if none else title, "of": len(measures)}
            told.append({"kind": kind, "rows": made, **about})
            room = max(room - len(measures), 0)
    return told


def _measure_row(
    x: MeasureDifference, text: str, pairs: pd.DataFrame
) -> dict[str, Any]:
    return {
        "name": short(x.name, 60),
        "label": text,
        "usual": number(_median_of_a(x.name, pairs)),
        "mean": number(x.mean),
        "interval": interval(x.low, x.high),
        "drawing": _drawing(x),
        "median": number(x.median),
        "pairs": _of(x.pairs, len(pairs)),
        "alike": f"{x.alike:,}",
        "ways": f"{x.up:,}, {x.down:,}",
        "p": number(x.p, 2),
    }


def _median_of_a(name: str, pairs: pd.DataFrame) -> float | None:
    """Return the median of A over the pairs that have a number in both."""
    both = pairs[f"{name}_difference"].to_numpy(float, na_value=np.nan)
    own = pairs[f"{name}_a"].to_numpy(float, na_value=np.nan)
    own = own[np.isfinite(both)]
    return float(np.median(own)) if len(own) else None


def _drawing(x: MeasureDifference) -> dict[str, float] | None:
    """Return where the interval and its mean lie, in percent, 0 being in the middle."""
    if x.mean is None or x.low is None or x.high is None:
        return None
    scale = max(abs(x.low), abs(x.high))
    if not scale:
        return None
    left, mean, right = (50 + _HALF * at / scale for at in (x.low, x.mean, x.high))
    told = {"left": left, "width": right - left, "mean": mean}
    return {name: round(value, 2) for name, value in told.items()}


def _of(number: int, whole: int) -> str:
    return f"{number:,}" if number == whole else f"{number:,} of {whole:,}"


def word_tables(words: Sequence[WordCounts], columns: Columns) -> list[dict[str, Any]]:
    """Return how often each word is another in B, the status first."""
    told = []
    for name in dict.fromkeys(x.name for x in words):
        mine = [x for x in words if x.name == name]
        apart = [x for x in mine if x.a != x.b]
        alike = sum(x.pairs for x in mine if x.a == x.b)
        rows = [(short(x.a, 60), short(x.b, 60), x.pairs) for x in apart[:_MOST_WORDS]]
        rare = sum(x.pairs for x in apart[_MOST_WORDS:])
        found = {"label": columns[name].text, "alike": alike, "rows": rows}
        told.append(found | {"rare": rare, "of": sum(x.pairs for x in mine)})
    return told[:_MOST]


def claim_rows(claims: Sequence[ClaimDifference]) -> list[dict[str, Any]]:
    """Return the claims with a verdict in both runs of some pair."""
    counts = ("pairs", "agree", "both", "only_a", "only_b", "neither")
    return [
        {name: f"{getattr(x, name):,}" for name in counts}
        | {"name": short(x.name, 60), "p": number(x.p, 2)}
        | {"apart": bool(x.only_a or x.only_b)}
        for x in claims[:_MOST]
        if x.pairs
    ]
