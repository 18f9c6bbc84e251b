"""Runs of a folder computed again, each in its own place of its own block.

So computed, a run has the bits that it has in the folder: on the same kind of device
and processor, with the same versions.
"""

import os.path
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any, NamedTuple

import pyarrow.compute as pc

from rvsjax.errors import SweepFileError
from rvsjax.sweep.differences import Tables
from rvsjax.sweep.engine import Block, Device, processor
from rvsjax.sweep.execution import (
    ExecutionConfig,
    make_engine,
    nearest_setting,
    study_unpinned,
)
from rvsjax.sweep.plan.plan import Plan, RunConfig, plan_again
from rvsjax.sweep.schedule import all_blocks, stages
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.study import Study, study_of

__all__ = [
    "RecomputedBlock",
    "again",
    "elsewhere",
    "find_run",
    "folder_blocks",
    "folder_material",
    "folder_plan",
]

_DECIDES = ("rvsjax", "jax", "jaxlib")  # packages that the bits of a result depend on
_FEW = 3  # names in a sentence
_ALIKE = 3  # characters that an id and what was asked begin with, for a guess


class RecomputedBlock(NamedTuple):
    """Some runs of a block, computed again in one call of its program."""

    block: int  # its number
    items: list[RunConfig]
    record: Any  # its results, stacked, an entry an item

    def tables(self, study: Study, run_id: str) -> Tables:
        """Return the rows of one of the runs."""
        whole = study.tables(self.items, self.record)
        mine = pc.field("run_id") == run_id
        return {name: table.filter(mine) for name, table in whole.items()}


def folder_plan(store: Store) -> Plan:
    """Return the plan of a folder; FolderError if this version has another for it."""
    manifest = store.manifest
    try:
        plan = plan_again(manifest["asked"])
    except SweepFileError:
        what = f"{store.folder / 'manifest.json'} does not say what was asked"
        raise FolderError(f"{what}; run the same sweep again to mend it") from None
    if plan.fingerprint != manifest["plan"]:
        what = "was computed by another version of the study"
        raise FolderError(f"{store.folder} {what}; run the sweep again")
    return plan


def folder_blocks(store: Store, width: int) -> Iterator[Block]:
    """Yield the blocks of a folder, done or not, each with its runs in their places."""
    return all_blocks(stages(store.manifest, folder_plan(store)), width)


def folder_material(
    store: Store, study: Study, setting: ExecutionConfig, data: str | None = None
) -> tuple[Any, ...]:
    """Return what the runs of a folder share, from the folder `data` if it is named.

    FolderError if it is not to be had.
    """
    material = study.material(data, ())
    if material.digest != setting.data:
        what = f"{store.folder} was computed with other data than {material.source}"
        raise FolderError(f"{what}; name the folder of those with --data")
    return material.arrays


def again(
    store: Store, run_ids: Iterable[str], lane: Device, data: str | None = None
) -> Iterator[RecomputedBlock]:
    """Compute runs again, and those beside them, as the folder's blocks were.

    `data` is where the images of networks are, if not where sweeps find them. With the
    plain kernel where that of the folder does not work here. A block that was
    halved for lack of memory is computed in the same pieces.
    """
    wanted, manifest = set(run_ids), store.manifest
    setting = nearest_setting(manifest, lane.platform)
    plan = folder_plan(store)
    study = study_of(plan)
    points = study.points(plan.document.record)
    shared = folder_material(store, study, setting, data)
    halved = {entry["block"]: entry["width"] for entry in manifest.get("halved", [])}
    for block in folder_blocks(store, setting.width):
        if not wanted:
            return
        width = halved.get(block.number, setting.width)
        for begin in range(0, len(block.items), width):
            items = block.items[begin : begin + width]
            found = wanted.intersection(item.run_id for item in items)
            if found:
                engine = make_engine(
                    study,
                    setting._replace(width=width),
                    (lane,),
                    shared=shared,
                )
                trials = [study.trial(item, points, setting.kernel) for item in items]
                yield RecomputedBlock(block.number, items, engine(trials))
                wanted -= found


def elsewhere(manifest: dict[str, Any], lane: Device) -> list[str]:
    """Say what differs here from where a folder was computed: ``jax 0.9 there, ...``.

    A folder knows the calls that computed it, not which of them computed a block, nor
    what a call did not note.
    """
    versions = {name: version(name) for name in _DECIDES}
    here = {"device": lane.device_kind, "processor": processor(), **versions}
    told = []
    for session in manifest.get("sessions", []):
        noted = session.get("versions")
        there = session | (noted if isinstance(noted, dict) else {})
        told += [
            f"{name} {there[name]} there, {value} here"
            for name, value in here.items()
            if there.get(name, value) != value
        ]
    study = study_of(plan_again(manifest["asked"]))
    had, now = manifest.get("unpinned", ""), study_unpinned(study, lane.platform)
    if had != now:
        told.append(f"settings {had or 'none'} there, {now or 'none'} here")
    kernel = manifest.get("kernel", "plain")
    if nearest_setting(manifest, lane.platform).kernel != kernel:
        told.append(f"kernel {kernel} there, plain here")
    return list(dict.fromkeys(told))


def find_run(store: Store, asked: str) -> str:
    """Return the id of the run whose id begins so; FolderError unless there is one."""
    there = store.load("runs", ["run_id"])
    ids: list[Any] = there["run_id"].to_list() if "run_id" in there else [None]
    if not all(isinstance(run_id, str) for run_id in ids):
        what = "it lacks a column run_id of words"
        raise FolderError(f"{store.folder}/runs is no table of a sweep: {what}")
    found = [run_id for run_id in ids if run_id.startswith(asked)]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(found[:_FEW]) + (", ..." if len(found) > _FEW else "")
        what = f'{len(found)} runs of {store.folder} begin with "{asked}": {shown}'
        raise FolderError(f"{what}; give more of the id")
    alike = {run_id: len(os.path.commonprefix([run_id, asked])) for run_id in ids}
    nearest = max(ids, key=alike.__getitem__, default="")
    guess = alike.get(nearest, 0) >= _ALIKE
    guessed = f"; did you mean {nearest}?" if guess else ""
    raise FolderError(f"{store.folder} has no run {asked}{guessed}")
