"""The claims as rows of the page: verdicts, rates, the worst run and its command."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rvsjax.report.words import number, percent, short
from rvsjax.results.schema import Columns

__all__ = ["claims_content"]

_VERDICTS = ("holds", "violated", "undecided", "not_applicable")


def claims_content(
    table: pd.DataFrame,
    runs: pd.DataFrame,
    certificates: pd.DataFrame,
    columns: Columns,
    statements: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return a row a claim, of a table as `rvsjax.results.verdicts` makes it.

    With its statement, of a claim that is known.
    """
    stands = certificates[certificates["stands"].eq(True)]
    certified = stands["claim"].value_counts()
    names = [str(x) for x in runs if str(x).startswith("p_")]
    differ = [x for x in names if runs[x].nunique(dropna=False) > 1]
    worst = runs[runs["run_id"].isin(table.get("worst_run", []))]
    known = worst.set_index("run_id")[differ].astype(object)
    return [
        _row(
            claim,
            known,
            columns,
            int(certified.get(claim["claim"], 0)),
            f"verdict_{claim['claim']}" in runs,
        )
        | {"statement": statements.get(claim["claim"], "")}
        for _, claim in table.iterrows()
    ]


def _row(
    claim: pd.Series,
    runs: pd.DataFrame,
    columns: Columns,
    certified: int,
    about_runs: bool,
) -> dict[str, Any]:
    counts = {name: int(claim[name]) for name in _VERDICTS}
    total = max(sum(counts.values()), 1)
    empty = int(claim["holds_u_empty"])
    worst = claim["worst_run"]
    known = isinstance(worst, str) and worst in runs.index
    bars = [("holds", counts["holds"] - empty), ("empty", empty)]
    bars += [(name, counts[name]) for name in _VERDICTS[1:]]
    return {
        "name": claim["claim"],
        **counts,
        "u_empty": empty,
        "judged": int(claim["judged"]),
        "bars": [(name, round(100 * n / total, 3), n) for name, n in bars if n],
        "rate": percent(claim["violated_rate"]),
        "interval": _interval(claim),
        "excess": number(claim["worst_excess"]),
        "worst": worst if known else None,
        "parameters": _parameters(runs, worst, columns) if known else [],
        "because": short(claim["not_applicable_because"] or "")
        if isinstance(claim["not_applicable_because"], str)
        else "",
        "certified": certified,
        "about_runs": about_runs,
    }


def _interval(claim: pd.Series) -> str:
    low, high = claim["violated_low"], claim["violated_high"]
    if pd.isna(low) or pd.isna(high):
        return ""
    digits = 1 if high < 0.02 else 0
    return f"[{100 * low:.{digits}f}, {100 * high:.{digits}f}]"


def _parameters(
    runs: pd.DataFrame, run_id: str, columns: Columns
) -> list[tuple[str, str]]:
    """Return the parameters of a run that differ between runs."""
    row = runs.loc[[run_id]].iloc[0].dropna()
    return [(columns[str(x)].text, short(_value(row[x]), 60)) for x in row.index]


def _value(value: Any) -> str:
    if isinstance(value, str | bool):
        return str(value)
    return number(value)
