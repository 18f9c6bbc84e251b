"""A run computed again in its own place of its own block, and compared to the bit."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rvsjax.sweep.differences import Difference, Tables, differences, same_bits
from rvsjax.sweep.engine import Device
from rvsjax.sweep.execution import ExecutionConfig, make_engine, nearest_setting
from rvsjax.sweep.recompute import (
    again,
    elsewhere,
    find_run,
    folder_blocks,
    folder_material,
    folder_plan,
)
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.store.kinds import kind
from rvsjax.sweep.study import study_of

__all__ = [
    "EveryStep",
    "MOST_STEPS",
    "Rerun",
    "every_step",
    "has_failed",
    "held",
    "need_kinds",
    "rerun",
]

MOST_STEPS = 10**6
"""Of a run that every step is kept of."""


class Rerun(NamedTuple):
    """A run as the folder has it, beside the same run computed again."""

    run_id: str
    block: int  # its number
    kernel: str
    values: int  # that were compared
    elsewhere: list[str]  # what differs here from where the folder was computed
    differences: list[Difference]  # columns with other bits
    beyond: list[Difference]  # those of them that differ by more than rounding

    @property
    def same(self) -> bool:
        """Whether every value has the same bits."""
        return not self.differences

    @property
    def agrees(self) -> bool:
        """Whether the run is what it is to be: elsewhere, up to rounding."""
        return self.same or bool(self.elsewhere and not self.beyond)


def rerun(
    folder: str | Path, run_id: str, lane: Device, data: str | None = None
) -> Rerun:
    """Compute a run of a folder again on a device, and compare all that it has left.

    The beginning of a run's id will do. `data` is the folder of the images of networks,
    if not the one where sweeps find them. Raises `FolderError` where no run is such.
    """
    store = Store(folder)
    run_id = find_run(store, run_id)
    plan = folder_plan(store)
    study, record = study_of(plan), plan.document.record
    told = elsewhere(store.manifest, lane)
    found = next(again(store, [run_id], lane, data), None)
    if found is None:
        raise FolderError(f"{folder}: the sweep that it holds has no run {run_id}")
    here = found.tables(study, run_id)
    there = held(store, run_id, study.kept(record))
    need_kinds(store, there, here)
    if has_failed(there):
        reason = there["runs"].to_pydict().get("reason", ["no reason told"])[0]
        what = f"run {run_id} failed there ({reason})"
        raise FolderError(f"{what}; the sweep with --retry failed computes it")
    [item] = (item for item in found.items if item.run_id == run_id)
    trial = study.trial(item, study.points(record), "plain")
    allowed = study.allowed(trial, here)
    there, here = study.comparable(there, here)
    return Rerun(
        run_id=run_id,
        block=found.block,
        kernel=nearest_setting(store.manifest, lane.platform).kernel,
        values=sum(table.num_rows * table.num_columns for table in here.values()),
        elsewhere=told,
        differences=differences(there, here, same_bits),
        beyond=allowed.differences(there, here),
    )


def held(store: Store, run_id: str, names: Iterable[str]) -> Tables:
    """Return what a folder has of a run in these tables."""
    return {name: store.rows(name, "run_id", [run_id]) for name in names}


def has_failed(there: Tables) -> bool:
    """Say whether a folder has a run as one that could not be computed."""
    return there["runs"].to_pydict().get("status") == ["failed"]


def need_kinds(store: Store, there: Tables, here: Tables) -> None:
    """Raise FolderError where a folder holds, say, words in place of numbers.

    What a column should hold is what it holds here, computed again.
    """
    for name, table in there.items():
        known = here.get(name, table).schema
        for field in (x for x in table.schema if x.name in known.names):
            of = known.field(field.name).type
            found, right = kind(field.type), kind(of)
            is_whole = pa.types.is_integer(of) and found == right
            if is_whole and not _are_whole(table[field.name]):
                right, found = "whole numbers", "others"
            if "nothing" not in (found, right) and found != right:
                what = f"its column {field.name} should hold {right}, not {found}"
                where = f"{store.folder}/{name} is no table of a sweep"
                raise FolderError(f"{where}: {what}")


def _are_whole(column: pa.ChunkedArray) -> bool:
    """Say whether numbers are whole, and no larger than float64 tells apart."""
    try:
        column.cast(pa.float64()).cast(pa.int64())
    except pa.ArrowInvalid:
        return False
    return True


class EveryStep(NamedTuple):
    """The curve of a run with every step, and where the folder's own is another."""

    curve: pa.Table  # the columns of the table `curves`
    compared: int  # steps that the folder has
    beyond: list[Difference]  # columns that differ there by more than rounding


def every_step(
    folder: str | Path, run_id: str, lane: Device, data: str | None = None
) -> EveryStep:
    """Compute a run again by itself, with the plain kernel, and keep every step.

    Raises FolderError where there is no such run, or it has over `MOST_STEPS` steps.
    """
    store = Store(folder)
    run_id = find_run(store, run_id)
    study = study_of(folder_plan(store))
    setting = nearest_setting(store.manifest, lane.platform)
    blocks = folder_blocks(store, setting.width)
    item = next((x for b in blocks for x in b.items if x.run_id == run_id), None)
    if item is None:
        raise FolderError(f"{folder}: the sweep that it holds has no run {run_id}")
    number = study.steps(item)
    if number > MOST_STEPS:
        what = f"run {run_id} has {number:,} steps, and every step is kept of up to"
        raise FolderError(f"{what} {MOST_STEPS:,}; ask a sweep for more record.curves")
    alone = ExecutionConfig(width=1, kernel="plain", quick=False)
    shared = folder_material(store, study, setting, data)
    trial = study.trial(item, number + 1, "plain")
    here = study.tables(
        [item], make_engine(study, alone, (lane,), shared=shared)([trial])
    )
    there = held(store, run_id, ["curves", "runs"])
    if "step" not in there["curves"].column_names:  # the sweep recorded none
        return EveryStep(here["curves"], 0, [])
    need_kinds(store, there, here)
    steps_there = there["curves"]["step"].cast(pa.int64()).combine_chunks()
    known = pc.field("step").isin(steps_there)
    same = here | {"curves": here["curves"].filter(known)}
    curves = ({"curves": x["curves"]} for x in study.comparable(there, same))
    beyond = study.allowed(trial, here).differences(*curves)
    return EveryStep(here["curves"], there["curves"].num_rows, beyond)
