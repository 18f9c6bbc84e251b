"""File operations that a crash cannot tear: a file is there whole or not at all.

A file is written under a temporary name, synced, renamed, and its folder is synced. A
failed sync is never tried again on the same file: the next attempt begins a new one.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["TEMPORARY", "move", "remove", "replace", "replacing", "sync"]

TEMPORARY = ".tmp"
"""How the names of files end that are being written."""


def _nothing(step: str, path: Path) -> None:
    """Hear of a step on a path: nothing to do, outside of tests."""


# Called before each step that changes the disk, and after it: `write`, `written`, ...
# Tests put a function here that stops the process; nothing else ever sets it.
failpoint: Callable[[str, Path], None] = _nothing


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of `path` once it is synced."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    try:
        failpoint("open", temporary)
        temporary.unlink(missing_ok=True)  # it may be a link to elsewhere
        with temporary.open("xb") as file:
            failpoint("write", temporary)
            yield file
            file.flush()
            failpoint("written", temporary)
            os.fsync(file.fileno())
        failpoint("rename", path)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    failpoint("renamed", path)
    sync(path.parent)


def replace(path: Path, data: bytes) -> None:
    """Put a file with these bytes at a path, in place of what is there."""
    with replacing(path) as file:
        file.write(data)


def move(path: Path, folder: Path) -> Path:
    """Move a file into a folder, made if need be, under a name that is free there."""
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 0
    while target.exists():
        number += 1
        target = folder / f"{path.name}.{number}"
    failpoint("move", path)
    path.rename(target)
    sync(folder)
    sync(path.parent)
    return target


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    failpoint("remove", path)
    path.unlink(missing_ok=True)
    failpoint("removed", path)


def sync(folder: Path) -> None:
    """Make what was renamed or removed in a folder last."""
    failpoint("sync", folder)
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
    failpoint("synced", folder)
