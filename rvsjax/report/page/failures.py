"""Runs that diverge or fail, by the value of each parameter, with their reasons."""

from typing import Any

import pandas as pd
from scipy.stats import binomtest

from rvsjax.report.parameters import Parameter
from rvsjax.report.quantiles import shares
from rvsjax.report.words import percent, short

__all__ = ["failures_content", "wilson_interval"]

_MOST_REASONS = 12


def failures_content(runs: pd.DataFrame, parameters: list[Parameter]) -> dict[str, Any]:
    """Return statuses and reasons with their numbers, and shares by each parameter."""
    bad = runs["status"].ne("ok")
    told = runs["reason"] if "reason" in runs else pd.Series(dtype=object)
    reasons = told[bad].dropna().value_counts() if len(told) else {}
    tables = [_by_value(x, bad) for x in parameters if bad.any()]
    return {
        "number": int(bad.sum()),
        "statuses": [(short(k, 40), int(n)) for k, n in _counts(runs["status"])],
        "reasons": [(short(k), int(n)) for k, n in dict(reasons).items()],
        "most_reasons": _MOST_REASONS,
        "tables": sorted(tables, key=lambda table: -table["spread"]),
    }


def _counts(column: pd.Series) -> list[tuple[Any, int]]:
    return list(column.fillna("no status").value_counts().items())


def _by_value(parameter: Parameter, bad: pd.Series) -> dict[str, Any]:
    """Return a row a value: how many of its runs are not ok, and their share."""
    size = len(parameter.values)
    found, counts = shares(bad.to_numpy(float), parameter.codes, size)
    rows = [
        {
            "value": value,
            "number": round(share * n),
            "of": int(n),
            "share": 100 * share,
            "percent": percent(share),
            "interval": wilson_interval(round(share * n), int(n)),
        }
        for value, share, n in zip(parameter.values, found, counts)
        if n
    ]
    spread = max(row["share"] for row in rows) - min(row["share"] for row in rows)
    return {"label": parameter.label, "rows": rows, "spread": spread}


def wilson_interval(part: int, whole: int) -> str:
    """Return the Wilson 95 % interval of a share in percent: ``[31, 35]``."""
    found = binomtest(part, whole).proportion_ci(0.95, method="wilson")
    return f"[{100 * found.low:.0f}, {100 * found.high:.0f}]"
