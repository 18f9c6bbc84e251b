"""Parts of blocks: a block is done once its part of `runs`, written last, is there."""

import contextlib
import json
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import atomic, parts, tables
from rvsjax.sweep.store.ledger import Entry, Told, stamp
from rvsjax.sweep.store.parts import Part
from rvsjax.sweep.store.revisions import Revision, revision_of, revisions
from rvsjax.sweep.store.sealed import GONE, SealedTables, unusable

__all__ = ["BlockParts"]


class BlockParts(SealedTables):
    """A directory with a part a block and table, each told its plan and its config."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        super().__init__(folder)
        self._written: dict[int, set[str]] = {}  # names of parts, by block
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
        for block, name, file in self._named():
            if name == table and block not in found:
                part = parts.parse_name(self.folder / "parts" / file)
                found[block] = part  # type: ignore[assignment]
        return [found[block] for block in sorted(found)]

    def _named(self) -> Iterator[tuple[int, str, str]]:
        """Yield the block, table and file name of each part."""
        for file in self._in_parts():
            if named := parts.named(file):
                yield *named, file

    def done(self) -> set[int]:
        """Return the blocks whose tables are all there."""
        self._look()
        return self._done_of(self._named())

    def _done_of(self, named: Iterable[tuple[int, str, str]]) -> set[int]:
        found: dict[str, set[int]] = {name: set() for name in self.tables}
        for block, table, _ in named:
            if table in found:
                found[table].add(block)
        return set(filter(self._has_block, set.intersection(*found.values())))

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

    def append(self, block: int, whole: dict[str, pa.Table]) -> None:
        """Keep the tables of a block, in place of what it had before; needs `open`."""
        self.keep(block, parts.encode_block(whole, block, self.told(block)))

    def keep(self, block: int, made: dict[str, bytes]) -> None:
        """Keep the parts of a block, by file name, in place of what it had before.

        What it had goes first, so that it never has some tables of each.
        """
        if not all(_is_of(block, name) for name in made):
            raise ValueError(f"{[*made]} are not all names of parts of block {block}")
        before = self._written.get(block, set())
        gone = before - made.keys()
        with self.alone():  # nobody reads what is about to be removed, or grows now
            if sealed := self._current().get("whole"):  # of others, meanwhile
                self.unseal([*sealed])
            for name in sorted(gone):
                atomic.remove(self.folder / "parts" / name)
            if gone:
                atomic.sync(self.folder / "parts")
            for name in made:
                if name not in before:
                    self.write(f"parts/{name}", made[name])
            self._note(block, made.keys() - before)
        self._written[block] = set(made)

    def _note(self, block: int, names: Collection[str]) -> None:
        """Note in the ledger what parts were told that were just written."""
        inside = self.told(block)
        told = (Told(inside["plan"], inside.get("setting", "{}"), str(block)),)
        paths = [self.folder / "parts" / name for name in names]
        self._ledger.add((x.name, Entry(stamp(x), told)) for x in paths)

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

    def _fitting(self, part: Part) -> pa.Table:
        """Return the table of a part; `DamagedFile` where it is none of this folder."""
        table = parts.read(part, self._mark_of(part.block))
        self._need_setting(part.block, parts.about(table.schema).get("setting", "{}"))
        return table

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
            return parts.schema(part.path)

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


def _is_of(block: int, name: str) -> bool:
    """Say whether a name, which may come from elsewhere, is of a part of a block."""
    named = parts.named(name)
    return named is not None and named[0] == block
