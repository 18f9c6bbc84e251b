"""Schedule of a folder: its blocks, those of plans that it grew out of included.

Each plan that a folder has had is a revision, with numbers of its own for its blocks. A
revision keeps the blocks that were done when the next began; the runs of the others,
and all that are new, belong to the next. Nothing of this depends on what happens later,
so that a block has the same runs in the same places whenever it is computed.
"""

import hashlib
import json
from collections.abc import Container, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from rvsjax.errors import SweepFileError
from rvsjax.sweep.engine import Block, blocks
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.plan.union import read_plan
from rvsjax.sweep.store import FolderError

__all__ = ["PlanRevision", "Schedule", "extend", "need_room", "plan_revisions"]

MOST_BLOCKS = 2**22  # 0.4 GB to keep their numbers in mind


class PlanRevision(NamedTuple):
    """A plan that the folder has had: its first number, and the blocks it keeps."""

    plan: Plan
    first: int
    kept: frozenset[int] | None  # None: all, of the present plan

    def blocks(self, known: Container[str], block_size: int) -> Iterator[Block]:
        """Yield the blocks of its runs, but for known ones, that it keeps."""
        items = (item for item in self.plan if not known or item.run_id not in known)
        for block in blocks(items, lambda item: item.static_key, block_size):
            number = self.first + block.number
            if self.kept is None or number in self.kept:
                yield block._replace(number=number)


class Schedule:
    """Every block that a folder is to have in the end."""

    def __init__(self, revisions: Sequence[PlanRevision], block_size: int) -> None:
        """Order the revisions of a folder, the present plan last."""
        self.revisions = revisions
        self.block_size = block_size

    def blocks(self, numbers: Container[int] | None = None) -> Iterator[Block]:
        """Yield all blocks with their runs, or those of these numbers, in order."""
        known: set[str] = set()
        for revision in self.revisions:
            own: set[str] = set()
            for block in revision.blocks(known, self.block_size):
                if revision.kept is not None:
                    own.update(item.run_id for item in block.items)
                if numbers is None or block.number in numbers:
                    yield block
            known |= own

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


def plan_revisions(manifest: dict[str, Any], plan: Plan) -> list[PlanRevision]:
    """Return the revisions of a folder whose present plan this is."""
    try:
        earlier = [
            PlanRevision(
                read_plan(entry["asked"]), entry["first"], frozenset(entry["blocks"])
            )
            for entry in manifest.get("earlier", [])
        ]
    except SweepFileError:
        what = "the folder grew out of a sweep that this version cannot read"
        raise FolderError(f"{what}; use another folder with --out") from None
    return [*earlier, PlanRevision(plan, manifest.get("first", 0), None)]


def need_room(plan: Plan, block_size: int | None) -> None:
    """Refuse a plan of more blocks than a folder can have, before it is made.

    Where the size of a block is still to be chosen, it is at least 64 for so many.
    """
    if plan.size // (block_size or 64) > MOST_BLOCKS:
        what = f"{plan.size:,} runs are too many for a folder"
        raise FolderError(f"{what}; take some, with --limit, --only or --seeds")


def extend(
    manifest: dict[str, Any], plan: Plan, done: set[int]
) -> dict[str, Any] | None:
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
    first = manifest.get("first", 0)
    revision = {
        "asked": manifest["asked"],
        "mark": manifest.get("mark", manifest["plan"]),
        "first": first,
        "blocks": sorted(number for number in done if number >= first),
    }
    earlier = [*manifest.get("earlier", []), revision]
    start = max([first - 1, *done]) + 1
    text = json.dumps([plan.fingerprint, start, earlier])
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {"earlier": earlier, "first": start, "mark": mark}


def contains(plan: Plan, part: Plan) -> bool:
    if part.size > plan.size:
        return False
    missing = {item.run_id for item in part}
    for item in plan:
        missing.discard(item.run_id)
        if not missing:
            return True
    return False
