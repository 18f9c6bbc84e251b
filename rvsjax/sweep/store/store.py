"""A results folder, taken for a plan: checked, repaired, and written by one at a time.

A block is done once its part of the table `runs`, written last, is there. Whoever
writes holds the folder and has checked it; whoever reads needs nothing but the files.
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from rvsjax.errors import DamagedFile, FolderError
from rvsjax.sweep.store import atomic, manifest, packs, parts
from rvsjax.sweep.store.checkpoints import Checkpoints
from rvsjax.sweep.store.keeping import KeptBlocks
from rvsjax.sweep.store.ledger import Entry, Told, stamp
from rvsjax.sweep.store.parts import Part
from rvsjax.sweep.store.ranges import Ranges
from rvsjax.sweep.store.revisions import revisions

__all__ = ["Store"]

Entries = dict[str, Any]
Extend = Callable[[Entries], Entries | None]

_NO_BLOCK = "holds runs that the sweep has in other blocks since it grew"


class Store(KeptBlocks):
    """A results folder. Reading needs nothing but the folder; writing needs a plan."""

    def __init__(self, folder: str | Path) -> None:
        """Name the folder; it need not exist yet."""
        super().__init__(folder)
        self._config: Entries = {}  # what the bits of its parts depend on

    def open(
        self,
        plan: str,
        asked: Entries,
        source: str,
        names: Sequence[str],
        extend: Extend = lambda manifest: None,
    ) -> list[str]:
        """Take the folder for a plan with these tables; refuse one with other things.

        `extend` turns the manifest of another plan into entries that make it a part of
        this one, None where it is not. What is damaged is moved to `quarantine/`, to be
        computed again; returns a sentence for each such file. Needs `hold`.
        """
        self.tables = tuple(names)
        moved = self._move_unless(self._need_whole)
        moved += self._take(plan, asked, extend)
        if not self._holds("sweep.toml", source.encode()):
            self.write("sweep.toml", source.encode())
        self._fit(self.manifest)
        self._opened = True
        moved += self._check()
        self._replaceable()
        return moved

    def settle(self, entries: Entries) -> list[str]:
        """Note other plans of the blocks, of the same question; say what was moved."""
        self.update(entries)
        self._fit(self.manifest)
        return self._check()

    def configure(self, entries: Entries) -> None:
        """Note what the bits of all parts depend on, in the manifest and each part."""
        if any(self.manifest.get(name) != value for name, value in entries.items()):
            self.update(entries)
        self._there |= entries
        self._config = entries
        self._told = {"setting": json.dumps(entries, sort_keys=True)}

    def note_kind(
        self, name: str, kind: Entries, need: Callable[[Entries], None]
    ) -> None:
        """Note a kind of device that computes parts of the folder.

        `need` is called with the kinds that the folder has, unless this is one; it may
        raise FolderError.
        """
        if self._current().get("kinds", {}).get(name) == kind:
            return
        with self.alone():
            known = self.manifest.get("kinds", {})
            need(known)
            self.update({"kinds": known | {name: kind}})

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one that writes, briefly, in the folder as it was opened.

        Raises FolderError where another has made it that of another plan since, whose
        blocks have other runs under the same numbers.
        """
        with super().alone():
            if self._opened:
                self._need_the_same()
            yield

    def checkpoints(self, about: str = "") -> Checkpoints:
        """Return where blocks that are not done keep what they have come to.

        `about` is what it depends on beside the plan and the config.
        """
        told = f"{self._revisions[-1].mark} {self._told}{about}"
        return Checkpoints(self.folder, told)

    # -- one plan ----------------------------------------------------------------------

    def _take(self, plan: str, asked: Entries, extend: Extend) -> list[str]:
        """Make the manifest that of a plan; say what was moved or lost."""
        moved: list[str] = []
        path = self.folder / "manifest.json"
        try:
            before = manifest.read(path)
        except DamagedFile as error:
            moved.append(self._quarantine(path, str(error)))
            before = {}
        if not before:
            if not moved and self._in_parts():
                moved.append(
                    f"{path} was lost; made again, without the sessions before"
                )
            self.update({"plan": plan, "asked": asked} | self._kinds_of_parts())
        elif before["plan"] != plan:
            self.update(self.grown(before, plan, asked, extend))
        return moved

    def grown(
        self, before: Entries, plan: str, asked: Entries, extend: Extend
    ) -> Entries:
        """Return what makes a manifest one of this plan; refuse one it is not part of.

        Nothing is written.
        """
        extended = extend(before)
        if extended is None:
            raise self._another(before["asked"], asked)
        return {"plan": plan, "asked": asked, "whole": {}} | extended

    def _another(self, before: Entries, asked: Entries) -> FolderError:
        differences = "; ".join(manifest.difference(before, asked))
        differences = differences or "the same, by a version with other columns"
        what = f"{self.folder} holds another sweep ({differences})"
        return FolderError(f"{what}; use another folder with --out")

    def _need_the_same(self) -> None:
        now = self._current()
        if now is self._seen:
            return
        if not now:
            what = f"{self.folder / 'manifest.json'} was lost meanwhile"
            raise FolderError(f"{what}; run the same sweep again to mend it")
        config = {name: now.get(name, x) for name, x in self._config.items()}
        if revisions(now) != self._revisions or config != self._config:
            what = f"{self.folder} was given to another plan meanwhile"
            raise FolderError(f"{what}, which keeps what was done; go on with that one")
        self._seen = now

    # -- damage ------------------------------------------------------------------------

    def _check(self) -> list[str]:
        """Move what cannot be used to `quarantine/`; return a sentence for each.

        Where the manifest was lost, so was the config, which each part was told.
        """
        moved = self._check_parts()
        if self._there != self.manifest:
            self.update(self._there)
        if any(_NO_BLOCK in sentence for sentence in moved):  # they may hold its rows
            self.unseal([*self._there.get("whole", {}), *self.tables])
        for name in self._there.get("whole", {}):
            if self.has(name) and not self.is_sound(name):
                moved.append(self._quarantine(self.path(name), "is damaged"))
        return moved

    def _check_parts(self) -> list[str]:
        """Check parts by what they were told, each read unless the ledger knows it."""
        known, new = self._ledger.read(), list[tuple[str, Entry]]()
        fitting: set[tuple[Any, ...]] = set()

        def check(file: str) -> None:
            blocks = self._need_parts(file)
            now, name = stamp(f"{self.folder}/parts/{file}"), file.rpartition("/")[2]
            entry = known.get(name)
            if entry is None or entry.stamp != now:
                entry = Entry(now, self._told_of(file))
                new.append((name, entry))
            alone = len(entry.told) == 1
            for told in entry.told:
                for block in blocks if alone else Ranges.parse(told.blocks):
                    one = self._first_of(block), told.plan, told.setting
                    if one not in fitting:
                        self._need_told(block, told)
                        fitting.add(one)

        moved = self._move_unless(check)
        self._ledger.add(new)
        return moved

    def recheck(self) -> list[str]:
        """Read every part, and move those that cannot be used; say so of each.

        Needs `alone`.
        """

        def check(file: str) -> None:
            self._need_parts(file)
            for part in self._parts_in(file):
                self._fitting(part)

        moved = self._move_unless(check)
        self._replaceable()
        return moved

    def _move_unless(self, check: Callable[[str], None]) -> list[str]:
        """Move those of the files in `parts/` that a check calls damaged."""
        moved = []
        for name in self._in_parts():
            if name.endswith(atomic.TEMPORARY):
                continue
            try:
                check(name)
            except FileNotFoundError:  # replaced meanwhile, where there are no locks
                continue
            except DamagedFile as error:
                path = self.folder / "parts" / name
                moved.append(self._quarantine(path, str(error)))
        return moved

    def _need_whole(self, file: str) -> None:
        """Raise `DamagedFile` where a pack is none, unless the ledger knows it."""
        digest = packs.digest_of(file)
        if digest is not None and self._noted(file) is None:
            packs.need_whole(self.folder / "parts" / file, digest)

    def _need_parts(self, file: str) -> Collection[int]:
        """Return the blocks that a file has parts of, or `DamagedFile`."""
        named = parts.named(file)
        if named is None and not packs.is_pack(file):
            raise DamagedFile("is not a part of a sweep")
        blocks = [named[0]] if named else self._blocks_of(file)
        if not all(map(self._has_block, blocks)):
            raise DamagedFile(_NO_BLOCK)
        return blocks

    def _parts_in(self, file: str) -> list[Part]:
        """Return the parts in a file; `DamagedFile` where a block lacks a table."""
        path = self.folder / "parts" / file
        if part := parts.parse_name(path):
            return [part]
        members = packs.read(path)
        if not all((b, name) in members for b, _ in members for name in self.tables):
            raise DamagedFile("lacks tables of its blocks")
        return [*members.values()]

    def _told_of(self, file: str) -> tuple[Told, ...]:
        """Return what the parts in a file were told, each read."""
        found: dict[tuple[str, str], set[int]] = defaultdict(set)
        for part in self._parts_in(file):
            inside = parts.told(part)
            said = inside.get("plan", ""), inside.get("setting", "{}")
            found[said].add(part.block)
        return tuple(Told(*said, str(Ranges(x))) for said, x in found.items())

    def _kinds_of_parts(self) -> Entries:
        """Return the names of the kinds of device that parts tell, for a manifest.

        What else is known of a kind is lost with the manifest.
        """
        names = set[str]()
        for file in self._in_parts():
            with contextlib.suppress(DamagedFile, FileNotFoundError):
                told = map(parts.told, self._parts_in(file))
                names |= {x["kind"] for x in told if "kind" in x}
        return {"kinds": {name: {} for name in sorted(names)}} if names else {}

    def _need_told(self, block: int, told: Told) -> None:
        """Raise `DamagedFile` where a part of a block was told another plan or config.

        Where this was lost, with the manifest, it is what the first part says.
        """
        parts.need_plan({"plan": told.plan}, self._mark_of(block))
        setting = self._need_setting(block, told.setting)
        if not self.merged_setting(block):
            self._there |= setting
