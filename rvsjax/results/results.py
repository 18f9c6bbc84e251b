"""Results of a sweep in Python: tables, and what they say about the claims."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from rvsjax.environment.paths import user_path
from rvsjax.results.certificates import read_certificates
from rvsjax.results.derived import with_derived
from rvsjax.results.schema import Columns, find_columns
from rvsjax.results.validation import (
    completed,
    is_known_study,
    is_word,
    table_problem,
)
from rvsjax.results.verdicts import compare_precisions, count_claims
from rvsjax.sweep.device_kind import kind_lines
from rvsjax.sweep.store import FolderError, Store

if TYPE_CHECKING:
    from rvsjax.results.compare.comparison import Comparison
    from rvsjax.results.recorded import RecordedRun
    from rvsjax.theory import Check

__all__ = ["Results", "load"]

_SHOWN = ("claim", "holds", "violated", "undecided", "not_applicable", "worst_run")


class Results:
    """The folder of a sweep: `runs`, `curves`, `weights`, `claims` as data frames.

    Whoever made it: what is no table of a sweep is a `FolderError`.
    """

    def __init__(self, folder: "str | Path | Results") -> None:
        """Read nothing yet; a `FolderError` comes with the first table, if at all.

        But where `folder` is no path: then at once.
        """
        if isinstance(folder, Results):
            folder = folder.folder
        if not isinstance(folder, str | PathLike):
            what = f"the folder of a sweep is a path, not {type(folder).__name__}"
            raise FolderError(what)
        self.folder = user_path(folder)
        self._store = Store(self.folder)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest: what was asked, versions, device and timings."""
        return self._store.manifest

    def _need_manifest(self) -> dict[str, Any]:
        """Return the manifest; FolderError where the folder is none of a sweep."""
        if not self.manifest:
            what = "is not the folder of a sweep: no manifest.json"
            raise FolderError(f"{self.folder} {what}")
        return self.manifest

    @property
    def name(self) -> str:
        """The name of the sweep."""
        name = self._need_manifest().get("asked", {}).get("name")
        if not is_word(name):
            raise FolderError(f"{self.folder}/manifest.json does not name a sweep")
        return name

    @property
    def study(self) -> str:
        """The name of the study."""
        study = self._need_manifest().get("asked", {}).get("study")
        if study is None:
            what = "does not say what was asked"
            raise FolderError(f"{self.folder / 'manifest.json'} {what}")
        if not is_known_study(study):
            raise FolderError(f"{self.folder} is of a study that this version lacks")
        return study

    def columns(self, *tables: str) -> Columns:
        """Return the columns of tables as the study describes them."""
        return find_columns(self.study, *tables)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run: parameters ``p_``, ratios ``d_``, measurements, claims."""
        return self._table("runs")

    def scan(
        self,
        columns: Sequence[str] | None = None,
        where: Sequence[tuple[str, str, Any]] = (),
        table: str = "runs",
    ) -> Iterator[pd.DataFrame]:
        """Yield a table a million rows at most at a time, for those beyond memory.

        Columns as files have them, all or some; rows that meet all conditions `where`,
        such as ``("p_lam", "<", 0.1)`` or ``("status", "in", ["ok", "diverged"])``,
        with the operators of `pyarrow.parquet.filters_to_expression`. What is derived,
        such as ``d_lam_over_beta``, is not there. Raises FolderError for a damaged
        folder, UserError for a column that the table lacks.
        """
        from rvsjax.results.scanning import scan

        return scan(self._store, table, columns, where)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """``run_id, step, ...`` at some steps of each run, what else by the study."""
        self._need_recorded("curves", "curves = 200")
        return self._table("curves")

    @cached_property
    def weights(self) -> pd.DataFrame:
        """``run_id, w_star, w_start, w, ...``, if the sweep recorded them."""
        self._need_recorded("weights", "weights = true")
        return self._table("weights")

    @cached_property
    def claims(self) -> pd.DataFrame:
        """One row a claim: counts of the verdicts, rates, and the worst run.

        Before the sweep is complete, the claims about runs alone.
        """
        if self._store.has("claims"):
            return self._table("claims")
        return count_claims(self.runs)

    @cached_property
    def precisions(self) -> pd.DataFrame:
        """Violations that a precision misses or invents, against float64."""
        return compare_precisions(self.runs)

    @property
    def kinds(self) -> list[str]:
        """Runs counted by kind of device and versions, a line each; none of one kind.

        Those of another kind may differ in the last digit, and so may their verdicts.
        """
        counts = self._store.runs_by_kind()
        return kind_lines(self.manifest.get("kinds", {}), counts) if counts else []

    def is_about_runs(self, claim: str) -> bool:
        """Say whether each run has a verdict of a claim: one can be certified."""
        return f"verdict_{claim}" in self.runs

    def trial(self, run_id: str) -> "RecordedRun":
        """Return a run, by its id or how that begins, to be simulated again.

        ``rvsjax.simulate(results.trial("1371a4").run)`` takes its steps; `row` has what
        the folder knows of it. FolderError unless one run is such.
        """
        from rvsjax.results.recorded import find_recorded

        return find_recorded(self.folder, self.runs, run_id)

    def judge(self, claim: "str | Callable[..., Check]") -> pd.DataFrame:
        """Return the verdict of a claim on each run, in the order of `runs`.

        ``run_id, verdict, observed, bound, excess, why``: `excess` is observed less
        bound, `why` the hypotheses that are false; all null for a run without. A claim
        is named as in `claims`, or is a function that returns a `rvsjax.theory.Check`,
        called with what its parameters name:

        - ``runs``: columns of `runs` by name, float64 arrays with an entry for each run
          that has not failed;
        - ``curves``, ``weights``: those data frames;
        - ``evidence``, alone: a `rvsjax.theory.Evidence`, as the paper's claims are. It
          takes as long as the sweep did, since the runs are computed again for it.

        Raises UserError for what is no claim about a run, and FolderError where the
        folder does not hold what the claim asks for.
        """
        from rvsjax.results.judging import judge_claim

        return judge_claim(self, claim)

    def compare(
        self, other: "str | Path | Results", on: str | Sequence[str] | None = None
    ) -> "Comparison":
        """Compare with another folder, whose runs are B: see `compare.comparison`."""
        from rvsjax.results.compare.comparison import compare

        return compare(self, other, on)

    @cached_property
    def certificates(self) -> pd.DataFrame:
        """One row a certificate: ``claim, run_id, part, step, excess, stands``."""
        return read_certificates(self.folder / "certificates")

    def records(self, name: str) -> bool:
        """Say whether the sweep was to record a table, `curves` or `weights`."""
        record = self.manifest.get("asked", {}).get("record")
        asked = record.get(name) if isinstance(record, dict) else None
        return asked is None or bool(asked) or self.has(name)

    def _need_recorded(self, name: str, setting: str) -> None:
        """Raise FolderError where a sweep did not record a table, with its setting."""
        if not self.records(name):
            what = f"the sweep did not record them: [record] {setting}"
            raise FolderError(f"{self.folder} has no {name}: {what}")

    def has(self, name: str) -> bool:
        """Say whether there is a table of that name, whole or in parts."""
        return self._store.has(name) or bool(self._store.parts(name))

    def keep(self, folder: str, name: str, data: bytes) -> Path:
        """Write a file into a folder beside the tables, made if need be, and no other.

        Raises FolderError where that folder is a link to elsewhere.
        """
        target = self.folder / folder
        if target.is_symlink():
            raise FolderError(f"{target} is a symbolic link to elsewhere; remove it")
        target.mkdir(exist_ok=True)
        self._store.write(f"{folder}/{name}", data)
        return target / name

    def __repr__(self) -> str:
        """Name the folder and count the runs by status."""
        counts = self.runs["status"].value_counts()
        statuses = ", ".join(f"{number} {status}" for status, number in counts.items())
        return f"Results({str(self.folder)!r}: {statuses})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the runs by status, and the claims."""
        counts = self.runs["status"].value_counts().rename_axis("status")
        tables = [counts.to_frame("runs").reset_index(), self.claims]
        columns = ["status", "runs", *_SHOWN]
        shown = [x[[name for name in columns if name in x]] for x in tables if len(x)]
        found = [x.to_html(index=False, escape=True, na_rep="") for x in shown]
        return "\n".join([f"<p><code>{escape(str(self.folder))}</code></p>", *found])

    def _table(self, name: str) -> pd.DataFrame:
        table = self._store.load(name)
        if problem := table_problem(self.study, name, table):
            raise FolderError(f"{self.folder}/{name} is no table of a sweep: {problem}")
        table = completed(self.study, name, table)
        return with_derived(self.study, table) if name == "runs" else table


def load(folder: str | Path | Results) -> Results:
    """Return the results in a folder; `FolderError` if it holds none."""
    results = Results(folder)
    results._need_manifest()
    return results
