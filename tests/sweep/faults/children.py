"""Processes that run the fake sweep until it ends, fails or is killed.

They are forked by a process that has imported everything and done nothing: each
takes some hundredths of a second. What a child tells is heard up to its death.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests import ROOT

FAILED = 3  # the exit code of a child whose disk failed


class Life(NamedTuple):
    """How a child ended, and what it told."""

    code: int
    told: list[list[Any]]

    def of(self, what: str) -> list[Any]:
        """Return what was told of one kind."""
        return [told[1] for told in self.told if told[0] == what]

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Children:
    """The process that forks them, asked from the tests."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process

    def __call__(self, home: Path, count: int, **asked: Any) -> Life:
        """Run the sweep of `count` runs below a folder, in `fake.OUT`.

        `kill=N` kills it at its N-th failpoint; `record=True` has it tell every call
        that changes the disk; `fail=(N, errno, ever)` lets the N-th such call fail, and
        where `ever`, all after it; with `twice=True` the same process then tries again,
        on a disk that works; what else is asked is that of `fake.sweep`.
        """
        line = json.dumps({"home": str(home), "count": count, **asked})
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return Life(*json.loads(self._process.stdout.readline()))


@contextmanager
def children() -> Iterator[Children]:
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"},  # quick to begin
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Children(process)


# -- in the process that forks ---------------------------------------------------------


def live(
    tell: Any,
    home: str,
    count: int,
    kill: int = 0,
    record: bool = False,
    fail: tuple[int, int, bool] | None = None,
    twice: bool = False,
    **sweep: Any,
) -> int:
    """Be a child; return its exit code."""
    from rvsjax.sweep.store import FolderError, atomic
    from tests.sweep.faults import calls, fake

    number = 0

    def step(name: str, path: Path) -> None:
        nonlocal number
        number += 1
        tell("step", f"{name} {path.name}")
        if number == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    atomic.failpoint = step
    # a kill loses nothing that the kernel holds: a sync need not take milliseconds
    os.fsync = os.fstat
    disk, folder = Path(home), Path(home, fake.OUT)
    faults = calls.Faults(*fail, tell) if fail else None
    if record:
        calls.watch(disk, calls.Record(disk, tell))
    elif faults:
        calls.watch(disk, faults)
    try:
        fake.sweep(folder, count, tell, **sweep)
    except (OSError, FolderError) as error:
        tell("error", str(error))
        if not twice:
            return FAILED
        assert faults
        faults.over()
        fake.sweep(folder, count, tell, **sweep)
    return 0


def fork(asked: dict[str, Any]) -> tuple[int, str]:
    """Fork a child; return how it ended and what it told, a line each."""
    reader, writer = os.pipe()
    if child := os.fork():
        os.close(writer)
        with os.fdopen(reader) as pipe:
            told = pipe.read()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told

    def tell(*what: Any) -> None:
        os.write(writer, json.dumps(what).encode() + b"\n")

    code = 1
    try:
        code = live(tell, **asked)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    import rvsjax.sweep.store  # noqa: F401
    import tests.sweep.faults.calls
    import tests.sweep.faults.fake  # noqa: F401

    gc.disable()  # it would touch, and so copy, all memory of each child
    for line in sys.stdin:
        code, told = fork(json.loads(line))
        print(json.dumps([code, [json.loads(one) for one in told.splitlines()]]))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
