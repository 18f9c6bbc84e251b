"""Reservations of blocks among the processes that share a folder.

A byte of one file a block: its lock is with whoever computes the block, and the kernel
lets it go once that process dies, on whichever machine. Its value says whether the
block was kept by one of them, so that nobody has to look into the folder for it.
"""

import errno
import os
import struct
from pathlib import Path

from rvsjax.sweep.store import lock

__all__ = ["Reservations"]

_NAME = "blocks"
_HELD = {errno.EAGAIN, errno.EACCES}
_OPEN_FILE = "hhqqi4x"  # struct flock of 64-bit Linux


class Reservations:
    """Blocks that a process has reserved; all are free once it closes."""

    def __init__(self, folder: Path) -> None:
        """Open the file of a folder that is held."""
        path = folder / lock.FOLDER / _NAME
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)

    def close(self) -> None:
        """Let go of every block."""
        os.close(self._file)

    def take(self, block: int) -> bool:
        """Reserve a block, unless another process has it; OSError without locks."""
        try:
            _set(self._file, block, take=True)
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise
        return True

    def free(self, block: int, kept: bool) -> None:
        """Let go of a block, and tell whether its parts are kept."""
        if kept:
            os.pwrite(self._file, b"\1", block)
        _set(self._file, block, take=False)

    def was_kept(self, block: int) -> bool:
        """Say whether a process told that it kept a block, which is reserved here."""
        return os.pread(self._file, 1, block) == b"\1"


def _set(file: int, block: int, take: bool) -> None:
    """Lock a byte, or unlock it: for this open file where there is such a lock.

    Else for this process, as every system has it.
    """
    import fcntl

    if hasattr(fcntl, "F_OFD_SETLK"):
        kind = fcntl.F_WRLCK if take else fcntl.F_UNLCK
        told = struct.pack(_OPEN_FILE, kind, os.SEEK_SET, block, 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, told)
    else:
        how = fcntl.LOCK_EX | fcntl.LOCK_NB if take else fcntl.LOCK_UN
        fcntl.lockf(file, how, 1, block)
