"""Verdicts counted: one row a claim, with rates and their intervals."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

__all__ = [
    "PAIR_COLUMNS",
    "claim_columns",
    "claim_row",
    "compare_precisions",
    "count_claims",
    "count_claims_in",
    "count_pairs",
    "count_pairs_in",
    "false_ones",
]

_VERDICTS = ("holds", "violated", "undecided", "not-applicable")
_COLUMNS = ("holds", "violated", "undecided", "not_applicable")

PAIR_COLUMNS = ("claim", *_COLUMNS, "worst_excess", "hypotheses")
"""What `count_pairs` looks at."""


def claim_row(
    claim: str,
    counts: dict[str, int],
    *,
    filled: dict[str, int] | None = None,
    worst_run: str | None = None,
    worst_excess: float | None = None,
    because: str | None = None,
) -> dict[str, Any]:
    """Return the row of a claim: counts of its verdicts, rates, and the worst case.

    Cases are runs, pairs of weights or settings of a start. `filled` counts those with
    a nonempty u, by default all: ``holds_u_empty`` are the others of ``holds``, which
    say little. The rates are shares of ``judged``, the filled cases whose hypotheses
    hold, each with its Wilson 95 % interval.
    """
    filled = filled or counts
    judged = sum(filled[verdict] for verdict in _COLUMNS[:3])
    row: dict[str, Any] = {"claim": claim, **counts}
    row["holds_u_empty"] = counts["holds"] - filled["holds"]
    row["judged"] = judged
    row |= _rate("holds", filled["holds"], judged)
    row |= _rate("violated", filled["violated"], judged)
    row |= {"worst_run": worst_run, "worst_excess": worst_excess}
    return row | {"not_applicable_because": because}


def _rate(name: str, part: int, whole: int) -> dict[str, float]:
    """Return a share with its Wilson 95 % interval; NaN of nothing."""
    from scipy.stats import binomtest

    names = (f"{name}_rate", f"{name}_low", f"{name}_high")
    if not whole:
        return dict.fromkeys(names, float("nan"))
    interval = binomtest(part, whole).proportion_ci(0.95, method="wilson")
    return dict(zip(names, (part / whole, float(interval.low), float(interval.high))))


_MOST = 100_000  # verdicts that are held at a time, but for those of one claim


def claim_columns(columns: Iterable[str], rows: int) -> list[list[str]]:
    """Return what `count_claims` looks at in a table of runs, some claims at a time.

    A million runs with every column take gigabytes; with those of one claim, little. Of
    few runs all claims are read at once: to open a table takes 9 ms.
    """
    kinds = ("verdict", "obs", "bound", "why")
    names = [c.removeprefix("verdict_") for c in columns if c.startswith("verdict_")]
    some = max(1, _MOST // max(1, rows))
    return [
        [
            "run_id",
            "m_u_empty",
            *(f"{x}_{n}" for n in names[i : i + some] for x in kinds),
        ]
        for i in range(0, len(names), some)
    ]


def count_claims(*pieces: pd.DataFrame) -> pd.DataFrame:
    """Return one row a claim about runs, as `claim_row` has it.

    The worst run has the largest ``obs - bound`` among those whose hypotheses hold.
    Runs without a verdict (failed) are not counted. A table may come in `pieces`.
    """
    return count_claims_in(pieces)


def count_claims_in(pieces: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return what `count_claims` does, with one piece of a table held at a time."""
    found: dict[str, _Counted] = {}
    for runs in pieces:
        verdicts = [column for column in runs.columns if column.startswith("verdict_")]
        for name in (column.removeprefix("verdict_") for column in verdicts):
            counted = _count(runs, name)
            found[name] = found[name].with_more(counted) if name in found else counted
    return pd.DataFrame([counted.row(name) for name, counted in found.items()])


class _Counted(NamedTuple):
    """Counts of the verdicts of a claim, which add up, and its worst run."""

    counts: dict[str, int]
    filled: dict[str, int]  # those with a nonempty u
    worst_run: Any
    worst_excess: float | None
    reasons: Counter[str]

    def with_more(self, more: "_Counted") -> "_Counted":
        """Return the counts of this and another piece; of equal runs the first."""
        both = self.worst_excess, more.worst_excess
        later = both[0] is None or (both[1] is not None and both[1] > both[0])
        worst = more if later else self
        return _Counted(
            {name: x + more.counts[name] for name, x in self.counts.items()},
            {name: x + more.filled[name] for name, x in self.filled.items()},
            worst.worst_run,
            worst.worst_excess,
            self.reasons + more.reasons,
        )

    def row(self, name: str) -> dict[str, Any]:
        """Return the row of a claim."""
        told = (f"{label}: {n}" for label, n in self.reasons.most_common())
        return claim_row(
            name,
            self.counts,
            filled=self.filled,
            worst_run=self.worst_run,
            worst_excess=self.worst_excess,
            because="; ".join(told) or None,
        )


def _count(runs: pd.DataFrame, name: str) -> _Counted:
    verdicts = runs[f"verdict_{name}"]
    excess = runs[f"obs_{name}"] - runs[f"bound_{name}"]
    excess = excess[verdicts.notna() & verdicts.ne("not-applicable")].dropna()
    worst: Any = None if excess.empty else excess.idxmax()
    return _Counted(
        _tally(verdicts),
        _tally(verdicts[~runs["m_u_empty"].eq(True)]),
        None if worst is None else runs["run_id"].loc[worst],
        None if worst is None else float(excess.max()),
        _reasons(runs[f"why_{name}"]),
    )


def _tally(verdicts: pd.Series) -> dict[str, int]:
    found = verdicts.value_counts()
    return {
        column: int(found.get(name, 0)) for name, column in zip(_VERDICTS, _COLUMNS)
    }


def _reasons(why: pd.Series) -> Counter[str]:
    """Return how often each hypothesis is false."""
    counts: Counter[str] = Counter()
    for text, number in why.dropna().value_counts().items():
        for label in str(text).split("; "):
            counts[label] += int(number)
    return counts


def false_ones(hypotheses: Mapping[str, Any], cases: int) -> pd.Series:
    """Return which hypotheses of each case are false, None where there is none."""
    false = [~np.asarray(truth, bool) for truth in hypotheses.values()]
    weighed = (x.astype(int) << i for i, x in enumerate(false))
    bits = pd.Series(sum(weighed, np.zeros(cases, int)))
    labels = list(hypotheses)
    texts = {
        pattern: "; ".join(x for i, x in enumerate(labels) if pattern >> i & 1) or None
        for pattern in bits.unique()
    }
    return bits.map(texts).astype(object)


def count_pairs(*pieces: pd.DataFrame) -> pd.DataFrame:
    """Return one row a claim about weights; its cases are the pairs of all runs."""
    return count_pairs_in(pieces)


def count_pairs_in(pieces: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return what `count_pairs` does, with one piece of a table held at a time."""
    found: dict[str, _Pairs] = {}
    for pairs in pieces:
        if pairs.empty:  # it may lack columns, where every block failed
            continue
        for claim, group in pairs.groupby("claim", sort=False):
            counted = _pairs(group)
            name = str(claim)
            found[name] = found[name].with_more(counted) if name in found else counted
    return pd.DataFrame([counted.row(name) for name, counted in found.items()])


class _Pairs(NamedTuple):
    """Counts of a claim about weights, which add up."""

    counts: dict[str, int]
    worst_excess: float | None
    hypotheses: Any

    def with_more(self, more: "_Pairs") -> "_Pairs":
        """Return the counts of this and another piece."""
        known = [x for x in (self.worst_excess, more.worst_excess) if x is not None]
        counts = {name: x + more.counts[name] for name, x in self.counts.items()}
        return _Pairs(counts, max(known, default=None), self.hypotheses)

    def row(self, name: str) -> dict[str, Any]:
        """Return the row of a claim."""
        number = self.counts["not_applicable"]
        because = f"{self.hypotheses}: {number}" if number else None
        return claim_row(
            name, self.counts, worst_excess=self.worst_excess, because=because
        )


def _pairs(group: pd.DataFrame) -> _Pairs:
    largest = group["worst_excess"].max()
    return _Pairs(
        {name: int(group[name].sum()) for name in _COLUMNS},
        None if pd.isna(largest) else float(largest),
        group["hypotheses"].iloc[0],
    )


def compare_precisions(runs: pd.DataFrame) -> pd.DataFrame:
    """Return what each precision makes of the runs that float64 has as well.

    One row a claim and precision, with pairs of runs that differ in ``p_dtype`` and
    ``p_precision`` alone: ``agree``, the same verdict; ``missed``, violated in float64
    alone; ``invented``, violated in this precision alone. Empty where there is no pair.
    """
    ours = ["p_dtype", "p_precision"]
    claims = [column for column in runs.columns if column.startswith("verdict_")]
    if not claims:
        return pd.DataFrame()
    exact = (runs["p_dtype"] == "float64") & (runs["p_precision"] == "plain")
    if exact.all():
        return pd.DataFrame()
    keys = [c for c in runs.columns if c.startswith("p_") and c not in ours]
    keys = [key for key in keys if runs[key].nunique(dropna=False) > 1] or ["p_seed"]
    known = runs[exact].drop_duplicates(keys)
    pairs = runs[~exact].merge(known, on=keys, suffixes=("", "_exact"))
    return pd.DataFrame(
        [
            {"claim": column.removeprefix("verdict_"), "dtype": dtype}
            | {"precision": precision, "pairs": len(group)}
            | _compare(group[column], group[f"{column}_exact"])
            for (dtype, precision), group in pairs.groupby(ours)  # type: ignore[misc]
            for column in claims
        ]
    )


def _compare(here: pd.Series, exact: pd.Series) -> dict[str, int]:
    violated, truly = here.eq("violated"), exact.eq("violated")
    return {
        "agree": int(here.eq(exact).sum()),
        "violated": int(violated.sum()),
        "violated_float64": int(truly.sum()),
        "missed": int((truly & ~violated).sum()),
        "invented": int((violated & ~truly).sum()),
    }
