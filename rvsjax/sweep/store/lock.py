"""Kernel locks of a folder, which a process that dies lets go at once.

Processes that share a folder hold one file each, `I-of-N`. Those with another N, or
the same I, are refused. Where a file system knows no locks there are none, rather than
files that stand for locks and outlive who made them: parts are immutable and named by
their content, so that both stay right.
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

__all__ = ["Held", "begun", "brief", "hold", "holders"]

FOLDER = ".locks"
_NAME = re.compile(r"(\d+)-of-(\d+)\.lock")
_DOOR = 60.0  # seconds to wait while others come in, which takes them milliseconds
_FOREVER = -1.0  # who holds the lock is alive; large tables take their time
_LOOK = 0.2  # seconds to wait for one's own lock, which `holders` may look at
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


class Held(Exception):
    """Somebody else works in the folder; the message says who, and since when."""


@contextlib.contextmanager
def brief(folder: Path) -> Iterator[bool]:
    """Be alone with the folder, once others were; give whether locks work there."""
    with _locked(folder / FOLDER / "brief.lock", _FOREVER) as locked:
        yield locked


@contextlib.contextmanager
def hold(folder: Path, index: int, total: int) -> Iterator[bool]:
    """Hold a share of a folder; give whether locks work there.

    Raises `Held` where another process holds the same share, or one of another total.
    """
    path = folder / FOLDER / f"{index}-of-{total}.lock"
    with contextlib.ExitStack() as own:
        works = own.enter_context(_locked(path, _LOOK))
        about = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with contextlib.suppress(OSError):  # it is only told
            _about(path).unlink(missing_ok=True)  # it may be a link to elsewhere
            _about(path).write_text(json.dumps(about))
        # One at a time: two that try a lock would take each other for its holder.
        with _locked(folder / FOLDER / "door.lock", _DOOR):
            for other in sorted((folder / FOLDER).glob("*.lock")):
                match = _NAME.fullmatch(other.name)
                if match and int(match[2]) != total:
                    _refuse_if_held(other, own)
        yield works


def holders(folder: Path) -> dict[tuple[int, int], str]:
    """Return who holds a share of a folder, by its ``(I, N)``.

    Nothing of a folder that may not be written.
    """
    found = {}
    for path in sorted((folder / FOLDER).glob("*.lock")):
        match = _NAME.fullmatch(path.name)
        try:
            with _locked(path, 0):
                pass
        except Held as error:
            if match:
                found[int(match[1]), int(match[2])] = str(error)
        except OSError:
            continue
    return found


def begun(folder: Path, total: int) -> set[int]:
    """Return the shares of a total that a process has ever held, or holds."""
    names = (x.name for x in (folder / FOLDER).glob(f"*-of-{total}.json"))
    return {int(name.partition("-")[0]) for name in names if name[0].isdigit()}


def _refuse_if_held(path: Path, own: contextlib.ExitStack) -> None:
    """Let go of one's own lock where this one is held, before others look at it."""
    try:
        with _locked(path, 0):
            pass
    except Held:
        own.close()
        raise


@contextlib.contextmanager
def _locked(path: Path, patience: float) -> Iterator[bool]:
    lock = FileLock(path, fallback_to_soft=False)
    try:
        lock.acquire(timeout=patience, poll_interval=0.02)
    except Timeout:
        raise Held(_holder(path)) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
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
