"""Estimate of what a plan takes, without running it: time, memory and disk."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from rvsjax.sweep.engine import Device, Engine
from rvsjax.sweep.execution import choose_config
from rvsjax.sweep.plan.plan import Plan, RunConfig
from rvsjax.sweep.study import study_of

__all__ = ["Estimate", "estimate"]

_COMPILE_SECONDS = 3.0  # of a program; 0.2 from the cache, else 2 to 5, two at a time
_BLOCK_SECONDS = 0.03  # to write the parts of a block, synced; 0.01 to 0.05 seen
_ROW_BYTES, _POINT_BYTES = 500, 30  # of a row of runs and of curves, once compressed


class Estimate(NamedTuple):
    """Counts are exact; seconds and bytes are estimates, good to a factor of two."""

    runs: int
    programs: int
    blocks: int
    width: int
    lanes: int
    run_steps: int
    seconds: float
    memory_bytes: int
    disk_bytes: int


def estimate(
    plan: Plan,
    block_size: int | None,
    kernel: str | None,
    workers: Sequence[Device],
    data: str | None = None,
) -> Estimate:
    """Estimate a plan; time a few steps of its program with the most work."""
    study, groups = study_of(plan), plan.groups()
    config = choose_config(plan, workers[0].platform, block_size, kernel)
    size, record = config.block_size, plan.sweep_file.record
    blocks = sum(-(-count // size) for _, count in groups)
    shared = study.material(data, (item for item, _ in groups)).arrays

    def work(group: tuple[RunConfig, int]) -> int:
        item, count = group
        return count * study.steps(item, shared) * study.size(item)

    heaviest, _ = max(groups, key=work)
    engine = Engine(study.probe.take, size, workers[:1], shared=shared)
    items = [RunConfig(heaviest.parameters, seed) for seed in range(size)]
    probes = [study.probe.short(study.trial(x, 2, config.kernel)) for x in items]
    each = _step_seconds(engine, probes) / study.size(heaviest)
    largest = max(study.size(item) for item, _ in groups)
    runs = sum(count for _, count in groups)
    points = study.points(record)
    row = _ROW_BYTES + _POINT_BYTES * record.curves
    row += 4 * 8 * largest if record.weights else 0
    return Estimate(
        runs=runs,
        programs=len(groups),
        blocks=blocks,
        width=size,
        lanes=len(workers),
        run_steps=sum(n * study.steps(item, shared) for item, n in groups),
        seconds=each * sum(map(work, groups)) / min(len(workers), blocks)
        + _COMPILE_SECONDS * len(groups) / min(len(workers), len(groups))
        + _BLOCK_SECONDS * blocks,
        memory_bytes=8 * (12 * largest + 5 * points) * size * len(workers)
        + sum(array.nbytes for array in shared),
        disk_bytes=2 * runs * row,  # parts and whole tables
    )


def _step_seconds(engine: Engine, probes: list[tuple[Any, int]]) -> float:
    """Time one step of one run in a block, with its monitors."""
    trials, [steps, *_] = zip(*probes)
    engine(trials)
    begin = time.perf_counter()
    engine(trials)
    return (time.perf_counter() - begin) / steps / len(trials)
