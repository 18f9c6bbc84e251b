"""The calls with which the store changes the disk: watched, recorded, made to fail."""

import builtins
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Watcher:
    """Hears of each call before it is made, and after it went well."""

    def before(self, name: str, path: Path, number: int | None = None) -> None:
        """Hear of a call on a path, and its file descriptor if it is a sync."""

    def after(self, name: str, path: Path, more: str = "") -> None:
        """Hear that it went well, and of its target or data in hex."""


class Record(Watcher):
    """Tells each call that went well, with paths relative to a folder."""

    def __init__(self, home: Path, tell: Callable[..., None]) -> None:
        self.home, self.tell = home, tell

    def after(self, name: str, path: Path, more: str = "") -> None:
        if name in ("replace", "rename"):
            more = str(Path(more).relative_to(self.home))
        self.tell("call", [name, str(path.relative_to(self.home)), more])


class Faults(Watcher):
    """Lets the N-th call fail, or all from the N-th on."""

    def __init__(
        self, first: int, code: int, ever: bool, tell: Callable[..., None]
    ) -> None:
        self.left, self.code, self.ever, self.tell = first, code, ever, tell
        self.unsynced: list[int] = []  # descriptors of files whose sync failed

    def over(self) -> None:
        """Let nothing fail any more."""
        self.left, self.ever = 0, False

    def before(self, name: str, path: Path, number: int | None = None) -> None:
        if number is not None and any(
            os.path.sameopenfile(number, other) for other in self.unsynced
        ):
            self.tell("synced again", path.name)
        self.left -= 1
        if self.left == 0 or (self.ever and self.left < 0):
            self.tell("failed", f"{name} {path.name}")
            if number is not None and path.is_file():
                # kept open, so that no other file is given its inode
                self.unsynced.append(os.dup(number))
            raise OSError(self.code, os.strerror(self.code), str(path))


def watch(home: Path, watcher: Watcher) -> None:
    """Watch the changes of a folder and all in it but locks, from now on."""
    open_file, open_number, sync = io.open, os.open, os.fsync
    paths: dict[int, Path] = {}  # by file descriptor

    def is_ours(path: Any) -> bool:
        return home in (path := Path(path) / "x").parents and ".locks" not in path.parts

    class Watched(io.FileIO):
        def write(self, data: Any) -> int:
            path, held = paths[self.fileno()], bytes(data)
            try:
                watcher.before("write", path)
            except OSError:
                super().write(held[: len(held) // 2])  # as a disk that gets full
                raise
            count = super().write(held)
            watcher.after("write", path, held[:count].hex())
            return count

    def opened(path: Any, mode: str = "r", *more: Any, **options: Any) -> Any:
        if not (set(mode) & set("wxa") and is_ours(path)):
            return open_file(path, mode, *more, **options)
        watcher.before("open", Path(path))
        file = Watched(path, mode)
        paths[file.fileno()] = Path(path)
        watcher.after("open", Path(path))
        return io.BufferedWriter(file)

    def opened_number(path: Any, flags: int, *more: Any, **options: Any) -> int:
        number = open_number(path, flags, *more, **options)
        paths[number] = Path(path)
        return number

    def synced(number: int) -> None:
        if not is_ours(paths[number]):
            return sync(number)
        watcher.before("fsync", paths[number], number)
        sync(number)
        watcher.after("fsync", paths[number])

    def wrapped(name: str) -> Callable[..., None]:
        call = getattr(os, name)

        def changed(path: Any, *more: Any, **options: Any) -> None:
            if not is_ours(path):
                return call(path, *more, **options)
            watcher.before(name, Path(path))
            call(path, *more, **options)
            watcher.after(name, Path(path), str(more[0]) if more else "")

        return changed

    io.open = builtins.open = opened
    os.open, os.fsync = opened_number, synced
    for name in ("replace", "rename", "unlink", "mkdir"):
        setattr(os, name, wrapped(name))
