"""Arrays of bytes in the IDX format, the one of MNIST, gzipped or not.

A file is two zero bytes, the code of the type (8: unsigned bytes), the number of axes,
each axis as four bytes, the highest first, and the entries in C order. Source: the page
of MNIST by LeCun, Cortes and Burges. A file may come from anyone: no more is read from
it than its header promises, and what is wrong with it is a sentence.
"""

import gzip
import hashlib
import io
import math
import stat
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rvsjax.errors import DataError

__all__ = ["LIMIT", "Idx", "read_idx"]

LIMIT = 2**30
"""Bytes that a file may hold, uncompressed: 20 times the training images of MNIST."""

_UNSIGNED_BYTES = 0x08
_TYPES = {0x09: "signed bytes", 0x0B: "short integers", 0x0C: "integers"}
_TYPES |= {0x0D: "floats", 0x0E: "doubles"}
_CHUNK = 2**20  # memory grows with what has been read, not with what is promised


class Idx(NamedTuple):
    """Content of an IDX file."""

    array: np.ndarray  # uint8, not writable
    md5: str  # of the file's bytes, uncompressed


def read_idx(path: Path, axes: int) -> Idx:
    """Read a file of unsigned bytes with so many axes, 3 for images, 1 for labels.

    Raises `DataError` for whatever is no such file, whole and undamaged.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise _Wrong("is not a file")
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            return _read(gzip.GzipFile(fileobj=file) if packed else file, axes)
    except _Wrong as error:
        what = f"{error}"
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        what = f"is a damaged gzip file ({str(error).rstrip('.')})"
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        what = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise DataError(f"{path} {what}; expected {_expected(axes)}: get it anew")


class _Wrong(Exception):
    """A file that is no IDX file; the message says what it is."""


def _read(file: io.BufferedIOBase, axes: int) -> Idx:
    header = _exactly(file, 4, "its header")
    zeros, kind, found = header[:2], header[2], header[3]
    if zeros != b"\0\0":
        raise _Wrong(f"is not an IDX file: it begins with the bytes {header.hex(' ')}")
    if kind != _UNSIGNED_BYTES:
        told = _TYPES.get(kind, f"the unknown type {kind:#04x}")
        raise _Wrong(f"is an IDX file of {told}")
    if found != axes:
        raise _Wrong(f"is an IDX file with {_number(found)}")
    sizes = _exactly(file, 4 * axes, "its header")
    shape = tuple(np.frombuffer(sizes, ">u4").tolist())
    promised = math.prod(shape)
    if promised > LIMIT:
        raise _Wrong(f"promises {promised:,} bytes, more than the {LIMIT:,} allowed")
    content = _exactly(file, promised, f"the {promised:,} bytes that it promises")
    if file.read(1):
        raise _Wrong(f"goes on after the {promised:,} bytes that it promises")
    digest = hashlib.md5(header + sizes, usedforsecurity=False)
    digest.update(content)
    return Idx(np.frombuffer(content, np.uint8).reshape(shape), digest.hexdigest())


def _exactly(file: io.BufferedIOBase, size: int, what: str) -> bytes:
    parts, left = [], size
    while left and (part := file.read(min(left, _CHUNK))):
        parts.append(part)
        left -= len(part)
    if left:
        raise _Wrong(f"ends before {what}")
    return b"".join(parts)


def _expected(axes: int) -> str:
    content = {1: "labels", 3: "images"}.get(axes, "entries")
    return f"an IDX file of {content}, unsigned bytes with {_number(axes)}"


def _number(axes: int) -> str:
    return "one axis" if axes == 1 else f"{axes} axes"
