"""Finished blocks that wait to be kept together, for half a second at most."""

import time
from collections.abc import Callable

from rvsjax.sweep.executors.executor import Done
from rvsjax.sweep.job import Job
from rvsjax.sweep.progress import Tracker

__all__ = ["Waiting"]

_LONGEST = 0.5  # seconds that a finished block waits, and a beat


def _ignore(_: int) -> None:
    pass


class Waiting:
    """Blocks of a job that are finished and not kept; of few blocks, none waits."""

    def __init__(
        self, job: Job, tracker: Tracker, kept: Callable[[int], None] = _ignore
    ) -> None:
        """Take the job that keeps them, and who hears of each once it is kept."""
        self.job, self.tracker, self.kept = job, tracker, kept
        self._blocks: list[Done] = []
        self._since = 0.0

    def add(self, done: Done) -> None:
        """Take a finished block, and keep it with the others when it is time."""
        if not self._blocks:
            self._since = time.monotonic()
        self._blocks.append(done)
        if len(self._blocks) >= self.job.store.pack_size:
            self.keep()
        else:
            self.keep_old()

    def keep_old(self) -> None:
        """Keep all if the first has waited long enough."""
        if self._blocks and time.monotonic() - self._since >= _LONGEST:
            self.keep()

    def keep(self) -> None:
        """Keep all now."""
        blocks, self._blocks = self._blocks, []
        if blocks:
            with self.tracker.writing():
                self.job.keep(blocks)
            for done in blocks:
                self.kept(done.block)
                self.tracker.add(done.statuses)
