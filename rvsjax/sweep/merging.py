"""Blocks of several folders on their way into one.

They keep the runs and the setting that they were computed with, so that each can be
computed again; a run that an earlier folder has is lost by the later.
"""

import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.continuation import kept_source, source_of
from rvsjax.sweep.differences import Tables, differences, same_bits
from rvsjax.sweep.engine import Block
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.schedule import Schedule, mark_of, next_plan, plan_revisions
from rvsjax.sweep.store import Store, atomic, manifest, parts, untrusted
from rvsjax.sweep.store.losses import Loss, read_losses, write_losses
from rvsjax.sweep.store.ranges import blocks_of, write_blocks
from rvsjax.sweep.whole import make_whole

__all__ = ["Merged", "Merging", "Stopped"]

Entries = dict[str, Any]
Lost = dict[int, frozenset[int] | None]
"""Places in a block, by its number, of the runs that it loses; None for all."""

_OF_BLOCKS = ("blocks", "ranges")


class Merged(NamedTuple):
    """A folder that was merged: its runs, and what of the others it does not have."""

    folder: Path
    runs: int
    twice: int  # runs that another folder had as well
    failed: int  # blocks that could not be computed there, and are left out
    blocks_left: int  # that the sweep is to have, and no folder had


class Stopped(Exception):
    """The merge was to stop; nothing is left of it."""


class Merging:
    """A folder that is being made of others, which stay as they are."""

    def __init__(
        self, store: Store, sources: Sequence[Folder], stop: threading.Event
    ) -> None:
        """Take the place of the new folder, emptied of what a dead merge left."""
        self.store, self.sources, self.stop = store, sources, stop
        self.owners: dict[str, tuple[int, int]] = {}  # folder and block, by run
        self.twice = self.failed = 0
        self._tables = lru_cache(8)(self._read)
        for path in store.folder.iterdir():
            if path.name not in (".locks", "parts"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (store.folder / "parts").iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def make(self, plan: Plan) -> Merged:
        """Write parts, manifest and sweep file, and whole tables where all is there."""
        stages, halved, lost, first = [], [], Lost(), 0
        for number, source in enumerate(self.sources):
            lost |= self._copy(number, first)
            entries = source.manifest.get("halved", [])
            halved += [x | {"block": x["block"] + first} for x in entries]
            stages += _stages(source, str(number), first)
            first = _end_of(stages)
        told = [_with_losses(stage, lost, first) for stage in stages]
        entries = self._head(plan) | next_plan(plan.fingerprint, told, first)
        entries |= {"halved": halved} if halved else {}
        self.store.write("manifest.json", manifest.encode(entries))
        source = kept_source(source_of(self.sources[0].store.folder), plan)
        self.store.write("sweep.toml", source.encode())
        self._copy_certificates()
        left = self._left(plan)
        if not left:
            with self.store.alone():
                make_whole(self.store, self.sources[0].study)
        place = self.store.folder
        return Merged(place, len(self.owners), self.twice, self.failed, left)

    # -- blocks ------------------------------------------------------------------------

    def _copy(self, number: int, shift: int) -> Lost:
        """Copy the blocks of a folder; return what they lose on the way."""
        source, lost = self.sources[number], Lost()
        done = source.store.done()
        for block in source.schedule.blocks(done):
            if self.stop.is_set():
                raise Stopped
            tables = self._read(number, block.number)
            if set(tables["runs"]["status"].to_pylist()) == {"failed"}:
                self.failed += 1
                lost[block.number + shift] = None
                continue
            mine = _ids(tables["runs"])
            known = mine & self.owners.keys()
            self.twice += len(known)
            self._need_same_rows(number, tables, known)
            self.owners |= dict.fromkeys(mine - known, (number, block.number))
            if known == mine:
                lost[block.number + shift] = None
                continue
            if known:
                tables = _rows(tables, mine - known)
                lost[block.number + shift] = _places(block, known)
            self._write(block.number + shift, tables)
        return lost

    def _read(self, number: int, block: int) -> Tables:
        return self.sources[number].store.block_tables(block)

    def _write(self, block: int, tables: Tables) -> None:
        """Write the parts of a block under its new number, told what they were told."""
        for name, table in tables.items():
            told = parts.about(table.schema)
            kept = {x: told[x] for x in ("plan", "setting", "kind") if x in told}
            file, data = parts.encode(table, name, block, kept)
            self.store.write(f"parts/{file}", data)

    def _need_same_rows(self, number: int, here: Tables, known: set[str]) -> None:
        """Refuse runs of a block that another folder has with other values."""
        for folder, block in sorted({self.owners[run_id] for run_id in known}):
            shared = known & _ids(self._tables(folder, block)["runs"])
            one = _rows(self._tables(folder, block), shared)
            two = _rows(here, shared)
            if not all(_alike(one[name], two[name]) for name in one):
                pair = [self.sources[i].store.folder for i in (folder, number)]
                raise FolderError(_unlike(one, two, sorted(shared), *pair))

    def _left(self, plan: Plan) -> int:
        """Return the number of blocks that the sweep is still to have."""
        entries = self.store.manifest
        schedule = Schedule(plan_revisions(entries, plan), entries["width"])
        return len(schedule.numbers - self.store.done())

    # -- what is told of them ----------------------------------------------------------

    def _head(self, plan: Plan) -> Entries:
        """Return what the manifest says of the sweep, its folders and their calls."""
        sessions = [
            {**session, "folder": str(source.store.folder)}
            for source in self.sources
            for session in source.manifest.get("sessions", [])
        ]
        merged = [
            {"folder": str(source.store.folder), "part": str(number)}
            | {"setting": source.config.as_json()}
            for number, source in enumerate(self.sources)
        ]
        kinds = {
            name: kind
            for source in self.sources
            for name, kind in source.manifest.get("kinds", {}).items()
        }
        head = {"plan": plan.fingerprint, "asked": plan.as_json(), "merged": merged}
        head |= {"kinds": kinds} if kinds else {}
        return head | self.sources[0].config.as_json() | {"sessions": sessions}

    def _copy_certificates(self) -> None:
        """Copy the certificates, of those of one name the first."""
        for source in self.sources:
            for path in sorted((source.store.folder / "certificates").glob("*.json")):
                folder = self.store.folder / "certificates"
                atomic.make(folder)
                if not (folder / path.name).exists():
                    self.store.write(f"certificates/{path.name}", _content(path))


def _content(path: Path) -> bytes:
    try:
        return untrusted.content(path)
    except DamagedFile as error:
        raise FolderError(f"{path} {error}; delete it") from None


# -- stages ----------------------------------------------------------------------------


def _stages(source: Folder, part: str, shift: int) -> Iterator[Entries]:
    """Yield the plans that a folder has had, with other numbers for their blocks.

    A block that is not there any more is lost.
    """
    told, done = source.manifest, source.store.done()
    first = told.get("first", 0)
    present = {"asked": told["asked"], "mark": mark_of(told), "first": first}
    present |= write_blocks(x for x in done if x >= first)
    for stage in [*told.get("earlier", []), present]:
        older = f"/{stage['part']}" if "part" in stage else ""
        moved = [
            Loss(x.at + shift, x.block + shift, x.places) for x in read_losses(stage)
        ]
        kept = {name: x for name, x in stage.items() if name not in _OF_BLOCKS}
        yield {
            **kept,
            "first": stage["first"] + shift,
            **write_blocks(x + shift for x in blocks_of(stage)),
            "part": f"{part}{older}",
            "setting": stage.get("setting", source.config.as_json()),
            "there": [x + shift for x in blocks_of(stage) if x in done],
            **write_losses(moved),
        }


def _end_of(stages: Sequence[Entries]) -> int:
    """Return the first number that no block of these stages has."""
    return 1 + max(x for s in stages for x in (s["first"], *blocks_of(s)))


def _with_losses(stage: Entries, lost: Lost, at: int) -> Entries:
    """Return a stage that tells what it lost on the way into a folder."""
    before = read_losses(stage)
    gone = {x.block for x in before if x.places is None}
    blocks = blocks_of(stage)
    absent = {*blocks} - {*stage["there"]} - gone
    mine = {x: lost[x] for x in blocks if x in lost} | dict.fromkeys(absent)
    told = [*before, *(Loss(at, block, mine[block]) for block in sorted(mine))]
    kept = {name: x for name, x in stage.items() if name != "there"}
    return kept | write_losses(told)


# -- rows ------------------------------------------------------------------------------


def _ids(runs: pa.Table) -> set[str]:
    return set(runs["run_id"].to_pylist())


def _rows(tables: Tables, run_ids: Collection[str]) -> Tables:
    """Return the rows of some runs."""
    chosen = pc.field("run_id").isin(sorted(run_ids))
    return {name: table.filter(chosen) for name, table in tables.items()}


def _places(block: Block, run_ids: Collection[str]) -> frozenset[int]:
    """Return the places of runs in a block."""
    items = enumerate(block.items)
    return frozenset(place for place, item in items if item.run_id in run_ids)


def _alike(one: pa.Table, two: pa.Table) -> bool:
    """Say whether rows of the same runs hold the same, but for columns of one alone."""
    names = [name for name in one.column_names if name in two.column_names]
    sides = [x.select(names).replace_schema_metadata() for x in (one, two)]
    return _sorted(sides[0]).equals(_sorted(sides[1]))


def _sorted(table: pa.Table) -> pa.Table:
    """Return a table by run; the rows of each stay in their order."""
    return table.take(pc.call_function("sort_indices", [table["run_id"]]))


def _unlike(
    one: Tables, two: Tables, run_ids: Sequence[str], there: Path, here: Path
) -> str:
    """Say in which values two folders differ, by the first run that does."""
    for run_id in run_ids:
        found = differences(_rows(one, [run_id]), _rows(two, [run_id]), same_bits)
        if found:
            run = f"run {run_id} has other values in {there} than in {here}"
            return f"{run} ({found[0]}); merge folders that agree in what both have"
    return f"{there} and {here} have other rows of the same runs"
