"""Any function over any list of pytrees: groups, blocks of one size, one program each.

Items with the same key share a program; blocks have a fixed size and a fixed place for
each item, so that a result does not depend on what was interrupted, on the order of the
blocks or on the number of devices and cores. A block runs on one device; devices, or
the cores of a CPU, take blocks side by side.
"""

from rvsjax.sweep.engine.blocks import Block, blocks, choose_block_size
from rvsjax.sweep.engine.compilation import programs
from rvsjax.sweep.engine.engine import Engine
from rvsjax.sweep.engine.memory import OutOfMemory
from rvsjax.sweep.engine.platforms import (
    Device,
    compiler_options,
    default_workers,
    devices,
    known_bad_version,
    processor,
)
from rvsjax.sweep.engine.program_cache import Keeper
from rvsjax.sweep.engine.stages import Resumable

__all__ = [
    "Block",
    "Device",
    "Engine",
    "Keeper",
    "OutOfMemory",
    "Resumable",
    "blocks",
    "choose_block_size",
    "compiler_options",
    "default_workers",
    "devices",
    "known_bad_version",
    "processor",
    "programs",
]
