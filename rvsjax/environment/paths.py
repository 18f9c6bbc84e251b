"""A path as a user writes it; imports nothing of ours."""

import os
from pathlib import Path

__all__ = ["user_path"]


def user_path(text: str | os.PathLike) -> Path:
    """Return the path that a user means: a ``~`` in front is the home folder.

    The shell does the same, but not in ``--out=~/results`` or in a file. A path that
    has been made of one stays as it is, and so does ``./~``.
    """
    path = Path(os.path.expanduser(text))
    return path.absolute() if str(path).startswith("~") else path
