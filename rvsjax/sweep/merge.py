"""Folders of one study made one: their blocks, each run once.

The new folder is made under another name beside its place, and renamed once it is
whole.
"""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from rvsjax.errors import FolderError, SweepFileError
from rvsjax.sweep.continuation import about_of
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.merging import Merged, Merging, Stopped
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.plan.sweep_file import SweepFile
from rvsjax.sweep.plan.union import united
from rvsjax.sweep.store import Store, atomic

__all__ = ["Merged", "Stopped", "merge"]


def merge(
    folders: Sequence[Path], out: Path, stop: threading.Event | None = None
) -> Merged:
    """Make one folder of several of one study, with every run of them once.

    They stay as they are. Raises FolderError where they do not go together: other
    studies, data or records, a run with other values, a folder in use or damaged, or
    where `out` is there already; `Stopped` once `stop` is set.
    """
    _need_new(out)
    sources = [_opened(path) for path in folders]
    _need_outside(out, sources)
    _need_alike(sources)
    plan = _plan(sources, out)
    place = out.with_name(f".{out.name}.merging")
    store = Store(place)
    store.tables = sources[0].store.tables
    with store.hold():
        try:
            merging = Merging(store, sources, stop or threading.Event())
            merged = merging.make(plan)
            for source in sources:
                _need_free(source)
            _need_new(out)
            atomic.rename(place, out)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    return merged._replace(folder=out)


def _need_new(out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise FolderError(f"{out} is there already; name a new folder with --out")


def _need_outside(out: Path, sources: Sequence[Folder]) -> None:
    """Refuse a new folder within one that is merged, which stays as it is."""
    for path in (x.store.folder for x in sources):
        if path.resolve() in out.resolve().parents:
            raise FolderError(f"{out} is inside {path}; name a folder beside it")


def _opened(path: Path) -> Folder:
    """Return a folder that is to be merged; FolderError where it cannot be."""
    folder = Folder(path)
    if not folder.manifest:
        raise FolderError(f"{path} is not the folder of a sweep: no manifest.json")
    _need_free(folder)
    folder.store.tables = folder.study.kept(folder.record)
    if "width" not in folder.manifest or not folder.store.done():
        raise FolderError(f"{path} has no finished block; leave it out")
    return folder


def _need_free(folder: Folder) -> None:
    for holder in folder.store.holders().values():
        raise FolderError(f"{folder.store.folder} is in use by {holder}; wait for it")


def _need_alike(sources: Sequence[Folder]) -> None:
    """Refuse folders of several studies, records or data, or one named twice."""
    paths = [x.store.folder.resolve() for x in sources]
    for place, path in enumerate(paths):
        if path in paths[:place]:
            raise FolderError(f"{path} is named twice; name each folder once")
    first, *others = sources
    for other in others:
        pair = f"{first.store.folder} and {other.store.folder}"
        if difference := _difference(first, other):
            raise FolderError(f"{pair} {difference}")


def _difference(one: Folder, two: Folder) -> str:
    """Say what keeps two folders apart, "" where they may be merged."""
    studies = [x.plan.sweep_file.study for x in (one, two)]
    if studies[0] != studies[1]:
        told = " and ".join(studies)
        return f"are of the studies {told}; merge folders of one study"
    for name in type(one.record).model_fields:
        old, new = (getattr(x.record, name) for x in (one, two))
        if old != new:
            told = f"have record.{name} {old} and {new}"
            return f"{told}; merge folders that record the same"
    if one.config.data != two.config.data:
        return "were computed with other data; merge folders with the same"
    return ""


def _plan(sources: Sequence[Folder], out: Path) -> Plan:
    """Return the plan of the merged folder, named as the others or as itself."""
    first = sources[0].plan.sweep_file
    names = {x.plan.sweep_file.name for x in sources}
    name = first.name if len(names) == 1 else _name(out, first)
    about = about_of(sources[0].store.folder)
    try:
        return united([x.plan for x in sources], name, about)
    except SweepFileError as error:
        raise FolderError(f"the folders cannot be merged: {error}") from None


def _name(out: Path, sweep_file: SweepFile) -> str:
    """Return the name of a folder, or of the sweep where none can be named so."""
    told = sweep_file.model_dump() | {"name": out.name}
    try:
        return SweepFile.model_validate(told).name
    except ValueError:
        return sweep_file.name
