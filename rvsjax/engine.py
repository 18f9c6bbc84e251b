"""Any function over any list of pytrees: groups, blocks of one width, one program each.

Items with the same key share a program; blocks have a fixed width and a fixed place for
each item, so that a result does not depend on what was interrupted, on the order of the
blocks or on the number of devices and cores. A block runs on one device; devices, or
the cores of a CPU, take blocks side by side.
"""

import importlib.metadata
import os
import pickle
import platform
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
from jax.experimental import serialize_executable
from jax.sharding import SingleDeviceSharding

__all__ = [
    "Block",
    "Device",
    "Engine",
    "Keeper",
    "blocks",
    "choose_width",
    "compiler_options",
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


class Keeper(Protocol):
    """Where programs outlive a process: bytes by key, from a place to be trusted."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None if there is nothing."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep data under a key."""
        ...


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


def compiler_options(platform: str, quick: bool = False) -> dict[str, Any]:
    """Return the options that a program is compiled with.

    `quick` is for programs without a long loop of their own, run a few thousand times:
    on CPU the compiler takes half of the time, and what it makes runs 5 times slower.
    """
    options = _COMPILER.get(platform, {})
    quickly = {"xla_backend_optimization_level": 0}
    return options | quickly if quick and platform == "cpu" else options


def choose_width(
    groups: Iterable[int], platform: str, size: int = 1, number: int = 64
) -> int:
    """Return the items of a block: a power of two, at least two blocks a group.

    Independent of the number of lanes, so that results are. On CPU at most 64, more
    where the largest group still makes `number` blocks: to write a block takes a time
    that hardly depends on its width. `size` is how many numbers an item has: a wide
    block of large ones takes much memory.
    """
    largest = max(groups, default=1)
    half = max(1, (largest + 1) // 2)
    least, most = (8, 64) if platform == "cpu" else (64, 4096)
    if platform == "cpu":
        most = max(
            most, min(_floor(max(1, largest // number)), _floor(2**16 // size), 1024)
        )
    return min(most, max(least, 1 << (half - 1).bit_length()))


def _floor(number: int) -> int:
    """Return the largest power of two up to a number; 0 for 0."""
    return 1 << (number.bit_length() - 1) if number else 0


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
    With a `keeper` it outlives the process (CPU alone; others were not tried).
    """

    def __init__(
        self,
        function: Function,
        width: int,
        lanes: Sequence[Device] | None = None,
        *,
        options: dict[str, Any] | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        """Use all devices of the default platform unless lanes are given.

        `options` are those of the compiler, in place of the ones for the platform. The
        `keeper` must forget all when the code changes that `function` calls.
        """
        if problem := known_bad_version():
            raise RuntimeError(problem)
        self.function = function
        self.width = width
        self.lanes = tuple(lanes or default_lanes(jax.devices()))
        kind = self.lanes[0].platform
        self.options = compiler_options(kind) if options is None else options
        self.keeper = keeper if kind == "cpu" else None
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
            stacked = jax.tree.map(lambda *leaves: np.array(leaves), *padded)
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
        options = tuple(sorted(self.options.items()))
        key = (self.function, self.width, device, options, structure, shapes)
        known = _programs.get(key)
        if known is None or (known.done() and known.exception()):
            _programs[key] = _compilers.submit(self._make, key)
        return _programs[key]

    def _make(self, key: Any) -> Any:
        """Load the program of a key, or compile and keep it."""
        begin = time.perf_counter()
        _, _, device, options, structure, shapes = key
        name = _name(self.function, (device, options, structure, shapes))
        keeper = self.keeper if name else None
        data = None if keeper is None else keeper.get(name)
        program = _load(data, device) if data else None
        if program is None:
            stacked = structure.unflatten(jax.ShapeDtypeStruct(*s) for s in shapes)
            program = self._compile(stacked, device)
            if keeper is not None and (data := _dump(program)):
                keeper.put(name, data)
        self.compile_seconds += time.perf_counter() - begin
        return program

    def _compile(self, stacked: Pytree, device: Device) -> Any:
        with jax.enable_x64(True):
            place = SingleDeviceSharding(device)
            mapped = jax.jit(jax.vmap(self.function), in_shardings=place)
            return mapped.lower(stacked).compile(self.options)


def _dump(program: Any) -> bytes | None:
    """Return a program as bytes; None if it cannot be had so."""
    try:
        return pickle.dumps(serialize_executable.serialize(program))
    except Exception:  # a program need not be kept
        return None


def _load(data: bytes, device: Device) -> Any:
    """Return a program as it was kept; None if this process cannot take it."""
    try:
        kept = pickle.loads(data)
        return serialize_executable.deserialize_and_load(
            *kept, backend=device.client, execution_devices=[device]
        )
    except Exception:  # whatever a file of another make may cause: compile anew
        return None


def _name(function: Function, asked: Any) -> str:
    """Return all that decides a program, as text; "" if text cannot tell.

    It can for a function at the top of a module, asked with classes of its package.
    """
    module, name = (getattr(function, n, "") for n in ("__module__", "__name__"))
    if getattr(sys.modules.get(module), name, None) is not function:
        return ""
    told, package = repr(asked), module.partition(".")[0]
    classes = re.findall(r"<class '(\w+)", told)
    if " at 0x" in told or any(other != package for other in classes):
        return ""
    return "\n".join([module, name, told, _place()])


@cache
def _processor() -> str:
    """Return what this machine's processor can do: programs are compiled for it."""
    told = [platform.machine(), platform.processor(), platform.platform()]
    kernel = Path("/proc/cpuinfo")
    if kernel.exists():
        lines = kernel.read_text().splitlines()
        wanted = ("flags", "Features", "model name", "cpu family", "model", "stepping")
        told += sorted({x for x in lines if x.partition("\t")[0] in wanted})
    return "\n".join(told)


def _place() -> str:
    """Return the versions, settings and processor that a program is compiled under."""
    versions = {n: importlib.metadata.version(n) for n in ("jax", "jaxlib", "numpy")}
    chosen = {n: x for n, x in os.environ.items() if n.startswith(("XLA_", "JAX_"))}
    settings = sorted((name, repr(x)) for name, x in jax.config.values.items())
    return repr([sys.version, versions, sorted(chosen.items()), settings, _processor()])


def _finished(entry: tuple[Block, Future]) -> tuple[Block, Future]:
    wait([entry[1]])
    return entry
