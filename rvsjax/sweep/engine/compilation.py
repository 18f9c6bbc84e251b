"""Functions to programs: compiled once for what they are asked with, and kept."""

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jax.sharding import SingleDeviceSharding

from rvsjax.environment.cores import cores
from rvsjax.environment.jax_settings import pinned, unpinned
from rvsjax.sweep.engine import program_cache
from rvsjax.sweep.engine.memory import lacking
from rvsjax.sweep.engine.platforms import Device

__all__ = ["Programs", "mapped", "programs"]

Pytree = Any
Function = Callable[..., Pytree]

_compilers = ThreadPoolExecutor(cores())
_programs: dict[Hashable, Future] = {}


def programs() -> int:
    """Return how many programs this process has compiled."""
    return len(_programs)


def mapped(function: Function, number: int, others: Sequence[Any]) -> Function:
    """Map a function over its first arguments, so many of them, and not over others."""
    return jax.vmap(function, (*[0] * number, *[None] * len(others)))


class Programs:
    """The programs of an engine; all engines of a process share those that are alike.

    With a `keeper` they outlive the process. So many `workers` run one at a time.
    """

    def __init__(
        self, options: dict[str, Any], keeper: program_cache.Keeper | None, workers: int
    ) -> None:
        """Compile with options of the compiler."""
        self.options = options
        self.keeper = keeper
        self.workers = workers
        self.seconds = 0.0  # summed over programs

    def of(
        self, function: Function, number: int, arguments: Any, device: Device
    ) -> Future:
        """Begin to compile a function, mapped over the first `number` of its arguments.

        The arguments are arrays, or their shapes.
        """
        leaves, structure = jax.tree.flatten(arguments)
        shapes = tuple((tuple(x.shape), np.dtype(x.dtype)) for x in leaves)
        options = tuple(sorted(self.options.items()))
        told = unpinned()  # which a process can change between two of its sweeps
        key = (function, number, device, options, structure, shapes, told)
        known = _programs.get(key)
        if known is None or (known.done() and known.exception()):
            _programs[key] = _compilers.submit(self._make, key)
        return _programs[key]

    def _make(self, key: Any) -> Any:
        """Load the program of a key, or compile and keep it."""
        begin = time.perf_counter()
        function, number, device, options, structure, shapes, _ = key
        name = program_cache.name(
            function, (number, device, options, structure, shapes)
        )
        keeper = self.keeper if name else None
        data = None if keeper is None else keeper.get(name)
        program = program_cache.load(data, device) if data else None
        if program is None:
            arguments = structure.unflatten(jax.ShapeDtypeStruct(*s) for s in shapes)
            whole = mapped(function, number, arguments[number:])
            program = self._compile(whole, arguments, device)
            if keeper is not None and (data := program_cache.dump(program)):
                keeper.put(name, data)
        self.seconds += time.perf_counter() - begin
        if device.platform == "cpu" and (reason := lacking(program, self.workers)):
            raise MemoryError(reason)
        return program

    def _compile(self, function: Function, arguments: Any, device: Device) -> Any:
        with pinned():
            place = SingleDeviceSharding(device)
            lowered = jax.jit(function, in_shardings=place).lower(*arguments)
            return lowered.compile(self.options)
