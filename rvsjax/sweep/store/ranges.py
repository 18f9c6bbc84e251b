"""Sets of block numbers, kept as ranges: small in memory and in a manifest."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["Ranges", "are_blocks", "blocks_of", "write_blocks"]

_FEW = 1000  # numbers that a manifest lists one by one, as versions of before read them

_TEXT = re.compile(r"(\d{1,12}(-\d{1,12})?(,\d{1,12}(-\d{1,12})?)*)?")


class Ranges:
    """Whole numbers in rising order, as ranges of those that follow each other."""

    def __init__(self, numbers: Iterable[int]) -> None:
        """Take numbers in any order."""
        self.begins: list[int] = []
        self.ends: list[int] = []  # each one past its range
        rising = isinstance(numbers, range | Ranges)
        for number in numbers if rising else sorted(numbers):
            if self.ends and number < self.ends[-1]:
                continue
            if self.ends and number == self.ends[-1]:
                self.ends[-1] += 1
            else:
                self.begins.append(number)
                self.ends.append(number + 1)

    @classmethod
    def parse(cls, text: str) -> "Ranges":
        """Return the numbers of ``0-63,70``; ValueError where they do not rise."""
        if not _TEXT.fullmatch(text):
            raise ValueError("is no set of numbers")
        found = cls(())
        for piece in filter(None, text.split(",")):
            first, _, last = piece.partition("-")
            found.begins.append(int(first))
            found.ends.append(int(last or first) + 1)
        bounds = [x for pair in zip(found.begins, found.ends) for x in pair]
        if any(a >= b for a, b in zip(bounds, bounds[1:])):
            raise ValueError("is no set of rising numbers")
        return found

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        pairs = zip(self.begins, self.ends)
        return ",".join(f"{a}" if b == a + 1 else f"{a}-{b - 1}" for a, b in pairs)

    def __contains__(self, number: object) -> bool:
        """Say whether a number is one of them."""
        if not isinstance(number, int):
            return False
        place = bisect_right(self.begins, number) - 1
        return place >= 0 and number < self.ends[place]

    def __iter__(self) -> Iterator[int]:
        """Yield the numbers in rising order."""
        for begin, end in zip(self.begins, self.ends):
            yield from range(begin, end)

    def __len__(self) -> int:
        """Return how many they are."""
        return sum(self.ends) - sum(self.begins)

    def __eq__(self, other: object) -> bool:
        """Say whether the numbers are the same."""
        return isinstance(other, Ranges) and str(self) == str(other)

    def __hash__(self) -> int:
        """Return a hash of the numbers."""
        return hash(str(self))


def write_blocks(numbers: Iterable[int]) -> dict[str, Any]:
    """Return blocks as an entry of a manifest: ``blocks``, or ``ranges`` of many."""
    found = Ranges(numbers)
    return {"blocks": [*found]} if len(found) <= _FEW else {"ranges": str(found)}


def blocks_of(stage: dict[str, Any]) -> Ranges:
    """Return the blocks that a stage of a manifest tells."""
    return (
        Ranges.parse(stage["ranges"]) if "ranges" in stage else Ranges(stage["blocks"])
    )


def are_blocks(stage: dict[str, Any]) -> bool:
    """Say whether a stage of a manifest, which may be anybody's, tells blocks so."""
    if "ranges" not in stage:
        told = stage.get("blocks")
        return isinstance(told, list) and all(type(x) is int and x >= 0 for x in told)
    try:
        return "blocks" not in stage and len(Ranges.parse(stage["ranges"])) > 0
    except (ValueError, TypeError):
        return False
