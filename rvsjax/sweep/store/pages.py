"""Counts of the values in the pages of a Parquet file, read without Arrow.

Arrow tells the rows of a column, not the values of its lists, and ends the process
where what a file says of a column is damaged. The metadata are Thrift's compact
protocol: of its structures, the fields by number.
"""

import struct
from typing import Any, BinaryIO

__all__ = ["values"]

Fields = dict[tuple[int, int], Any]
"""By number and kind: a reader of Thrift passes over a field of another kind."""

_BYTE, _I32, _I64, _BINARY, _LIST, _STRUCT = 3, 5, 6, 8, 9, 12

_ROW_GROUPS = 4, _LIST  # of the file; the fields below are of what is named before
_COLUMNS = 1, _LIST  # of a row group
_ABOUT = 3, _STRUCT  # of a column: its metadata
_SIZE, _DATA, _DICTIONARY = (7, _I64), (9, _I64), (11, _I64)  # of these, in bytes
_COMPRESSED = 3, _I32  # of a page: its bytes
_KINDS = (5, _STRUCT), (7, _STRUCT), (8, _STRUCT)  # data, dictionary, data of version 2
_VALUES = 1, _I32  # of any of these
_HEAD = 2**14  # bytes of the head of a page: Arrow keeps no word over 4 kB there


def values(file: BinaryIO) -> int:
    """Return how many values the columns of a file have, dictionaries among them.

    Those of a column of lists are the values in them. Raises an exception, of any kind,
    where the file is damaged.
    """
    return sum(
        _values(file, column[_ABOUT])
        for group in _footer(file)[_ROW_GROUPS]
        for column in group[_COLUMNS]
    )


def _footer(file: BinaryIO) -> Fields:
    file.seek(-8, 2)
    length = int.from_bytes(file.read(4), "little")
    file.seek(-8 - length, 2)
    return _Compact(file.read(length)).fields()


def _values(file: BinaryIO, about: Fields) -> int:
    """Return the sum of what the pages of a column say."""
    place = min(about[_DATA], about.get(_DICTIONARY) or about[_DATA])
    end, number = place + about[_SIZE], 0
    while place < end:
        file.seek(place)
        head = _Compact(file.read(_HEAD))
        page = head.fields()
        number += sum(max(0, page[x][_VALUES]) for x in _KINDS if x in page)
        place += head.place + max(0, page[_COMPRESSED])
    return number


class _Compact:
    """Bytes in Thrift's compact protocol, and how far they are read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def fields(self) -> Fields:
        """Return a structure: its fields by number."""
        found: Fields = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._whole()
            if (number, kind) in found:
                raise ValueError("a field stands there twice")
            is_truth = kind in (1, 2)  # which the kind itself tells
            found[number, kind] = kind == 1 if is_truth else self._value(kind)
        return found

    def _value(self, kind: int) -> Any:
        if kind == _BINARY:
            return self._bytes(self._natural())
        return self._READERS[kind](self)

    def _byte(self) -> int:
        self.place += 1
        return self.data[self.place - 1]

    def _bytes(self, number: int) -> bytes:
        self.place += number
        return self.data[self.place - number : self.place]

    def _natural(self) -> int:
        number = shift = 0
        while (byte := self._byte()) & 128:
            number |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number has more than 64 bits")
        return number | byte << shift

    def _whole(self) -> int:
        number = self._natural()
        return number >> 1 ^ -(number & 1)

    def _double(self) -> float:
        return struct.unpack("<d", self._bytes(8))[0]

    def _list(self) -> list[Any]:
        head = self._byte()
        number, kind = head >> 4, head & 15
        number = self._natural() if number == 15 else number
        return [self._value(kind) for _ in range(number)]

    _READERS = {
        **{1: _byte, 2: _byte, _BYTE: _byte, 4: _whole, _I32: _whole, _I64: _whole},
        **{7: _double, _LIST: _list, 10: _list, _STRUCT: fields},
    }
