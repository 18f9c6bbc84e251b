"""Progress of a sweep: a bar on a terminal, lines in a log."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rvsjax.cli.console import tell
from rvsjax.errors import counted
from rvsjax.sweep.progress import Progress

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["duration", "progress_reporter"]

QUIET_SECONDS = 30  # between two plain lines
_NOTHING = 1e-9  # blocks: what rounding leaves of shares


def duration(seconds: float) -> str:
    """Return ``42 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _done(progress: Progress) -> float:
    """Return the finished blocks, with what unfinished ones have done."""
    return progress.blocks_done + progress.under_way


def _told(progress: Progress) -> str:
    """Return ``3.4 of 7 blocks, 12 runs/s, 3 failed, about 40 s left``."""
    done = f"{_done(progress):.1f}" if progress.under_way else progress.blocks_done
    told = [f"{done} of {progress.blocks} blocks"]
    if progress.blocks_done:
        rate = progress.runs / progress.seconds if progress.seconds else 0
        told.append(f"{rate:.3g} runs/s" if rate < 1000 else f"{rate:,.0f} runs/s")
    if progress.failures:
        told.append(f"{progress.failures} failed")
    if progress.blocks_done == progress.blocks:
        return ", ".join([*told, duration(progress.seconds)])
    if (worth := _done(progress) - progress.resumed) > _NOTHING:
        left = progress.seconds / worth * (progress.blocks - _done(progress))
        told.append(f"about {duration(left)} left")
    return ", ".join(told)


@contextlib.contextmanager
def progress_reporter(kind: str) -> Iterator[Callable[[Progress], None]]:
    """Give a function that reports progress: a bar, plain lines, JSON or nothing."""
    if kind == "auto":
        kind = "bar" if sys.stderr.isatty() else "plain"
    reporter = {"bar": _Bar, "plain": _Plain, "json": _Json, "none": _Nothing}[kind]()
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
        if _done(progress) != self.done:
            self.done = _done(progress)
            tell(json.dumps(progress._asdict()))


class _Plain(_Nothing):
    """One line at the start, then at most one every `QUIET_SECONDS`."""

    last: float | None = None

    def __call__(self, progress: Progress) -> None:
        if self.last is None:
            before = progress.blocks_before
            known = f" ({before} finished before)" if before else ""
            blocks = counted(progress.blocks, "block")
            tell(f"{blocks} to run{known}; compiling the first")
            self.last = time.monotonic()
        elif _done(progress) and time.monotonic() - self.last >= QUIET_SECONDS:
            self.last = time.monotonic()
            tell(_told(progress))


class _Bar(_Nothing):
    """A bar on a terminal; it stays as it was at the end."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        self.task: TaskID | None = None
        self.bar = Bar(
            BarColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
            redirect_stdout=False,  # which holds results
        )

    def __call__(self, progress: Progress) -> None:
        if self.task is None:
            self.task = self.bar.add_task("compiling", total=progress.blocks)
            self.bar.start()
        elif _done(progress):
            done, told = _done(progress), _told(progress)
            self.bar.update(self.task, completed=done, description=told)

    def close(self) -> None:
        if self.bar.live.is_started:
            self.bar.stop()  # shows the cursor again
