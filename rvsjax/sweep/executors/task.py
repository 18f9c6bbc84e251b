"""Task: what the blocks of a folder have in common, wherever they are computed."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

import jax
import pyarrow as pa

from rvsjax.sweep.columns import failed_rows
from rvsjax.sweep.device_kind import DeviceKind
from rvsjax.sweep.engine import Block, Device, Engine, Keeper
from rvsjax.sweep.execution import ExecutionConfig
from rvsjax.sweep.executors.executor import Done
from rvsjax.sweep.kind_detection import kind_of
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.plan.sweep_file import Record
from rvsjax.sweep.registry import find_study
from rvsjax.sweep.store.parts import encode_block
from rvsjax.sweep.study import Study, Trial
from rvsjax.sweep.study_engine import make_engine

__all__ = ["Task"]

_FAILURES = (jax.errors.JaxRuntimeError, MemoryError)


class Task(NamedTuple):
    """The study, tables and config of a folder, and whether blocks may be halved."""

    study_name: str
    record: Record
    config: ExecutionConfig
    halves: bool

    @property
    def study(self) -> Study:
        """The study that the blocks are of."""
        return find_study(self.study_name)

    def engine(
        self,
        workers: tuple[Device, ...],
        shared: Sequence[Any],
        checkpoints: Keeper | None = None,
    ) -> Engine:
        """Return the engine that computes the blocks, with what all runs share."""
        return make_engine(
            self.study,
            self.config,
            workers,
            shared=shared,
            halves=self.halves,
            checkpoints=checkpoints,
        )

    def trial(self, item: RunConfig) -> Trial:
        """Return a run as the engine is given it."""
        points = self.study.points(self.record)
        return self.study.trial(item, points, self.config.kernel)

    def kind(self, device: Device) -> DeviceKind:
        """Return the kind of a device that computes the blocks."""
        return kind_of(device, self.config)

    def done(
        self,
        block: Block,
        future: Future,
        size: int | None,
        told: dict[str, str],
        kind: DeviceKind | None,
    ) -> Done:
        """Return a block whose future is finished; its parts are told these things.

        And the kind of device that computed it, if one did.
        """
        tables = self._tables(block.items, future)
        statuses = Counter(tables["runs"]["status"].to_pylist())
        told = told | ({"kind": kind.name} if kind else {})
        parts = encode_block(tables, block.number, told)
        return Done(block.number, parts, statuses, size, kind)

    def _tables(self, items: list[RunConfig], future: Future) -> dict[str, pa.Table]:
        """Return the tables of a block; where it has failed, rows that say why."""
        try:
            return self.study.rows(items, future.result(), self.record)
        except _FAILURES as error:
            reason = str(error).strip().split("\n")[0] or type(error).__name__
            return failed_rows(items, reason, self.study.kept(self.record))
