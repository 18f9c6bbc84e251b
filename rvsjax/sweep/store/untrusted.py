"""Files as a stranger may have left them: nothing in them is taken on trust.

No link is followed, no pipe or device opened, nothing is read that memory does not
hold, and a table has columns of numbers, truth values, text or lists of numbers.
Nothing is ever unpickled.

Arrow's threads are left alone: a process that ended soon after they began was seen to
abort at its very end (pyarrow 26, one in five on a busy machine).
"""

import stat
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.store import kinds, pages

__all__ = [
    "content",
    "row_count",
    "need_file",
    "need_memory",
    "opened",
    "pieces",
    "table",
    "unreadable",
]

_MOST = 64 * 2**20  # bytes of a file that is no table
_WIDEST = 8  # bytes of a number
_IN_A_LIST = _WIDEST + 4  # with the two levels that say where its list begins and ends


def need_file(path: Path) -> None:
    """Raise `DamagedFile` where a file may lie elsewhere, or never end."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise DamagedFile("is not a file of its own")


def opened(path: Path) -> BufferedReader:
    """Open a file for reading; `DamagedFile` where it is a link, a pipe or a device."""
    need_file(path)
    return path.open("rb")  # by Python: a path need not be UTF-8, as Arrow thinks


def content(path: Path) -> bytes:
    """Return the bytes of a file that is no table, `DamagedFile` beyond 64 MiB."""
    with opened(path) as file:
        data = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise DamagedFile(f"has more than {_MOST >> 20} MiB")
    return data


def unreadable(error: Exception) -> DamagedFile:
    """Return what to raise where Arrow cannot read bytes: it raises anything then."""
    return DamagedFile(f"is damaged ({str(error).partition(chr(10))[0]})")


def table(source: Any, path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the table of a Parquet file, or some of its columns.

    Raises `DamagedFile`, or FolderError where memory does not hold it.
    """
    try:
        file = pq.ParquetFile(source, page_checksum_verification=True)
        _need_plain(file.schema_arrow, path)
        words = {field.name for field in file.schema_arrow if kinds.is_text(field.type)}
        least, most = _needed(file, words, columns)
        need_memory(least + _lists(file, source, columns), path)
        if most <= _free():
            found = file.read(columns, use_threads=False)
        else:
            found = _with_words_once(source, path, words, columns)
        found.validate(full=True)
        return found
    except (DamagedFile, FolderError):
        raise
    except Exception as error:
        raise unreadable(error) from None


def row_count(source: Any) -> int:
    """Return the number of rows that a Parquet file says it has, or `DamagedFile`."""
    try:
        return max(0, pq.read_metadata(source).num_rows)
    except Exception as error:
        raise unreadable(error) from None


def pieces(
    source: Any, path: Path, rows: int, columns: Sequence[str] | None = None
) -> Iterator[pa.Table]:
    """Yield a table, or some columns, so many rows at a time; raises what `table` does.

    Of a column that is not there, nothing.
    """
    try:
        file = pq.ParquetFile(source, page_checksum_verification=True)
        _need_plain(file.schema_arrow, path)
        needed = _needed(file, set(), columns, _largest(file))[0]
        need_memory(needed + _lists(file, source, columns), path)
        for batch in file.iter_batches(rows, columns=columns, use_threads=False):
            batch.validate(full=True)
            yield pa.Table.from_batches([batch])
    except (DamagedFile, FolderError):
        raise
    except Exception as error:
        raise unreadable(error) from None


def _with_words_once(
    source: Any, path: Path, words: set[str], columns: Sequence[str] | None
) -> pa.Table:
    """Read text as numbers into a list of words first, to see how long it is.

    A word of a megabyte may stand there a million times, and take little more room
    than once. To read every file so takes a part 13 ms instead of 4.
    """
    source.seek(0)
    file = pq.ParquetFile(
        source, page_checksum_verification=True, read_dictionary=list(words)
    )
    coded = file.read(columns, use_threads=False)
    coded.validate(full=True)  # before its numbers are followed
    need_memory(sum(map(_length, coded.columns)), path)
    plain = [
        field.with_type(pa.string()) if field.name in words else field
        for field in coded.schema
    ]
    return coded.cast(pa.schema(plain, coded.schema.metadata))


def _need_plain(schema: pa.Schema, path: Path) -> None:
    """Raise `DamagedFile` where a column is none of a sweep's.

    Lists stand in weights alone.
    """
    if len(set(schema.names)) < len(schema.names):
        raise DamagedFile("has two columns of one name")
    lists = "weights" in path.name
    for field in schema:
        if not (kinds.is_list(field.type) and lists) and not kinds.is_plain(field.type):
            raise DamagedFile(f"has a column {field.name!r} of type {field.type}")


def _needed(
    file: pq.ParquetFile,
    words: set[str],
    columns: Sequence[str] | None,
    groups: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Return the bytes that columns need by what a file says, and the most they may.

    Those of all row groups, or of some.

    The most is where each word is as long as all of its rows. Of single columns nothing
    is asked: where what a file says of one is damaged, Arrow ends the process.
    """
    names = set(file.schema_arrow.names)
    wanted = names if columns is None else names.intersection(columns)
    least = most = 0
    for i in range(file.num_row_groups) if groups is None else groups:
        group = file.metadata.row_group(i)
        rows, size = max(0, group.num_rows), max(0, group.total_byte_size)
        least += rows * len(wanted) * _WIDEST + (size if wanted == names else 0)
        most += rows * size if wanted & words else 0
    return least, least + most


def _largest(file: pq.ParquetFile) -> list[int]:
    """Return the row group that has the most rows, which is held at a time."""
    rows = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    return [rows.index(max(rows))] if rows else []


def _lists(
    file: pq.ParquetFile, source: Any, columns: Sequence[str] | None = None
) -> int:
    """Return the bytes that lists need: a file of a few kB may hold gigabytes."""
    there = {field.name for field in file.schema_arrow if kinds.is_list(field.type)}
    wanted = there if columns is None else there.intersection(columns)
    return _IN_A_LIST * pages.values(source) if wanted else 0


def _length(column: pa.ChunkedArray) -> int:
    """Return the bytes that the words of a column take, each where it stands."""
    if not pa.types.is_dictionary(column.type):
        return 0
    lengths = [
        pc.call_function("binary_length", [chunk.dictionary]).take(chunk.indices)
        for chunk in column.chunks
    ]
    return sum(pc.call_function("sum", [each]).as_py() or 0 for each in lengths)


def need_memory(size: int, path: Path) -> None:
    """Raise FolderError where so many bytes, for a file, are not free."""
    if size > _free():
        asked, there = (f"{x / 2**30:,.1f} GiB" for x in (size, _free()))
        what = f"{path} asks for {asked} of memory, and {there} are free"
        raise FolderError(f"{what}; read it where there is more")


def _free() -> int:
    return psutil.virtual_memory().available
