"""Outlook of a sweep: what of it a folder has, and what a call would compute."""

from pathlib import Path
from typing import NamedTuple

from rvsjax.errors import FolderError
from rvsjax.sweep.growth import extended
from rvsjax.sweep.options import Options
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.resolve import resolve_config
from rvsjax.sweep.schedule import Schedule, need_room, plan_revisions
from rvsjax.sweep.store import Store
from rvsjax.sweep.study import study_of

__all__ = ["Outlook", "look"]


class Outlook(NamedTuple):
    """Blocks that a folder has and those that a call would compute, with their runs."""

    folder: str
    blocks_done: int = 0
    blocks_to_do: int = 0
    runs_to_do: int = 0
    block_size: int | None = None  # of its blocks
    kernel: str | None = None
    refused: str | None = None  # why the call would be refused


def look(plan: Plan, out: Path, options: Options, platform: str) -> Outlook:
    """Return what a call with these options would find; nothing is written."""
    try:
        return _look(plan, out, options, platform)
    except FolderError as error:
        return Outlook(str(out), refused=str(error))


def _look(plan: Plan, out: Path, options: Options, platform: str) -> Outlook:
    need_room(plan, options.width)
    study, store = study_of(plan), Store(out)
    store.tables = study.kept(plan.sweep_file.record)
    store.refuse_strange_files()
    if busy := store.in_use(*options.shard):
        raise FolderError(busy)
    manifest, done = store.manifest, set[int]()
    if manifest:
        done = store.done()
        if manifest["plan"] != plan.fingerprint:
            manifest |= store.grown(
                manifest,
                plan.fingerprint,
                plan.as_json(),
                lambda before: extended(out, before, plan, done),
            )
    data = study.material(options.data, (item for item, _ in plan.groups()))
    config = resolve_config(
        out,
        manifest,
        plan,
        platform,
        block_size=options.width,
        kernel=options.kernel,
        data=data.digest,
    )
    if not manifest and options.shard == (1, 1):  # of any size, without a loop
        counts = [number for _, number in plan.groups()]
        blocks = sum(-(-number // config.block_size) for number in counts)
        return Outlook(
            str(out), 0, blocks, sum(counts), config.block_size, config.kernel
        )
    schedule = Schedule(plan_revisions(manifest, plan), config.block_size)
    done &= schedule.numbers
    retry = store.with_status(options.retry)
    pending = schedule.pending(done, retry, options.shard)
    runs = sum(len(block.items) for block in schedule.blocks(pending))
    counts = len(done), len(pending), runs
    return Outlook(str(out), *counts, config.block_size, config.kernel)
