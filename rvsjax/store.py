"""The results folder: immutable Parquet parts, one a block and table, and a manifest.

A part's name holds its block and the SHA-256 of its bytes; inside, it names its plan
and block. It is written under a temporary name, synced, renamed, and the folder is
synced. A block is done once its part of the table `runs`, written last, is there.
"""

import contextlib
import hashlib
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["Part", "Store", "StoreError"]

_PART = re.compile(r"(\d{6,})-([a-z]+)-([0-9a-f]{64})\.parquet")
_OURS = {"manifest.json", "sweep.toml", "parts"}
_ROWS = 65_536  # of a row group in the compacted tables
_WRITING: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}


class StoreError(Exception):
    """A results folder cannot be used; the message says why and what to do."""


class Part(NamedTuple):
    """One immutable file: a table of a block."""

    block: int
    table: str
    digest: str
    path: Path


class Store:
    """A results folder. Reading needs nothing but the folder; writing needs a plan."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        self.folder = Path(folder)
        self.plan: str | None = None
        self.tables: tuple[str, ...] = ("runs",)
        self._written: dict[int, set[Path]] | None = None  # by block, once asked for

    # -- manifest ----------------------------------------------------------------------

    @property
    def manifest(self) -> dict[str, Any]:
        """What was asked and what computed it; empty before the first sweep."""
        path = self.folder / "manifest.json"
        try:
            content = json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            what = f"{path} cannot be read ({error}); use another folder"
            raise StoreError(what) from None
        if not _is_manifest(content):
            raise StoreError(f"{path} is not a manifest; use another folder")
        return content

    def open(
        self, plan: str, asked: dict[str, Any], source: str, tables: Sequence[str]
    ) -> None:
        """Take the folder for a plan with these tables; refuse one with other things.

        The manifest is the first file written, so that a folder is taken whole or not.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise StoreError(f"{self.folder} is not a folder; use another with --out")
        manifest = self.manifest
        if not manifest and self.folder.exists():
            strange = {path.name for path in self.folder.iterdir()} - _OURS
            if any(not name.endswith(".tmp") for name in strange):
                what = f"{self.folder} holds files but no manifest.json"
                raise StoreError(f"{what}; use an empty folder with --out")
        if manifest and manifest["plan"] != plan:
            difference = "; ".join(_difference(manifest["asked"], asked))
            difference = difference or "the same, by a version with other columns"
            what = f"{self.folder} holds another sweep ({difference})"
            raise StoreError(f"{what}; use another folder with --out")
        self.plan, self.tables = plan, tuple(tables)
        try:
            (self.folder / "parts").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"{self.folder} cannot be made: {error.strerror}"
            raise StoreError(f"{what}; use another folder with --out") from None
        if not manifest:
            self.update({"plan": plan, "asked": asked})
        if not (self.folder / "sweep.toml").exists():
            self.write("sweep.toml", source.encode())

    def update(self, entries: dict[str, Any]) -> None:
        """Add entries to the manifest, or replace them."""
        text = json.dumps(self.manifest | entries, indent=2) + "\n"
        self.write("manifest.json", text.encode())

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the folder so that it is there whole or not at all."""
        path = self.folder / name
        with _replacing(path) as file:
            file.write(data)

    # -- parts -------------------------------------------------------------------------

    def parts(self, table: str) -> list[Part]:
        """Return the parts of a table, ordered by block."""
        found = []
        for path in (self.folder / "parts").glob("*.parquet"):
            if (match := _PART.fullmatch(path.name)) and match[2] == table:
                found.append(Part(int(match[1]), table, match[3], path))
        return sorted(found)

    def done(self) -> set[int]:
        """Return the blocks whose tables are all there."""
        found = [{part.block for part in self.parts(name)} for name in self.tables]
        return set.intersection(*found)

    def append(self, block: int, tables: dict[str, pa.Table]) -> None:
        """Keep the tables of a block, in place of what it had before."""
        before, written = self._known().get(block, set()), set()
        for name in sorted(tables, key=lambda name: name == "runs"):
            metadata = {"rvsjax.plan": str(self.plan), "rvsjax.block": str(block)}
            sink = io.BytesIO()
            told = tables[name].replace_schema_metadata(metadata)
            pq.write_table(told, sink, **_writing(told.schema))
            data = sink.getvalue()
            digest = hashlib.sha256(data).hexdigest()
            path = f"parts/{block:06d}-{name}-{digest}.parquet"
            self.write(path, data)
            written.add(self.folder / path)
        for path in before - written:
            path.unlink()
        self._known()[block] = written

    def _known(self) -> dict[int, set[Path]]:
        """Return the files of each block; the folder is listed once.

        To list it for every block takes a time that grows with their square.
        """
        if self._written is None:
            self._written = {}
            for part in (part for name in self.tables for part in self.parts(name)):
                self._written.setdefault(part.block, set()).add(part.path)
        return self._written

    def statuses(self) -> dict[int, set[str]]:
        """Return the statuses that each finished block has among its runs."""
        return {
            part.block: set(self._read(part).column("status").to_pylist())
            for part in self.parts("runs")
        }

    def _read(self, part: Part) -> pa.Table:
        data = part.path.read_bytes()
        if hashlib.sha256(data).hexdigest() != part.digest:
            raise _unusable(part.path, "is damaged: its bytes do not match its name")
        source = pa.BufferReader(data)
        table = pq.ParquetFile(source, page_checksum_verification=True).read()
        inside = table.schema.metadata or {}
        if inside.get(b"rvsjax.block") != str(part.block).encode():
            raise _unusable(part.path, "belongs to another block")
        expected = self.plan or self.manifest.get("plan")
        if expected and inside.get(b"rvsjax.plan") != str(expected).encode():
            raise _unusable(part.path, "belongs to another sweep")
        return table

    def _tables(self, table: str) -> Iterator[pa.Table]:
        """Yield the parts of a table in the order of blocks, under one schema."""
        parts = self.parts(table)
        schemas = dict.fromkeys(_schema(part.path) for part in parts)
        schemas = sorted(schemas, key=len, reverse=True)
        if not schemas:
            return
        whole = pa.unify_schemas(schemas)
        for part in parts:
            rows = self._read(part).replace_schema_metadata()
            if rows.schema != whole:  # of a block that failed: it has fewer columns
                there = set(rows.column_names)
                columns = [
                    rows[f.name] if f.name in there else pa.nulls(len(rows), f.type)
                    for f in whole
                ]
                rows = pa.table(columns, schema=whole)
            yield rows

    # -- whole tables ------------------------------------------------------------------

    def compact(self) -> None:
        """Write each table whole, from its parts, ordered by block."""
        for name in self.tables:
            gathered: list[pa.Table] = []
            writer: pq.ParquetWriter | None = None
            path = self.folder / f"{name}.parquet"
            with _replacing(path) as file:
                for table in self._tables(name):
                    writer = writer or pq.ParquetWriter(
                        file, table.schema, **_writing(table.schema)
                    )
                    gathered.append(table)
                    if sum(map(len, gathered)) >= _ROWS:
                        writer.write_table(pa.concat_tables(gathered))
                        gathered.clear()
                if writer:
                    if gathered:
                        writer.write_table(pa.concat_tables(gathered))
                    writer.close()

    def is_compacted(self) -> bool:
        """Say whether every table is there whole."""
        return all(map(self.has, (*self.tables, "claims")))

    def has(self, name: str) -> bool:
        """Say whether a table is there whole."""
        return (self.folder / f"{name}.parquet").exists()

    def discard_compacted(self) -> None:
        """Remove the whole tables, which are out of date once a block is computed."""
        for name in (*self.tables, "claims"):
            (self.folder / f"{name}.parquet").unlink(missing_ok=True)

    def columns(self, name: str) -> list[str]:
        """Return the names of a whole table's columns."""
        return _schema(self.folder / f"{name}.parquet").names

    def load(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table: the compacted one, or the united parts before that.

        All its columns, or those that are asked for and there.
        """
        path = self.folder / f"{name}.parquet"
        if path.exists():
            try:
                with path.open("rb") as file:
                    whole = pq.ParquetFile(file, page_checksum_verification=True)
                    table = whole.read(columns)
            except (OSError, pa.ArrowException) as error:
                raise _unusable(path, f"is damaged ({error})") from None
        else:
            tables = list(self._tables(name))
            if not tables:
                what = f"{self.folder} holds no table {name}.parquet and no parts of it"
                raise StoreError(f"{what}; is it the folder of a sweep?")
            table = pa.concat_tables(tables)
            there = [n for n in columns or [] if n in table.column_names]
            table = table if columns is None else table.select(there)
        return table.to_pandas()


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of `path` once it is synced."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_manifest(content: Any) -> bool:
    if not isinstance(content, dict):
        return False
    width, sessions = content.get("width", 1), content.get("sessions", [])
    return (
        isinstance(content.get("plan"), str)
        and isinstance(content.get("asked"), dict)
        and isinstance(content["asked"].get("name", ""), str)
        and type(width) is int
        and width > 0
        and isinstance(sessions, list)
        and all(isinstance(session, dict) for session in sessions)
    )


def _writing(schema: pa.Schema) -> dict[str, Any]:
    """Return how to write a table: words by number, which for numbers is slower."""
    words = [field.name for field in schema if field.type == pa.string()]
    return _WRITING | {"use_dictionary": words}


def _schema(path: Path) -> pa.Schema:
    try:
        with path.open("rb") as file:  # a path need not be UTF-8, as Arrow thinks
            return pq.read_schema(file).remove_metadata()
    except (OSError, pa.ArrowException) as error:
        raise _unusable(path, f"is damaged ({error})") from None


def _unusable(path: Path, why: str) -> StoreError:
    return StoreError(f"{path} {why}; delete it and run the same sweep again")


def _difference(
    there: dict[str, Any], now: dict[str, Any], where: str = ""
) -> Iterator[str]:
    """Say which keys differ: ``seeds.count is 32 there, 2 now``."""
    for key in there | now:
        old, new = there.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _difference(old, new, f"{where}{key}.")
        elif old != new:
            yield f"{where}{key} is {old!r} there, {new!r} now"
