"""Rows of a folder computed again one at a time by the plain reference, and compared.

A canary: a block is one program, made by compilers that have made wrong ones before. A
run by itself is another program, without the lanes beside it and without a kernel.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rvsjax.sweep.differences import Difference, Tables, differences, same_bits
from rvsjax.sweep.engine import Device
from rvsjax.sweep.execution import ExecutionConfig, make_engine, nearest_setting
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.recompute import (
    again,
    elsewhere,
    folder_blocks,
    folder_material,
    folder_plan,
)
from rvsjax.sweep.rerun import has_failed, held, need_kinds
from rvsjax.sweep.store import FolderError, Store
from rvsjax.sweep.study import study_of

__all__ = ["LAST_ROWS", "Verified", "stale_tables", "verify"]

LAST_ROWS = 20
"""Blocks whose last row is looked at: all of a folder with so few, else drawn."""

_ALONE = ExecutionConfig(width=1, kernel="plain", quick=False)


class Verified(NamedTuple):
    """A row that was computed again, and what of it does not agree."""

    run_id: str
    block: int
    differences: list[Difference]


def verify(
    folder: str | Path, sample: int, seed: int, lane: Device, data: str | None = None
) -> Iterator[Verified]:
    """Compute rows of a folder again, one at a time, and compare them.

    So many rows, drawn with a seed, and the last of each block, of `LAST_ROWS` drawn
    blocks where there are more. Runs whose block failed are passed over. Networks are
    computed in their own blocks and compared to the bit: by itself each is another.
    `data` is the folder of their images, if not where sweeps find them. Raises
    FolderError where the folder holds no results of this version.
    """
    store = Store(folder)
    plan = folder_plan(store)
    study, record = study_of(plan), plan.document.record
    exact = not study.alone and not elsewhere(store.manifest, lane)
    chosen = []
    for number, item in _chosen(store, sample, seed, lane):
        there = held(store, item.run_id, study.kept(record))
        if not has_failed(there):
            chosen.append((number, item, there))
    computed = (_alone if study.alone else _in_place)(
        store, [item for _, item, _ in chosen], lane, data
    )
    for (number, item, there), here in zip(chosen, computed):
        trial = study.trial(item, study.points(record), "plain")
        need_kinds(store, there, here)
        allowed = study.allowed(trial, here)
        there, here = study.comparable(there, here)
        unlike = (
            differences(there, here, same_bits)
            if exact
            else allowed.differences(there, here)
        )
        yield Verified(item.run_id, number, unlike)


def _alone(
    store: Store, items: list[RunConfig], lane: Device, data: str | None
) -> Iterator[Tables]:
    """Yield the rows of runs, each computed by itself."""
    plan = folder_plan(store)
    study = study_of(plan)
    points = study.points(plan.document.record)
    setting = nearest_setting(store.manifest, lane.platform)
    shared = folder_material(store, study, setting, data)
    engine = make_engine(study, _ALONE, (lane,), shared=shared)
    for item in items:
        trial = study.trial(item, points, "plain")
        yield study.tables([item], engine([trial]))


def _in_place(
    store: Store, items: list[RunConfig], lane: Device, data: str | None
) -> Iterator[Tables]:
    """Yield the rows of runs in the order of their blocks, computed in these."""
    study = study_of(folder_plan(store))
    wanted = {item.run_id for item in items}
    for found in again(store, wanted, lane, data):
        for item in found.items:
            if item.run_id in wanted:
                yield found.tables(study, item.run_id)


def stale_tables(folder: str | Path) -> list[str]:
    """Return the whole tables of a folder that do not say what its parts say."""
    store = Store(folder)
    names = sorted(study_of(folder_plan(store)).names, key="runs".__ne__)
    there = [name for name in names if store.has(name) and store.parts(name)]
    return [name for name in there if not store.is_united(name)]


def _chosen(
    store: Store, sample: int, seed: int, lane: Device
) -> Iterator[tuple[int, RunConfig]]:
    """Yield the runs to look at, with the numbers of their blocks, in their order."""
    width = nearest_setting(store.manifest, lane.platform).width
    done, rng = store.done(), np.random.default_rng(seed)
    sizes = {b.number: len(b.items) for b in folder_blocks(store, width)}
    there = [number for number in sizes if number in done]
    ends = np.cumsum([sizes[number] for number in there])
    if not there:
        raise FolderError(f"{store.folder} has no finished block; run the sweep again")
    lasts = rng.choice(ends - 1, min(LAST_ROWS, len(ends)), replace=False)
    drawn = rng.choice(ends[-1], min(sample, ends[-1]), replace=False)
    wanted = np.union1d(lasts, drawn)
    place = 0
    for block in folder_blocks(store, width):
        if block.number in done:
            here = wanted[(wanted >= place) & (wanted < place + len(block.items))]
            yield from ((block.number, block.items[i - place]) for i in here)
            place += len(block.items)
