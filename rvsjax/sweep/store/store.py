"""The results of a sweep in a folder: parts, and in the end whole tables.

A block is done once its part of the table `runs`, written last, is there. Whoever
writes holds the folder and has checked it; whoever reads needs nothing but the files.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.store import atomic, manifest, parts, tables, untrusted
from rvsjax.sweep.store.checkpoints import Checkpoints
from rvsjax.sweep.store.folder import Folder
from rvsjax.sweep.store.parts import Part
from rvsjax.sweep.store.untrusted import need_file

__all__ = ["Store"]

Asked = dict[str, Any]
Grow = Callable[[dict[str, Any]], dict[str, Any] | None]

_WORDS = ("words", "nothing")
_GONE = DamagedFile("was removed meanwhile")
_NO_BLOCK = "holds runs that the sweep has in other blocks since it grew"


class Store(Folder):
    """A results folder. Reading needs nothing but the folder; writing needs a plan."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        super().__init__(folder)
        self.tables: tuple[str, ...] = ("runs",)
        self._written: dict[int, set[str]] = {}  # names of parts, by block
        self._opened = False  # whether it writes parts of one plan
        self._there: dict[str, Any] = {}  # the manifest that parts are to fit
        self._stages: list[_Stage] = []  # what it says of blocks
        self._seen: dict[str, Any] | None = None  # the manifest as last looked at
        self._setting: dict[str, Any] = {}  # what the bits of its parts depend on
        self._told: dict[str, str] = {}  # the same, as each part is told it
        self._sound: dict[Path, tuple[int, int]] = {}  # whole tables seen unchanged

    # -- a plan for it -----------------------------------------------------------------

    def open(
        self,
        plan: str,
        asked: Asked,
        source: str,
        names: Sequence[str],
        grow: Grow = lambda there: None,
    ) -> list[str]:
        """Take the folder for a plan with these tables; refuse one with other things.

        `grow` turns the manifest of another plan into entries that make it a part of
        this one, None where it is not. What is damaged is moved to `quarantine/`, to be
        computed again; returns a sentence for each such file. Needs `hold`.
        """
        self.tables = tuple(names)
        moved: list[str] = []
        try:
            there = manifest.read(self.folder / "manifest.json")
        except DamagedFile as error:
            moved.append(self._quarantine(self.folder / "manifest.json", str(error)))
            there = {}
        if there and there["plan"] != plan:
            grown = grow(there)
            if grown is None:
                told = "; ".join(manifest.difference(there["asked"], asked))
                told = told or "the same, by a version with other columns"
                what = f"{self.folder} holds another sweep ({told})"
                raise FolderError(f"{what}; use another folder with --out")
            self.update({"plan": plan, "asked": asked, "whole": {}} | grown)
        elif not there:
            if not moved and self._in_parts():
                lost = f"{self.folder / 'manifest.json'} was lost"
                moved.append(f"{lost}; made again, without the sessions before")
            self.update({"plan": plan, "asked": asked})
        if not self._holds("sweep.toml", source.encode()):
            self.write("sweep.toml", source.encode())
        self._fit(self.manifest)
        self._opened = True
        moved += self._check()
        self._written = self._replaceable()
        return moved

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one that writes, briefly, in the folder as it was opened.

        Raises FolderError where another has made it that of another plan since, whose
        blocks have other runs under the same numbers.
        """
        with super().alone():
            if self._opened:
                self._need_the_same()
            yield

    def _need_the_same(self) -> None:
        now = self._current()
        if now is self._seen:
            return
        if not now:
            what = f"{self.folder / 'manifest.json'} was lost meanwhile"
            raise FolderError(f"{what}; run the same sweep again to mend it")
        setting = {name: now.get(name, x) for name, x in self._setting.items()}
        if _stages(now) != self._stages or setting != self._setting:
            what = f"{self.folder} was given to another plan meanwhile"
            raise FolderError(f"{what}, which keeps what was done; go on with that one")
        self._seen = now

    def _fit(self, there: dict[str, Any]) -> None:
        """Let parts fit what this manifest says."""
        self._there, self._stages = dict(there), _stages(there)

    def _look(self) -> None:
        """Let parts fit the folder as it is now, unless it was opened."""
        if not self._opened and self._seen is not (now := self._current()):
            self._fit(now)
            self._seen = now

    def _replaceable(self) -> dict[int, set[str]]:
        """Return the parts that go when their block is computed again.

        Found once: for every block, it would take a time that grows with their square.
        Where there are no locks, others may be writing those of a block not done.
        """
        done, found = self.done(), dict[int, set[str]]()
        for part in filter(None, map(parts.named, self._in_parts())):
            if self._locks or part.block in done:
                found.setdefault(part.block, set()).add(part.path.name)
        return found

    def settle(self, entries: dict[str, Any]) -> None:
        """Note what the bits of all parts depend on, in the manifest and each part."""
        if any(self.manifest.get(name) != value for name, value in entries.items()):
            self.update(entries)
        self._there |= entries
        self._setting = entries
        self._told = {"setting": json.dumps(entries, sort_keys=True)}

    def _check(self) -> list[str]:
        """Move what cannot be used to `quarantine/`; return a sentence for each.

        Where the manifest was lost, so was the setting, which each part was told.
        """
        moved = []
        for path in self._in_parts():
            if path.name.endswith(atomic.TEMPORARY):
                continue
            try:
                part = parts.named(path)
                if part is None:
                    raise DamagedFile("is not a part of a sweep")
                if not self._has_block(part.block):
                    raise DamagedFile(_NO_BLOCK)
                self._there |= parts.setting(self._fitting(part))
            except FileNotFoundError:  # replaced meanwhile, where there are no locks
                continue
            except DamagedFile as error:
                moved.append(self._quarantine(path, str(error)))
        if self._there != self.manifest:
            self.update(self._there)
        if any(_NO_BLOCK in sentence for sentence in moved):  # they may hold its rows
            self.unseal([*self._there.get("whole", {}), *self.tables])
        for name in self._there.get("whole", {}):
            path = self.folder / f"{name}.parquet"
            if path.exists() and not self._is_sound(name):
                moved.append(self._quarantine(path, "is damaged"))
        return moved

    def _stage_of(self, block: int) -> "_Stage | None":
        """Return the plan that a block belongs to."""
        return next((x for x in reversed(self._stages) if x.first <= block), None)

    def _plan_of(self, block: int) -> str | None:
        """Return the mark of that plan."""
        stage = self._stage_of(block)
        return stage.mark if stage else None

    def _has_block(self, block: int) -> bool:
        """Say whether a block is one that its plan kept when the sweep grew."""
        stage = self._stage_of(block)
        return not stage or stage.kept is None or block in stage.kept

    def _fitting(self, part: Part) -> pa.Table:
        """Return the table of a part; `DamagedFile` where it is none of this folder."""
        table = parts.read(part, self._plan_of(part.block))
        setting = parts.setting(table)
        if any(self._there.get(name, x) != x for name, x in setting.items()):
            raise DamagedFile(f"was computed otherwise ({json.dumps(setting)})")
        return table

    def checkpoints(self) -> Checkpoints:
        """Return where blocks that are not done keep what they have come to."""
        return Checkpoints(self.folder, f"{self._stages[-1].mark} {self._told}")

    # -- parts -------------------------------------------------------------------------

    def parts(self, table: str) -> list[Part]:
        """Return the parts of a table, one a block, ordered by block.

        Where two processes without locks computed a block to different bits, of two
        that are equally right the first by name.
        """
        found: dict[int, Part] = {}
        for part in filter(None, map(parts.named, self._in_parts())):
            if part.table == table:
                found.setdefault(part.block, part)
        return [found[block] for block in sorted(found)]

    def done(self) -> set[int]:
        """Return the blocks whose tables are all there."""
        self._look()
        found = [{part.block for part in self.parts(name)} for name in self.tables]
        return set(filter(self._has_block, set.intersection(*found)))

    def append(self, block: int, whole: dict[str, pa.Table]) -> None:
        """Keep the tables of a block, in place of what it had before; needs `open`.

        What it had goes first, so that it never has some tables of each.
        """
        before = self._written.get(block, set())
        told = self._told | {"plan": str(self._plan_of(block))}
        names = sorted(whole, key=lambda name: name == "runs")
        made = dict(parts.encode(whole[name], name, block, told) for name in names)
        gone = before - made.keys()
        with self.alone():  # nobody reads what is about to be removed, or grows now
            if whole_ones := self._current().get("whole"):  # of others, meanwhile
                self.unseal([*whole_ones])
            for called in sorted(gone):
                atomic.remove(self.folder / "parts" / called)
            if gone:
                atomic.sync(self.folder / "parts")
            for called in made:
                if called not in before:
                    self.write(f"parts/{called}", made[called])
        self._written[block] = set(made)

    def statuses(self) -> dict[int, set[str]]:
        """Return the statuses that each finished block has among its runs."""
        self._look()
        return {
            part.block: self._statuses(part)
            for part in filter(lambda x: self._has_block(x.block), self.parts("runs"))
        }

    def _statuses(self, part: Part) -> set[str]:
        table = self._read(part)
        if "status" not in table.column_names:
            raise _unusable(part.path, DamagedFile("is damaged: it lacks a status"))
        return set(table.column("status").to_pylist())

    def _read(self, part: Part) -> pa.Table:
        self._look()
        try:
            return self._fitting(part)
        except FileNotFoundError:
            raise _unusable(part.path, _GONE) from None
        except DamagedFile as error:
            raise _unusable(part.path, error) from None

    def _tables(self, table: str) -> Iterator[pa.Table]:
        """Return the parts of a table in the order of blocks, under one schema."""
        done = self.done()
        found = [part for part in self.parts(table) if part.block in done]
        schemas = [_schema(part.path) for part in found]
        try:
            yield from tables.unite(schemas, map(self._read, found))
        except DamagedFile as error:
            raise _unusable(self.folder / "parts", error) from None

    # -- whole tables ------------------------------------------------------------------

    def compact(self) -> None:
        """Write each table whole, from its parts, ordered by block."""
        if self._locks:  # all blocks are there, and nobody writes but who is `alone`
            self._remove_temporary_files()
        for name in self.tables:
            tables.write(self.folder / f"{name}.parquet", self._tables(name))

    def seal(self, names: Sequence[str]) -> None:
        """Note that these whole tables, with the bytes that they have, are all."""
        digests = {n: tables.digest(self.folder / f"{n}.parquet") for n in names}
        self.update({"whole": digests})

    def is_sealed(self) -> bool:
        """Say whether every table is there whole, as it was written."""
        whole = self.manifest.get("whole", {})
        return set(self.tables) <= set(whole) and all(map(self._is_sound, whole))

    def unseal(self, names: Sequence[str]) -> None:
        """Remove whole tables, which are out of date once a block is computed."""
        if self.manifest.get("whole"):
            self.update({"whole": {}})
        for name in names:
            atomic.remove(self.folder / f"{name}.parquet")
        atomic.sync(self.folder)

    def has(self, name: str) -> bool:
        """Say whether a table is there whole."""
        return (self.folder / f"{name}.parquet").exists()

    def columns(self, name: str) -> list[str]:
        """Return the names of a whole table's columns."""
        return _schema(self.folder / f"{name}.parquet").names

    def load(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table: the compacted one, or the united parts before that.

        All its columns, or those that are asked for and there.
        """
        table = self._whole(name, columns)
        if table is None:
            united = list(self._tables(name))
            if not united:
                what = f"{self.folder} holds no table {name}.parquet and no parts of it"
                raise FolderError(f"{what}; is it the folder of a sweep?")
            table = pa.concat_tables(united)
            there = [n for n in columns or [] if n in table.column_names]
            table = table if columns is None else table.select(there)
        told = table.replace_schema_metadata()  # no word of pandas' own
        return told.to_pandas(use_threads=False)

    def _whole(self, name: str, columns: Sequence[str] | None) -> pa.Table | None:
        """Return a whole table, None where there is none, or it was just removed."""
        path = self.folder / f"{name}.parquet"
        try:
            if path.exists():
                self._need_sound(name)
                return tables.read(path, columns)
        except FileNotFoundError:
            pass
        except DamagedFile as error:
            raise _unusable(path, error) from None
        return None

    def rows(self, name: str, column: str, values: Sequence[str]) -> pa.Table:
        """Return the rows of a table with one of these values in a column of words.

        The table is not held whole, from wherever `load` would take it.
        """
        path = self.folder / f"{name}.parquet"
        if path.exists():
            self._need_sound(name)
        pieces = tables.pieces(path) if path.exists() else self._tables(name)
        try:
            found = [_with(x, column, values) for x in pieces]
        except DamagedFile as error:
            raise _unusable(path, error) from None
        nothing = pa.table({column: pa.array([], pa.string())})
        return pa.concat_tables(found) if found else nothing

    def is_united(self, name: str) -> bool:
        """Say whether a whole table has the rows of its parts, and no others."""
        path = self.folder / f"{name}.parquet"
        try:
            return tables.holds(path, self._tables(name))
        except DamagedFile as error:
            raise _unusable(path, error) from None

    def _need_sound(self, name: str) -> None:
        if not self._is_sound(name):
            path = self.folder / f"{name}.parquet"
            raise _unusable(path, DamagedFile("is damaged"))

    def _is_sound(self, name: str) -> bool:
        """Say whether a whole table is there as it was sealed, if it was."""
        path = self.folder / f"{name}.parquet"
        sealed = self._current().get("whole", {}).get(name)
        if sealed is None:
            return True
        try:
            need_file(path)
            status = path.stat()
            stamp = status.st_mtime_ns, status.st_size
            if self._sound.get(path) != stamp and tables.digest(path) == sealed:
                self._sound[path] = stamp
            if self._sound.get(path) == stamp:
                return True
        except (DamagedFile, FileNotFoundError):
            pass
        # made again between the two looks
        meanwhile = self._current().get("whole", {}).get(name) != sealed
        return meanwhile and self._is_sound(name)


class _Stage(NamedTuple):
    """A plan that a folder has had, from its first block on."""

    first: int
    mark: str
    kept: frozenset[int] | None  # blocks; None: all, of the present plan


def _stages(there: dict[str, Any]) -> list[_Stage]:
    """Return the plans that a folder has had, the present one last."""
    if not there:
        return []
    earlier = [
        _Stage(stage["first"], stage["mark"], frozenset(stage["blocks"]))
        for stage in there.get("earlier", [])
    ]
    now = _Stage(there.get("first", 0), there.get("mark", there["plan"]), None)
    return [*earlier, now]


def _with(table: pa.Table, column: str, values: Sequence[str]) -> pa.Table:
    """Return the rows with one of these words, or `DamagedFile` without words."""
    known = set(table.column_names)
    if column not in known or untrusted.kind(table[column].type) not in _WORDS:
        raise DamagedFile(
            f"is no table of a sweep: it lacks a column {column} of words"
        )
    if pa.types.is_null(table[column].type):
        return table[:0]
    return table.filter(pc.field(column).isin(values))


def _schema(path: Path) -> pa.Schema:
    try:
        return parts.schema(path)
    except FileNotFoundError:
        raise _unusable(path, _GONE) from None
    except DamagedFile as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, why: DamagedFile) -> FolderError:
    return FolderError(f"{path} {why}; run the same sweep again to mend it")
