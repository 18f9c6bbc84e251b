"""Runs of a folder computed again, each in its own place of its own block.

So computed, a run has the bits that it has in the folder: on the same kind of device
and processor, with the same versions.
"""

import os.path
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any, NamedTuple

import pyarrow.compute as pc

from rvsjax.sweep.differences import Tables
from rvsjax.sweep.engine import Device, processor
from rvsjax.sweep.execution import nearest_config, read_config
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.study import Study
from rvsjax.sweep.study_engine import make_engine, study_unpinned

__all__ = [
    "RecomputedBlock",
    "elsewhere",
    "find_item",
    "find_run",
    "no_run",
    "recompute",
]

_DECIDES = ("rvsjax", "jax", "jaxlib")  # packages that the bits of a result depend on
_FEW = 3  # names in a sentence
_ALIKE = 3  # characters that an id and what was asked begin with, for a guess


class RecomputedBlock(NamedTuple):
    """Some runs of a block, computed again in one call of its program."""

    block: int  # its number
    items: list[RunConfig]
    record: Any  # its results, stacked, an entry an item
    wanted: list[str]  # ids of the runs among them that were asked for

    def tables(self, study: Study, run_id: str) -> Tables:
        """Return the rows of one of the runs."""
        whole = study.tables(self.items, self.record)
        mine = pc.field("run_id") == run_id
        return {name: table.filter(mine) for name, table in whole.items()}


def recompute(
    folder: Folder, run_ids: Iterable[str], device: Device, data: str | None = None
) -> Iterator[RecomputedBlock]:
    """Compute runs again, and those beside them, as the folder's blocks were.

    `data` is where the images of networks are, if not where sweeps find them. With the
    plain kernel where that of the folder does not work here. A block that was
    halved for lack of memory is computed in the same pieces.
    """
    wanted, study = set(run_ids), folder.study
    points, shared = study.points(folder.record), folder.shared(data)
    halved = {x["block"]: x["width"] for x in folder.manifest.get("halved", [])}
    for block in folder.schedule.blocks():
        if not wanted:
            return
        owned = folder.schedule.revision(block.number).left(block.number, block.items)
        mine = {item.run_id for item in owned}
        if wanted.isdisjoint(mine):
            continue
        config = folder.config_on(device.platform, block.number)
        size = halved.get(block.number, config.block_size)
        for begin in range(0, len(block.items), size):
            items = block.items[begin : begin + size]
            here = [x.run_id for x in items if x.run_id in wanted & mine]
            if here:
                engine = make_engine(
                    study, config._replace(block_size=size), (device,), shared=shared
                )
                trials = [study.trial(item, points, config.kernel) for item in items]
                yield RecomputedBlock(block.number, items, engine(trials), here)
                wanted -= {*here}


def elsewhere(folder: Folder, device: Device) -> list[str]:
    """Say what differs here from where a folder was computed: ``jax 0.9 there, ...``.

    A folder knows the calls that computed it, not which of them computed a block, nor
    what a call did not note.
    """
    manifest, platform = folder.manifest, device.platform
    versions = {name: version(name) for name in _DECIDES}
    here = {"device": device.device_kind, "processor": processor(), **versions}
    differences = []
    for session in manifest.get("sessions", []):
        noted = session.get("versions")
        there = session | (noted if isinstance(noted, dict) else {})
        differences += [
            f"{name} {there[name]} there, {value} here"
            for name, value in here.items()
            if there.get(name, value) != value
        ]
    now = study_unpinned(folder.study, platform)
    for config in map(read_config, folder.settings):
        had, kernel = config.unpinned, config.kernel
        if had != now:
            differences.append(f"settings {had or 'none'} there, {now or 'none'} here")
        if nearest_config(config, platform).kernel != kernel:
            differences.append(f"kernel {kernel} there, plain here")
    return list(dict.fromkeys(differences))


def find_run(store: Store, beginning: str) -> str:
    """Return the id of the run whose id begins so; FolderError unless there is one."""
    ids = _run_ids(store)
    matches = [run_id for run_id in ids if run_id.startswith(beginning)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        shown = ", ".join(matches[:_FEW]) + (", ..." if len(matches) > _FEW else "")
        number = len(matches)
        what = f'{number} runs of {store.folder} begin with "{beginning}": {shown}'
        raise FolderError(f"{what}; give more of the id")
    alike = {run_id: len(os.path.commonprefix([run_id, beginning])) for run_id in ids}
    nearest = max(ids, key=alike.__getitem__, default="")
    guess = alike.get(nearest, 0) >= _ALIKE
    guessed = f"; did you mean {nearest}?" if guess else ""
    raise FolderError(f"{store.folder} has no run {beginning}{guessed}")


def find_item(folder: Folder, run_id: str) -> RunConfig:
    """Return a run of the sweep that a folder holds, or raise FolderError."""
    for block in folder.schedule.blocks():
        for item in block.items:
            if item.run_id == run_id:
                return item
    raise no_run(folder, run_id)


def no_run(folder: Folder, run_id: str) -> FolderError:
    """Return the error of a run that the sweep of a folder does not have."""
    path = folder.store.folder
    return FolderError(f"{path}: the sweep that it holds has no run {run_id}")


def _run_ids(store: Store) -> list[str]:
    """Return the ids of all runs; FolderError where the folder has no such words."""
    runs = store.load("runs", ["run_id"])
    ids: list[Any] = runs["run_id"].to_list() if "run_id" in runs else [None]
    if not all(isinstance(run_id, str) for run_id in ids):
        what = "it lacks a column run_id of words"
        raise FolderError(f"{store.folder}/runs is no table of a sweep: {what}")
    return ids
