"""Command lines in processes of their own that have imported everything already.

Each is forked by a process that imports what commands import and does nothing else, so
that a test need not wait two seconds for JAX and pandas. The environment is that of the
process that forks: JAX reads it while it is imported.
"""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests import ROOT


class Said(NamedTuple):
    """How a command ended, and all that it wrote."""

    code: int
    stdout: str
    stderr: str


class Commands:
    """The process that forks them, asked from the tests."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process

    def __call__(self, folder: Path, arguments: Sequence[str]) -> Said:
        """Carry out ``python ARGUMENTS`` in a folder: ``-m NAME ...``, ``-c CODE ...``.

        What it writes may name files that are not UTF-8, as Python has them.
        """
        assert self._process.stdin and self._process.stdout
        told = json.dumps({"folder": str(folder), "arguments": list(arguments)})
        self._process.stdin.write(told + "\n")
        self._process.stdin.flush()
        return Said(*json.loads(self._process.stdout.readline()))


@contextmanager
def warm(environment: dict[str, str]) -> Iterator[Commands]:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Commands(process)
        assert process.stdin
        process.stdin.close()


# -- in the process that forks ---------------------------------------------------------


def carry_out(arguments: list[str]) -> int:
    """Do what the interpreter does with its arguments; return the exit code."""
    kind, what, *given = arguments
    sys.argv = [kind, *given]
    try:
        if kind == "-c":
            exec(what, {"__name__": "__main__"})
        else:
            runpy.run_module(what, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def fork(folder: str, arguments: list[str]) -> Said:
    """Fork a process that carries out a command; return how it ended."""
    sinks = [os.memfd_create(name) for name in ("stdout", "stderr")]
    if not (child := os.fork()):
        code = 1
        try:
            os.chdir(folder)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, sink in enumerate(sinks, 1):
                os.dup2(sink, number)
            code = carry_out(arguments)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = []
    for sink in sinks:
        with open(sink, "rb", closefd=True) as file:
            file.seek(0)
            said.append(file.read().decode("utf-8", "surrogateescape"))
    return Said(code, *said)


def main() -> None:
    import rvsjax.api
    import rvsjax.cli.commands.report
    import rvsjax.cli.commands.sweep
    import rvsjax.report.figures
    import rvsjax.report.page
    import rvsjax.studies.rvscgd.study  # noqa: F401

    for line in sys.stdin:
        print(json.dumps(fork(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
