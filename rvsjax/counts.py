"""Verdicts counted: one row a claim, with rates and their intervals."""

from collections import Counter
from typing import Any

import pandas as pd

__all__ = ["compare_precisions", "count_claims", "count_verdicts"]

_VERDICTS = ("holds", "violated", "undecided", "not-applicable")


def count_claims(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a claim about runs: see `count_verdicts` for the columns."""
    names = [
        column.removeprefix("verdict_")
        for column in runs.columns
        if column.startswith("verdict_")
    ]
    return pd.DataFrame(
        [
            count_verdicts(
                name,
                runs[f"verdict_{name}"],
                excess=runs[f"obs_{name}"] - runs[f"bound_{name}"],
                why=runs[f"why_{name}"],
                u_empty=runs["m_u_empty"].eq(True),
                run_ids=runs["run_id"],
            )
            for name in names
        ]
    )


def count_verdicts(
    claim: str,
    verdicts: pd.Series,
    *,
    excess: pd.Series,
    why: pd.Series,
    u_empty: pd.Series,
    run_ids: pd.Series | None = None,
) -> dict[str, Any]:
    """Return the row of a claim: counts of its verdicts, rates, and the worst case.

    ``holds_u_empty`` are those of ``holds`` that say little, because u has no entry.
    The rates are shares of ``judged``, the cases with a verdict and a nonempty u, each
    with its Wilson 95 % interval. The worst case has the largest ``obs - bound`` among
    those whose hypotheses hold. Cases without a verdict (failed) are not counted.
    """
    counts = verdicts.value_counts()
    applies = verdicts.notna() & verdicts.ne("not-applicable")
    filled = verdicts[applies & ~u_empty]
    judged = len(filled)
    excess = excess.where(applies)
    worst: Any = excess.idxmax() if excess.notna().any() else None
    row: dict[str, Any] = {"claim": claim}
    row |= {v.replace("-", "_"): int(counts.get(v, 0)) for v in _VERDICTS}
    row["holds_u_empty"] = int((u_empty & verdicts.eq("holds")).sum())
    row["judged"] = judged
    for verdict in ("holds", "violated"):
        row |= _rate(verdict, int(filled.eq(verdict).sum()), judged)
    row["worst_run"] = None if worst is None or run_ids is None else run_ids.loc[worst]
    row["worst_excess"] = None if worst is None else float(excess.max())
    row["not_applicable_because"] = _reasons(why)
    return row


def _rate(name: str, part: int, whole: int) -> dict[str, float]:
    """Return a share with its Wilson 95 % interval; NaN of nothing."""
    from scipy.stats import binomtest

    names = (f"{name}_rate", f"{name}_low", f"{name}_high")
    if not whole:
        return dict.fromkeys(names, float("nan"))
    interval = binomtest(part, whole).proportion_ci(0.95, method="wilson")
    return dict(zip(names, (part / whole, float(interval.low), float(interval.high))))


def _reasons(why: pd.Series) -> str | None:
    """Return how often each hypothesis is false, most often first."""
    counts: Counter[str] = Counter()
    for text, number in why.dropna().value_counts().items():
        for label in str(text).split("; "):
            counts[label] += int(number)
    return "; ".join(f"{label}: {n}" for label, n in counts.most_common()) or None


def compare_precisions(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what each precision makes of the runs that float64 has as well.

    One row a claim and precision, with pairs of runs that differ in ``p_dtype`` and
    ``p_precision`` alone: ``agree``, the same verdict; ``missed``, violated in float64
    alone; ``invented``, violated in this precision alone. Empty where there is no pair.
    """
    ours = ["p_dtype", "p_precision"]
    keys = [c for c in runs.columns if c.startswith("p_") and c not in ours]
    keys = [key for key in keys if runs[key].nunique(dropna=False) > 1] or ["p_seed"]
    exact = (runs["p_dtype"] == "float64") & (runs["p_precision"] == "plain")
    claims = [c for c in runs.columns if c.startswith("verdict_")]
    pairs = runs[~exact].merge(runs[exact], on=keys, suffixes=("", "_exact"))
    rows = []
    for (dtype, precision), group in pairs.groupby(ours):
        for column in claims:
            here = group[column].eq("violated")
            there = group[f"{column}_exact"].eq("violated")
            rows.append(
                {
                    "claim": column.removeprefix("verdict_"),
                    "dtype": dtype,
                    "precision": precision,
                    "pairs": len(group),
                    "agree": int(group[column].eq(group[f"{column}_exact"]).sum()),
                    "violated": int(here.sum()),
                    "violated_float64": int(there.sum()),
                    "missed": int((there & ~here).sum()),
                    "invented": int((here & ~there).sum()),
                }
            )
    return pd.DataFrame(rows)
