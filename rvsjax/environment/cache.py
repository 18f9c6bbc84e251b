"""A private cache of files: a folder that nobody else can write to or read.

Code is loaded from these files, so a folder that another user could have touched is not
used at all. A file that is damaged, foreign or of another version is as if absent.
"""

import contextlib
import functools
import hashlib
import logging
import os
import stat
from pathlib import Path

import platformdirs

__all__ = ["LIMIT", "Cache", "private_folder", "source_digest", "warn_once"]

_log = logging.getLogger(__name__)

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
        """Keep data under a key; where the disk does not let us, that is told once."""
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_bytes(hashlib.sha256(data).digest() + data)
            temporary.replace(path)
        except OSError as error:
            _tell_unused(self.folder, f"it cannot be written: {error.strerror}", "")
        with contextlib.suppress(OSError):
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


@functools.cache
def warn_once(sentence: str) -> None:
    """Log a warning; the same one only the first time in a process."""
    _log.warning("%s", sentence)


def private_folder(name: str) -> Path | None:
    """Return the user's private cache folder `name`, made with mode 0700 if need be.

    It lies in ``$RVSJAX_CACHE``, else in ``$XDG_CACHE_HOME/rvsjax`` or
    ``~/.cache/rvsjax`` (macOS: ``~/Library/Caches/rvsjax``). None, that is no cache, if
    ``RVSJAX_CACHE=off``, or if either folder cannot be written, belongs to someone
    else, is open to the group or the world, or is a symbolic link; that is told once.
    """
    try:
        root = _root()
    except (OSError, RuntimeError):
        _tell_unused("the home folder", "there is none", "")
        return None
    if root is None or not hasattr(os, "getuid"):  # no owners and modes to go by
        return None
    for folder in (root, root / name):
        try:
            folder.mkdir(mode=0o700, parents=folder == root, exist_ok=True)
            problem, mend = _problem(folder)
        except FileExistsError:  # also a link that leads nowhere
            problem, mend = "it is not a folder", ""
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            problem, mend = f"it cannot be made: {why}", ""
        if problem:
            _tell_unused(folder, problem, mend)
            return None
    return root / name


def _tell_unused(folder: Path | str, problem: str, mend: str) -> None:
    warn_once(
        f"{folder} is no cache, and what is compiled or downloaded is not kept: "
        f"{problem}; {mend}name a folder of your own in RVSJAX_CACHE, or none: off"
    )


def _problem(folder: Path) -> tuple[str, str]:
    """Say what is wrong with a folder that is there, and what mends that."""
    status = folder.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISDIR(status.st_mode):
        return "it is a symbolic link", ""
    if status.st_uid != os.getuid():
        return "it belongs to another user", ""
    if mode & 0o077:
        return f"it is open to others (mode {mode:o})", f"chmod 700 {folder}, or "
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return "it cannot be written", f"chmod 700 {folder}, or "
    return "", ""


def _root() -> Path | None:
    setting = os.environ.get("RVSJAX_CACHE", "")
    if setting == "off":
        return None
    if setting:
        return Path(os.path.expanduser(setting)).absolute()
    return platformdirs.user_cache_path("rvsjax")
