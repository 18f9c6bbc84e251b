"""Whole tables, made of parts: united, written, read, each with its digest."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import untrusted
from rvsjax.sweep.store.atomic import replacing
from rvsjax.sweep.store.parts import writing

__all__ = ["rows_in", "digest", "gathered", "holds", "pieces", "read", "unite", "write"]

_ROWS = 65_536  # of a row group


def unite(
    schemas: Iterable[pa.Schema], tables: Iterable[pa.Table]
) -> Iterator[pa.Table]:
    """Yield tables under one schema; columns that one lacks are null."""
    known = sorted(dict.fromkeys(schemas), key=len, reverse=True)
    if not known:
        return
    try:
        whole = pa.unify_schemas(known)
    except pa.ArrowException as error:
        raise DamagedFile(f"is damaged: parts have other columns ({error})") from None
    for table in tables:
        rows = table.replace_schema_metadata()
        if rows.schema != whole:  # of a block that failed: it has fewer columns
            there = set(rows.column_names)
            columns = [
                rows[f.name] if f.name in there else pa.nulls(len(rows), f.type)
                for f in whole
            ]
            rows = pa.table(columns, schema=whole)
        yield rows


def write(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables of one schema as one file, without holding them all."""
    gathered: list[pa.Table] = []
    writer: pq.ParquetWriter | None = None
    with replacing(path) as file, contextlib.ExitStack() as stack:
        for table in tables:
            if writer is None:
                how = writing(table.schema, "zstd")
                made = pq.ParquetWriter(file, table.schema, **how)
                writer = stack.enter_context(made)  # closes before its file does
            gathered.append(table)
            if sum(map(len, gathered)) >= _ROWS:
                writer.write_table(pa.concat_tables(gathered))
                gathered.clear()
        if writer and gathered:
            writer.write_table(pa.concat_tables(gathered))


def read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a whole table, or some of its columns, or `DamagedFile`."""
    with untrusted.opened(path) as file:
        return untrusted.table(file, path, columns)


def pieces(
    path: Path, columns: Sequence[str] | None = None, rows: int = _ROWS
) -> Iterator[pa.Table]:
    """Yield a whole table, or some columns, in pieces of at most so many rows.

    `DamagedFile` where it is not one.
    """
    with untrusted.opened(path) as file:
        read = untrusted.pieces(file, path, min(rows, _ROWS), columns)
        yield from gathered(read, rows)


def gathered(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Yield tables put together, as many as have so many rows at most."""
    held: list[pa.Table] = []
    for table in tables:
        if held and sum(map(len, held)) + len(table) > rows:
            yield pa.concat_tables(held)
            held.clear()
        held.append(table)
    if held:
        yield pa.concat_tables(held)


def rows_in(path: Path) -> int:
    """Return the number of rows that a whole table says it has."""
    with untrusted.opened(path) as file:
        return untrusted.row_count(file)


def holds(path: Path, parts: Iterable[pa.Table]) -> bool:
    """Say whether a whole table has the rows of these, in their order, and no more."""
    whole = pieces(path)
    left = next(whole, None)
    for part in parts:
        while left is not None and len(left) < len(part):
            more = next(whole, None)
            left = None if more is None else pa.concat_tables([left, more])
        if left is None or not left[: len(part)].equals(part):
            return False
        left = left[len(part) :]
    return not left and next(whole, None) is None


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with untrusted.opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
