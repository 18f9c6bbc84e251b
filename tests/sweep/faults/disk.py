"""What a disk may hold after a loss of power, of all that was asked of it before.

Data is sure to be there once its file was synced, a name once its folder was. Until
then either may be there or not, and a file that is there may have lost data.
"""

import random
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

Tree = dict[str, Any]  # by name: the bytes of a file, or a folder's tree
Luck = Callable[[random.Random], bool]  # whether a change of names is there


def halved(data: bytes) -> bytes:
    return data[: len(data) // 2]


def zeroed(data: bytes) -> bytes:
    return bytes(len(data))


def garbage(data: bytes) -> bytes:
    return random.Random(len(data)).randbytes(len(data))


def empty(data: bytes) -> bytes:
    return b""


LOSSES = (empty, halved, zeroed, garbage)


class File:
    def __init__(self) -> None:
        self.data = b""
        self.is_synced = False


class Folder:
    def __init__(self) -> None:
        self.names: dict[str, File | Folder] = {}
        self.lasting: dict[str, File | Folder] = {}
        self.pending: list[dict[str, File | Folder | None]] = []

    def change(self, entries: dict[str, "File | Folder | None"]) -> None:
        """Change names at once: None is one that is not there any more."""
        _apply(self.names, entries)
        self.pending.append(entries)


class Power(NamedTuple):
    """How much luck there is when it goes: with names, with data, and with syncs."""

    name: str
    lasts: Luck
    losses: tuple[Callable[[bytes], bytes], ...]
    is_honest: bool = True  # a sync of a file did what it should


class Disk:
    """Names and data, as calls have changed them."""

    def __init__(self) -> None:
        self.root = Folder()

    def __call__(self, name: str, path: str, more: str) -> None:
        """Carry out a call that `calls.Record` told."""
        folder, base = self._folder(path), PurePosixPath(path).name
        if name == "mkdir":
            folder.change({base: Folder()})
        elif name == "open":
            folder.change({base: File()})
        elif name == "unlink":
            folder.change({base: None})
        elif name in ("replace", "rename"):
            target, called = self._folder(more), PurePosixPath(more).name
            found = folder.names[base]
            if target is folder:
                folder.change({base: None, called: found})
            else:
                folder.change({base: None})
                target.change({called: found})
        elif name == "write":
            file = folder.names[base]
            file.data += bytes.fromhex(more)
            file.is_synced = False
        elif name == "fsync":
            entry = folder.names[base] if base else self.root
            if isinstance(entry, File):
                entry.is_synced = True
            else:
                entry.lasting, entry.pending = dict(entry.names), []

    def _folder(self, path: str) -> Any:
        folder: Any = self.root
        for name in PurePosixPath(path).parts[:-1]:
            folder = folder.names[name]
        return folder

    def after(self, power: Power, seed: int) -> Tree:
        """Return what the disk holds after a loss of power now."""
        return _left(self.root, power, random.Random(seed))


def _apply(names: dict[str, Any], entries: dict[str, Any]) -> None:
    for name, entry in entries.items():
        names.pop(name, None)
        if entry is not None:
            names[name] = entry


def _left(folder: Folder, power: Power, luck: random.Random) -> Tree:
    names = dict(folder.lasting)
    for entries in folder.pending:
        if power.lasts(luck):
            _apply(names, entries)
    tree: Tree = {}
    for name, entry in sorted(names.items()):
        if isinstance(entry, Folder):
            tree[name] = _left(entry, power, luck)
        elif entry.is_synced and power.is_honest:
            tree[name] = entry.data
        else:
            tree[name] = luck.choice(power.losses)(entry.data)
    return tree


def build(tree: Tree, folder: Path) -> None:
    """Make a folder that holds this."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, entry in tree.items():
        if isinstance(entry, dict):
            build(entry, folder / name)
        else:
            (folder / name).write_bytes(entry)
