"""Any function over any list of pytrees: groups, blocks of one width, one program each.

Items with the same key share a program; blocks have a fixed width and a fixed place for
each item, so that a result does not depend on what was interrupted, on the order of the
blocks or on the number of devices. A block runs on one device; devices take blocks side
by side, under one `jax.shard_map`.
"""

import importlib.metadata
import os
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

__all__ = [
    "Block",
    "Device",
    "Engine",
    "ahead",
    "batches",
    "blocks",
    "choose_width",
    "known_bad_version",
    "programs",
]

KNOWN_BAD = {
    "0.10.2": "computes wrong rows on CPU (jax issue 39103)",
    "0.11.0": "crashes on CPU (jax issue 39257)",
}

# LLVM's third level costs 30 % more time to compile these loops. They ran no faster
# with it under jaxlib 0.10.1, and up to a half slower under 0.12.0 (2 CPU cores).
_COMPILER: dict[str, Any] = {"cpu": {"xla_backend_optimization_level": 2}}

Pytree = Any
Function = Callable[[Pytree], Pytree]
Device = Any  # jax.Device, which is no type to type checkers


def known_bad_version() -> str | None:
    """Say what is wrong with the installed jaxlib, None if nothing is known."""
    version = importlib.metadata.version("jaxlib")
    if version in KNOWN_BAD:
        advice = "install another version, such as 0.10.1"
        return f"jaxlib {version} {KNOWN_BAD[version]}; {advice}"
    return None


class Block(NamedTuple):
    """Items that run together: at most `width` of one key, in a fixed order."""

    number: int
    key: Hashable
    items: list[Any]


def blocks(
    items: Iterable[Any], key: Callable[[Any], Hashable], width: int
) -> Iterator[Block]:
    """Cut a stream into blocks of one key each; the same stream gives the same blocks.

    Holds at most one open block a key.
    """
    number = 0
    unfilled: dict[Hashable, list[Any]] = {}
    for item in items:
        group = unfilled.setdefault(key(item), [])
        group.append(item)
        if len(group) == width:
            yield Block(number, key(item), unfilled.pop(key(item)))
            number += 1
    for i, (name, group) in enumerate(unfilled.items()):
        yield Block(number + i, name, group)


def batches(stream: Iterable[Block], size: int) -> Iterator[list[Block]]:
    """Gather up to `size` blocks of one key: what the devices take side by side."""
    waiting: dict[Hashable, list[Block]] = {}
    for block in stream:
        group = waiting.setdefault(block.key, [])
        group.append(block)
        if len(group) == size:
            yield waiting.pop(block.key)
    yield from waiting.values()


def ahead(
    stream: Iterable[Any], number: int, prepare: Callable[[Any], Any]
) -> Iterator[Any]:
    """Yield the entries of a stream, each prepared while `number` others go first."""
    waiting: deque[Any] = deque()
    for entry in stream:
        prepare(entry)
        waiting.append(entry)
        if len(waiting) > number:
            yield waiting.popleft()
    yield from waiting


def choose_width(groups: Iterable[int], platform: str) -> int:
    """Return the items of a block: a power of two, at least two blocks a group.

    Independent of the number of devices, so that results are. On CPU at most 64: the
    state of a block then stays in the cache.
    """
    smallest, largest = (8, 64) if platform == "cpu" else (64, 4096)
    half = (max(groups, default=1) + 1) // 2
    return min(largest, max(smallest, 1 << (half - 1).bit_length()))


_compilers = ThreadPoolExecutor(os.cpu_count())
_programs: dict[Hashable, Future] = {}


def programs() -> int:
    """Return how many programs this process has compiled."""
    return len(_programs)


class Engine:
    """Applies a pure function to blocks of pytrees with ``jit(vmap)``.

    Leaves keep their dtype: 64-bit types are enabled while a block runs. A program is
    compiled once in a process for each structure, shape and dtype, and kept.
    """

    def __init__(
        self,
        function: Function,
        width: int,
        devices: Sequence[Device] | None = None,
    ) -> None:
        """Use all devices of the default platform unless some are given."""
        if problem := known_bad_version():
            raise RuntimeError(problem)
        self.function = function
        self.width = width
        self.devices = tuple(devices or jax.devices())
        self.compile_seconds = 0.0  # waited for programs
        self.run_seconds = 0.0
        self._sharding = NamedSharding(
            Mesh(np.asarray(self.devices), ("blocks",)), PartitionSpec("blocks")
        )

    def prepare(self, item: Pytree) -> Future:
        """Begin to compile the program of an item, beside whatever else runs."""
        leaves, structure = jax.tree.flatten(item)
        size = self.width * len(self.devices)
        shapes = tuple(((size, *np.shape(x)), np.result_type(x)) for x in leaves)
        key = (self.function, self.width, self.devices, structure, shapes)
        if key not in _programs:
            stacked = structure.unflatten(jax.ShapeDtypeStruct(*s) for s in shapes)
            _programs[key] = _compilers.submit(self._compile, stacked)
        return _programs[key]

    def _compile(self, stacked: Pytree) -> Any:
        mapped = jax.shard_map(
            jax.vmap(self.function),
            mesh=self._sharding.mesh,
            in_specs=self._sharding.spec,
            out_specs=self._sharding.spec,
            check_vma=False,  # nothing is exchanged between devices
        )
        with jax.enable_x64(True):
            lowered = jax.jit(mapped, in_shardings=self._sharding).lower(stacked)
            return lowered.compile(_COMPILER.get(self.devices[0].platform))

    def __call__(self, batch: Sequence[Sequence[Pytree]]) -> list[Pytree]:
        """Return the function's results for each block, stacked along axis 0 (NumPy).

        At most one block a device, of at most `width` items of one structure each.
        Empty places repeat the last item and are cut off.
        """
        padded = [_fill(block, self.width) for block in _fill(batch, len(self.devices))]
        flat = [item for block in padded for item in block]
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *flat)
        begin = time.perf_counter()
        program = self.prepare(flat[0]).result()
        compiled = time.perf_counter()
        with jax.enable_x64(True):
            results = jax.device_get(program(jax.device_put(stacked, self._sharding)))
        self.compile_seconds += compiled - begin
        self.run_seconds += time.perf_counter() - compiled

        def part(place: int, size: int) -> Pytree:
            first = place * self.width
            return jax.tree.map(lambda leaf: leaf[first : first + size], results)

        return [part(place, len(block)) for place, block in enumerate(batch)]


def _fill(items: Sequence[Any], size: int) -> list[Any]:
    if not 0 < len(items) <= size:
        raise ValueError(f"needs 1 to {size} entries, got {len(items)}")
    return [*items, *[items[-1]] * (size - len(items))]
