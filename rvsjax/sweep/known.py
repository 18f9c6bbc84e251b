"""Runs that a folder has in blocks of an earlier plan, when it has grown."""

import math
from collections.abc import Callable
from typing import Any

from rvsjax.sweep.plan.cut import Cut
from rvsjax.sweep.plan.lookup import Lookup
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.store.ranges import Ranges

__all__ = ["KnownById", "KnownByPlace"]

Left = Callable[[int, list[Any], float], list[Any]]


class KnownByPlace:
    """The runs of kept blocks, told by their places in the plan: none is held."""

    def __init__(self, lookup: Lookup, cut: Cut, first: int, kept: Ranges) -> None:
        """Take a plan whose blocks are numbered from `first`, and those it keeps."""
        self.lookup, self.cut, self.first, self.kept = lookup, cut, first, kept

    def has(self, item: RunConfig, at: float = math.inf) -> bool:
        """Say whether a run is in one of the blocks."""
        place = self.lookup.place(item)
        if place is None:
            return False
        return self.first + self.cut.number_of(place) in self.kept


class KnownById:
    """The ids of the runs of blocks, less those that a plan since then has lost."""

    def __init__(self, left: Left) -> None:
        """Take what says which items of a block are left at a number."""
        self.left = left
        self._blocks: list[tuple[int, list[str]]] = []
        self._at: dict[float, set[str]] = {}

    def add(self, block: int, items: list[RunConfig]) -> None:
        """Take the runs of a block."""
        self._blocks.append((block, [item.run_id for item in items]))

    def has(self, item: RunConfig, at: float = math.inf) -> bool:
        """Say whether a plan that begins at a number has a run in one of them."""
        if at not in self._at:
            left = (self.left(block, ids, at) for block, ids in self._blocks)
            self._at[at] = {run_id for ids in left for run_id in ids}
        return item.run_id in self._at[at]
