"""Parts of blocks: a block is done once its part of `runs`, written last, is there."""

import contextlib
import json
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import packs, parts, tables
from rvsjax.sweep.store.ledger import stamp
from rvsjax.sweep.store.parts import Part
from rvsjax.sweep.store.ranges import Ranges
from rvsjax.sweep.store.revisions import Revision, revision_of, revisions
from rvsjax.sweep.store.sealed import GONE, SealedTables, unusable

__all__ = ["BlockParts"]

Listed = tuple[list[tuple[int, str, str]], list[str]]
"""Block, table and file name of parts, and the file names of packs."""


class BlockParts(SealedTables):
    """A directory with a part a block and table, each told its plan and its config."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        super().__init__(folder)
        self._in_packs: dict[str, Ranges] = {}  # blocks, by the name of a pack
        self._opened = False  # whether it writes parts of one plan
        self._there: dict[str, Any] = {}  # the manifest that parts are to fit
        self._revisions: list[Revision] = []  # what it says of blocks
        self._seen: dict[str, Any] | None = None  # the manifest as last looked at
        self._told: dict[str, str] = {}  # what each part is told

    def parts(self, table: str) -> list[Part]:
        """Return the parts of a table, one a block, ordered by block.

        Where two processes without locks computed a block to different bits, of two
        that are equally right the first by name.
        """
        found: dict[int, Part] = {}
        loose, packed = self._listed()
        for block, name, file in loose:
            if name == table and block not in found:
                part = parts.parse_name(self.folder / "parts" / file)
                found[block] = part  # type: ignore[assignment]
        for file in packed:
            for (block, name), part in self._members(file).items():
                if name == table:
                    found.setdefault(block, part)
        return [found[block] for block in sorted(found)]

    def _listed(self) -> Listed:
        """Return the parts that are files of their own, and the names of packs."""
        files = self._in_parts()
        named = ((parts.named(file), file) for file in files)
        loose = [(*about, file) for about, file in named if about]
        return loose, [file for file in files if packs.is_pack(file)]

    def done(self) -> set[int]:
        """Return the blocks whose tables are all there."""
        self._look()
        return self._done_of(self._listed())

    def _done_of(self, listed: Listed) -> set[int]:
        loose, packed = listed
        found: dict[str, set[int]] = {name: set() for name in self.tables}
        for block, table, _ in loose:
            if table in found:
                found[table].add(block)
        done = set.intersection(*found.values()).union(*map(self._blocks_of, packed))
        return set(filter(self._has_block, done))

    # -- packs -------------------------------------------------------------------------

    def _members(self, file: str) -> dict[tuple[int, str], Part]:
        """Return the parts of a pack by block and table; none once it is gone."""
        path = self.folder / "parts" / file
        try:
            return packs.read(path)
        except FileNotFoundError:
            return {}
        except DamagedFile as error:
            self._ledger.forget(path.name)
            raise unusable(path, error) from None

    def _blocks_of(self, file: str) -> Ranges:
        """Return the blocks of a pack, all tables of each."""
        if file not in self._in_packs:
            self._in_packs[file] = self._noted(file) or Ranges(
                {block for block, _ in self._members(file)}
            )
        return self._in_packs[file]

    def _noted(self, file: str) -> Ranges | None:
        """Return the blocks of a pack that the ledger tells, if it is unchanged."""
        entry = self._ledger.known.get(file.partition("/")[2])
        with contextlib.suppress(FileNotFoundError):
            if entry and entry.stamp == stamp(f"{self.folder}/parts/{file}"):
                return Ranges(
                    x for told in entry.told for x in Ranges.parse(told.blocks)
                )
        return None

    def with_status(self, statuses: Collection[str]) -> set[int]:
        """Return the finished blocks that have one of these statuses among their runs.

        None is read where none is asked for.
        """
        if not statuses:
            return set()
        self._look()
        known = (part for part in self.parts("runs") if self._has_block(part.block))
        return {x.block for x in known if not self._statuses(x).isdisjoint(statuses)}

    def told(self, block: int) -> dict[str, str]:
        """Return what the parts of a block are told: its plan, and its config."""
        return self._told | {"plan": str(self._mark_of(block))}

    def block_tables(self, block: int) -> dict[str, pa.Table]:
        """Return the tables of a finished block, with what their parts were told."""
        of_block = (self._by_block.get((block, name)) for name in self.tables)
        return {part.table: self._read(part) for part in of_block if part}

    @cached_property
    def _by_block(self) -> dict[tuple[int, str], Part]:
        found = [part for name in self.tables for part in self.parts(name)]
        return {(part.block, part.table): part for part in found}

    def pieces(self, table: str) -> Iterator[pa.Table]:
        """Yield the parts of a table in the order of blocks, under one schema."""
        done = self.done()
        known = [part for part in self.parts(table) if part.block in done]
        schemas = map(self._schema, known)
        try:
            yield from tables.unite(schemas, map(self._read, known))
        except DamagedFile as error:
            raise unusable(self.folder / "parts", error) from None

    # -- parts and the manifest that they fit ------------------------------------------

    def _fit(self, manifest: dict[str, Any]) -> None:
        """Let parts fit what this manifest says."""
        self._there, self._revisions = dict(manifest), revisions(manifest)

    def _look(self) -> None:
        """Let parts fit the folder as it is now, unless it was opened."""
        if not self._opened and self._seen is not (now := self._current()):
            self._fit(now)
            self._seen = now

    def _mark_of(self, block: int) -> str | None:
        """Return the mark of the plan that a block belongs to."""
        revision = revision_of(block, self._revisions)
        return revision.mark if revision else None

    def _first_of(self, block: int) -> int | None:
        """Return the first block of the plan that a block belongs to."""
        revision = revision_of(block, self._revisions)
        return revision.first if revision else None

    def merged_setting(self, block: int) -> dict[str, Any]:
        """Return how a block was computed in another folder; nothing where here."""
        revision = revision_of(block, self._revisions)
        return revision.setting if revision else {}

    def _has_block(self, block: int) -> bool:
        revision = revision_of(block, self._revisions)
        return revision is None or revision.has(block)

    def check(self, block: int, made: dict[str, bytes]) -> None:
        """Raise `DamagedFile` where parts made elsewhere are not those of a block.

        They are read as a stranger's, all of them.
        """
        found = [parts.parse_name(Path(name)) for name in made]
        known = [part for part in found if part and part.block == block]
        names = [part.path.name for part in known]
        of = sorted(part.table for part in known)
        if names != [*made] or of != sorted(self.tables) or known[-1].table != "runs":
            raise DamagedFile("came with other parts than those of its block")
        for part, data in zip(known, made.values()):
            table = parts.decode(part, data, self._mark_of(block))
            self._need_told_setting(block, table)

    def _fitting(self, part: Part) -> pa.Table:
        """Return the table of a part; `DamagedFile` where it is none of this folder."""
        table = parts.read(part, self._mark_of(part.block))
        self._need_told_setting(part.block, table)
        return table

    def _need_told_setting(self, block: int, table: pa.Table) -> None:
        self._need_setting(block, parts.about(table.schema).get("setting", "{}"))

    def _need_setting(self, block: int, text: str) -> dict[str, Any]:
        """Return how a part was computed; `DamagedFile` where not as it is here."""
        setting = parts.setting(text)
        there = self.merged_setting(block) or self._there
        if any(there.get(name, x) != x for name, x in setting.items()):
            raise DamagedFile(f"was computed otherwise ({json.dumps(setting)})")
        return setting

    def _statuses(self, part: Part) -> set[str]:
        table = self._read(part)
        if "status" not in table.column_names:
            raise unusable(part.path, DamagedFile("is damaged: it lacks a status"))
        return set(table.column("status").to_pylist())

    def _read(self, part: Part) -> pa.Table:
        self._look()
        with self._reading(part):
            return self._fitting(part)

    def _schema(self, part: Part) -> pa.Schema:
        with self._reading(part):
            return parts.schema_of(part)

    @contextlib.contextmanager
    def _reading(self, part: Part) -> Iterator[None]:
        """Turn damage of a part into a FolderError, and let it be looked at again."""
        try:
            yield
        except FileNotFoundError:
            raise unusable(part.path, GONE) from None
        except DamagedFile as error:
            self._ledger.forget(part.path.name)
            raise unusable(part.path, error) from None
