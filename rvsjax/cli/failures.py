"""Errors of a command as a sentence and an exit code, all in one place."""

import argparse
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

from rvsjax.cli.console import REFUSED, SOME_FAILED
from rvsjax.errors import OutOfMemory, SweepFileError, UserError, counted, one_line

__all__ = ["Failure", "explain"]


class Failure(NamedTuple):
    """The end of a command that an error ended."""

    sentence: str
    exit_code: int


def explain(error: Exception, arguments: argparse.Namespace) -> Failure | None:
    """Return the failure that an error means; None for a defect of this program.

    A command that is `resumable` keeps what was finished, so that a machine that lacks
    something is told otherwise than one that reads a folder.
    """
    resumable = getattr(arguments, "resumable", False)
    if isinstance(error, OutOfMemory):
        return _larger_than_memory(error, arguments, resumable)
    if isinstance(error, SweepFileError) and resumable:
        return Failure(_mistakes(error, arguments.file), REFUSED)
    if isinstance(error, UserError):
        return Failure(str(error), REFUSED)
    if _is_of_import(error):
        return Failure(_not_imported(error), SOME_FAILED)
    return _unfinished(error) if resumable else _unreadable(error)


def _larger_than_memory(
    error: OutOfMemory, arguments: argparse.Namespace, resumable: bool
) -> Failure:
    if not resumable:
        return Failure(f"{error}; free some memory, and try again", REFUSED)
    smaller = (arguments.block or 1) > 1
    advice = "; try a smaller --block in another folder" if smaller else ""
    return Failure(f"{error}{advice}", SOME_FAILED)


def _mistakes(error: SweepFileError, file: object) -> str:
    """Return every mistake of a sweep file, a line each, under their number."""
    head = f"{one_line(str(file))}: {counted(len(error.problems), 'mistake')}"
    lines = "\n".join(f"  {line}" for line in str(error).splitlines())
    return f"{head}, nothing was run\n{lines}"


def _unfinished(error: Exception) -> Failure | None:
    """Return what a sweep lacked: a file, memory, a thread."""
    pyarrow = sys.modules.get("pyarrow")
    lacks = (OSError, MemoryError, RuntimeError, getattr(pyarrow, "ArrowException", ()))
    if not isinstance(error, lacks):
        return None
    what = _os_error(error, "the results folder")
    kept = "what was finished is kept, the same command continues"
    return Failure(f"{what}; {kept}", SOME_FAILED)


def _unreadable(error: Exception) -> Failure | None:
    """Return why a results folder could not be read, or its page written."""
    if isinstance(error, OSError):
        return Failure(_os_error(error, "the folder"), REFUSED)
    if isinstance(error, MemoryError):
        return Failure("the folder needs more memory than there is", REFUSED)
    return None


def _os_error(error: Exception, place: str) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or place}: {error.strerror}"
    return _first_line(error)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


# -- imports ---------------------------------------------------------------------------

_ADVICE = (
    "give the process more memory and threads (ulimit -v, ulimit -u), or install the "
    "package again"
)


def _not_imported(error: Exception) -> str:
    advice = "mend that setting" if isinstance(error, ValueError) else _ADVICE
    return f"{_package(error)} cannot be imported: {_first_line(error)}; {advice}"


def _is_of_import(error: BaseException) -> bool:
    """Say whether an error is not of a command, but of what it had to import.

    Python itself may be short of memory for a module, which has no frame then.
    """
    *_, last = _frames(error)
    of_python = last.f_code.co_filename.startswith("<frozen importlib")
    return isinstance(error, ImportError) or of_python or any(_importing(error))


def _frames(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames that an error went through, that which raised it last."""
    place = error.__traceback__
    while place:
        yield place.tb_frame
        place = place.tb_next


def _importing(error: BaseException) -> Iterator[str]:
    """Yield the modules that were being imported when an error was raised."""
    for frame in _frames(error):
        name = str(frame.f_globals.get("__name__"))
        if frame.f_code.co_name == "<module>" and name != "__main__":
            yield name


def _package(error: BaseException) -> str:
    """Name the package whose import failed."""
    names = [*_importing(error)] or [getattr(error, "name", None) or ""]
    packages = [name.partition(".")[0] for name in names]
    strange = [name for name in packages if name not in ("", "rvsjax")]
    return strange[-1] if strange else "a package"
