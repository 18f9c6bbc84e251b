"""Ray executor: blocks as tasks on the machines of a Ray cluster.

The driver alone knows what is done and writes it; workers compute and return parts. It
retries by itself, so that a task is tried once and where the driver says.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple

from rvsjax.errors import DamagedFile, UserError
from rvsjax.sweep.engine import Block
from rvsjax.sweep.executors.crew import TRIES, Assignment, Crew
from rvsjax.sweep.executors.executor import Counts, Done
from rvsjax.sweep.executors.orders import (
    Order,
    Place,
    Reply,
    Ticket,
    block_of,
    order,
    work,
)
from rvsjax.sweep.executors.ray_nodes import Nodes, connected, ended

__all__ = ["RayExecutor"]

ray: Any = importlib.import_module("ray")
_strategies: Any = importlib.import_module("ray.util.scheduling_strategies")

_BEAT = 1.0  # seconds
_MOST_LOSSES = 100  # that a manifest tells one by one
_LOST = (
    ray.exceptions.WorkerCrashedError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.ObjectLostError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.TaskUnschedulableError,
    ray.exceptions.TaskCancelledError,
    DamagedFile,
)


class _Share(NamedTuple):
    """Blocks and seconds of a process."""

    blocks: int = 0
    seconds: float = 0.0


class RayExecutor:
    """Computes blocks on the nodes of a cluster, in any order.

    Without an address it starts a cluster of this machine, and stops it at the end.
    """

    def __init__(
        self,
        ticket: Ticket,
        number: int,
        told: Callable[[int], dict[str, str]],
        address: str | None,
        check: Callable[[int, dict[str, bytes]], None],
    ) -> None:
        """Take what workers must know, and the number of blocks that will come.

        `check` raises `DamagedFile` where parts are not those of their block.
        """
        self.ticket, self.number, self.told = ticket, number, told
        self.check = check
        self.address = address
        self._counts, self._crew = Counts(), Crew((), 0)
        self._places = dict[Place, _Share]()
        self._losses: list[dict[str, Any]] = []
        self._hosts: dict[str, str] = {}  # by node
        self._known: dict[str, str] = {}  # likewise, of those that have died as well

    def counts(self) -> Counts:
        """Return what workers have reported, and what became of them."""
        lost, machines = self._crew.lost, len({*self._hosts.values()})
        return self._counts._replace(machines=machines, lost=lost)

    def session(self) -> dict[str, Any]:
        """Return what each process computed, and what was lost and done again."""
        places = [
            place._asdict()
            | {"blocks": share.blocks, "seconds": round(share.seconds, 3)}
            for place, share in self._places.items()
        ]
        devices = sorted({place.device for place in self._places})
        return {
            "executor": "ray",
            "device": ", ".join(devices),
            "lanes": len(places),
            "places": places,
            "lost": self._crew.lost,
            "losses": self._losses,
            "left_out": sorted(self._crew.left_out),
        }

    def run(
        self,
        blocks: Iterable[Block],
        stop: Callable[[], bool],
        beat: Callable[[], None],
    ) -> Iterator[Done]:
        """Yield each block once it is finished or given up."""
        with connected(self.address):
            self._nodes = nodes = Nodes(self._resource)
            try:
                yield from self._run(blocks, stop, beat)
            except (OSError, ray.exceptions.RaySystemError) as error:
                raise ended(error) from None
            finally:
                nodes.close()

    def _run(
        self,
        blocks: Iterable[Block],
        stop: Callable[[], bool],
        beat: Callable[[], None],
    ) -> Iterator[Done]:
        orders = (order(block, self.told(block.number)) for block in blocks)
        self._crew = crew = Crew(orders, self.number)
        under_way: dict[Any, Assignment] = {}
        ticket = ray.put(self.ticket)
        while True:
            nodes = self._nodes.alive()
            self._hosts = {node: x.host for node, x in nodes.items()}
            self._known |= self._hosts
            crew.meet({node: x.workers for node, x in nodes.items()})
            if not stop():
                for assignment in crew.assign():
                    under_way[self._submit(ticket, assignment)] = assignment
            if not under_way:
                if crew.has_orders and not stop():
                    raise RuntimeError("no machine of the cluster is left to compute")
                return
            ready, _ = ray.wait([*under_way], timeout=_BEAT)
            beat()
            for reference in ready:
                yield from self._finish(under_way.pop(reference), reference)

    def _finish(self, assignment: Assignment, reference: Any) -> Iterator[Done]:
        try:
            reply: Reply = ray.get(reference)
            self._need_own(assignment, reply)
        except _LOST as error:
            self._note_loss(assignment, error)
            for lost in self._crew.died(assignment):
                yield self._given_up(lost, error)
            return
        except ray.exceptions.RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, UserError) else error from None
        self._crew.done(assignment, reply.seconds)
        self._count(reply)
        yield from reply.done

    def _note_loss(self, assignment: Assignment, error: Exception) -> None:
        if len(self._losses) < _MOST_LOSSES:
            blocks = [order.number for order in assignment.orders]
            host = self._known[assignment.place]
            why = type(error).__name__
            self._losses.append({"host": host, "blocks": blocks, "why": why})

    def _need_own(self, assignment: Assignment, reply: Reply) -> None:
        """Raise `DamagedFile` where a reply is not what was asked for."""
        asked = [order.number for order in assignment.orders]
        if [done.block for done in reply.done] != asked:
            raise DamagedFile("came in place of another block")
        for done in reply.done:
            self.check(done.block, done.parts)

    def _count(self, reply: Reply) -> None:
        compiled = self._counts.compile_seconds + reply.compile_seconds
        ran = self._counts.run_seconds + reply.run_seconds
        self._counts = Counts(compile_seconds=compiled, run_seconds=ran)
        blocks, seconds = self._places.get(reply.place, _Share())
        share = _Share(blocks + len(reply.done), seconds + reply.seconds)
        self._places[reply.place] = share

    def _given_up(self, lost: Order, error: Exception) -> Done:
        """Return the rows of a block that took its worker with it each time."""
        future: Future[Any] = Future()
        reason = f"its worker died {TRIES} times ({type(error).__name__})"
        future.set_exception(MemoryError(reason))
        task = self.ticket.task
        return task.done(block_of(task, lost), future, None, lost.told, None)

    @property
    def _resource(self) -> str:
        return "CPU" if self.ticket.platform == "cpu" else "GPU"

    def _submit(self, ticket: Any, assignment: Assignment) -> Any:
        here = _strategies.NodeAffinitySchedulingStrategy(assignment.place, soft=False)
        gpus = float(self._resource == "GPU")
        options = {
            "num_cpus": 1 - gpus,
            "num_gpus": gpus,
            "scheduling_strategy": here,
        }
        return _work.options(**options).remote(ticket, assignment.orders)


# without max_calls each task on a GPU would have a process of its own
@ray.remote(max_calls=0, max_retries=0)
def _work(ticket: Ticket, orders: list[Order]) -> Reply:
    return work(ticket, orders)
