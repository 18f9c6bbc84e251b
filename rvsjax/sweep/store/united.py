"""Tables of a folder, read from wherever they are: whole, or united from parts."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.store import kinds, page, parts, tables
from rvsjax.sweep.store.block_parts import BlockParts
from rvsjax.sweep.store.sealed import unusable

__all__ = ["UnitedTables"]

MOST_ROWS = 1_000_000
"""Rows of a table that are held at a time, where they are looked at one by one."""

_WORDS = ("words", "nothing")


class UnitedTables(BlockParts):
    """A directory whose tables are read and compacted by name."""

    def compact(self) -> None:
        """Write each table whole, from its parts, ordered by block."""
        if self._locks:  # all blocks are there, and nobody writes but who is `alone`
            self._remove_temporary_files()
        for name in self.tables:
            tables.write(self.path(name), self.pieces(name))

    def load(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table: the compacted one, or the united parts before that.

        All its columns, or those that are asked for and there.
        """
        table = self.whole(name, columns)
        if table is None:
            table = self._united(name, columns)
        return _plain(table)

    def scan(
        self, name: str, columns: Sequence[str] | None = None
    ) -> Iterator[pd.DataFrame]:
        """Yield a table, or some of its columns, `MOST_ROWS` rows at most at a time.

        A whole one that has no more is what `load` returns.
        """
        if self.has(name) and self.count(name) <= MOST_ROWS:
            yield self.load(name, columns)
            return
        yield from map(_plain, self.tables_of(name, columns))

    def tables_of(
        self, name: str, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Yield a table, whole or united from parts, `MOST_ROWS` at most at a time."""
        path = self.path(name)
        if not self.has(name):
            parts = (_some(x, columns) for x in self.pieces(name))
            yield from tables.gathered(parts, MOST_ROWS)
            return
        self.need_sound(name)
        try:
            for table in tables.pieces(path, columns, MOST_ROWS):
                yield table.replace_schema_metadata()  # no word of pandas' own
        except DamagedFile as error:
            raise unusable(path, error) from None

    def count(self, name: str) -> int:
        """Return the number of rows of a whole table."""
        path = self.path(name)
        try:
            return tables.rows_in(path)
        except DamagedFile as error:
            raise unusable(path, error) from None

    def _united(self, name: str, columns: Sequence[str] | None) -> pa.Table:
        pieces = list(self.pieces(name))
        if not pieces:
            what = f"{self.folder} holds no table {name}.parquet and no parts of it"
            raise FolderError(f"{what}; is it the folder of a sweep?")
        table = pa.concat_tables(pieces)
        return _some(table, columns)

    def rows(self, name: str, column: str, values: Sequence[str]) -> pa.Table:
        """Return the rows of a table with one of these values in a column of words.

        The table is not held whole, from wherever `load` would take it.
        """
        path = self.path(name)
        if path.exists():
            self.need_sound(name)
        pieces = tables.pieces(path) if path.exists() else self.pieces(name)
        try:
            rows = [_with(x, column, values) for x in pieces]
        except DamagedFile as error:
            raise unusable(path, error) from None
        nothing = pa.table({column: pa.array([], pa.string())})
        return pa.concat_tables(rows) if rows else nothing

    def runs_by_kind(self) -> Counter[str]:
        """Return the number of runs by the kind of device that computed them.

        "" is of those that were not told, as before kinds were noted. Parts are read
        where there are several kinds.
        """
        if len(self.manifest.get("kinds", {})) < 2:
            return Counter()
        done, counts = self.done(), Counter[str]()
        for part in self.parts("runs"):
            if part.block in done:
                table = self._read(part)
                counts[parts.about(table.schema).get("kind", "")] += len(table)
        return counts

    def tables_digest(self) -> str:
        """Return a digest that changes with the rows of the folder."""
        whole = self.manifest.get("whole")
        names = sorted(whole.items()) if whole else self._in_parts()
        return hashlib.sha256(json.dumps(names).encode()).hexdigest()

    def page_state(self) -> str:
        """Say whether the page is "current" or "old", or there is "none"."""
        shown = page.tables_of(self.folder)
        if shown is None:
            return "none"
        return "current" if shown == self.tables_digest() else "old"

    def is_united(self, name: str) -> bool:
        """Say whether a whole table has the rows of its parts, and no others."""
        path = self.path(name)
        try:
            return tables.holds(path, self.pieces(name))
        except DamagedFile as error:
            raise unusable(path, error) from None


def _plain(table: pa.Table) -> pd.DataFrame:
    plain = table.replace_schema_metadata()  # no word of pandas' own
    return plain.to_pandas(use_threads=False)


def _some(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    """Return the columns that are asked for and there; all if none are named."""
    if columns is None:
        return table
    return table.select([x for x in columns if x in table.column_names])


def _with(table: pa.Table, column: str, values: Sequence[str]) -> pa.Table:
    """Return the rows with one of these words, or `DamagedFile` without words."""
    known = set(table.column_names)
    if column not in known or kinds.kind(table[column].type) not in _WORDS:
        raise DamagedFile(
            f"is no table of a sweep: it lacks a column {column} of words"
        )
    if pa.types.is_null(table[column].type):
        return table[:0]
    return table.filter(pc.field(column).isin(values))
