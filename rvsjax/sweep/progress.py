"""Progress of a call: blocks, runs and seconds, counted while blocks are computed."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from rvsjax.errors import counted
from rvsjax.sweep.executors.executor import Executor

__all__ = ["Progress", "Tracker", "duration"]

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


class Progress(NamedTuple):
    """Progress of a call: its blocks, those of earlier calls, and its seconds."""

    blocks_done: int
    blocks: int
    blocks_before: int
    seconds: float
    runs: int = 0  # of its blocks
    failures: int = 0  # runs among them that did not end well
    under_way: float = 0  # blocks' worth of what unfinished blocks have done
    resumed: float = 0  # blocks' worth of all this that earlier calls did
    kernel: str = ""  # that takes the steps, where there is a choice
    machines: int = 0  # of a cluster that compute now
    lost: int = 0  # tasks that a cluster lost, to be done again

    @property
    def done(self) -> float:
        """The finished blocks, with what unfinished ones have done."""
        return self.blocks_done + self.under_way

    def __str__(self) -> str:
        """Return ``3.4 of 7 blocks, 12 runs/s, 3 failed, about 40 s left``."""
        done = f"{self.done:.1f}" if self.under_way else self.blocks_done
        told = [f"{done} of {self.blocks} blocks"]
        if self.blocks_done:
            rate = self.runs / self.seconds if self.seconds else 0
            told.append(f"{rate:.3g} runs/s" if rate < 1000 else f"{rate:,.0f} runs/s")
        if self.failures:
            told.append(f"{self.failures} failed")
        if self.machines:
            told.append(f"on {counted(self.machines, 'machine')}")
        if self.lost:
            told.append(f"{counted(self.lost, 'task')} lost and done again")
        if self.blocks_done == self.blocks:
            return ", ".join([*told, duration(self.seconds)])
        if (worth := self.done - self.resumed) > _NOTHING:
            left = self.seconds / worth * (self.blocks - self.done)
            told.append(f"about {duration(left)} left")
        return ", ".join(told)


class Tracker:
    """Counts of a call, reported whenever one of them changes."""

    def __init__(
        self,
        executor: Executor,
        blocks: int,
        blocks_before: int,
        watch: Callable[[Progress], None],
        kernel: str = "",
    ) -> None:
        """Start the clock."""
        self.executor, self.watch, self.kernel = executor, watch, kernel
        self.blocks, self.blocks_before = blocks, blocks_before
        self.blocks_done = 0
        self.statuses = Counter[str]()
        self.failed = False  # whether a block could not be computed
        self.begin = datetime.now(UTC)
        self._clock, self._writing = time.perf_counter(), 0.0

    def add(self, statuses: Counter[str]) -> None:
        """Count a block that is kept, by how its runs ended."""
        self.blocks_done += 1
        self.statuses.update(statuses)
        self.report()

    def report(self) -> None:
        """Tell who watches."""
        runs, counts = self.statuses.total(), self.executor.counts()
        progress = Progress(
            self.blocks_done,
            self.blocks,
            self.blocks_before,
            time.perf_counter() - self._clock,
            runs,
            runs - self.statuses["ok"],
            counts.under_way,
            counts.resumed,
            self.kernel,
            counts.machines,
            counts.lost,
        )
        self.watch(progress)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Count the seconds of writing."""
        begin = time.perf_counter()
        yield
        self._writing += time.perf_counter() - begin

    def seconds(self) -> dict[str, float]:
        """Return seconds of wall clock, or for programs of the sum over workers."""
        counts = self.executor.counts()
        seconds = {
            "compile": counts.compile_seconds,
            "run": counts.run_seconds,
            "write": self._writing,
            "whole": time.perf_counter() - self._clock,
        }
        return {name: round(x, 3) for name, x in seconds.items()}
