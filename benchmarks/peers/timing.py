"""Measurements of about a given length, each a call that returns rates by column."""

import time
from collections.abc import Callable
from typing import Any

from . import load
from .problem import Problem, Setting

__all__ = ["Timed", "time_ours", "time_peer", "time_roof"]

PROBE = 10  # steps of the shortest call
PER_RUN = 2e-6  # seconds at least: so that to load and to return a run costs little
PROBE_RUNS, PROBE_STEPS = 256, (100, 100_000)  # of rvsjax
FASTEST = 1e9  # run-steps a second that nothing reaches: a probe may be all noise

Timed = Callable[[], dict[str, float]]  # rates by column: run-steps, or flops, a second


def clock(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def time_peer(name: str, problem: Problem, seconds: float) -> Timed:
    """Return a peer's measurement, of about `seconds`, more for very many runs."""
    prepare, runs, steps, took = load(name), len(problem.w0), PROBE, 0.0
    seconds = max(seconds, PER_RUN * runs)
    while True:
        call = prepare(problem, steps)
        if name == "naive":
            call()  # the first call of a program touches its memory
        took = clock(call)
        if took >= 0.8 * seconds or steps >= 10**7:
            break
        growth = 1.1 * seconds / took
        steps = int(steps * min(growth, 100 if steps > PROBE else 20)) + 1
    return lambda: {name: runs * steps / clock(call)}


def time_ours(
    setting: Setting, runs: int, d: int, seconds: float, limit: float
) -> Timed:
    """Return the measurement of rvsjax; RuntimeError where a call would be too long."""
    from . import package

    few = min(runs, PROBE_RUNS)
    idle, busy = (package.prepare(setting, few, d, steps)() for steps in PROBE_STEPS)
    if idle.whole * runs / few > limit:
        raise RuntimeError(f"a call would take more than {limit:g} s")
    each = (busy.run - idle.run) / (PROBE_STEPS[1] - PROBE_STEPS[0])
    each = max(each, few / FASTEST)
    steps = max(PROBE_STEPS[0], round(seconds * few / each / runs))
    call = package.prepare(setting, runs, d, steps)

    def measure() -> dict[str, float]:
        took, work = call(), runs * steps
        return {"rvsjax": work / took.whole, "rvsjax-run": work / took.run}

    return measure


def time_roof(dtype: str, seconds: float) -> Timed:
    from . import roof

    call = roof.prepare(dtype, seconds)

    def measure() -> dict[str, float]:
        begin = time.perf_counter()
        done = call()
        return {"roof": done / (time.perf_counter() - begin)}

    return measure
