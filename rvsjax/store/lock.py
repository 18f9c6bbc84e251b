"""Who works in a folder: kernel locks, which a process that dies lets go at once.

Processes that share a folder hold one file each, `I-of-N`. Those with another N, or
the same I, are refused. Where a file system knows no locks there are none: parts are
immutable and named by their content, so that both stay right.
"""

import contextlib
import errno
import json
import os
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["Held", "brief", "held"]

FOLDER = ".locks"
_NAME = re.compile(r"(\d+)-of-(\d+)\.lock")
_PATIENCE = 60.0  # seconds to wait for what others do briefly
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


class Held(Exception):
    """Somebody else works in the folder; the message says who, and since when."""


@contextlib.contextmanager
def brief(folder: Path) -> Iterator[bool]:
    """Be alone with the folder for a moment; give whether locks work there."""
    with _locked(folder / FOLDER / "brief.lock", _PATIENCE) as locked:
        yield locked


@contextlib.contextmanager
def held(folder: Path, index: int, total: int) -> Iterator[bool]:
    """Hold a share of a folder; give whether locks work there.

    Raises `Held` where another process holds the same share, or one of another total.
    """
    name = f"{index}-of-{total}.lock"
    with contextlib.ExitStack() as stack:
        with brief(folder):
            for path in sorted((folder / FOLDER).glob("*.lock")):
                match = _NAME.fullmatch(path.name)
                if match and path.name != name and int(match[2]) != total:
                    with _locked(path, 0):
                        pass
            path = folder / FOLDER / name
            works = stack.enter_context(_locked(path, 0))
            about = {
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            with contextlib.suppress(OSError):  # it is only told
                _about(path).unlink(missing_ok=True)  # it may be a link to elsewhere
                _about(path).write_text(json.dumps(about))
        yield works


@contextlib.contextmanager
def _locked(path: Path, patience: float) -> Iterator[bool]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=patience, poll_interval=0.02)
    except Timeout:
        raise Held(_holder(path)) from None
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _about(path: Path) -> Path:
    return path.with_suffix(".json")


def _holder(path: Path) -> str:
    """Say who holds a lock, as far as they wrote it down."""
    try:
        about = json.loads(_about(path).read_text()[:1000])
        return f"process {about['pid']} on {about['host']}, since {about['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
