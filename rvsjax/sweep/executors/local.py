"""Local executor: the devices or cores of this machine, in this process."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rvsjax.sweep.engine import Block, Engine
from rvsjax.sweep.executors.executor import Counts, Done
from rvsjax.sweep.executors.task import Task

__all__ = ["LocalExecutor"]


class LocalExecutor:
    """Computes blocks with an engine of its own, and yields them in their order."""

    def __init__(
        self, task: Task, engine: Engine, told: Callable[[int], dict[str, str]]
    ) -> None:
        """Take an engine of the task, and what the parts of a block are told."""
        self.task, self.engine, self.told = task, engine, told
        self.kind = task.kind(engine.workers[0])

    def run(
        self,
        blocks: Iterable[Block],
        stop: Callable[[], bool],
        beat: Callable[[], None],
    ) -> Iterator[Done]:
        """Yield each block once it is finished."""
        for block, future in self.engine.run(blocks, self.task.trial, stop, beat):
            size = self.engine.narrow.get(block.number)
            told = self.told(block.number)
            yield self.task.done(block, future, size, told, self.kind)

    def counts(self) -> Counts:
        """Return what the engine has counted."""
        engine = self.engine
        under_way = sum(list(engine.under_way.values()))  # other threads change it
        return Counts(
            engine.compile_seconds, engine.run_seconds, under_way, engine.resumed
        )

    def session(self) -> dict[str, Any]:
        """Return the kind of this device: the rest of this machine is always told."""
        return {"kind": self.kind.name}
