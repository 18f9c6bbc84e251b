"""Any function over any list of pytrees: groups, blocks of one width, one program each.

Items with the same key share a program; blocks have a fixed width and a fixed place for
each item, so that a result does not depend on what was interrupted, on the order of the
blocks or on the number of devices and cores. A block runs on one device; devices, or
the cores of a CPU, take blocks side by side.
"""

import importlib.metadata
import os
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import SingleDeviceSharding

__all__ = [
    "Block",
    "Device",
    "Engine",
    "blocks",
    "choose_width",
    "default_lanes",
    "known_bad_version",
    "programs",
]

KNOWN_BAD = {
    "0.10.2": "computes wrong rows on CPU (jax issue 39103)",
    "0.11.0": "crashes on CPU (jax issue 39257)",
}

_VERSION = importlib.metadata.version("jaxlib")

# Compiler options on CPU, measured on 2 cores, blocks of 16, d = 50, float64.
_COMPILER: dict[str, Any] = {
    "cpu": {
        # LLVM's third level costs 30 % more time to compile these loops. They ran no
        # faster with it under jaxlib 0.10.1, up to a half slower under 0.12.0.
        "xla_backend_optimization_level": 2,
        # In a tree of sums each sum is two kernels; in one, a step takes 13 instead of
        # 16 microseconds under 0.10.1, and 4.2 instead of 6.6 under 0.12.0.
        "xla_disable_hlo_passes": "tree_reduction_rewriter",
        # Without these 0.10.1 compiles in 4.0 instead of 6.0 s, to the same speed.
        # Later versions compile faster and do not know the option.
        **({"xla_cpu_use_fusion_emitters": False} if _VERSION == "0.10.1" else {}),
    }
}

_AHEAD = 4  # blocks that wait for a lane while their programs are compiled

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


def choose_width(groups: Iterable[int], platform: str) -> int:
    """Return the items of a block: a power of two, at least two blocks a group.

    Independent of the number of lanes, so that results are. On CPU at most 64: the
    state of a block then stays in the cache.
    """
    smallest, largest = (8, 64) if platform == "cpu" else (64, 4096)
    half = (max(groups, default=1) + 1) // 2
    return min(largest, max(smallest, 1 << (half - 1).bit_length()))


def default_lanes(devices: Sequence[Device]) -> tuple[Device, ...]:
    """Return the device of each lane: a block runs in each lane at a time.

    One lane a device; on CPU one a core, all of the first device, which runs them side
    by side with one program.
    """
    if devices[0].platform != "cpu":
        return tuple(devices)
    if hasattr(os, "sched_getaffinity"):
        return tuple(devices[:1]) * len(os.sched_getaffinity(0))
    return tuple(devices[:1]) * (os.cpu_count() or 1)


_compilers = ThreadPoolExecutor(os.cpu_count())
_programs: dict[Hashable, Future] = {}


def programs() -> int:
    """Return how many programs this process has compiled."""
    return len(_programs)


class Engine:
    """Applies a pure function to blocks of pytrees with ``jit(vmap)``.

    Leaves keep their dtype: 64-bit types are enabled while a block runs. A program is
    compiled once in a process for each structure, shape, dtype and device, and kept.
    """

    def __init__(
        self, function: Function, width: int, lanes: Sequence[Device] | None = None
    ) -> None:
        """Use all devices of the default platform unless lanes are given."""
        if problem := known_bad_version():
            raise RuntimeError(problem)
        self.function = function
        self.width = width
        self.lanes = tuple(lanes or default_lanes(jax.devices()))
        self.compile_seconds = 0.0  # summed over programs
        self.run_seconds = 0.0  # summed over lanes

    def __call__(self, items: Sequence[Pytree], lane: int = 0) -> Pytree:
        """Return the function's results for a block, stacked along axis 0 (NumPy).

        At most `width` items of one structure. Empty places repeat the last item and
        are cut off.
        """
        if not 0 < len(items) <= self.width:
            raise ValueError(f"needs 1 to {self.width} items, got {len(items)}")
        program = self.prepare(items[0], lane).result()
        padded = [*items, *[items[-1]] * (self.width - len(items))]
        begin = time.perf_counter()
        with jax.enable_x64(True):
            stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *padded)
            placed = jax.device_put(stacked, self.lanes[lane])
            results = jax.device_get(program(placed))
        self.run_seconds += time.perf_counter() - begin
        return jax.tree.map(lambda leaf: leaf[: len(items)], results)

    def run(
        self,
        stream: Iterable[Block],
        make: Callable[[Any], Pytree],
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[Block, Future]]:
        """Yield the blocks of a stream in order, each with its finished future.

        `make` turns an item into a pytree. Programs are compiled ahead, beside the
        blocks that run. Once `stop` says so, blocks that run are finished and yielded,
        and no other is begun.
        """
        waiting: deque[tuple[Block, Future]] = deque()
        with ThreadPoolExecutor(len(self.lanes)) as workers:
            for block in stream:
                if stop():
                    break
                lane = block.number % len(self.lanes)
                trees = [make(item) for item in block.items]
                self.prepare(trees[0], lane)
                waiting.append((block, workers.submit(self, trees, lane)))
                if len(waiting) == len(self.lanes) + _AHEAD:
                    yield _finished(waiting.popleft())
            while waiting:
                entry = waiting.popleft()
                if not (stop() and entry[1].cancel()):
                    yield _finished(entry)

    def prepare(self, item: Pytree, lane: int = 0) -> Future:
        """Begin to compile the program of an item, beside whatever else runs."""
        leaves, structure = jax.tree.flatten(item)
        shapes = tuple(((self.width, *np.shape(x)), np.result_type(x)) for x in leaves)
        device = self.lanes[lane]
        key = (self.function, self.width, device, structure, shapes)
        known = _programs.get(key)
        if known is None or (known.done() and known.exception()):
            stacked = structure.unflatten(jax.ShapeDtypeStruct(*s) for s in shapes)
            _programs[key] = _compilers.submit(self._compile, stacked, device)
        return _programs[key]

    def _compile(self, stacked: Pytree, device: Device) -> Any:
        begin = time.perf_counter()
        with jax.enable_x64(True):
            place = SingleDeviceSharding(device)
            mapped = jax.jit(jax.vmap(self.function), in_shardings=place)
            program = mapped.lower(stacked).compile(_COMPILER.get(device.platform))
        self.compile_seconds += time.perf_counter() - begin
        return program


def _finished(entry: tuple[Block, Future]) -> tuple[Block, Future]:
    wait([entry[1]])
    return entry
