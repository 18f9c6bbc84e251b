"""The claims of a sweep: one row each, about runs, weights, starts and tables."""

import pandas as pd

from rvsjax.results.verdicts import (
    PAIR_COLUMNS,
    claim_columns,
    count_claims_in,
    count_pairs_in,
)
from rvsjax.studies.rvscgd.starts import judge_table
from rvsjax.sweep.study import FolderTables

__all__ = ["claims"]


def claims(folder: FolderTables) -> pd.DataFrame:
    """Return the row of each claim; few columns of a table are held at a time.

    And of those that count runs or pairs one by one, a million rows.
    """
    there = folder.columns("runs")
    groups = claim_columns(there, folder.count("runs"))
    counted = [count_claims_in(folder.scan("runs", few)) for few in groups]
    if folder.has("pairs"):
        counted.append(count_pairs_in(folder.scan("pairs", PAIR_COLUMNS)))
    if "m_beta_ratio" in there:  # else every block failed
        curves_kept = folder.has("curves")
        counted.append(judge_table(folder.load, there, curves_kept=curves_kept))
    # of rows, since pandas 2 warns of tables with empty columns put together
    return pd.DataFrame([row for one in counted for row in one.to_dict("records")])
