"""Executor, the interface: blocks in, the parts of finished blocks out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from rvsjax.sweep.device_kind import DeviceKind
from rvsjax.sweep.engine import Block

__all__ = ["Counts", "Done", "Executor"]


class Done(NamedTuple):
    """A finished block: the files of its parts, and how its runs ended."""

    block: int
    parts: dict[str, bytes]  # by file name, that of the table `runs` last
    statuses: Counter[str]
    block_size: int | None = None  # that it was halved to for lack of memory
    kind: DeviceKind | None = None  # that computed it; None where nothing did

    @property
    def has_failed(self) -> bool:
        """True where the block could not be computed."""
        return self.statuses["failed"] > 0


class Counts(NamedTuple):
    """Counts of an executor: seconds summed over workers, and unfinished work."""

    compile_seconds: float = 0.0
    run_seconds: float = 0.0
    under_way: float = 0.0  # blocks' worth of what unfinished blocks have done
    resumed: float = 0.0  # blocks' worth of stages that were found kept
    machines: int = 0  # of a cluster that compute now
    lost: int = 0  # tasks that were lost with their worker or machine


class Executor(Protocol):
    """Computes blocks somewhere. Their bits do not depend on where, or in which order.

    It only computes: whoever asked for the blocks keeps what they become.
    """

    def run(
        self,
        blocks: Iterable[Block],
        stop: Callable[[], bool],
        beat: Callable[[], None],
    ) -> Iterator[Done]:
        """Yield each block once it is finished, in any order.

        Once `stop` says so, no other is begun. There is a `beat` about each second.
        """
        ...

    def counts(self) -> Counts:
        """Return what was counted so far."""
        ...

    def session(self) -> dict[str, Any]:
        """Return what a manifest is told of a call, beside what it always is."""
        ...
