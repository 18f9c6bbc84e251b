"""A place on a disk that one process works in at a time, and its manifest."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.store import atomic, checkpoints, lock, manifest, packs, parts
from rvsjax.sweep.store.ledger import Ledger

__all__ = ["Directory"]

_MADE = ("parts", lock.FOLDER)
_FOLDERS = (*_MADE, "quarantine", checkpoints.FOLDER)
_OURS = {"manifest.json", "sweep.toml", *_FOLDERS}


class Directory:
    """A folder that is held while it is written, and a manifest in it."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        self.folder = Path(folder)
        self._ledger = Ledger(self.folder)
        self._stamp: tuple[int, ...] = ()  # of the manifest as it was last read
        self._known: dict[str, Any] = {}
        self._locks = False  # whether those who work here lock each other out

    # -- one at a time -----------------------------------------------------------------

    @contextlib.contextmanager
    def hold(self, index: int = 1, total: int = 1) -> Iterator[None]:
        """Work in the folder, made if need be, as the I-th of N processes.

        Raises FolderError where another process has that place, or one of another N.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.refuse_strange_files()
                for name in _MADE:
                    atomic.make(self.folder / name)
                for folder in (self.folder / "parts", *self._of_packs()):
                    atomic.sync(folder)  # renamed by one that died then
                locked = self._locks = stack.enter_context(
                    lock.hold(self.folder, index, total)
                )
                self._ledger.share(index, total)
                if locked and total == 1:
                    self._remove_temporary_files()
            except lock.Held as error:
                raise FolderError(self._in_use(error)) from None
            except OSError as error:
                why = f"{error.filename or self.folder}: {error.strerror}"
                what = f"{self.folder} cannot be written ({why})"
                what = f"{what}; mend that, or use another folder with --out"
                raise FolderError(what) from None
            yield

    def _in_use(self, holder: object) -> str:
        what = f"{self.folder} is in use by {holder}; wait for it"
        return f"{what}, or use another folder"

    def holders(self) -> dict[tuple[int, int], str]:
        """Return who works in the folder now, by the share ``(I, N)``; writes nothing.

        As far as locks work there, and may be looked at.
        """
        return lock.holders(self.folder)

    @property
    def has_locks(self) -> bool:
        """True where those who hold the folder lock each other out."""
        return self._locks

    def shards_begun(self, total: int) -> set[int]:
        """Return which of N processes have ever worked in the folder."""
        return lock.begun(self.folder, total)

    def in_use(self, index: int = 1, total: int = 1) -> str:
        """Say who keeps the I-th of N processes out of the folder, "" where nobody."""
        for (other, of), holder in self.holders().items():
            if of != total or other == index:
                return self._in_use(holder)
        return ""

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one of those that share the folder, briefly."""
        with lock.brief(self.folder):
            yield

    def refuse_strange_files(self) -> None:
        """Refuse a folder that is not, or may not be, one of a sweep."""
        places = [self.folder / name for name in _FOLDERS]
        for path in places:
            if path.is_symlink():
                what = f"{path} is a symbolic link to elsewhere"
                raise FolderError(f"{what}; use another folder with --out")
        for path in (self.folder, *places):
            if path.exists() and not path.is_dir():
                raise FolderError(f"{path} is not a folder; use another with --out")
        if not self.folder.exists() or (self.folder / "manifest.json").exists():
            return
        if any(parts.named(x) or packs.is_pack(x) for x in self._in_parts()):
            return  # the manifest was lost, but no stranger has files of such names
        strange = {path.name for path in self.folder.iterdir()} - _OURS
        if any(not name.endswith(atomic.TEMPORARY) for name in strange):
            what = f"{self.folder} holds files but no manifest.json"
            raise FolderError(f"{what}; use an empty folder with --out")

    def _remove_temporary_files(self) -> None:
        folders = [self.folder, *(self.folder / name for name in _FOLDERS)]
        for folder in (*folders, *self._of_packs()):
            for path in folder.glob(f".*{atomic.TEMPORARY}"):
                atomic.remove(path)

    # -- files -------------------------------------------------------------------------

    @property
    def manifest(self) -> dict[str, Any]:
        """The question and what computed its answer; empty before the first sweep."""
        path = self.folder / "manifest.json"
        try:
            return manifest.read(path)
        except NotADirectoryError:
            what = f"{self.folder} is not the folder of a sweep: no manifest.json"
            raise FolderError(what) from None
        except DamagedFile as error:
            what = f"{path} {error}"
            raise FolderError(f"{what}; run the same sweep again to mend it") from None

    def _current(self) -> dict[str, Any]:
        """Return the manifest, read again only where it was replaced."""
        try:
            status = (self.folder / "manifest.json").lstat()
        except (FileNotFoundError, NotADirectoryError):
            return self.manifest
        stamp = status.st_ino, status.st_mtime_ns, status.st_size
        if self._stamp != stamp:
            self._known, self._stamp = self.manifest, stamp
        return self._known

    def update(self, entries: dict[str, Any]) -> None:
        """Add entries to the manifest, or replace them."""
        self.write("manifest.json", manifest.encode(self.manifest | entries))

    def add(self, name: str, entry: dict[str, Any]) -> None:
        """Add an entry to a list of the manifest, whoever else does so."""
        with self.alone():
            self.update({name: [*self.manifest.get(name, []), entry]})

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the folder so that it is there whole or not at all."""
        atomic.replace(self.folder / name, data)

    def _holds(self, name: str, data: bytes) -> bool:
        """Say whether a file of the folder has these bytes."""
        path = self.folder / name
        try:
            return path.stat().st_size == len(data) and path.read_bytes() == data
        except OSError:
            return False

    def _in_parts(self) -> list[str]:
        """Return the names in `parts/`, of packs with their folder.

        That it cannot be read is no lack of parts.
        """
        try:
            found = os.listdir(self.folder / "parts")
        except FileNotFoundError:
            return []
        folders = self._of_packs()
        inside = [f"{x.name}/{name}" for x in folders for name in _names(x)]
        return sorted([*(set(found) - {x.name for x in folders}), *inside])

    def _of_packs(self) -> list[Path]:
        """Return the folders of packs."""
        with contextlib.suppress(FileNotFoundError):
            with os.scandir(self.folder / "parts") as found:
                return [
                    Path(x.path)
                    for x in found
                    if packs.is_folder(x.name) and x.is_dir(follow_symlinks=False)
                ]
        return []

    def _quarantine(self, path: Path, why: str) -> str:
        target = atomic.move(path, self.folder / "quarantine")
        return f"{path} {why}; moved to {target}, to be made again"


def _names(folder: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return os.listdir(folder)
    return []
