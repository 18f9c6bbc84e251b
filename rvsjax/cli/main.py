"""The command line: from arguments to a command, and its exit code."""

import os
import sys
import threading

from rvsjax.cli.console import DONE, SOME_FAILED, steady_streams, tell
from rvsjax.cli.failures import explain
from rvsjax.cli.parser import make_parser
from rvsjax.cli.signals import listen

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
    try:
        return arguments.run(arguments)
    except Exception as error:
        failure = explain(error, arguments)
        if failure is None:
            raise
        tell(failure.sentence)
        return failure.exit_code


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
