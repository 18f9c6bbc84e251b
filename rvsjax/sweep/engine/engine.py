"""Blocks through compiled programs, on devices or cores side by side."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple

import jax
import numpy as np

from rvsjax.environment.jax_settings import pinned
from rvsjax.sweep.engine import program_cache, stages
from rvsjax.sweep.engine.blocks import Block
from rvsjax.sweep.engine.compilation import Programs, mapped
from rvsjax.sweep.engine.memory import OutOfMemory, is_out_of_memory
from rvsjax.sweep.engine.platforms import (
    Device,
    compiler_options,
    default_workers,
    devices,
    known_bad_version,
)
from rvsjax.sweep.engine.stages import Resumable

__all__ = ["Engine"]

_AHEAD = 4  # blocks that wait for a worker while their programs are compiled
_BEAT = 1.0  # seconds between two looks at blocks that are computed

Pytree = Any
Function = Callable[..., Pytree]
Stop = Callable[[], bool]


def _never() -> bool:
    return False


def _silent() -> None:
    pass


class _Left(Exception):
    """A block was left between two of its stages."""


class _Place(NamedTuple):
    """Place of items: the worker, and the part of a block, if they are of one."""

    worker: int
    size: int
    block: int | None
    first: int  # of its items in the block
    share: float  # of the block's items

    @property
    def name(self) -> str:
        """The name that its stages are kept under."""
        return f"{self.block}-{self.size}-{self.first}"


class Engine:
    """Applies a pure function, or `Resumable`, to blocks of pytrees with ``jit(vmap)``.

    Leaves keep their dtype: 64-bit types are enabled while a block runs, and settings
    of JAX are held (`rvsjax.environment.jax_settings`). A program is
    compiled once in a process for each structure, shape, dtype and device, and kept.
    With a `keeper` it outlives the process (CPU alone; others were not tried).
    """

    def __init__(
        self,
        function: Function | Resumable,
        block_size: int,
        workers: Sequence[Device] | None = None,
        *,
        shared: Sequence[Pytree] = (),
        options: dict[str, Any] | None = None,
        keeper: program_cache.Keeper | None = None,
        halves: bool = True,
        checkpoints: program_cache.Keeper | None = None,
    ) -> None:
        """Use all devices of the default platform unless workers are given.

        `shared` are further arguments, which are not mapped over. `options` are those
        of the compiler, in place of the ones for the platform. The `keeper` must forget
        all when the code changes that `function` calls. A block that does not fit into
        memory is computed in halves, if it `halves`. `checkpoints` keep what the stages
        of a block have come to.
        """
        if problem := known_bad_version():
            raise RuntimeError(problem)
        self.stages = stages.only(function) if callable(function) else function
        self.block_size = block_size
        self.workers = tuple(workers or default_workers(devices()))
        kind = self.workers[0].platform
        options = compiler_options(kind) if options is None else options
        keeper = keeper if kind == "cpu" else None
        self.programs = Programs(options, keeper, len(self.workers))
        self.halves = halves
        self.checkpoints = checkpoints
        self.narrow: dict[int, int] = {}  # sizes of the blocks that were halved
        self._fits: dict[Hashable, int] = {}  # sizes of those items, by their kind
        self._shared = tuple(shared)
        self._placed: dict[Device, tuple[Pytree, ...]] = {}
        self.run_seconds = 0.0  # summed over workers
        self.under_way: dict[int, float] = {}  # share of its stages done, by block
        self.resumed = 0.0  # blocks' worth of stages that were found kept

    @property
    def compile_seconds(self) -> float:
        """Seconds of compilation, summed over programs."""
        return self.programs.seconds

    def __call__(self, items: Sequence[Pytree], worker: int = 0) -> Pytree:
        """Return the function's results for a block, stacked along axis 0 (NumPy).

        At most `block_size` items of one structure. Empty places repeat the last item
        and are cut off.
        """
        return self.compute(items, worker)[0]

    def single(self, item: Pytree) -> Pytree:
        """Return the function's result for one item, not stacked (NumPy)."""
        return jax.tree.map(lambda leaf: leaf[0], self([item]))

    def compute(
        self,
        items: Sequence[Pytree],
        worker: int,
        block: int | None = None,
        stop: Stop = _never,
    ) -> tuple[Pytree, int]:
        """Return results as a call does, and the size that they were computed with.

        Other workers may find meanwhile that less fits: a block keeps to its own size.
        The stages of a `block` are kept and counted.
        """
        if not 0 < len(items) <= self.block_size:
            raise ValueError(f"needs 1 to {self.block_size} items, got {len(items)}")
        kind = _kind(items[0])
        while True:
            size = self._fits.get(kind, self.block_size)
            try:
                parts = []
                for i in range(0, len(items), size):
                    few = items[i : i + size]
                    share = len(few) / len(items)
                    place = _Place(worker, size, block, i, share)
                    parts.append(self._apply(few, place, stop))
                whole = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
                return whole, size
            except Exception as error:  # how a device says so differs
                if not is_out_of_memory(error):
                    raise
                if not self.halves or size == 1:
                    what = f"a block of {size} does not fit: {error}"
                    raise OutOfMemory(what) from None
                self._fits[kind] = min(size // 2, self._fits.get(kind, size))

    def _apply(
        self, items: Sequence[Pytree], place: _Place, stop: Stop = _never
    ) -> Pytree:
        """Return the results of items that make one call of each of their programs."""
        first = self.prepare(items[0], place.worker, place.size)
        padded = [*items, *[items[-1]] * (place.size - len(items))]
        with pinned():
            stacked = jax.tree.map(lambda *leaves: np.array(leaves), *padded)
            placed = jax.device_put(stacked, self.workers[place.worker])
            done, carry = self._kept(placed, place)
            if carry is None:
                carry = self._timed(first.result(), placed, *self._share(place.worker))
            stages = self.stages.count(items[0])
            self.resumed += self._count(done, stages, place)
            for number in range(done, stages):
                if stop():
                    raise _Left
                carry = self._advance(placed, carry, number, place.worker)
                self._keep(number + 1, carry, place)
                self._count(1, stages, place)
            results = jax.device_get(carry)
        return jax.tree.map(lambda leaf: leaf[: len(items)], results)

    def _kept(self, placed: Pytree, place: _Place) -> tuple[int, Pytree | None]:
        """Return the next stage of items and its carry, as kept; 0 and None if not."""
        if self.checkpoints is None or place.block is None:
            return 0, None
        data = self.checkpoints.get(place.name)
        if data is None:
            return 0, None
        shared = self._share(place.worker)
        begin = mapped(self.stages.begin, 1, shared)
        like = jax.eval_shape(begin, placed, *shared)  # traces it, which takes long
        if (known := stages.load(data, like)) is None:
            return 0, None
        return known[0], jax.device_put(known[1], self.workers[place.worker])

    def _keep(self, number: int, carry: Pytree, place: _Place) -> None:
        if self.checkpoints is not None and place.block is not None:
            data = stages.dump(number, jax.device_get(carry))
            self.checkpoints.put(place.name, data)

    def _count(self, done: int, stages: int, place: _Place) -> float:
        """Count stages of a block as done, and return what share of it they are."""
        if place.block is None or not stages:
            return 0.0
        share = place.share * done / stages
        self.under_way[place.block] = self.under_way.get(place.block, 0) + share
        return share

    def _advance(
        self, placed: Pytree, carry: Pytree, number: int, worker: int
    ) -> Pytree:
        which = jax.device_put(np.int32(number), self.workers[worker])
        arguments = placed, carry, which, *self._share(worker)
        device = self.workers[worker]
        program = self.programs.of(self.stages.advance, 2, arguments, device)
        return self._timed(program.result(), *arguments)

    def _timed(self, program: Any, *arguments: Pytree) -> Pytree:
        begin = time.perf_counter()
        carry = jax.block_until_ready(program(*arguments))
        self.run_seconds += time.perf_counter() - begin
        return carry

    def _share(self, worker: int) -> tuple[Pytree, ...]:
        """Return what all blocks share, on the device of a worker."""
        device = self.workers[worker]
        if device not in self._placed:
            with pinned():
                self._placed[device] = jax.device_put(self._shared, device)
        return self._placed[device]

    def prepare(self, item: Pytree, worker: int = 0, size: int | None = None) -> Future:
        """Begin to compile the program of an item, beside whatever else runs.

        For blocks of this size, by default the widest that is not known not to fit.
        """
        structure, each = kind = _kind(item)
        size = size or self._fits.get(kind, self.block_size)
        shapes = [jax.ShapeDtypeStruct((size, *shape), dtype) for shape, dtype in each]
        arguments = structure.unflatten(shapes), *self._share(worker)
        return self.programs.of(self.stages.begin, 1, arguments, self.workers[worker])

    def _block(
        self, block: Block, items: Sequence[Pytree], worker: int, stop: Stop
    ) -> Pytree:
        if stop():  # this one was not begun
            raise _Left
        results, size = self.compute(items, worker, block.number, stop)
        if size < self.block_size:
            self.narrow[block.number] = size
        return results

    def run(
        self,
        stream: Iterable[Block],
        make: Callable[[Any], Pytree],
        stop: Stop = _never,
        beat: Callable[[], None] = _silent,
    ) -> Generator[tuple[Block, Future], None, None]:
        """Yield the blocks of a stream in order, each with its finished future.

        `make` turns an item into a pytree. Programs are compiled ahead, beside the
        blocks that run. Once `stop` says so, blocks that run are finished and yielded,
        or left after the stage that they are in, and no other is begun; so it is where
        the caller asks for no more. There is a `beat` each second that a block takes.
        """
        closed = threading.Event()

        def stopped() -> bool:
            return closed.is_set() or stop()

        with ThreadPoolExecutor(len(self.workers)) as pool:
            try:
                for block, future in self._submit(pool, stream, make, stopped):
                    while wait([future], _BEAT).not_done:
                        beat()
                    self.under_way.pop(block.number, None)
                    if not isinstance(future.exception(), _Left):
                        yield block, future
            finally:
                closed.set()

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        stream: Iterable[Block],
        make: Callable[[Any], Pytree],
        stop: Stop,
    ) -> Iterator[tuple[Block, Future]]:
        """Yield blocks in order, a few after they were given to the pool."""
        waiting: deque[tuple[Block, Future]] = deque()
        for block in stream:
            if stop():
                break
            worker = block.number % len(self.workers)
            trees = [make(item) for item in block.items]
            self.prepare(trees[0], worker)
            future = pool.submit(self._block, block, trees, worker, stop)
            waiting.append((block, future))
            if len(waiting) == len(self.workers) + _AHEAD:
                yield waiting.popleft()
        yield from waiting


def _kind(item: Pytree) -> tuple[Any, Any]:
    """Return what items of one program have in common: structure, shapes, dtypes."""
    leaves, structure = jax.tree.flatten(item)
    return structure, tuple((np.shape(x), np.result_type(x)) for x in leaves)
