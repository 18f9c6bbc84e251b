"""Progress of a call: blocks, runs and seconds, counted while blocks are computed."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa

from rvsjax.sweep.engine import Engine

__all__ = ["Progress", "Tracker"]


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


class Tracker:
    """Counts of a call, reported whenever one of them changes."""

    def __init__(
        self,
        engine: Engine,
        blocks: int,
        blocks_before: int,
        watch: Callable[[Progress], None],
    ) -> None:
        """Start the clock."""
        self.engine, self.watch = engine, watch
        self.blocks, self.blocks_before = blocks, blocks_before
        self.blocks_done = 0
        self.statuses = Counter[str]()
        self.failed = False  # whether a block could not be computed
        self.begin = datetime.now(UTC)
        self._clock, self._writing = time.perf_counter(), 0.0

    def add(self, runs: pa.Table) -> None:
        """Count a block that is kept."""
        self.blocks_done += 1
        self.statuses.update(runs["status"].to_pylist())
        self.report()

    def report(self) -> None:
        """Tell who watches."""
        runs = self.statuses.total()
        progress = Progress(
            self.blocks_done,
            self.blocks,
            self.blocks_before,
            time.perf_counter() - self._clock,
            runs,
            runs - self.statuses["ok"],
            sum(list(self.engine.under_way.values())),  # other threads change it
            self.engine.resumed,
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
        seconds = {
            "compile": self.engine.compile_seconds,
            "run": self.engine.run_seconds,
            "write": self._writing,
            "whole": time.perf_counter() - self._clock,
        }
        return {name: round(x, 3) for name, x in seconds.items()}
