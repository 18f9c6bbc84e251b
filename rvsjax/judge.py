"""The claim about starts, which is not about one run: its cases are settings."""

from collections import Counter
from typing import Any

import pandas as pd

from rvsjax.counts import claim_row
from rvsjax.teacher import slope
from rvsjax.theory.starts import Share, cap_probability, start_probability

__all__ = ["START_COLUMNS", "judge_starts"]

_SETTING = ("p_d", "p_k", "p_readout", "p_beta")

START_COLUMNS = ("p_start", "p_seed", "m_beta_ratio", *_SETTING)
"""What `judge_starts` looks at."""


def judge_starts(runs: pd.DataFrame) -> dict[str, Any]:
    """Return the row of `start_probability`: its cases are settings of d and beta/K.

    A start is counted once, whatever else is varied with it: equal seeds have equal
    starts. ``worst_excess`` is the largest distance of a share to its probability;
    other starts count as not applicable, run by run.
    """
    uniform = runs["p_start"].eq("uniform") & runs["p_beta"].notna()
    starts = runs[uniform & runs["m_beta_ratio"].notna()]
    starts = starts.drop_duplicates([*_SETTING, "p_seed"])
    shares = [_share(group) for _, group in starts.groupby(list(_SETTING))]
    found = Counter(start_probability(shares))
    others = int((~uniform).sum())
    counts = {name: found[name] for name in ("holds", "violated", "undecided")}
    distances = [abs(s.satisfied / s.starts - s.probability) for s in shares]
    return claim_row(
        "start_probability",
        counts | {"not_applicable": others},
        worst_excess=max(distances, default=None),
        because=f"w^0 is uniform on the sphere: {others}" if others else None,
    )


def _share(group: pd.DataFrame) -> Share:
    """Return the share of the starts of one setting that satisfy hypothesis (i)."""
    first = group.iloc[0]
    sine = first["p_beta"] / slope(first["p_k"], first["p_readout"])
    satisfied = int((group["m_beta_ratio"] <= 1).sum())
    return Share(satisfied, len(group), cap_probability(first["p_d"], sine))
