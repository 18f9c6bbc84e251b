"""File operations that a crash cannot tear: a file is there whole or not at all.

A file is written under a temporary name, synced, renamed, and its folder is synced. A
failed sync is never tried again on the same file: the next attempt begins a new one.
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = [
    "TEMPORARY",
    "make",
    "move",
    "remove",
    "rename",
    "replace",
    "replacing",
    "sync",
]

TEMPORARY = ".tmp"
"""How the names of files end that are being written."""

# Folders that may not be read cannot be opened, and some systems sync none at all.
_NO_SYNC = {errno.EACCES, errno.EINVAL}


def _nothing(step: str, path: Path) -> None:
    """Hear of a step on a path: nothing to do, outside of tests."""


# Called before each step that changes the disk, and after it: `move`, `moved`, ...
# Tests put a function here that stops the process; nothing else ever sets it.
failpoint: Callable[[str, Path], None] = _nothing


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of `path` once it is synced.

    An `OSError` of these steps names `path`, whose place it is.
    """
    mark = secrets.token_hex(4)  # hosts that share the folder have pids in common
    temporary = path.with_name(f".{path.name}.{mark}{TEMPORARY}")
    try:
        failpoint("open", temporary)
        with temporary.open("xb") as file:
            failpoint("write", temporary)
            yield file
            file.flush()
            failpoint("written", temporary)
            os.fsync(file.fileno())
        failpoint("rename", path)
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    failpoint("renamed", path)
    sync(path.parent)


def replace(path: Path, data: bytes) -> None:
    """Put a file with these bytes at a path, in place of what is there.

    Again where another process takes the temporary file for one that a dead one left.
    """
    for last in (False, True):
        try:
            with replacing(path) as file:
                file.write(data)
            return
        except FileNotFoundError:
            if last or not path.parent.is_dir():
                raise


def make(folder: Path) -> None:
    """Make a folder, and those above it, so that they last.

    The lowest that is there is synced too: who made it may have died before that.
    """
    if not folder.is_dir():
        make(folder.parent)
        failpoint("make", folder)
        folder.mkdir(exist_ok=True)
        failpoint("made", folder)
    sync(folder.parent)


def move(path: Path, folder: Path) -> Path:
    """Move a file into a folder, made if need be, under a name that is free there."""
    make(folder)
    target, number = folder / path.name, 0
    while target.exists():
        number += 1
        target = folder / f"{path.name}.{number}"
    failpoint("move", path)
    path.rename(target)
    failpoint("moved", target)
    sync(folder)
    sync(path.parent)
    return target


def rename(folder: Path, target: Path) -> None:
    """Give a folder another name, beside its own."""
    failpoint("rename", target)
    folder.rename(target)
    failpoint("renamed", target)
    sync(target.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    failpoint("remove", path)
    path.unlink(missing_ok=True)
    failpoint("removed", path)


def sync(folder: Path) -> None:
    """Make what was made, renamed or removed in a folder last, where that is known."""
    failpoint("sync", folder)
    try:
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    failpoint("synced", folder)
