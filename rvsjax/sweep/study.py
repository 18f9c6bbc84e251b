"""Study, the interface: from a run of a sweep to its rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from rvsjax.sweep.differences import Difference, Tables
from rvsjax.sweep.engine import Resumable
from rvsjax.sweep.plan.plan import Plan, RunConfig
from rvsjax.sweep.plan.sweep_file import Record
from rvsjax.sweep.registry import find_study
from rvsjax.types import Array

__all__ = [
    "Tolerance",
    "Dataset",
    "Probe",
    "Study",
    "Trial",
    "common",
    "leaf",
    "study_of",
]

Trial = Any
"""A run as a sweep names it: a pytree of numbers, mapped over, and static names."""


class Tolerance(Protocol):
    """Distances that rounding may move the rows of a run by."""

    def differences(self, there: Tables, here: Tables) -> list[Difference]:
        """Return the columns that differ by more."""
        ...


def leaf(dtype: str, value: float | None) -> Any:
    """Return a scalar as a leaf, without starting JAX; what is unused is 0."""
    return np.dtype(dtype).type(value or 0)


class Probe(NamedTuple):
    """The steps of a trial alone, to be timed."""

    short: Callable[[Trial], tuple[Trial, int]]  # a trial of few steps, their number
    take: Callable[..., Array]  # of such a trial and what trials share


class Dataset(NamedTuple):
    """Arrays that all trials of a sweep share, and what is told of them."""

    arrays: tuple[Any, ...]
    digest: str  # "" where there is nothing
    source: str  # a sentence


def no_material(folder: str | None, items: Iterable[RunConfig]) -> Dataset:
    """Return nothing to share."""
    return Dataset((), "", "")


def common(there: Tables, here: Tables) -> tuple[Tables, Tables]:
    """Return the tables of a run in a folder, and here without younger columns."""
    kept = {}
    for name in there:
        known = set(there[name].column_names)
        columns = [x for x in here[name].column_names if x in known]
        kept[name] = here[name].select(columns)
    return there, kept


Find = Callable[[str | None, Iterable[RunConfig]], Dataset]
"""From a folder, if one is named, for items that stand for all of a sweep."""


class FolderTables(Protocol):
    """The tables of a folder whose runs are there."""

    def load(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Return some columns of a table."""
        ...

    def scan(self, name: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield some columns of a table, a million rows at most at a time."""
        ...

    def count(self, name: str) -> int:
        """Return the number of rows of a table."""
        ...

    def columns(self, name: str) -> Sequence[str]:
        """Return the names of the columns of a table."""
        ...

    def has(self, name: str) -> bool:
        """Say whether a table is there."""
        ...


def same(trial: Trial) -> Any:
    """Return a trial that is the run itself."""
    return trial


def no_claims(folder: FolderTables) -> pd.DataFrame:
    """Return no row: nothing is claimed."""
    return pd.DataFrame()


class Study(NamedTuple):
    """Trials, what is computed of them, and the tables that it is kept in."""

    trial: Callable[
        [RunConfig, int, str], Trial
    ]  # of an item, points a curve and a kernel
    evaluate: Callable[..., Any] | Resumable  # pure, the same object for every sweep
    probe: Probe
    tables: Callable[
        [Sequence[RunConfig], Any], dict[str, pa.Table]
    ]  # of stacked results
    names: tuple[str, ...]  # of those tables, `weights` where a sweep asks for them
    allowed: Callable[[Trial, Tables], Tolerance]  # of a trial and its tables
    steps: Callable[..., int]  # of an item, and of what trials share where it is known
    size: Callable[[RunConfig], int]  # weights
    has_kernel: Callable[[RunConfig], bool]  # whether one takes its steps, where one is
    has_light_steps: Callable[
        [RunConfig], bool
    ]  # not those that compiling well speeds up
    draw: Callable[[Trial], Any] = same  # what its method takes: a run, a network
    evidence: Callable[[Trial], Any] | None = None  # what claims are judged on
    comparable: Callable[[Tables, Tables], tuple[Tables, Tables]] = common
    material: Find = no_material
    block_size: int | None = None  # on CPU, if not by number and size of runs
    alone: bool = True  # whether a run by itself is the same run, up to rounding
    options: dict[str, Any] | None = None  # of the compiler, if not the engine's
    claims: Callable[[FolderTables], pd.DataFrame] = no_claims  # a row each
    unkept: int = 2  # points of a run whose curves are not kept

    def kept(self, record: Record) -> tuple[str, ...]:
        """Return the names of the tables that a sweep keeps."""
        asked = {"weights": record.weights, "curves": record.curves}
        return tuple(name for name in self.names if asked.get(name, True))

    def points(self, record: Record) -> int:
        """Return the points that a run is computed with, whether kept or not."""
        return record.curves or self.unkept

    def rows(
        self, items: Sequence[RunConfig], results: Any, record: Record
    ) -> dict[str, pa.Table]:
        """Return the tables that a sweep keeps of a block."""
        tables = self.tables(items, results)
        return {name: tables[name] for name in self.kept(record)}


def study_of(plan: Plan) -> Study:
    """Return the study of a plan."""
    return find_study(plan.sweep_file.study)
