"""The only wiring: plan minus what is done -> blocks -> engine -> rows -> store."""

import os
import platform
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import pyarrow as pa

from rvsjax import __version__
from rvsjax.sweep.columns import failed_rows
from rvsjax.sweep.engine import Block, Device, Engine, default_lanes, devices, processor
from rvsjax.sweep.execution import make_engine, settle
from rvsjax.sweep.plan.document import Record
from rvsjax.sweep.plan.plan import Plan, RunConfig
from rvsjax.sweep.schedule import all_blocks, block_numbers, grow, need_room, stages
from rvsjax.sweep.store import Store
from rvsjax.sweep.study import Dataset, Study, study_of

__all__ = ["SweepStatus", "Options", "Progress", "run_plan"]

_PACKAGES = ("jax", "jaxlib", "numpy", "pandas", "pyarrow", "scipy")
_WHOLE = ("curves", "pairs", "weights", "runs", "claims")
_FAILURES = (jax.errors.JaxRuntimeError, MemoryError)


class Progress(NamedTuple):
    """How far a call is: its blocks, those of earlier calls, and its seconds."""

    blocks_done: int
    blocks: int
    blocks_before: int
    seconds: float
    runs: int = 0  # of its blocks
    failures: int = 0  # runs among them that did not end well
    under_way: float = 0  # blocks' worth of what unfinished blocks have done
    resumed: float = 0  # blocks' worth of all this that earlier calls did


class Options(NamedTuple):
    """How a plan is run, not what it asks."""

    width: int | None = None  # runs in a block; None: chosen, or that of the folder
    kernel: str | None = None  # of `rvsjax.simulation.kernels`; None: likewise
    shard: tuple[int, int] = (1, 1)  # this process takes each N-th block from the I-th
    retry: frozenset[str] = frozenset()  # statuses to compute again
    fail_fast: bool = False
    lanes: tuple[Device, ...] | None = None  # None: all devices, all cores
    flags: tuple[str, ...] = ()  # as given, for the manifest
    watch: Callable[[Progress], None] = lambda progress: None
    stop: threading.Event = threading.Event()
    data: str | None = None  # a folder of what runs share; None: where it is found
    say: Callable[[str], None] = lambda text: None  # hears what was mended


class SweepStatus(NamedTuple):
    """How a call ended: the folder, blocks not there yet, and whether one failed."""

    folder: Path
    blocks_left: int
    failed: bool


def run_plan(plan: Plan, source: str, out: str | Path, options: Options) -> SweepStatus:
    """Compute what is missing of a plan in the folder `out`, and compact its tables.

    `source` is the text of the sweep file, kept beside the results. Raises
    `FolderError` where the folder holds something else or cannot be written.
    """
    need_room(plan, options.width)
    items = (item for item, _ in plan.groups())
    material = study_of(plan).material(options.data, items)
    if material.source:
        options.say(f"data: {material.source}")
    store = Store(out)
    with store.hold(*options.shard):
        return _run_held(store, plan, source, options, material)


def _run_held(
    store: Store, plan: Plan, source: str, options: Options, material: Dataset
) -> SweepStatus:
    """Run a plan in a folder that this process holds, or its share of it."""
    study = study_of(plan)
    lanes = options.lanes or default_lanes(devices())
    platform = lanes[0].platform
    with store.alone():
        mended = store.open(
            plan.fingerprint,
            plan.as_json(),
            source,
            study.kept(plan.document.record),
            lambda there: grow(there, plan, store.done()),
        )
        setting = settle(
            store, plan, platform, options.width, options.kernel, material.digest
        )
        folder = stages(store.manifest, plan)
    for sentence in mended:
        options.say(sentence)
    numbers = block_numbers(folder, setting.width)
    failed = False
    with store.alone():
        wanted = _wanted_blocks(store, numbers, options)
        if wanted:
            store.unseal(_WHOLE)
    if wanted:
        checkpoints = store.checkpoints()
        engine = make_engine(
            study,
            setting,
            lanes,
            shared=material.arrays,
            halves=options.width is None,
            checkpoints=checkpoints,
        )
        found = all_blocks(folder, setting.width)
        pending = (block for block in found if block.number in wanted)
        work = _Work(study, pending, len(wanted), plan.document.record, setting.kernel)
        failed = _compute_blocks(store, engine, work, options)
    with store.alone():
        left = len(numbers - store.done())
        if not left and not store.is_sealed():
            store.compact()
            _write_claims(store, study)
            store.seal([name for name in _WHOLE if store.has(name)])
    return SweepStatus(store.folder, left, failed)


def _wanted_blocks(store: Store, numbers: set[int], options: Options) -> set[int]:
    """Return the numbers of the blocks that this call computes."""
    done = store.done()
    if options.retry:
        again = store.with_status(options.retry)
        done -= again
    index, shards = options.shard
    return {n for n in numbers if n not in done and n % shards == index - 1}


class _Work(NamedTuple):
    """The blocks that a call computes, and how."""

    study: Study
    pending: Iterator[Block]
    number: int
    record: Record
    kernel: str


def _compute_blocks(
    store: Store, engine: Engine, work: _Work, options: Options
) -> bool:
    """Compute the blocks, note the session, and say whether one failed."""
    begin, clock = datetime.now(UTC), time.perf_counter()
    before = len(store.done())
    done, failed, writing = 0, False, 0.0
    statuses = Counter[str]()
    noted = {entry["block"] for entry in store.manifest.get("halved", [])}

    def make(item: RunConfig) -> Any:
        return work.study.trial(item, work.study.points(work.record), work.kernel)

    def stop() -> bool:
        return options.stop.is_set() or (failed and options.fail_fast)

    def tell() -> None:
        seconds = time.perf_counter() - clock
        runs = statuses.total()
        failures = runs - statuses["ok"]
        part = sum(list(engine.under_way.values()))
        told = Progress(
            *(done, work.number, before, seconds, runs, failures, part, engine.resumed)
        )
        options.watch(told)

    tell()
    for block, future in engine.run(work.pending, make, stop, tell):
        tables, lost = _tables(work, block, future)
        width = engine.narrow.get(block.number, engine.width)
        if width < engine.width or block.number in noted:
            store.add("halved", {"block": block.number, "width": width})
        failed |= lost
        mark = time.perf_counter()
        store.append(block.number, tables)
        store.checkpoints().forget(block.number)
        writing += time.perf_counter() - mark
        done += 1
        statuses.update(tables["runs"]["status"].to_pylist())
        tell()
    seconds = {
        "compile": round(engine.compile_seconds, 3),
        "run": round(engine.run_seconds, 3),
        "write": round(writing, 3),
        "whole": round(time.perf_counter() - clock, 3),
    }
    session = _session(begin, engine, options, done, seconds)
    store.add("sessions", session)
    return failed


def _tables(
    work: _Work, block: Block, future: Future
) -> tuple[dict[str, pa.Table], bool]:
    """Return the tables of a block, and whether it failed."""
    try:
        return work.study.rows(block.items, future.result(), work.record), False
    except _FAILURES as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        return failed_rows(block.items, reason, work.study.kept(work.record)), True


def _write_claims(store: Store, study: Study) -> None:
    """Write one row a claim: about runs, weights, starts and tables."""
    sink = pa.BufferOutputStream()
    study.claims(store).to_parquet(sink, index=False)
    store.write("claims.parquet", sink.getvalue().to_pybytes())


def _session(
    begin: datetime,
    engine: Engine,
    options: Options,
    computed: int,
    seconds: dict[str, float],
) -> dict[str, Any]:
    """Describe one call: when, on what, with what, for how long."""
    return {
        "begin": begin.isoformat(timespec="seconds"),
        "blocks": computed,
        "seconds": seconds,
        "flags": list(options.flags),
        "device": engine.lanes[0].device_kind,
        "platform": engine.lanes[0].platform,
        "processor": processor(),
        "lanes": len(engine.lanes),
        "python": platform.python_version(),
        "versions": {"rvsjax": __version__, **{n: version(n) for n in _PACKAGES}},
        "commit": _git_commit(),
    }


def _git_commit(file: Path = Path(__file__)) -> str | None:
    """Return the commit of the repository that keeps this file, None without one.

    A repository around it that does not is another's, such as that of a project whose
    ``.venv`` holds us; so is one that the environment names, as within a hook of git.
    """
    command = [
        "git",
        "-C",
        str(file.parent),
        "rev-parse",
        "HEAD",
        f"HEAD:./{file.name}",
    ]
    around = {n: x for n, x in os.environ.items() if not n.startswith("GIT_")}
    try:
        found = subprocess.run(
            command, env=around, capture_output=True, text=True, check=True
        )
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return found.stdout.split()[0]
