"""Rows of a folder computed again one at a time by the plain reference, and compared.

A canary: a block is one program, made by compilers that have made wrong ones before. A
run by itself is another program, without the runs beside it and without a kernel.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rvsjax.sweep.differences import Difference, Tables, differences, same_bits
from rvsjax.sweep.engine import Device
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.folder import Folder
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.recompute import elsewhere, recompute
from rvsjax.sweep.rerun import has_failed, need_kinds, tables_in_folder
from rvsjax.sweep.store import FolderError
from rvsjax.sweep.study_engine import make_engine

__all__ = ["LAST_ROWS", "Verified", "stale_tables", "verify"]

LAST_ROWS = 20
"""Blocks whose last row is looked at: all of a folder with so few, else drawn."""

_ALONE = ExecutionConfig(block_size=1, kernel="plain", quick=False)


class Verified(NamedTuple):
    """A row that was computed again, and what of it does not agree."""

    run_id: str
    block: int
    differences: list[Difference]


def verify(
    folder: Folder | str | Path,
    sample: int,
    seed: int,
    device: Device,
    data: str | None = None,
) -> Iterator[Verified]:
    """Compute rows of a folder again, one at a time, and compare them.

    So many rows, drawn with a seed, and the last of each block, of `LAST_ROWS` drawn
    blocks where there are more. Runs whose block failed are passed over. Networks are
    computed in their own blocks and compared to the bit: by itself each is another.
    `data` is the folder of their images, if not where sweeps find them. Raises
    FolderError where the folder holds no results of this version.
    """
    folder = Folder.open(folder)
    study, record = folder.study, folder.record
    exact = not study.alone and not elsewhere(folder, device)
    chosen = []
    for number, item in _chosen(folder, sample, seed):
        there = tables_in_folder(folder.store, item.run_id, study.kept(record))
        if not has_failed(there):
            chosen.append((number, item, there))
    computed = (_alone if study.alone else _in_place)(
        folder, [item for _, item, _ in chosen], device, data
    )
    for (number, item, there), here in zip(chosen, computed):
        trial = study.trial(item, study.points(record), "plain")
        need_kinds(folder.store, there, here)
        tolerance = study.allowed(trial, here)
        there, here = study.comparable(there, here)
        unlike = (
            differences(there, here, same_bits)
            if exact
            else tolerance.differences(there, here)
        )
        yield Verified(item.run_id, number, unlike)


def _alone(
    folder: Folder, items: list[RunConfig], device: Device, data: str | None
) -> Iterator[Tables]:
    """Yield the rows of runs, each computed by itself."""
    study, points = folder.study, folder.study.points(folder.record)
    engine = make_engine(study, _ALONE, (device,), shared=folder.shared(data))
    for item in items:
        trial = study.trial(item, points, "plain")
        yield study.tables([item], engine([trial]))


def _in_place(
    folder: Folder, items: list[RunConfig], device: Device, data: str | None
) -> Iterator[Tables]:
    """Yield the rows of runs in the order of their blocks, computed in these."""
    wanted = {item.run_id for item in items}
    for block in recompute(folder, wanted, device, data):
        for run_id in block.wanted:
            yield block.tables(folder.study, run_id)


def stale_tables(folder: Folder | str | Path) -> list[str]:
    """Return the whole tables of a folder that do not say what its parts say."""
    folder = Folder.open(folder)
    names = sorted(folder.study.names, key="runs".__ne__)
    store = folder.store
    both = [name for name in names if store.has(name) and store.parts(name)]
    return [name for name in both if not store.is_united(name)]


def _chosen(folder: Folder, sample: int, seed: int) -> Iterator[tuple[int, RunConfig]]:
    """Yield the runs to look at, with the numbers of their blocks, in their order."""
    schedule, rng = folder.schedule, np.random.default_rng(seed)
    done = folder.store.done()
    sizes = {block.number: len(block.items) for block in schedule.owned(done)}
    if not sizes:
        path = folder.store.folder
        raise FolderError(f"{path} has no finished block; run the sweep again")
    ends = np.cumsum([*sizes.values()])
    lasts = rng.choice(ends - 1, min(LAST_ROWS, len(ends)), replace=False)
    drawn = rng.choice(ends[-1], min(sample, ends[-1]), replace=False)
    wanted = np.union1d(lasts, drawn)
    place = 0
    for block in schedule.owned(done):
        here = wanted[(wanted >= place) & (wanted < place + len(block.items))]
        yield from ((block.number, block.items[i - place]) for i in here)
        place += len(block.items)
