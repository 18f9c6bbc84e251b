"""Schedule of a folder: its blocks, those of plans that it grew out of included.

Each plan that a folder has had is a revision, with numbers of its own for its blocks. A
revision keeps the blocks that were done when the next began; the runs of the others,
and all that are new, belong to the next. Nothing of this depends on what happens later,
so that a block has the same runs in the same places whenever it is computed.
"""

import hashlib
import json
import math
from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from functools import cached_property, partial
from typing import Any, NamedTuple

from rvsjax.errors import SweepFileError
from rvsjax.sweep.engine import Block, blocks
from rvsjax.sweep.known import KnownById, KnownByPlace
from rvsjax.sweep.plan import lookup
from rvsjax.sweep.plan.plan import Plan, RunConfig
from rvsjax.sweep.plan.union import read_plan
from rvsjax.sweep.store import FolderError
from rvsjax.sweep.store.losses import Loss, read_losses, write_losses
from rvsjax.sweep.store.ranges import Ranges, blocks_of, write_blocks

__all__ = [
    "PlanRevision",
    "Schedule",
    "contains",
    "extend",
    "mark_of",
    "need_room",
    "next_plan",
    "plan_revisions",
    "settled",
]

Entries = dict[str, Any]
Known = KnownByPlace | KnownById | None

MOST_BLOCKS = 2**22  # 0.4 GB to keep their numbers in mind


class PlanRevision(NamedTuple):
    """A plan that the folder has had: its first number, and the blocks it keeps.

    Of a merged folder, `part` names the one that it came from, as a path, and `setting`
    is how that was computed. A `Loss` tells of rows that were kept, and are no more.
    """

    plan: Plan
    first: int
    kept: Ranges | None  # None: all, of the present plan
    part: str = ""
    setting: Entries = {}
    losses: Mapping[int, list[Loss]] = {}  # by block

    def blocks(
        self,
        block_size: int,
        numbers: Collection[int] | None = None,
        known: Callable[[RunConfig], bool] | None = None,
    ) -> Iterator[Block]:
        """Yield the blocks of its runs, but for known ones, that it keeps.

        Of `numbers` alone where they are found without a look at the runs of others.
        """
        size = self.setting.get("width", block_size)
        if numbers is not None and known is None and (cut := self.plan.cut(size)):
            for number in sorted(numbers):
                inside = 0 <= number - self.first < cut.number
                if inside and (self.kept is None or number in self.kept):
                    items = cut.items(number - self.first)
                    yield Block(number, items[0].static_key, items)
            return
        items = (item for item in self.plan if known is None or not known(item))
        for block in blocks(items, lambda item: item.static_key, size):
            number = self.first + block.number
            if self.kept is None or number in self.kept:
                yield block._replace(number=number)

    def knows(self, other: "PlanRevision") -> bool:
        """Say whether runs of an earlier revision are no longer its own.

        Those of folders that are merged later were unknown to each other.
        """
        return other.part == self.part or other.part.startswith(_inside(self.part))

    def known(self, block_size: int, is_first: bool) -> Known:
        """Return what knows the runs of its blocks, once later plans ask.

        By their places where these tell them: nothing of it was known before, or lost.
        """
        size = self.setting.get("width", block_size)
        lookup, cut = self.plan.lookup, self.plan.cut(size)
        if self.kept is None or not is_first or self.losses or not (lookup and cut):
            return KnownById(self.left) if self.kept is not None else None
        return KnownByPlace(lookup, cut, self.first, self.kept)

    def left(self, block: int, items: list[Any], at: float = math.inf) -> list[Any]:
        """Return which of the items of a block the plan that began at a number had."""
        gone = [x.places for x in self.losses.get(block, []) if x.at <= at]
        if None in gone:
            return []
        places = set[int]().union(*(x for x in gone if x))
        return [x for place, x in enumerate(items) if place not in places]


def _is_known(before: list[Known], first: int, item: RunConfig) -> bool:
    return any(x.has(item, first) for x in before if x)


def _inside(part: str) -> str:
    return f"{part}/" if part else ""


class Schedule:
    """Every block that a folder is to have in the end."""

    def __init__(self, revisions: Sequence[PlanRevision], block_size: int) -> None:
        """Order the revisions of a folder, the present plan last."""
        self.revisions = revisions
        self.block_size = block_size

    def blocks(self, numbers: Collection[int] | None = None) -> Iterator[Block]:
        """Yield all blocks with their runs, or those of these numbers, in order.

        Of a merged folder also the runs of a block that it has in another block.
        """
        earlier: list[tuple[PlanRevision, Known]] = []
        for revision in self.revisions:
            before = [x for other, x in earlier if revision.knows(other)]
            mine = revision.known(self.block_size, not before)
            if revision.kept is not None:
                earlier.append((revision, mine))
            few = None if isinstance(mine, KnownById) else numbers
            known = partial(_is_known, before, revision.first) if before else None
            for block in revision.blocks(self.block_size, few, known):
                if isinstance(mine, KnownById):
                    mine.add(block.number, block.items)
                asked = numbers is None or block.number in numbers
                if asked and revision.left(block.number, block.items):
                    yield block

    def owned(self, numbers: Collection[int] | None = None) -> Iterator[Block]:
        """Yield what `blocks` does, each with those of its runs that it has rows of."""
        for block in self.blocks(numbers):
            revision = self.revision(block.number)
            yield block._replace(items=revision.left(block.number, block.items))

    def revision(self, number: int) -> PlanRevision:
        """Return the revision that a block belongs to."""
        return next(x for x in reversed(self.revisions) if x.first <= number)

    @cached_property
    def numbers(self) -> set[int]:
        """The numbers of all blocks; without a loop where the sweep never grew."""
        if len(self.revisions) > 1:
            return {block.number for block in self.blocks()}
        groups = self.revisions[0].plan.groups()
        return set(range(sum(-(-count // self.block_size) for _, count in groups)))

    def pending(
        self,
        done: set[int],
        retry: Container[int] = (),
        shard: tuple[int, int] = (1, 1),
    ) -> set[int]:
        """Return the numbers of the blocks to compute, not done or to be tried again.

        Of `shard` ``(I, N)``, each N-th of them from the I-th.
        """
        index, shards = shard
        mine = (number for number in self.numbers if number % shards == index - 1)
        return {number for number in mine if number not in done or number in retry}

    def merged(self, numbers: Iterable[int]) -> set[int]:
        """Return the blocks among these that came from another folder."""
        return {number for number in numbers if self.revision(number).part}


def plan_revisions(manifest: Entries, plan: Plan) -> list[PlanRevision]:
    """Return the revisions of a folder whose present plan this is."""
    try:
        earlier = [
            PlanRevision(
                read_plan(entry["asked"]),
                entry["first"],
                blocks_of(entry),
                entry.get("part", ""),
                entry.get("setting", {}),
                _by_block(read_losses(entry)),
            )
            for entry in manifest.get("earlier", [])
        ]
    except SweepFileError:
        what = "the folder grew out of a sweep that this version cannot read"
        raise FolderError(f"{what}; use another folder with --out") from None
    return [*earlier, PlanRevision(plan, manifest.get("first", 0), None)]


def _by_block(losses: Iterable[Loss]) -> dict[int, list[Loss]]:
    found: dict[int, list[Loss]] = {}
    for loss in losses:
        found.setdefault(loss.block, []).append(loss)
    return found


def need_room(plan: Plan, block_size: int | None) -> None:
    """Refuse a plan of more blocks than a folder can have, before it is made.

    Where the size of a block is still to be chosen, it is at least 64 for so many.
    """
    if plan.size // (block_size or 64) > MOST_BLOCKS:
        what = f"{plan.size:,} runs are too many for a folder"
        raise FolderError(f"{what}; take some, with --limit, --only or --seeds")


def extend(manifest: Entries, plan: Plan, done: set[int]) -> Entries | None:
    """Return what makes a folder of another plan one of this, with its blocks kept.

    None where this plan lacks one of its runs, or records other things.
    """
    try:
        before = read_plan(manifest["asked"])
    except SweepFileError:
        return None
    alike = all(
        manifest["asked"].get(name) == plan.as_json()[name]
        for name in ("name", "record")
    )
    same_version = before.fingerprint == manifest["plan"]
    if not (alike and same_version and contains(plan, before)):
        return None
    return with_revision(manifest, plan.fingerprint, done)


def with_revision(manifest: Entries, plan: str, done: set[int]) -> Entries:
    """Return what makes the present plan an earlier one, with these of its blocks."""
    earlier, first = manifest.get("earlier", []), manifest.get("first", 0)
    stage = {"asked": manifest["asked"], "mark": mark_of(manifest), "first": first}
    stage |= write_blocks(number for number in done if number >= first)
    start = max([first - 1, *done]) + 1
    return next_plan(plan, [*earlier, stage], start)


def next_plan(plan: str, earlier: list[Entries], first: int) -> Entries:
    """Return the entries of a manifest whose present plan begins at a block."""
    text = json.dumps([plan, first, earlier])
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {"earlier": earlier, "first": first, "mark": mark}


def mark_of(manifest: Entries) -> str:
    """Return the mark that parts of the present plan have."""
    return manifest.get("mark", manifest["plan"])


def settled(manifest: Entries, done: set[int]) -> Entries | None:
    """Return what makes the runs of lost blocks that were merged runs of the sweep.

    Those blocks cannot be computed as they were: they had rows that others have. None
    where there is no such block.
    """
    first = max([manifest.get("first", 0) - 1, *done]) + 1
    earlier, is_lost = [], False
    for stage in manifest.get("earlier", []):
        losses = read_losses(stage)
        before = {x.block for x in losses if x.places is None}
        lost = sorted({*blocks_of(stage)} - before - done) if stage.get("part") else []
        is_lost = is_lost or bool(lost)
        told = [*losses, *(Loss(first, number, None) for number in lost)]
        earlier.append(stage | write_losses(told))
    if not is_lost:
        return None
    return with_revision(manifest | {"earlier": earlier}, manifest["plan"], done)


def contains(plan: Plan, part: Plan) -> bool:
    """Say whether a plan has every run of another."""
    if part.size > plan.size:
        return False
    found = lookup.has_points_of(plan, part)
    if found is not None:
        return found
    missing = {item.run_id for item in part}
    for item in plan:
        missing.discard(item.run_id)
        if not missing:
            return True
    return False
