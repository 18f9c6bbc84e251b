"""Files kept between processes, in a folder that nobody else can write to or read.

Code is loaded from these files, so a folder that another user could have touched is not
used at all. A file that is damaged, foreign or of another version is as if absent.
"""

import contextlib
import hashlib
import os
import stat
import sys
from pathlib import Path

__all__ = ["LIMIT", "Cache", "private_folder", "source_digest"]

LIMIT = 256 * 2**20
"""Bytes that a cache may hold; beyond it, what was used longest ago is deleted."""


class Cache:
    """Bytes by key, in a folder; reading and writing never raise.

    `about` is what all keys depend on. A file is the SHA-256 of its content and the
    content; it is written under another name, then renamed.
    """

    def __init__(self, folder: Path, about: str = "", limit: int = LIMIT) -> None:
        """Use a folder that is there, such as a `private_folder`."""
        self.folder = folder
        self.about = about
        self.limit = limit

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key; None if it is not there or damaged."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        digest, data = content[:32], content[32:]
        return data if hashlib.sha256(data).digest() == digest else None

    def put(self, key: str, data: bytes) -> None:
        """Keep data under a key, if the disk lets us."""
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        with contextlib.suppress(OSError):
            try:
                temporary.write_bytes(hashlib.sha256(data).digest() + data)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            self._shrink()

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(f"{self.about}\0{key}".encode()).hexdigest()
        return self.folder / f"{name}.bin"

    def _shrink(self) -> None:
        files = [(path, path.stat()) for path in self.folder.glob("*.bin")]
        files.sort(key=lambda file: file[1].st_mtime)
        size = sum(status.st_size for _, status in files)
        for path, status in files:
            if size <= self.limit:
                break
            path.unlink(missing_ok=True)
            size -= status.st_size


def source_digest(folder: Path) -> str:
    """Return a hash of every source file in a folder, names and contents."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SOURCES:
            name = str(path.relative_to(folder)).encode()
            content = hashlib.sha256(path.read_bytes()).digest()
            whole.update(hashlib.sha256(name).digest() + content)
    return whole.hexdigest()


_SOURCES = {".py", ".c", ".h", ".cc", ".cpp", ".cu", ".cuh"}


def private_folder(name: str) -> Path | None:
    """Return the user's private cache folder `name`, made with mode 0700 if need be.

    It lies in ``$RVSJAX_CACHE``, else in ``$XDG_CACHE_HOME/rvsjax`` or
    ``~/.cache/rvsjax`` (macOS: ``~/Library/Caches/rvsjax``). None, that is no cache, if
    ``RVSJAX_CACHE=off``, or if either folder cannot be written, belongs to someone
    else, is open to the group or the world, or is a symbolic link.
    """
    try:
        root = _root()
        if root is None:
            return None
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = root / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder if _private(root) and _private(folder) else None
    except (OSError, RuntimeError, ValueError):  # no such place, no home, an odd name
        return None


def _root() -> Path | None:
    setting = os.environ.get("RVSJAX_CACHE", "")
    if setting:
        return None if setting == "off" else Path(setting).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rvsjax"
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))  # relative ones do not count
    return (folder if folder.is_absolute() else Path.home() / ".cache") / "rvsjax"


def _private(folder: Path) -> bool:
    if not hasattr(os, "getuid"):  # no owners and modes to go by
        return False
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    closed = not stat.S_IMODE(status.st_mode) & 0o077
    return ours and closed and os.access(folder, os.R_OK | os.W_OK | os.X_OK)
