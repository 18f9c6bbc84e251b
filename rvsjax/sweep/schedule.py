"""A folder whose sweep grew: the blocks that it keeps, and those of the runs added.

Each plan that a folder has had is a stage, with numbers of its own for its blocks. A
stage keeps the blocks that were done when the next began; the runs of the others, and
all that are new, belong to the next. Nothing of this depends on what happens later, so
that a block has the same runs in the same places whenever it is computed.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from rvsjax.errors import SweepFileError
from rvsjax.sweep.engine import Block, blocks
from rvsjax.sweep.plan.plan import Plan, plan_again
from rvsjax.sweep.store import FolderError

__all__ = ["all_blocks", "block_numbers", "grow", "need_room", "stages"]

MOST_BLOCKS = 2**22  # 0.4 GB to keep their numbers in mind


class PlanRevision(NamedTuple):
    """A plan that the folder has had: its first number, and the blocks it keeps."""

    plan: Plan
    first: int
    kept: frozenset[int] | None  # None: all, of the present plan


def stages(manifest: dict[str, Any], plan: Plan) -> list[PlanRevision]:
    """Return the stages of a folder whose present plan this is."""
    try:
        earlier = [
            PlanRevision(
                plan_again(told["asked"]), told["first"], frozenset(told["blocks"])
            )
            for told in manifest.get("earlier", [])
        ]
    except SweepFileError:
        what = "the folder grew out of a sweep that this version cannot read"
        raise FolderError(f"{what}; use another folder with --out") from None
    return [*earlier, PlanRevision(plan, manifest.get("first", 0), None)]


def need_room(plan: Plan, width: int | None) -> None:
    """Refuse a plan of more blocks than a folder can have, before it is made.

    `width` is that of a block; where it is still to be chosen, at least 64 for so many.
    """
    if plan.size // (width or 64) > MOST_BLOCKS:
        what = f"{plan.size:,} runs are too many for a folder"
        raise FolderError(f"{what}; take some, with --limit, --only or --seeds")


def all_blocks(folder: list[PlanRevision], width: int) -> Iterator[Block]:
    """Yield every block that a folder is to have in the end."""
    known: set[str] = set()
    for stage in folder:
        items = (x for x in stage.plan if not known or x.run_id not in known)
        found: set[str] = set()
        for block in blocks(items, lambda item: item.static_key, width):
            number = stage.first + block.number
            if stage.kept is None:
                yield block._replace(number=number)
            elif number in stage.kept:
                found.update(item.run_id for item in block.items)
                yield block._replace(number=number)
        known |= found


def block_numbers(folder: list[PlanRevision], width: int) -> set[int]:
    """Return the numbers of all blocks; without a loop where the sweep never grew."""
    if len(folder) == 1:
        return set(
            range(sum(-(-count // width) for _, count in folder[0].plan.groups()))
        )
    return {block.number for block in all_blocks(folder, width)}


def grow(manifest: dict[str, Any], plan: Plan, done: set[int]) -> dict[str, Any] | None:
    """Return what makes a folder of another plan one of this, with its blocks kept.

    None where this plan lacks one of its runs, or records other things.
    """
    try:
        before = plan_again(manifest["asked"])
    except SweepFileError:
        return None
    alike = all(
        manifest["asked"].get(name) == plan.as_json()[name]
        for name in ("name", "record")
    )
    same_version = before.fingerprint == manifest["plan"]
    if not (alike and same_version and _contains(plan, before)):
        return None
    earlier = manifest.get("earlier", [])
    first = manifest.get("first", 0)
    stage = {
        "asked": manifest["asked"],
        "mark": manifest.get("mark", manifest["plan"]),
        "first": first,
        "blocks": sorted(number for number in done if number >= first),
    }
    grown = [*earlier, stage]
    start = max([first - 1, *done]) + 1
    told = json.dumps([plan.fingerprint, start, grown])
    mark = hashlib.sha256(told.encode()).hexdigest()[:16]
    return {"earlier": grown, "first": start, "mark": mark}


def _contains(plan: Plan, part: Plan) -> bool:
    if part.size > plan.size:
        return False
    missing = {item.run_id for item in part}
    for item in plan:
        missing.discard(item.run_id)
        if not missing:
            return True
    return False
