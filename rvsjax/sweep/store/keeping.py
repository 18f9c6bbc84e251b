"""Blocks on their way into a folder: each kept whole, in place of what it had."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from rvsjax.sweep.store import atomic, packs, parts
from rvsjax.sweep.store.ledger import Entry, Told, stamp
from rvsjax.sweep.store.ranges import Ranges
from rvsjax.sweep.store.united import UnitedTables

__all__ = ["KeptBlocks"]

Made = Mapping[int, dict[str, bytes]]
"""The parts of blocks, by file name, that of `runs` last."""


class KeptBlocks(UnitedTables):
    """A directory that blocks are added to: parts by themselves, or in packs."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        super().__init__(folder)
        self.pack_size = 1  # blocks that a pack is to have; 1: parts, and no packs
        self._written: dict[int, set[str]] = {}  # names of loose parts, by block
        self._packed: dict[int, str] = {}  # name of its pack, by block

    def append(self, block: int, whole: dict[str, pa.Table]) -> None:
        """Keep the tables of a block, in place of what it had before; needs `open`."""
        self.keep(block, parts.encode_block(whole, block, self.told(block)))

    def keep(self, block: int, made: dict[str, bytes]) -> None:
        """Keep the parts of a block, by file name, in place of what it had before.

        What it had goes first, so that it never has some tables of each.
        """
        self._keep({block: made})

    def keep_all(self, made: Made) -> None:
        """Keep the parts of blocks, by file name, in place of what they had before.

        Where the folder has packs, they are there at once or not at all.
        """
        if self.pack_size > 1:
            self._keep(made)
        else:
            for block, files in made.items():
                self.keep(block, files)

    def _keep(self, made: Made) -> None:
        for block, files in made.items():
            if not all(_is_of(block, name) for name in files):
                what = f"are not all names of parts of block {block}"
                raise ValueError(f"{[*files]} {what}")
        with self.alone():  # nobody reads what is about to be removed, or grows now
            if sealed := self._current().get("whole"):  # of others, meanwhile
                self.unseal([*sealed])
            made = {x: y for x, y in made.items() if y.keys() != self._names_of(x)}
            self._remove(made)
            if self.pack_size == 1:
                self._write_parts(made)
            elif made:
                self._note([self._write_pack(made)], made)

    def _replaceable(self) -> None:
        """Look for the parts that go when their block is computed again.

        Found once: for every block, it would take a time that grows with their square.
        Where there are no locks, others may be writing those of a block not done.
        """
        listed = self._listed()
        done, loose, packed = self._done_of(listed), defaultdict(set), dict[int, str]()
        for block, _, name in listed[0]:
            if self._locks or block in done:
                loose[block].add(name)
        for file in reversed(listed[1]):  # the first by name counts
            packed |= dict.fromkeys(self._blocks_of(file), file)
        self._written, self._packed = dict(loose), packed

    def _names_of(self, block: int) -> set[str]:
        """Return the names of the parts that a block has, loose ones if there are."""
        if block in self._written or block not in self._packed:
            return self._written.get(block, set())
        members = self._members(self._packed[block]).items()
        return {part.name for (number, _), part in members if number == block}

    def _remove(self, made: Made) -> None:
        """Remove what blocks had before, but for parts that stay where they are."""
        gone = []
        for block, files in made.items():
            before = self._written.pop(block, set())
            stay = set() if self.pack_size > 1 else before & files.keys()
            self._written |= {block: stay} if stay else {}
            gone += sorted(before - stay)
        for name in gone:
            atomic.remove(self.folder / "parts" / name)
        if gone:
            atomic.sync(self.folder / "parts")
        for file in dict.fromkeys(self._packed[x] for x in made if x in self._packed):
            self._take_out(file, made)

    def _take_out(self, file: str, made: Made) -> None:
        """Write a pack without some blocks, then remove the one that has them."""
        rest: dict[int, dict[str, bytes]] = defaultdict(dict)
        for (block, _), part in self._members(file).items():
            if block not in made and self._packed.get(block) == file:
                rest[block][part.name] = parts.bytes_of(part)
        if rest:
            self._write_pack(rest)
        atomic.remove(self.folder / "parts" / file)
        atomic.sync((self.folder / "parts" / file).parent)
        for block in made:
            self._packed.pop(block, None)

    def _write_pack(self, made: Made) -> str:
        name, data = packs.encode(
            {x: y for b in sorted(made) for x, y in made[b].items()}
        )
        folder = (self.folder / "parts" / name).parent
        if not folder.is_dir():
            atomic.make(folder)
        self.write(f"parts/{name}", data)
        self._in_packs[name] = Ranges(made)
        self._packed |= dict.fromkeys(made, name)
        return name

    def _write_parts(self, made: Made) -> None:
        for block, files in made.items():
            there = self._written.get(block, set())
            for name in files:
                if name not in there:
                    self.write(f"parts/{name}", files[name])
            self._note(files.keys() - there, [block])
            self._written[block] = set(files)

    def _note(self, files: Iterable[str], blocks: Iterable[int]) -> None:
        """Note in the ledger what parts of blocks were told, in files just written."""
        numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
        for block in blocks:
            inside = self.told(block)
            numbers[inside["plan"], inside.get("setting", "{}")].append(block)
        told = tuple(Told(*x, str(Ranges(y))) for x, y in numbers.items())
        paths = [self.folder / "parts" / file for file in files]
        self._ledger.add((x.name, Entry(stamp(x), told)) for x in paths)


def _is_of(block: int, name: str) -> bool:
    """Say whether a name, which may come from elsewhere, is of a part of a block."""
    named = parts.named(name)
    return named is not None and named[0] == block
