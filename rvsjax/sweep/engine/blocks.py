"""A stream of items, cut into blocks of one size, each of one key."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple

__all__ = ["Block", "blocks", "choose_block_size"]


class Block(NamedTuple):
    """Items that run together: at most `size` of one key, in a fixed order."""

    number: int
    key: Hashable
    items: list[Any]


def blocks(
    items: Iterable[Any], key: Callable[[Any], Hashable], size: int
) -> Iterator[Block]:
    """Cut a stream into blocks of one key each; the same stream gives the same blocks.

    Holds at most one open block a key.
    """
    number = 0
    unfilled: dict[Hashable, list[Any]] = {}
    for item in items:
        group = unfilled.setdefault(key(item), [])
        group.append(item)
        if len(group) == size:
            yield Block(number, key(item), unfilled.pop(key(item)))
            number += 1
    for i, (name, group) in enumerate(unfilled.items()):
        yield Block(number + i, name, group)


def choose_block_size(
    groups: Iterable[int], platform: str, item_size: int = 1, number: int = 64
) -> int:
    """Return the items of a block: a power of two, at least two blocks a group.

    Independent of the number of workers, so that results are. On CPU at most 64, more
    where the largest group still makes `number` blocks: to write a block takes a time
    that hardly depends on its size. `item_size` is how many numbers an item has:
    a large block of large ones takes much memory.
    """
    largest = max(groups, default=1)
    half = max(1, (largest + 1) // 2)
    least, most = (8, 64) if platform == "cpu" else (64, 4096)
    if platform == "cpu":
        most = max(
            most,
            min(_floor(max(1, largest // number)), _floor(2**16 // item_size), 1024),
        )
    return min(most, max(least, 1 << (half - 1).bit_length()))


def _floor(number: int) -> int:
    """Return the largest power of two up to a number; 0 for 0."""
    return 1 << (number.bit_length() - 1) if number else 0
