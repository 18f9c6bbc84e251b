"""The runs that a sweep leaves out: blocks of conditions, all looked at together."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rvsjax.errors import one_line

__all__ = ["Conditions", "Exclude"]

Conditions = Mapping[str, Collection[Any]]


class Exclude:
    """Blocks of conditions. A run that meets all conditions of one is left out.

    Sets of blocks are the bits of a number, so that a run takes one look for each
    parameter that is named, however many blocks there are.
    """

    def __init__(self, blocks: Iterable[Conditions]) -> None:
        """Sort the blocks by parameter and value."""
        self.blocks = list(blocks)
        self._met: dict[str, tuple[dict[Any, int], int]] = {}
        for name in {name for block in self.blocks for name in block}:
            silent = sum(1 << i for i, b in enumerate(self.blocks) if name not in b)
            by_value: dict[Any, int] = {}
            for i, block in enumerate(self.blocks):
                for value in block.get(name, ()):
                    by_value[value] = by_value.get(value, silent) | 1 << i
            self._met[name] = by_value, silent

    def met_by(self, parameters: dict[str, Any]) -> int:
        """Return the blocks that a run meets, block i as bit i."""
        met = (1 << len(self.blocks)) - 1
        for name, (by_value, silent) in self._met.items():
            met &= by_value.get(parameters[name], silent)
        return met

    def idle(self, runs: Iterable[dict[str, Any]]) -> list[str]:
        """Return a sentence for each block that none of the runs meets."""
        if not self.blocks:
            return []
        met = 0
        seen: dict[str, set[Any]] = {name: set() for name in self._met}
        for parameters in runs:
            met |= self.met_by(parameters)
            for name, values in seen.items():
                values.add(parameters[name])
        return [
            f"exclude[{i}] leaves out no run{_why(block, seen)}"
            for i, block in enumerate(self.blocks)
            if not met >> i & 1
        ]


def _why(block: Conditions, seen: dict[str, set[Any]]) -> str:
    """Name the first condition that no run meets, if there is one."""
    for name, values in block.items():
        if seen[name].isdisjoint(values):
            text = f"{name} = {', '.join(map(str, values))}"
            return f": none has {one_line(text, 80)}"
    return ""
