"""Accounts of a cluster: who computed what, for how long, and what was lost."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rvsjax.sweep.executors.crew import Assignment
from rvsjax.sweep.executors.executor import Counts
from rvsjax.sweep.executors.orders import Place, Reply

__all__ = ["Accounts"]

_MOST_LOSSES = 100  # that a manifest tells one by one


class _Share(NamedTuple):
    """Blocks and seconds of a process."""

    blocks: int = 0
    seconds: float = 0.0


class Accounts:
    """Counts of a call, and the entries that a manifest has of them."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts = Counts()
        self._places = dict[Place, _Share]()
        self._losses: list[dict[str, Any]] = []
        self._hosts: dict[str, str] = {}  # by node, of those that have died as well

    def meet(self, hosts: Mapping[str, str]) -> None:
        """Take the nodes that there are now, each with the name of its machine."""
        self._hosts |= hosts
        self._counts = self._counts._replace(machines=len({*hosts.values()}))

    def done(self, reply: Reply) -> None:
        """Count what a process has computed."""
        compiled = self._counts.compile_seconds + reply.compile_seconds
        ran = self._counts.run_seconds + reply.run_seconds
        self._counts = self._counts._replace(compile_seconds=compiled, run_seconds=ran)
        blocks, seconds = self._places.get(reply.place, _Share())
        share = _Share(blocks + len(reply.done), seconds + reply.seconds)
        self._places[reply.place] = share

    def lost(self, assignment: Assignment, error: Exception) -> None:
        """Count what is to be done again, and why."""
        self._counts = self._counts._replace(lost=self._counts.lost + 1)
        if len(self._losses) < _MOST_LOSSES:
            blocks = [order.number for order in assignment.orders]
            host, why = self._hosts[assignment.place], type(error).__name__
            self._losses.append({"host": host, "blocks": blocks, "why": why})

    def counts(self) -> Counts:
        """Return what was counted so far."""
        return self._counts

    def as_json(self, left_out: Iterable[str]) -> dict[str, Any]:
        """Return the entries, with the machines of nodes that got no more blocks."""
        places = [
            place._asdict()
            | {"blocks": share.blocks, "seconds": round(share.seconds, 3)}
            for place, share in self._places.items()
        ]
        return {
            "device": ", ".join(sorted({place.device for place in self._places})),
            "lanes": len(places),
            "places": places,
            "lost": self._counts.lost,
            "losses": self._losses,
            "left_out": sorted(self._hosts[node] for node in left_out),
        }
