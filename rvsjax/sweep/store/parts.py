"""Parts: one immutable Parquet file a block and table, which tells what it is.

Its name holds block, table and the SHA-256 of its bytes; inside, it names them and its
plan, so that neither a renamed part nor one of another folder is taken for it.
"""

import hashlib
import io
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import untrusted

__all__ = [
    "Part",
    "about",
    "encode",
    "encode_block",
    "parse_name",
    "read",
    "schema",
    "setting",
    "writing",
]

_NAME = re.compile(r"(\d{6,12})-([a-z]+)-([0-9a-f]{64})\.parquet")


class Part(NamedTuple):
    """One immutable file: a table of a block."""

    block: int
    table: str
    digest: str
    path: Path


def parse_name(path: Path) -> Part | None:
    """Return what the name of a file says, None if it is not that of a part."""
    match = _NAME.fullmatch(path.name)
    return Part(int(match[1]), match[2], match[3], path) if match else None


def encode(
    table: pa.Table, name: str, block: int, told: dict[str, str]
) -> tuple[str, bytes]:
    """Return the file name and the bytes of a part that is told these things."""
    inside = {f"rvsjax.{key}": text for key, text in told.items()}
    inside |= {"rvsjax.block": str(block), "rvsjax.table": name}
    marked = table.replace_schema_metadata(inside)
    sink = io.BytesIO()
    pq.write_table(marked, sink, **writing(marked.schema, "lz4"))  # quickly
    data = sink.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    return f"{block:06d}-{name}-{digest}.parquet", data


def encode_block(
    tables: dict[str, pa.Table], block: int, told: dict[str, str]
) -> dict[str, bytes]:
    """Return the parts of a block by file name, `runs` last: with it, it is done."""
    names = sorted(tables, key=lambda name: name == "runs")
    return dict(encode(tables[name], name, block, told) for name in names)


def read(part: Part, plan: str | None) -> pa.Table:
    """Return the table of a part, with what it was told in its metadata.

    Raises `DamagedFile` where its bytes are not those that its name tells, or it is of
    another block, table or plan (where one is given).
    """
    with untrusted.opened(part.path) as file:
        untrusted.need_memory(os.fstat(file.fileno()).st_size, part.path)
        data = file.read()
    if hashlib.sha256(data).hexdigest() != part.digest:
        raise DamagedFile("is damaged: its bytes do not match its name")
    table = untrusted.table(pa.BufferReader(data), part.path)
    inside = about(table.schema)
    if inside.get("block") != str(part.block):
        raise DamagedFile("belongs to another block")
    if inside.get("table", part.table) != part.table:  # older ones do not tell it
        raise DamagedFile("belongs to another table")
    if plan is not None and inside.get("plan") != plan:
        raise DamagedFile("belongs to another sweep")
    return table


def setting(table: pa.Table) -> dict[str, Any]:
    """Return what the bits of a part depend on; older ones were not told."""
    try:
        return dict(json.loads(about(table.schema).get("setting", "{}")))
    except (ValueError, TypeError, RecursionError):
        raise DamagedFile("does not tell its setting") from None


def about(told: pa.Schema) -> dict[str, str]:
    """Return what a part was told: its ``block``, ``table``, ``plan``, ``setting``."""
    metadata = told.metadata or {}
    return {
        key.removeprefix(b"rvsjax.").decode(errors="replace"): text.decode(
            errors="replace"
        )
        for key, text in metadata.items()
        if key.startswith(b"rvsjax.")
    }


def schema(path: Path) -> pa.Schema:
    """Return the schema of a Parquet file, without metadata."""
    with untrusted.opened(path) as file:
        try:
            return pq.read_schema(file).remove_metadata()
        except Exception as error:
            raise untrusted.unreadable(error) from None


def writing(of: pa.Schema, compression: str) -> dict[str, Any]:
    """Return how to write a table: words by number, which for numbers is slower."""
    words = [field.name for field in of if field.type == pa.string()]
    return {
        "compression": compression,
        "write_page_checksum": True,
        "use_dictionary": words,
    }
