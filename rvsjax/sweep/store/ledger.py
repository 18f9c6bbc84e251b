"""Ledger of a folder: what its parts were told, for as long as they stay unchanged.

A part is read when it is checked; then its size and times tell that it is still the
same, so that a folder of many parts opens without reading them. Each process that
shares a folder appends to a file of its own, beside its lock. It is a cache: what of it
is lost, or is of a file that was changed or copied, costs one reading of that part.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rvsjax.errors import DamagedFile
from rvsjax.sweep.store import lock, untrusted

__all__ = ["Entry", "Ledger", "Told", "stamp"]

Stamp = tuple[int, ...]

_FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)


class Told(NamedTuple):
    """Plan and config that parts were told, and their blocks, as `Ranges` writes."""

    plan: str
    setting: str  # JSON
    blocks: str


class Entry(NamedTuple):
    """A file of parts: its stamp when it was checked, and what is in it."""

    stamp: Stamp
    told: tuple[Told, ...]


def stamp(path: str | Path) -> Stamp:
    """Return what changes with every change of a file, and where it is a copy."""
    status = os.lstat(path)
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class Ledger:
    """Entries by the name of a file in ``parts/``."""

    def __init__(self, folder: Path) -> None:
        """Use the ledgers of a folder; nothing is read yet."""
        self.folder = folder / lock.FOLDER
        self.path = self.folder / "1-of-1.ledger"

    def share(self, index: int, total: int) -> None:
        """Write as the I-th of N processes."""
        self.path = self.folder / f"{index}-of-{total}.ledger"

    @cached_property
    def known(self) -> dict[str, Entry]:
        """The entries as they were when they were first asked for."""
        return self.read()

    def read(self) -> dict[str, Entry]:
        """Return the entries of all who share the folder, as far as they are sound.

        Of two of a file, that of the later stamp.
        """
        found: dict[str, Entry] = {}
        for path in self.folder.glob("*.ledger"):
            for name, entry in _read(path).items():
                if name not in found or found[name].stamp[-1] < entry.stamp[-1]:
                    found[name] = entry
        return found

    def add(self, entries: Iterable[tuple[str, Entry]]) -> None:
        """Append entries by name."""
        lines = [json.dumps([name, *entry]) for name, entry in entries]
        if lines:
            _append(self.path, lines, os.O_CREAT)

    def forget(self, name: str) -> None:
        """Have a file read again, whoever noted it."""
        for path in self.folder.glob("*.ledger"):
            _append(path, [json.dumps([name])])


def _append(path: Path, lines: list[str], more: int = 0) -> None:
    with contextlib.suppress(OSError):  # a cache, in a folder that may be read-only
        number = os.open(path, _FLAGS | more, 0o666)
        try:
            os.write(number, ("\n".join(lines) + "\n").encode())
        finally:
            os.close(number)


def _read(path: Path) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    with contextlib.suppress(OSError, DamagedFile), untrusted.opened(path) as file:
        for line in file:
            _take(line, found)
    return found


def _take(line: bytes, found: dict[str, Entry]) -> None:
    """Take an entry from a line, none from one that is torn or a stranger's."""
    try:
        name, *entry = json.loads(line)
        if not entry:
            found.pop(name, None)
            return
        (mode, size, *times), told = entry
        texts = [text for x in told for text in x]
        if told and all(isinstance(x, str) for x in (name, *texts)):
            stamp = (mode, size, *map(int, times))
            found[name] = Entry(stamp, tuple(Told(*x) for x in told))
    except (ValueError, TypeError, RecursionError):
        return
