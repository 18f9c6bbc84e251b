"""Progress of a sweep: a bar on a terminal, lines in a log."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator

from rvsjax.cli.console import tell
from rvsjax.errors import counted
from rvsjax.sweep.progress import Progress
from rvsjax.sweep.progress_bar import TerminalBar

__all__ = ["progress_reporter"]

QUIET_SECONDS = 30  # between two plain lines


@contextlib.contextmanager
def progress_reporter(kind: str) -> Iterator[Callable[[Progress], None]]:
    """Give a function that reports progress: a bar, plain lines, JSON or nothing."""
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() else "plain"
    reporter = {"bar": TerminalBar, "plain": _Plain, "json": _Json, "none": _Nothing}[
        kind
    ]()
    try:
        yield reporter
    finally:
        reporter.close()


class _Nothing:
    def __call__(self, progress: Progress) -> None:
        pass

    def close(self) -> None:
        pass


class _Json(_Nothing):
    """A line at the start and whenever something is done."""

    done = -1.0

    def __call__(self, progress: Progress) -> None:
        if progress.done != self.done:
            self.done = progress.done
            tell(json.dumps(progress._asdict()))


class _Plain(_Nothing):
    """One line at the start, then at most one every `QUIET_SECONDS`."""

    last: float | None = None

    def __call__(self, progress: Progress) -> None:
        if self.last is None:
            before = progress.blocks_before
            known = f" ({before} finished before)" if before else ""
            blocks = counted(progress.blocks, "block")
            kernel = f" with the kernel {progress.kernel}" if progress.kernel else ""
            tell(f"{blocks} to run{known}{kernel}; compiling the first")
            self.last = time.monotonic()
        elif progress.done and time.monotonic() - self.last >= QUIET_SECONDS:
            self.last = time.monotonic()
            tell(str(progress))
