"""Ray executor: blocks as tasks on the machines of a Ray cluster.

The driver alone knows what is done and writes it; workers compute and return parts. It
retries by itself, so that a task is tried once and where the driver says.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any

from rvsjax.errors import DamagedFile, UserError
from rvsjax.sweep.engine import Block
from rvsjax.sweep.executors.accounts import Accounts
from rvsjax.sweep.executors.crew import TRIES, Assignment, Crew
from rvsjax.sweep.executors.executor import Counts, Done
from rvsjax.sweep.executors.orders import (
    Order,
    Reply,
    Ticket,
    block_of,
    order,
    work,
)
from rvsjax.sweep.executors.ray_nodes import Nodes, connected, talking

__all__ = ["RayExecutor"]

ray: Any = importlib.import_module("ray")
_strategies: Any = importlib.import_module("ray.util.scheduling_strategies")

_BEAT = 1.0  # seconds
_LOST = (
    ray.exceptions.WorkerCrashedError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.ObjectLostError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.TaskUnschedulableError,
    ray.exceptions.TaskCancelledError,
    DamagedFile,
)


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
        self._accounts, self._crew = Accounts(), Crew((), 0)

    def counts(self) -> Counts:
        """Return what workers have reported, and what became of them."""
        return self._accounts.counts()

    def session(self) -> dict[str, Any]:
        """Return what each process computed, and what was lost and done again."""
        told = self._accounts.as_json(self._crew.left_out)
        return {"executor": "ray"} | told

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
        with talking():
            ticket = ray.put(self.ticket)
        while True:
            nodes = self._nodes.alive()
            self._accounts.meet({node: x.host for node, x in nodes.items()})
            crew.meet({node: x.workers for node, x in nodes.items()})
            if not stop():
                for assignment in crew.assign():
                    under_way[self._submit(ticket, assignment)] = assignment
            if not under_way:
                if crew.has_orders and not stop():
                    raise RuntimeError("no machine of the cluster is left to compute")
                return
            with talking():
                ready, _ = ray.wait([*under_way], timeout=_BEAT)
            beat()
            for reference in ready:
                yield from self._finish(under_way.pop(reference), reference)

    def _finish(self, assignment: Assignment, reference: Any) -> Iterator[Done]:
        try:
            with talking():
                reply: Reply = ray.get(reference)
            self._need_own(assignment, reply)
        except _LOST as error:
            self._accounts.lost(assignment, error)
            for lost in self._crew.died(assignment):
                yield self._given_up(lost, error)
            return
        except ray.exceptions.RayTaskError as error:
            cause = error.cause
            raise cause if isinstance(cause, UserError) else error from None
        self._crew.done(assignment, reply.seconds)
        self._accounts.done(reply)
        yield from reply.done

    def _need_own(self, assignment: Assignment, reply: Reply) -> None:
        """Raise `DamagedFile` where a reply is not what was asked for."""
        asked = [order.number for order in assignment.orders]
        if [done.block for done in reply.done] != asked:
            raise DamagedFile("came in place of another block")
        for done in reply.done:
            self.check(done.block, done.parts)

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
        with talking():
            return _work.options(**options).remote(ticket, assignment.orders)


# without max_calls each task on a GPU would have a process of its own
@ray.remote(max_calls=0, max_retries=0)
def _work(ticket: Ticket, orders: list[Order]) -> Reply:
    return work(ticket, orders)
