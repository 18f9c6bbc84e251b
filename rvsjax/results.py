"""Results of a sweep in Python: tables, and what they say about the claims."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from rvsjax.counts import compare_precisions, count_claims
from rvsjax.store import Store, StoreError

__all__ = ["Results"]

_CERTIFICATE = ["claim", "run_id", "part", "step", "excess", "stands"]


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
        """One row a claim: counts of the verdicts, rates, and the worst run.

        Before the sweep is complete, the claims about runs alone.
        """
        if self._store.has("claims"):
            return self._store.load("claims")
        return count_claims(self.runs)

    @cached_property
    def precisions(self) -> pd.DataFrame:
        """What a precision misses or invents, against float64; empty without both."""
        return compare_precisions(self.runs)

    @cached_property
    def certificates(self) -> pd.DataFrame:
        """One row a certificate: ``claim, run_id, part, step, excess, stands``."""
        files = sorted((self.folder / "certificates").glob("*.json"))
        rows = [_read_certificate(path) for path in files]
        return pd.DataFrame(rows, columns=_CERTIFICATE)

    def __repr__(self) -> str:
        """Name the folder and count the runs by status."""
        counts = self.runs["status"].value_counts()
        statuses = ", ".join(f"{number} {status}" for status, number in counts.items())
        return f"Results({str(self.folder)!r}: {statuses})"


def _read_certificate(path: Path) -> list[Any]:
    try:
        told = json.loads(path.read_text())
        return [told[name] for name in _CERTIFICATE]
    except (OSError, ValueError, KeyError, TypeError):
        raise StoreError(f"{path} is not a certificate; delete it") from None
