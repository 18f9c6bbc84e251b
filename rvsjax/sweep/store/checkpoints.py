"""Checkpoints of unfinished blocks, kept between their stages."""

import contextlib
import hashlib
from pathlib import Path

from rvsjax.sweep.store import atomic

__all__ = ["FOLDER", "Checkpoints"]

FOLDER = "checkpoints"


class Checkpoints:
    """Bytes by key, each a file that is there whole or not at all.

    A file begins with the SHA-256 of `about`, its key and its bytes; one that does not
    is as if absent. `about` is what all of them depend on.
    """

    def __init__(self, folder: Path, about: str) -> None:
        """Use ``checkpoints/`` of a folder; it is made with the first of them."""
        self.folder = folder / FOLDER
        self.about = about

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None if there is nothing."""
        try:
            whole = self._path(key).read_bytes()
        except OSError:
            return None
        data = whole[32:]
        return data if self._digest(key, data) == whole[:32] else None

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, in place of those before."""
        atomic.make(self.folder)
        atomic.replace(self._path(key), self._digest(key, data) + data)

    def forget(self, block: int) -> None:
        """Remove what was kept of a block, and the folder with the last of them."""
        for path in self.folder.glob(f"{block}-*"):
            atomic.remove(path)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.part"

    def _digest(self, key: str, data: bytes) -> bytes:
        whole = hashlib.sha256(f"{self.about}\0{key}\0".encode())
        whole.update(data)
        return whole.digest()
