"""Whole tables of a folder, sealed by the digests that its manifest has of them."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.store import atomic, page, parts, tables
from rvsjax.sweep.store.directory import Directory
from rvsjax.sweep.store.untrusted import need_file

__all__ = ["GONE", "SealedTables", "schema", "unusable"]

GONE = DamagedFile("was removed meanwhile")


class SealedTables(Directory):
    """A directory with a file a table, none of which is read once it was changed."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        super().__init__(folder)
        self.tables: tuple[str, ...] = ("runs",)
        self._sound: dict[Path, tuple[int, int]] = {}  # whole tables seen unchanged

    def path(self, name: str) -> Path:
        """Return the place of a whole table."""
        return self.folder / f"{name}.parquet"

    def has(self, name: str) -> bool:
        """Say whether a table is there whole."""
        return self.path(name).exists()

    def columns(self, name: str) -> list[str]:
        """Return the names of a whole table's columns."""
        return schema(self.path(name)).names

    def seal(self, names: Sequence[str]) -> None:
        """Note that these whole tables, with the bytes that they have, are all."""
        self.update({"whole": {n: tables.digest(self.path(n)) for n in names}})

    def is_sealed(self) -> bool:
        """Say whether every table is there whole, as it was written."""
        whole = self.manifest.get("whole", {})
        return set(self.tables) <= set(whole) and all(map(self.is_sound, whole))

    def unseal(self, names: Sequence[str]) -> None:
        """Remove whole tables, which are out of date once a block is computed.

        The page, which shows them, says so from then on.
        """
        page.mark_old(self.folder)
        if self.manifest.get("whole"):
            self.update({"whole": {}})
        for name in names:
            atomic.remove(self.path(name))
        atomic.sync(self.folder)

    def whole(self, name: str, columns: Sequence[str] | None) -> pa.Table | None:
        """Return a whole table, None where there is none, or it was just removed."""
        path = self.path(name)
        try:
            if path.exists():
                self.need_sound(name)
                return tables.read(path, columns)
        except FileNotFoundError:
            pass
        except DamagedFile as error:
            raise unusable(path, error) from None
        return None

    def need_sound(self, name: str) -> None:
        """Raise FolderError where a whole table is not as it was sealed."""
        if not self.is_sound(name):
            raise unusable(self.path(name), DamagedFile("is damaged"))

    def is_sound(self, name: str) -> bool:
        """Say whether a whole table is there as it was sealed, if it was."""
        path = self.path(name)
        sealed = self._digest_of(name)
        if sealed is None:
            return True
        try:
            need_file(path)
            status = path.stat()
            stamp = status.st_mtime_ns, status.st_size
            if self._sound.get(path) != stamp and tables.digest(path) == sealed:
                self._sound[path] = stamp
            if self._sound.get(path) == stamp:
                return True
        except (DamagedFile, FileNotFoundError):
            pass
        # made again between the two looks
        return self._digest_of(name) != sealed and self.is_sound(name)

    def _digest_of(self, name: str) -> str | None:
        return self._current().get("whole", {}).get(name)


def schema(path: Path) -> pa.Schema:
    """Return the schema of a Parquet file of a folder, or raise FolderError."""
    try:
        return parts.schema(path)
    except FileNotFoundError:
        raise unusable(path, GONE) from None
    except DamagedFile as error:
        raise unusable(path, error) from None


def unusable(path: Path, why: DamagedFile) -> FolderError:
    """Return what to raise where a file of a folder cannot be read."""
    return FolderError(f"{path} {why}; run the same sweep again to mend it")
