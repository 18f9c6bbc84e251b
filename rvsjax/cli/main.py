"""The command line: from arguments to a command, and its exit code."""

import importlib
import os
import sys
import threading
import traceback
from collections.abc import Iterator

from rvsjax.cli.console import (
    DONE,
    REFUSED,
    SOME_FAILED,
    steady_streams,
    tell,
)
from rvsjax.cli.parser import make_parser
from rvsjax.cli.signals import listen
from rvsjax.errors import UserError

__all__ = ["main", "run_command"]


def run_command(command: str | None = None) -> None:
    """Run this process's arguments, of the command if one is named; exit."""
    out = steady_streams()
    listen()
    code = main(sys.argv[1:], command)
    sys.stdout.flush()
    if code == DONE and out.problem:
        tell(f"the results could not be written to stdout: {out.problem}")
        code = SOME_FAILED
    sys.exit(code)


def main(argv: list[str], command: str | None = None) -> int:
    """Carry out a command line and return its exit code."""
    arguments = make_parser(command).parse_args(argv)
    if lacking := _lacking():
        tell(lacking)
        return SOME_FAILED
    chosen = importlib.import_module(f"rvsjax.cli.commands.{arguments.command}")
    try:
        return chosen.carry_out(arguments)
    except UserError as refusal:
        tell(str(refusal))
        return REFUSED
    except Exception as error:
        if not _is_of_import(error):
            raise
        told = str(error).strip().partition("\n")[0] or type(error).__name__
        mend = "mend that setting" if isinstance(error, ValueError) else _MEND
        tell(f"{_package(error)} cannot be imported: {told}; {mend}")
        return SOME_FAILED


# Below, importing NumPy, JAX and pyarrow ends in an error of theirs, or ends the
# process (OpenBLAS, at 0.4 GB); 2 GB were enough on 2 cores.
_LEAST = 2**30  # bytes of address space


def _lacking() -> str:
    """Say that a process may not take what importing takes; "" where it may."""
    return _lacking_memory() or _lacking_threads()


def _lacking_memory() -> str:
    try:
        from resource import RLIMIT_AS, getrlimit
    except ImportError:  # not here
        return ""
    soft, _ = getrlimit(RLIMIT_AS)
    if not 0 <= soft < _LEAST:
        return ""
    had = f"this process may use {soft / 2**30:.1f} GiB of address space"
    return f"{had}, and rvsjax needs 2; raise the limit (ulimit -v)"


# JAX and OpenBLAS take so many before a first program has run, and XLA aborts the
# process where it gets fewer: found on one and two cores, hence the limit.
_CORES = 32


def _lacking_threads() -> str:
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    needed = 15 + 5 * min(here, _CORES)
    end = threading.Event()
    there: list[threading.Thread] = []
    try:
        for _ in range(needed):
            thread = threading.Thread(target=end.wait, daemon=True)
            thread.start()
            there.append(thread)
    except RuntimeError:
        had = f"this process may start {len(there)} more threads"
        return f"{had}, and rvsjax needs {needed}; raise the limit (ulimit -u)"
    finally:
        end.set()
        for thread in there:
            thread.join()
    return ""


_MEND = (
    "give the process more memory and threads (ulimit -v, ulimit -u), or install the "
    "package again"
)


def _importing(error: BaseException) -> Iterator[str]:
    """Yield the modules that were being imported when an error was raised."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        name = str(frame.f_globals.get("__name__"))
        if frame.f_code.co_name == "<module>" and name != "__main__":
            yield name


def _is_of_import(error: BaseException) -> bool:
    """Say whether an error is not of a command, but of what it had to import.

    Python itself may be short of memory for a module, which has no frame then.
    """
    [*_, last] = traceback.extract_tb(error.__traceback__)
    of_python = last.filename.startswith("<frozen importlib")
    return isinstance(error, ImportError) or of_python or any(_importing(error))


def _package(error: BaseException) -> str:
    """Name the package whose import failed."""
    names = [*_importing(error)] or [getattr(error, "name", None) or ""]
    packages = [name.partition(".")[0] for name in names]
    strange = [name for name in packages if name not in ("", "rvsjax")]
    return strange[-1] if strange else "a package"
