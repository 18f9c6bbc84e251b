"""A plan in its folder: what is done of it, what is kept, and what is left."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rvsjax.errors import FolderError, counted
from rvsjax.sweep.engine import Device, default_workers, devices
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.executors.executor import Done, Executor
from rvsjax.sweep.executors.local import LocalExecutor
from rvsjax.sweep.executors.orders import Ticket, build
from rvsjax.sweep.executors.task import Task
from rvsjax.sweep.folder_kinds import need_kind, note_kind
from rvsjax.sweep.growth import extended
from rvsjax.sweep.kind_detection import kind_of
from rvsjax.sweep.options import Options
from rvsjax.sweep.plan.plan import Plan
from rvsjax.sweep.resolve import resolve_config
from rvsjax.sweep.schedule import Schedule, plan_revisions, settled
from rvsjax.sweep.store import Store
from rvsjax.sweep.study import Dataset, Study, study_of
from rvsjax.sweep.whole import WHOLE, make_whole

__all__ = ["Job"]

_PACKS = 256  # at least, of a folder: what waits to be kept is a small share of all
_MOST_IN_A_PACK = 64  # 0.5 ms a block beside 20 by itself (two shared cores)

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
            if options.executor == "local" and not options.mixed:
                need_kind(store, kind_of(workers[0], config))
            manifest = store.manifest
        schedule = Schedule(plan_revisions(manifest, plan), config.block_size)
        store.pack_size = _pack_size(len(schedule.numbers))
        halved = frozenset(entry["block"] for entry in manifest.get("halved", []))
        for sentence in repaired:
            options.say(sentence)
        return cls(plan, study, data, options, workers, store, config, schedule, halved)

    def pending(self) -> set[int]:
        """Return the blocks to compute; whole tables, out of date then, are removed."""
        numbers = self.schedule.numbers  # before others wait: it may take a while
        with self.store.alone():
            retry = self._mended(lambda: self.store.with_status(self.options.retry))
            done = numbers & self.store.done()
            if merged := self.schedule.merged(retry):
                self.options.say(_STAY.format(counted(len(merged), "block")))
                retry -= merged
            pending = self.schedule.pending(done, retry, self.options.shard)
            if pending:
                self.store.unseal(WHOLE)
        return pending

    @property
    def kernel(self) -> str:
        """The kernel that takes the steps of some of its runs, "" where none does."""
        used = any(self.study.has_kernel(item) for item, _ in self.plan.groups())
        return self.config.kernel if used else ""

    def executor(self, number: int) -> Executor:
        """Return what computes its blocks, so many of them."""
        record, halves = self.plan.sweep_file.record, self.options.width is None
        task = Task(self.plan.sweep_file.study, record, self.config, halves)
        options, told = self.options, self.store.told
        if options.executor == "ray":
            from rvsjax.sweep.executors.ray_cluster import RayExecutor

            platform = self.workers[0].platform
            ticket = Ticket(task, platform, options.data, build())
            return RayExecutor(ticket, number, told, options.address, self.store.check)
        mixed = options.mixed  # a block is of one kind, from its first stage on
        about = task.kind(self.workers[0]).name if mixed else ""
        kept = self.store.checkpoints(about)
        engine = task.engine(self.workers, self.data.arrays, kept)
        return LocalExecutor(task, engine, told)

    def keep(self, blocks: Sequence[Done]) -> None:
        """Keep the parts of blocks, and the sizes that they were halved to, if so."""
        for done in blocks:
            if done.block_size or done.block in self.halved:
                width = done.block_size or self.config.block_size
                self.store.add("halved", {"block": done.block, "width": width})
            if done.kind:
                note_kind(self.store, done.kind, self.options.mixed)
        self.store.keep_all({done.block: done.parts for done in blocks})
        for done in blocks:
            self.store.checkpoints().forget(done.block)

    def finish(self) -> tuple[int, set[int]]:
        """Make the tables whole, if all blocks are there.

        Return the number of blocks left, and those whose parts were found damaged just
        now, to be computed again.
        """
        with self.store.alone():
            left = self._left()
            if left or self.store.is_sealed():
                return len(left), set()
            self._mended(self._make_whole)
            lost = self._left()
            if lost:
                self.store.unseal(WHOLE)
        return len(lost), lost

    def _make_whole(self) -> None:
        if not self._left():  # else the blocks of damaged parts are to come first
            make_whole(self.store, self.study)

    def _left(self) -> set[int]:
        return self.schedule.numbers - self.store.done()

    def _mended(self, read: Callable[[], Any]) -> Any:
        """Return what is read; where that fails, again without parts that are damaged.

        The folder was opened without reading parts that seemed to be unchanged.
        """
        try:
            return read()
        except FolderError:
            moved = self.store.recheck()
            if not moved:
                raise
            for sentence in moved:
                self.options.say(sentence)
            return read()


def _pack_size(blocks: int) -> int:
    """Return how many blocks a pack has at most: 1 of few, so that none waits."""
    return max(1, min(_MOST_IN_A_PACK, blocks // _PACKS))
