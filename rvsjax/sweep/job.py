"""A plan in its folder: what is done of it, what is kept, and what is left."""

from concurrent.futures import Future
from typing import NamedTuple

import jax

from rvsjax.errors import counted
from rvsjax.sweep.columns import failed_rows
from rvsjax.sweep.differences import Tables
from rvsjax.sweep.engine import Block, Device, Engine, default_workers, devices
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.growth import extended
from rvsjax.sweep.options import Options
from rvsjax.sweep.plan.plan import Plan, RunConfig
from rvsjax.sweep.resolve import resolve_config
from rvsjax.sweep.schedule import Schedule, plan_revisions, settled
from rvsjax.sweep.store import Store
from rvsjax.sweep.study import Dataset, Study, Trial, study_of
from rvsjax.sweep.study_engine import make_engine
from rvsjax.sweep.whole import WHOLE, make_whole

__all__ = ["Job"]

_FAILURES = (jax.errors.JaxRuntimeError, MemoryError)
_STAY = "{} from merged folders stay as they are; retry in the folder that they are of"


class Job(NamedTuple):
    """A plan in a folder that this process holds, or its share of it."""

    plan: Plan
    study: Study
    data: Dataset
    options: Options
    workers: tuple[Device, ...]
    store: Store
    config: ExecutionConfig
    schedule: Schedule
    halved: frozenset[int]  # blocks that did not fit into memory before

    @classmethod
    def open(
        cls, store: Store, plan: Plan, source: str, data: Dataset, options: Options
    ) -> "Job":
        """Take a folder for a plan, and say what was repaired in it."""
        study = study_of(plan)
        workers = options.workers or default_workers(devices())
        with store.alone():
            repaired = store.open(
                plan.fingerprint,
                plan.as_json(),
                source,
                study.kept(plan.sweep_file.record),
                lambda manifest: extended(store.folder, manifest, plan, store.done()),
            )
            if lost := settled(store.manifest, store.done()):
                repaired += store.settle(lost)
            config = resolve_config(
                store.folder,
                store.manifest,
                plan,
                workers[0].platform,
                block_size=options.width,
                kernel=options.kernel,
                data=data.digest,
            )
            store.configure(config.as_json())
            manifest = store.manifest
        schedule = Schedule(plan_revisions(manifest, plan), config.block_size)
        halved = frozenset(entry["block"] for entry in manifest.get("halved", []))
        for sentence in repaired:
            options.say(sentence)
        return cls(plan, study, data, options, workers, store, config, schedule, halved)

    def pending(self) -> set[int]:
        """Return the blocks to compute; whole tables, out of date then, are removed."""
        numbers = self.schedule.numbers  # before others wait: it may take a while
        with self.store.alone():
            done = numbers & self.store.done()
            retry = self.store.with_status(self.options.retry)
            if merged := self.schedule.merged(retry):
                self.options.say(_STAY.format(counted(len(merged), "block")))
                retry -= merged
            pending = self.schedule.pending(done, retry, self.options.shard)
            if pending:
                self.store.unseal(WHOLE)
        return pending

    def engine(self) -> Engine:
        """Return the engine that computes its blocks."""
        return make_engine(
            self.study,
            self.config,
            self.workers,
            shared=self.data.arrays,
            halves=self.options.width is None,
            checkpoints=self.store.checkpoints(),
        )

    @property
    def kernel(self) -> str:
        """The kernel that takes the steps of some of its runs, "" where none does."""
        used = any(self.study.has_kernel(item) for item, _ in self.plan.groups())
        return self.config.kernel if used else ""

    def trial(self, item: RunConfig) -> Trial:
        """Return a run as the engine is given it."""
        points = self.study.points(self.plan.sweep_file.record)
        return self.study.trial(item, points, self.config.kernel)

    def tables(self, block: Block, future: Future) -> tuple[Tables, bool]:
        """Return the tables of a block, and whether it could not be computed."""
        record = self.plan.sweep_file.record
        try:
            return self.study.rows(block.items, future.result(), record), False
        except _FAILURES as error:
            reason = str(error).strip().split("\n")[0] or type(error).__name__
            return failed_rows(block.items, reason, self.study.kept(record)), True

    def append(self, block: int, tables: Tables, size: int | None) -> None:
        """Keep the tables of a block, and the size that it was halved to, if it was."""
        if size or block in self.halved:
            entry = {"block": block, "width": size or self.config.block_size}
            self.store.add("halved", entry)
        self.store.append(block, tables)
        self.store.checkpoints().forget(block)

    def finish(self) -> int:
        """Return the number of blocks left; without any, make the tables whole."""
        with self.store.alone():
            left = len(self.schedule.numbers - self.store.done())
            if not left and not self.store.is_sealed():
                make_whole(self.store, self.study)
        return left
