"""Blocks shared by the shards of a folder: their own first, then what others left.

A shard that is done takes blocks that another one has not begun, be it slower, or dead.
One that was never started keeps its blocks until it is.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator

from rvsjax.sweep.engine import Block
from rvsjax.sweep.schedule import Schedule
from rvsjax.sweep.store import Store
from rvsjax.sweep.store.reservations import Reservations

__all__ = ["Sharing"]


class Sharing:
    """Blocks that this process may begin, one of several that share a folder.

    Alone, or where locks do not work, these are all of its own, and no others.
    """

    def __init__(
        self, store: Store, schedule: Schedule, shard: tuple[int, int]
    ) -> None:
        """Join the others; the folder is held."""
        self._store, self._schedule = store, schedule
        self._index, self._total = shard
        self._before = set[int]()  # such blocks are computed again, where they are
        self._reserved: Reservations | None = None

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """Reserve blocks for as long as this lasts."""
        if self._total > 1 and self._store.has_locks:
            self._before = self._store.done()
            self._reserved = Reservations(self._store.folder)
        try:
            yield
        finally:
            if self._reserved:
                self._reserved.close()

    def begin(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield the blocks that nobody else computes, or has computed meanwhile."""
        return (block for block in blocks if self._begin(block.number))

    def _begin(self, block: int) -> bool:
        if self._reserved is None:
            return True
        if not self._reserved.take(block):
            return False
        known = block in self._before or not self._reserved.was_kept(block)
        if known or block not in self._store.done():
            return True
        self._reserved.free(block, kept=True)
        return False

    def kept(self, block: int) -> None:
        """Let go of a block whose parts are kept."""
        if self._reserved:
            self._reserved.free(block, kept=True)

    def left(self) -> set[int]:
        """Return the blocks that are not done, of all shards that were ever begun."""
        if self._reserved is None:
            return set()
        begun = self._store.shards_begun(self._total)
        left = self._schedule.numbers - self._store.done()
        return {number for number in left if number % self._total + 1 in begun}

    def rounds(
        self, done: Callable[[], int], stop: Callable[[], bool]
    ) -> Iterator[set[int]]:
        """Yield what is left, again until nothing of it was to be had."""
        before = -1
        while before < (before := done()) and not stop() and (left := self.left()):
            yield left
