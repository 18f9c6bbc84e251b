"""Results of a sweep in Python: tables, and what they say about the claims."""

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from rvsjax.store import Store

__all__ = ["Results", "count_claims"]

_VERDICTS = ("holds", "violated", "undecided", "not-applicable")


class Results:
    """The folder of a sweep: `runs`, `curves`, `weights`, `claims` as data frames."""

    def __init__(self, folder: str | Path) -> None:
        """Read nothing yet; a `StoreError` comes with the first table, if at all."""
        self.folder = Path(folder)
        self._store = Store(folder)

    @property
    def manifest(self) -> dict[str, Any]:
        """What was asked, versions, device and timings."""
        return self._store.manifest

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run: ``p_`` parameters, ``m_`` measurements, claims."""
        return self._store.load("runs")

    @cached_property
    def curves(self) -> pd.DataFrame:
        """``run_id, step, theta, loss, lagrangian, nnz_u`` at log-spaced steps."""
        return self._store.load("curves")

    @cached_property
    def weights(self) -> pd.DataFrame:
        """``run_id, w_star, w_start, w, u``, if the sweep recorded them."""
        return self._store.load("weights")

    @cached_property
    def claims(self) -> pd.DataFrame:
        """One row a claim: counts of the verdicts, and the worst run."""
        return count_claims(self.runs)

    def __repr__(self) -> str:
        """Name the folder and count the runs by status."""
        counts = self.runs["status"].value_counts()
        statuses = ", ".join(f"{number} {status}" for status, number in counts.items())
        return f"Results({str(self.folder)!r}: {statuses})"


def count_claims(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row a claim: counts of its verdicts, and the worst run.

    Columns ``claim, holds, violated, undecided, not_applicable, holds_u_empty,
    worst_run, worst_excess``. ``holds_u_empty`` are those of ``holds`` that say little,
    because u has no entry; the worst run has the largest ``obs - bound`` among those
    whose hypothesis holds. Runs without a verdict (failed) are not counted.
    """
    rows = []
    for column in runs.columns:
        if not column.startswith("verdict_"):
            continue
        name = column.removeprefix("verdict_")
        counts = runs[column].value_counts()
        excess = (runs[f"obs_{name}"] - runs[f"bound_{name}"]).where(
            runs[f"hyp_{name}"].eq(True)
        )
        worst = excess.idxmax() if excess.notna().any() else None
        empty = runs["m_u_empty"].eq(True)
        rows.append(
            {
                "claim": name,
                **{v.replace("-", "_"): int(counts.get(v, 0)) for v in _VERDICTS},
                "holds_u_empty": int((empty & (runs[column] == "holds")).sum()),
                "worst_run": None if worst is None else runs.at[worst, "run_id"],
                "worst_excess": None if worst is None else excess.max(),
            }
        )
    return pd.DataFrame(rows)
