"""What a plan would take, without running it: time, memory and disk."""

import dataclasses
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from rvsjax.engine import Device, Engine
from rvsjax.settle import choose_setting
from rvsjax.spec.plan import Plan
from rvsjax.studies import Study, study_of

__all__ = ["Forecast", "forecast"]

_PROBE_STEPS = 2000
_COMPILE_SECONDS = 3.0  # of a program; 0.2 from the cache, else 2 to 5, two at a time
_BLOCK_SECONDS = 0.03  # to write the parts of a block, synced; 0.01 to 0.05 seen
_ROW_BYTES, _POINT_BYTES = 500, 30  # of a row of runs and of curves, once compressed


class Forecast(NamedTuple):
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


def forecast(
    plan: Plan, width: int | None, kernel: str | None, lanes: Sequence[Device]
) -> Forecast:
    """Estimate a plan; time a few steps of its program with the most work."""
    groups = plan.groups()
    width, kernel, _ = choose_setting(plan, lanes[0].platform, width, kernel)
    blocks = sum(-(-count // width) for _, count in groups)
    record = plan.document.record

    def work(group: tuple[Any, int]) -> int:
        item, count = group
        return count * item.parameters["steps"] * item.parameters["d"]

    heaviest = max(groups, key=work)
    study = study_of(plan)
    trial = study.trial(heaviest[0], record.curves, kernel)
    each = _step_seconds(study, trial, width, lanes[0]) / trial.d
    largest = max(item.parameters["d"] for item, _ in groups)
    runs = sum(count for _, count in groups)
    row = _ROW_BYTES + _POINT_BYTES * record.curves
    row += 4 * 8 * largest if record.weights else 0
    return Forecast(
        runs=runs,
        programs=len(groups),
        blocks=blocks,
        width=width,
        lanes=len(lanes),
        run_steps=sum(n * item.parameters["steps"] for item, n in groups),
        seconds=each * sum(map(work, groups)) / min(len(lanes), blocks)
        + _COMPILE_SECONDS * len(groups) / min(len(lanes), len(groups))
        + _BLOCK_SECONDS * blocks,
        memory_bytes=8 * (12 * largest + 5 * record.curves) * width * len(lanes),
        disk_bytes=2 * runs * row,  # parts and whole tables
    )


def _step_seconds(study: Study, trial: Any, width: int, device: Device) -> float:
    """Time one step of one run in a block, with its monitors."""
    steps = min(trial.steps, _PROBE_STEPS)
    probe = dataclasses.replace(trial, steps=steps, points=2)
    engine = Engine(study.probe, width, [device])
    trials = [dataclasses.replace(probe, seed=np.uint32(i)) for i in range(width)]
    engine(trials)
    begin = time.perf_counter()
    engine(trials)
    return (time.perf_counter() - begin) / steps / width
