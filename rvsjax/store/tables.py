"""Whole tables, made of parts: united, written, read, each with its digest.

Arrow's threads are left alone: a process that ends soon after they began was seen to
abort at its very end (pyarrow 26, one in five on a busy machine).
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rvsjax.store.files import replacing
from rvsjax.store.parts import Damaged, need_file, unreadable, writing

__all__ = ["digest", "read", "unite", "write"]

_ROWS = 65_536  # of a row group
_MOST = 64 * 2**30  # bytes that a table may take in memory


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
        raise Damaged(f"is damaged: parts have other columns ({error})") from None
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
    """Return a whole table, or some of its columns; `Damaged` where it is not one."""
    need_file(path)
    with path.open("rb") as file:
        try:
            whole = pq.ParquetFile(file, page_checksum_verification=True)
            told = whole.metadata
            size = sum(
                told.row_group(i).total_byte_size for i in range(told.num_row_groups)
            )
            if size > _MOST:
                raise Damaged(f"asks for {size / 2**30:,.0f} GiB of memory")
            return whole.read(columns, use_threads=False)
        except Damaged:
            raise
        except Exception as error:
            raise unreadable(error) from None


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
