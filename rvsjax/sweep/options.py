"""Options of a run of a plan, and its status at the end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rvsjax.sweep.engine import Device
from rvsjax.sweep.progress import Progress

__all__ = ["Options", "SweepStatus"]


def _ignore(_: object) -> None:
    pass


@dataclass(frozen=True)
class Options:
    """Options of how a plan is run, which do not change what it asks."""

    width: int | None = None  # runs in a block; None: chosen, or that of the folder
    kernel: str | None = None  # of `rvsjax.simulation.kernels`; None: likewise
    shard: tuple[int, int] = (1, 1)  # this process takes each N-th block from the I-th
    retry: frozenset[str] = frozenset()  # statuses to compute again
    fail_fast: bool = False
    workers: tuple[Device, ...] | None = None  # None: all devices, all cores
    flags: tuple[str, ...] = ()  # as given, for the manifest
    watch: Callable[[Progress], None] = _ignore
    stop: threading.Event = field(default_factory=threading.Event)
    data: str | None = None  # a folder of what runs share; None: the usual one
    executor: str = "local"  # where blocks are computed: local, ray
    address: str | None = None  # of its cluster; None: one of this machine
    mixed: bool = False  # whether blocks of several kinds of device go together
    say: Callable[[str], None] = _ignore  # hears what was repaired


class SweepStatus(NamedTuple):
    """Status of a folder after a call: blocks left, and whether one of them failed."""

    folder: Path
    blocks_left: int
    failed: bool
