"""Orders: blocks as plain data for a worker elsewhere, and the worker's one function.

No code travels: a ticket names the versions that it was written by, and a worker of
others refuses.
"""

import functools
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from rvsjax import __version__
from rvsjax.environment.cache import source_digest
from rvsjax.errors import UserError, one_line
from rvsjax.simulation.kernels import problem
from rvsjax.sweep.engine import Block, Engine, devices
from rvsjax.sweep.executors.executor import Done
from rvsjax.sweep.executors.task import Task
from rvsjax.sweep.plan.parameters import Parameters, RunConfig
from rvsjax.sweep.registry import find_parameters
from rvsjax.sweep.study_engine import study_unpinned

__all__ = ["Order", "Place", "Reply", "Ticket", "build", "order", "work"]

_PACKAGES = ("jax", "jaxlib", "numpy", "pyarrow")


class Ticket(NamedTuple):
    """Knowledge that every worker of a sweep needs."""

    task: Task
    platform: str
    data: str | None  # a folder of what runs share; None: the usual one
    build: tuple[tuple[str, str], ...]  # names and versions of what computes


class Order(NamedTuple):
    """A block: its number, its points with the seeds of each, what parts are told."""

    number: int
    points: list[tuple[dict[str, Any], list[int]]]
    told: dict[str, str]


class Place(NamedTuple):
    """A process that computed blocks."""

    host: str
    process: int
    device: str
    kind: str  # of device, by name


class Reply(NamedTuple):
    """Finished blocks, where they were computed, and the seconds that it took."""

    done: list[Done]
    place: Place
    compile_seconds: float
    run_seconds: float
    seconds: float


@functools.cache
def build() -> tuple[tuple[str, str], ...]:
    """Return the versions that this process runs, and the digest of our source."""
    source = source_digest(Path(__file__).parents[2])
    versions = ((name, version(name)) for name in _PACKAGES)
    return ("rvsjax", f"{__version__} ({source[:12]})"), *versions


def order(block: Block, told: dict[str, str]) -> Order:
    """Return a block as plain data."""
    points = [
        (dict(items[0].parameters), [item.seed for item in items])
        for items in _points(block.items)
    ]
    return Order(block.number, points, told)


def _points(items: list[RunConfig]) -> Iterator[list[RunConfig]]:
    """Yield the runs that follow each other and differ by their seed alone."""
    for _, group in groupby(items, lambda item: id(item.parameters)):
        yield list(group)


def block_of(task: Task, order: Order) -> Block:
    """Return the block of an order."""
    space = find_parameters(task.study_name)
    items = [
        RunConfig(parameters, seed)
        for values, seeds in order.points
        for parameters in [Parameters(space, values)]
        for seed in seeds
    ]
    return Block(order.number, items[0].static_key, items)


def work(ticket: Ticket, orders: list[Order]) -> Reply:
    """Compute blocks in this process, on its first device; the one function elsewhere.

    Raises UserError where this machine has other versions or data than the ticket.
    """
    begin = time.perf_counter()
    engine = _engine(ticket)
    before = engine.compile_seconds, engine.run_seconds
    done = [_done(ticket.task, engine, order) for order in orders]
    after = engine.compile_seconds, engine.run_seconds
    device = engine.workers[0]
    kind = ticket.task.kind(device).name
    place = Place(socket.gethostname(), os.getpid(), device.device_kind, kind)
    compiled, ran = (now - then for now, then in zip(after, before))
    return Reply(done, place, compiled, ran, time.perf_counter() - begin)


def _done(task: Task, engine: Engine, order: Order) -> Done:
    block, future = block_of(task, order), Future()
    try:
        trials = [task.trial(item) for item in block.items]
        results, size = engine.compute(trials, 0, block.number)
        future.set_result(results)
    except Exception as error:
        future.set_exception(error)
        size = engine.block_size
    narrow = size if size < engine.block_size else None
    kind = task.kind(engine.workers[0])
    return task.done(block, future, narrow, order.told, kind)


@functools.lru_cache(1)
def _engine(ticket: Ticket) -> Engine:
    """Return the engine of a ticket, its programs compiled once a process."""
    pairs = zip(build(), ticket.build)
    told = [f"{name} {has}, not {x}" for (name, has), (_, x) in pairs if has != x]
    if told:
        what = f"{socket.gethostname()} has {', '.join(told)}"
        raise UserError(f"{what}; install the same there")
    try:
        return _made(ticket)
    except (RuntimeError, UserError) as error:  # RuntimeError: no such device
        raise UserError(f"{socket.gethostname()}: {one_line(str(error))}") from None


def _made(ticket: Ticket) -> Engine:
    """Return a new engine; the kernel is there before kept programs ask for it."""
    task = ticket.task
    unpinned = study_unpinned(task.study, ticket.platform)
    if unpinned != task.config.unpinned:
        had = task.config.unpinned or "none"
        what = f"has other settings of JAX and XLA ({unpinned or 'none'}, not {had})"
        raise UserError(f"{what}; set XLA_FLAGS and JAX_... as the sweep has them")
    if reason := problem(task.config.kernel, ticket.platform):
        raise UserError(f"--kernel {task.config.kernel} does not work there: {reason}")
    data = task.study.material(ticket.data, ())
    if data.digest != task.config.data:
        what = f"has other data ({data.source or 'none'})"
        raise UserError(f"{what}; name the same with --data on every machine")
    return task.engine(tuple(devices(ticket.platform)[:1]), data.arrays)
