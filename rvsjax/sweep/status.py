"""Status of a folder: what is done, failed and to do, and who works in it."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from rvsjax.errors import FolderError
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.store import Store

__all__ = ["FolderStatus", "folder_status"]


class FolderStatus(NamedTuple):
    """All that a folder tells of itself, as plain data."""

    folder: str
    name: str | None
    study: str | None
    whole: bool  # whether every table is there as one file
    runs: int | None  # of its sweep; None where this version has another plan
    runs_done: int
    status: dict[str, int]  # of those that are done: ok, diverged, ...
    blocks: int | None
    blocks_done: int
    blocks_to_do: list[int]
    running: list[dict[str, Any]]  # a process each: its shard, and who it is
    last_written: str  # in UTC
    bytes: int
    block_size: int | None
    kernel: str | None
    versions: dict[str, list[str]]  # of those who computed in it
    report: str  # "none", "current" or "old"
    problem: str | None  # why this version cannot go on with it


def folder_status(path: Path) -> FolderStatus:
    """Return the status of a folder; FolderError where it is none of a sweep.

    Nothing is written, and nothing of its tables is read but the status of each run.
    """
    folder = Folder(path)
    manifest, store = folder.manifest, folder.store
    asked = manifest.get("asked", {})
    problem, planned, numbers = None, None, None
    try:
        planned = folder.plan.size
        store.tables = folder.study.kept(folder.record)
        numbers = folder.schedule.numbers if "width" in manifest else set[int]()
    except FolderError as error:
        problem = str(error)
    done = store.done()
    done = done if numbers is None else done & numbers
    counts = _statuses(store) if done else {}
    files = [x for x in path.rglob("*") if x.is_file() and not x.is_symlink()]
    written = [x for x in files if ".locks" not in x.parts]
    return FolderStatus(
        folder=str(path),
        name=asked.get("name"),
        study=asked.get("study"),
        whole="runs" in manifest.get("whole", {}),
        runs=planned,
        runs_done=sum(counts.values()),
        status=counts,
        blocks=None if numbers is None else len(numbers),
        blocks_done=len(done),
        blocks_to_do=sorted((numbers or set()) - done),
        running=[
            {"shard": f"{index}/{total}", "by": holder}
            for (index, total), holder in store.holders().items()
        ],
        last_written=_time(max(x.stat().st_mtime for x in written)),
        bytes=sum(x.stat().st_size for x in files),
        block_size=manifest.get("width"),
        kernel=manifest.get("kernel"),
        versions=_versions(manifest.get("sessions", [])),
        report=store.page_state(),
        problem=problem,
    )


def _statuses(store: Store) -> dict[str, int]:
    found: Counter[str] = Counter()
    for runs in store.scan("runs", ["status"]):
        for status, number in runs["status"].value_counts().items():
            found[str(status)] += int(number)
    return dict(found.most_common())


def _versions(sessions: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the versions of each package, and the devices, in the order of calls."""
    found: dict[str, dict[str, None]] = {}
    for session in sessions:
        told = session.get("versions")
        told = told if isinstance(told, dict) else {}
        for name, value in {**told, "device": session.get("device")}.items():
            if isinstance(value, str):
                found.setdefault(str(name), {})[value] = None
    return {name: [*values] for name, values in found.items()}


def _time(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).isoformat(timespec="seconds")
