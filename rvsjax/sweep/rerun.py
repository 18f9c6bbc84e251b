"""A run computed again in its own place of its own block, and compared to the bit."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rvsjax.sweep.differences import Difference, Tables, differences, same_bits
from rvsjax.sweep.engine import Device
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.recompute import (
    elsewhere,
    find_item,
    find_run,
    no_run,
    recompute,
)
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.store.kinds import kind
from rvsjax.sweep.study_engine import make_engine

__all__ = [
    "EveryStep",
    "MOST_STEPS",
    "Rerun",
    "every_step",
    "has_failed",
    "tables_in_folder",
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
        """Say whether every value has the same bits."""
        return not self.differences

    @property
    def agrees(self) -> bool:
        """Say whether the run is what it is to be: elsewhere, up to rounding."""
        return self.same or bool(self.elsewhere and not self.beyond)


def rerun(
    folder: Folder | str | Path, run_id: str, device: Device, data: str | None = None
) -> Rerun:
    """Compute a run of a folder again on a device, and compare all that it has left.

    The beginning of a run's id will do. `data` is the folder of the images of networks,
    if not the one where sweeps find them. Raises `FolderError` where no run is such.
    """
    folder = Folder.open(folder)
    run_id = find_run(folder.store, run_id)
    study = folder.study
    differs = elsewhere(folder, device)
    block = next(recompute(folder, [run_id], device, data), None)
    if block is None:
        raise no_run(folder, run_id)
    here = block.tables(study, run_id)
    there = tables_in_folder(folder.store, run_id, study.kept(folder.record))
    need_kinds(folder.store, there, here)
    if has_failed(there):
        reason = there["runs"].to_pydict().get("reason", ["no reason told"])[0]
        what = f"run {run_id} failed there ({reason})"
        raise FolderError(f"{what}; the sweep with --retry failed computes it")
    [item] = (item for item in block.items if item.run_id == run_id)
    tolerance = study.allowed(
        study.trial(item, study.points(folder.record), "plain"), here
    )
    there, here = study.comparable(there, here)
    return Rerun(
        run_id=run_id,
        block=block.block,
        kernel=folder.config_on(device.platform, block.block).kernel,
        values=sum(table.num_rows * table.num_columns for table in here.values()),
        elsewhere=differs,
        differences=differences(there, here, same_bits),
        beyond=tolerance.differences(there, here),
    )


def tables_in_folder(store: Store, run_id: str, names: Iterable[str]) -> Tables:
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
            holds, right = kind(field.type), kind(of)
            is_whole = pa.types.is_integer(of) and holds == right
            if is_whole and not _are_whole(table[field.name]):
                right, holds = "whole numbers", "others"
            if "nothing" not in (holds, right) and holds != right:
                what = f"its column {field.name} should hold {right}, not {holds}"
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
    folder: Folder | str | Path, run_id: str, device: Device, data: str | None = None
) -> EveryStep:
    """Compute a run again by itself, with the plain kernel, and keep every step.

    Raises FolderError where there is no such run, or it has over `MOST_STEPS` steps.
    """
    folder = Folder.open(folder)
    run_id = find_run(folder.store, run_id)
    study, item = folder.study, find_item(folder, run_id)
    number = study.steps(item)
    if number > MOST_STEPS:
        what = f"run {run_id} has {number:,} steps, and every step is kept of up to"
        raise FolderError(f"{what} {MOST_STEPS:,}; ask a sweep for more record.curves")
    alone = ExecutionConfig(block_size=1, kernel="plain", quick=False)
    engine = make_engine(study, alone, (device,), shared=folder.shared(data))
    trial = study.trial(item, number + 1, "plain")
    here = study.tables([item], engine([trial]))
    there = tables_in_folder(folder.store, run_id, ["curves", "runs"])
    if "step" not in there["curves"].column_names:  # the sweep recorded none
        return EveryStep(here["curves"], 0, [])
    need_kinds(folder.store, there, here)
    steps_there = there["curves"]["step"].cast(pa.int64()).combine_chunks()
    known = pc.field("step").isin(steps_there)
    same = here | {"curves": here["curves"].filter(known)}
    curves = ({"curves": x["curves"]} for x in study.comparable(there, same))
    beyond = study.allowed(trial, here).differences(*curves)
    return EveryStep(here["curves"], there["curves"].num_rows, beyond)
