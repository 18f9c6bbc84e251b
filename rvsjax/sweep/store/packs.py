"""Packs: the parts of many blocks as one file, a ZIP archive without compression.

To write one takes as long as to write one part, so that a sweep of many blocks is kept
in packs. The name of a pack holds its first and last block and the SHA-256 of its
bytes, and ``unzip`` makes of it the parts that it holds.
"""

import functools
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import parts, untrusted
from rvsjax.sweep.store.parts import Part

__all__ = ["digest_of", "encode", "is_folder", "is_pack", "need_whole", "read"]

_NAME = re.compile(r"(\d{4,6})/(\d{6,12})-(\d{6,12})-([0-9a-f]{64})\.zip")
_FOLDER = re.compile(r"\d{4,6}")
_IN_A_FOLDER = 4096  # numbers of blocks
_HEAD = 30  # bytes before the name of a member


def is_folder(name: str) -> bool:
    """Say whether a folder in ``parts/`` has the name of one of packs."""
    return _FOLDER.fullmatch(name) is not None


def digest_of(name: str) -> str | None:
    """Return the digest that the name of a pack tells, with its folder; else None."""
    found = _NAME.fullmatch(name)
    return found[4] if found and found[1] == _folder(int(found[2])) else None


def is_pack(name: str) -> bool:
    """Say whether a file in ``parts/``, named with its folder, is a pack."""
    return digest_of(name) is not None


def _folder(block: int) -> str:
    return f"{block // _IN_A_FOLDER:04d}"


def encode(made: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return the name, with its folder, and the bytes of a pack of parts by name."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as file:
        for name, data in made.items():
            file.writestr(zipfile.ZipInfo(name), data)  # of no date: the same bytes
    whole = sink.getvalue()
    blocks = [int(name.partition("-")[0]) for name in made]
    digest = hashlib.sha256(whole).hexdigest()
    ends = f"{min(blocks):06d}-{max(blocks):06d}"
    return f"{_folder(min(blocks))}/{ends}-{digest}.zip", whole


def need_whole(path: Path, digest: str) -> None:
    """Raise `DamagedFile` where the bytes of a pack are not those that its name tells.

    Or where they are no archive of parts.
    """
    with untrusted.opened(path) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise DamagedFile("is damaged: its bytes do not match its name")
    read(path)


@functools.lru_cache(512)
def read(path: Path) -> dict[tuple[int, str], Part]:
    """Return the parts of a pack by block and table, or `DamagedFile`."""
    with untrusted.opened(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        except Exception as error:
            raise untrusted.unreadable(error) from None
    found: dict[tuple[int, str], Part] = {}
    for member in members:
        part = parts.parse_name(Path(member.filename))
        if part is None or member.compress_type != zipfile.ZIP_STORED:
            raise DamagedFile("is not a pack of parts")
        begin = member.header_offset + _HEAD + len(member.filename)
        span = begin, begin + member.file_size
        found[part.block, part.table] = part._replace(path=path, span=span)
    if not found:
        raise DamagedFile("is not a pack of parts")
    return found
