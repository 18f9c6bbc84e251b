"""Parts: one immutable Parquet file a block and table, which tells what it is.

Its name holds block, table and the SHA-256 of its bytes; inside, it names them and its
plan, so that neither a renamed part nor one of another folder is taken for it.
"""

import functools
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
    "bytes_of",
    "decode",
    "encode",
    "encode_block",
    "named",
    "need_plan",
    "parse_name",
    "read",
    "schema",
    "schema_of",
    "setting",
    "told",
    "writing",
]

_NAME = re.compile(r"(\d{6,12})-([a-z]+)-([0-9a-f]{64})\.parquet")


class Part(NamedTuple):
    """A table of a block: one immutable file, or a span of bytes in a pack."""

    block: int
    table: str
    digest: str
    path: Path
    span: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.block:06d}-{self.table}-{self.digest}.parquet"


def parse_name(path: Path) -> Part | None:
    """Return what the name of a file says, None if it is not that of a part."""
    found = _NAME.fullmatch(path.name)
    return Part(int(found[1]), found[2], found[3], path) if found else None


def named(name: str) -> tuple[int, str] | None:
    """Return the block and table of a file of this name, None if it is no part."""
    found = _NAME.fullmatch(name)
    return (int(found[1]), found[2]) if found else None


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
    return Part(block, name, digest, Path()).name, data


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
    return decode(part, _bytes(part), plan)


def decode(part: Part, data: bytes, plan: str | None) -> pa.Table:
    """Return the table of a part from its bytes; `DamagedFile` as `read`."""
    _need_digest(part, data)
    table = untrusted.table(pa.BufferReader(data), part.path / part.name)
    need_plan(_told(part, table.schema), plan)
    return table


def told(part: Part) -> dict[str, str]:
    """Return what a part was told, its bytes checked and no table made of them.

    Raises `DamagedFile` as `read` does, for all but its plan.
    """
    return _told(part, _schema(pa.BufferReader(bytes_of(part))))


def need_plan(told: dict[str, str], plan: str | None) -> None:
    """Raise `DamagedFile` where a part was told another plan, if one is given."""
    if plan is not None and told.get("plan") != plan:
        raise DamagedFile("belongs to another sweep")


def bytes_of(part: Part) -> bytes:
    """Return the bytes of a part; `DamagedFile` where they are not as its name tells.

    Nothing else of them is looked at.
    """
    data = _bytes(part)
    _need_digest(part, data)
    return data


def _need_digest(part: Part, data: bytes) -> None:
    if hashlib.sha256(data).hexdigest() != part.digest:
        raise DamagedFile("is damaged: its bytes do not match its name")


def _bytes(part: Part) -> bytes:
    with untrusted.opened(part.path) as file:
        size = os.fstat(file.fileno()).st_size
        begin, end = part.span or (0, size)
        untrusted.need_memory(min(end, size) - begin, part.path)
        file.seek(begin)
        return file.read(end - begin) if part.span else file.read()


def _told(part: Part, found: pa.Schema) -> dict[str, str]:
    """Return what a part was told; `DamagedFile` where that is not what its name is."""
    inside = about(found)
    if inside.get("block") != str(part.block):
        raise DamagedFile("belongs to another block")
    if inside.get("table", part.table) != part.table:  # older ones do not tell it
        raise DamagedFile("belongs to another table")
    return inside


@functools.lru_cache(64)
def setting(text: str) -> dict[str, Any]:
    """Return what the bits of a part depend on, from the JSON that it was told."""
    try:
        return dict(json.loads(text))
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
        return _schema(file).remove_metadata()


def schema_of(part: Part) -> pa.Schema:
    """Return the schema of a part, without metadata; its bytes are not checked."""
    if part.span is None:
        return schema(part.path)
    return _schema(pa.BufferReader(_bytes(part))).remove_metadata()


def _schema(source: Any) -> pa.Schema:
    try:
        return pq.read_schema(source)
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
