"""Blocks through compiled programs, on devices or cores side by side."""

import os
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import jax
import numpy as np
from jax.sharding import SingleDeviceSharding

from rvsjax.engine import kept
from rvsjax.engine.blocks import Block
from rvsjax.engine.memory import OutOfMemory, is_out_of_memory, lacking
from rvsjax.engine.platforms import (
    Device,
    compiler_options,
    default_lanes,
    known_bad_version,
)

__all__ = ["Engine", "programs"]

_AHEAD = 4  # blocks that wait for a lane while their programs are compiled

Pytree = Any
Function = Callable[[Pytree], Pytree]

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
        keeper: kept.Keeper | None = None,
        halves: bool = True,
    ) -> None:
        """Use all devices of the default platform unless lanes are given.

        `options` are those of the compiler, in place of the ones for the platform. The
        `keeper` must forget all when the code changes that `function` calls. A block
        that does not fit into memory is computed in halves, if it `halves`.
        """
        if problem := known_bad_version():
            raise RuntimeError(problem)
        self.function = function
        self.width = width
        self.lanes = tuple(lanes or default_lanes(jax.devices()))
        kind = self.lanes[0].platform
        self.options = compiler_options(kind) if options is None else options
        self.keeper = keeper if kind == "cpu" else None
        self.halves = halves
        self.narrow: dict[int, int] = {}  # widths of the blocks that were halved
        self._fits: dict[Hashable, int] = {}  # widths of those items, by their kind
        self.compile_seconds = 0.0  # summed over programs
        self.run_seconds = 0.0  # summed over lanes

    def __call__(self, items: Sequence[Pytree], lane: int = 0) -> Pytree:
        """Return the function's results for a block, stacked along axis 0 (NumPy).

        At most `width` items of one structure. Empty places repeat the last item and
        are cut off.
        """
        return self.compute(items, lane)[0]

    def compute(self, items: Sequence[Pytree], lane: int) -> tuple[Pytree, int]:
        """Return results as a call does, and the width that they were computed with.

        Other lanes may find meanwhile that less fits: a block keeps to its own width.
        """
        if not 0 < len(items) <= self.width:
            raise ValueError(f"needs 1 to {self.width} items, got {len(items)}")
        kind = _kind(items[0])
        while True:
            width = self._fits.get(kind, self.width)
            try:
                cuts = range(0, len(items), width)
                parts = [self._apply(items[i : i + width], lane, width) for i in cuts]
                whole = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
                return whole, width
            except Exception as error:  # how a device says so differs
                if not is_out_of_memory(error):
                    raise
                if not self.halves or width == 1:
                    what = f"a block of {width} does not fit: {error}"
                    raise OutOfMemory(what) from None
                self._fits[kind] = min(width // 2, self._fits.get(kind, width))

    def _apply(self, items: Sequence[Pytree], lane: int, width: int) -> Pytree:
        """Return the results of items that make one call of a program."""
        program = self.prepare(items[0], lane, width).result()
        padded = [*items, *[items[-1]] * (width - len(items))]
        begin = time.perf_counter()
        with jax.enable_x64(True):
            stacked = jax.tree.map(lambda *leaves: np.array(leaves), *padded)
            placed = jax.device_put(stacked, self.lanes[lane])
            results = jax.device_get(program(placed))
        self.run_seconds += time.perf_counter() - begin
        return jax.tree.map(lambda leaf: leaf[: len(items)], results)

    def _block(self, block: Block, items: Sequence[Pytree], lane: int) -> Pytree:
        results, width = self.compute(items, lane)
        if width < self.width:
            self.narrow[block.number] = width
        return results

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
                waiting.append((block, workers.submit(self._block, block, trees, lane)))
                if len(waiting) == len(self.lanes) + _AHEAD:
                    yield _finished(waiting.popleft())
            while waiting:
                entry = waiting.popleft()
                if not (stop() and entry[1].cancel()):
                    yield _finished(entry)

    def prepare(self, item: Pytree, lane: int = 0, width: int | None = None) -> Future:
        """Begin to compile the program of an item, beside whatever else runs.

        For blocks of this width, by default the widest that is not known not to fit.
        """
        structure, each = kind = _kind(item)
        width = width or self._fits.get(kind, self.width)
        shapes = tuple(((width, *shape), dtype) for shape, dtype in each)
        device = self.lanes[lane]
        options = tuple(sorted(self.options.items()))
        key = (self.function, width, device, options, structure, shapes)
        known = _programs.get(key)
        if known is None or (known.done() and known.exception()):
            _programs[key] = _compilers.submit(self._make, key)
        return _programs[key]

    def _make(self, key: Any) -> Any:
        """Load the program of a key, or compile and keep it."""
        begin = time.perf_counter()
        _, _, device, options, structure, shapes = key
        name = kept.name(self.function, (device, options, structure, shapes))
        keeper = self.keeper if name else None
        data = None if keeper is None else keeper.get(name)
        program = kept.load(data, device) if data else None
        if program is None:
            stacked = structure.unflatten(jax.ShapeDtypeStruct(*s) for s in shapes)
            program = self._compile(stacked, device)
            if keeper is not None and (data := kept.dump(program)):
                keeper.put(name, data)
        self.compile_seconds += time.perf_counter() - begin
        if device.platform == "cpu" and (reason := lacking(program, len(self.lanes))):
            raise MemoryError(reason)
        return program

    def _compile(self, stacked: Pytree, device: Device) -> Any:
        with jax.enable_x64(True):
            place = SingleDeviceSharding(device)
            mapped = jax.jit(jax.vmap(self.function), in_shardings=place)
            return mapped.lower(stacked).compile(self.options)


def _kind(item: Pytree) -> tuple[Any, Any]:
    """Return what items of one program have in common: structure, shapes, dtypes."""
    leaves, structure = jax.tree.flatten(item)
    return structure, tuple((np.shape(x), np.result_type(x)) for x in leaves)


def _finished(entry: tuple[Block, Future]) -> tuple[Block, Future]:
    wait([entry[1]])
    return entry
