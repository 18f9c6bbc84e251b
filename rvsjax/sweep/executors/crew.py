"""Crew: blocks assigned to places, and those of a lost worker assigned again.

It names no engine: whoever owns the places gives their number of workers, takes orders
and returns replies or says that a worker died.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from rvsjax.sweep.executors.orders import Order

__all__ = ["Assignment", "Crew"]

TRIES = 4
"""So often a block is tried by itself before its runs are called failed."""

_STRIKES = 4  # blocks in a row that a place loses before it gets no more
_AHEAD = 2  # assignments a worker has at a time, one of them waiting
_SECONDS = 2.0  # that an assignment takes, about
_SHARE = 8  # of what is left, an assignment has at most this part


class Assignment(NamedTuple):
    """Orders that a place has, all in one call."""

    place: str
    orders: list[Order]


@dataclass
class _Record:
    """Workers, work and losses of a place."""

    workers: int
    under_way: int = 0  # assignments
    struck: set[int] = field(default_factory=set)  # blocks lost since one was done


class Crew:
    """Assigns orders to places, until each is done or given up.

    Those of a worker that died are tried one by one, at another place where there is
    one; after `TRIES` times a block is given up. A place that loses block after block
    gets no more.
    """

    def __init__(self, orders: Iterable[Order], number: int) -> None:
        """Take so many orders, as they come."""
        self._fresh, self._left = iter(orders), number
        self._again = deque[Order]()
        self._tries = Counter[int]()
        self._lost_at = defaultdict[int, set[str]](set)
        self._places: dict[str, _Record] = {}
        self._seconds: float | None = None  # that a block takes, of late
        self.lost = 0  # assignments
        self.left_out: set[str] = set()

    def meet(self, places: dict[str, int]) -> None:
        """Take the places that there are now, each with its number of workers."""
        for place, workers in places.items():
            if place not in self.left_out:
                self._places.setdefault(place, _Record(workers)).workers = workers
        for place in self._places.keys() - places.keys():
            del self._places[place]

    @property
    def has_orders(self) -> bool:
        """True while there are orders to give out."""
        return bool(self._again) or self._left > 0

    def assign(self) -> Iterator[Assignment]:
        """Yield what is to be computed now, for as long as places are free."""
        while assignment := self._next():
            self._places[assignment.place].under_way += 1
            yield assignment

    def _next(self) -> Assignment | None:
        """Return the next assignment, to the place with the most room that takes it."""
        room = {
            place: record.workers * _AHEAD - record.under_way
            for place, record in self._places.items()
        }
        for place in sorted(room, key=lambda place: -room[place]):
            if room[place] > 0 and (orders := self._orders(place)):
                return Assignment(place, orders)
        return None

    def _orders(self, place: str) -> list[Order]:
        """Return orders for a place: one that was lost before comes alone."""
        for order in self._again:
            lost_at = self._lost_at[order.number]
            if place not in lost_at or lost_at >= self._places.keys():
                self._again.remove(order)
                return [order]
        workers = sum(record.workers for record in self._places.values())
        size = 1
        if self._seconds:
            size = int(_SECONDS / self._seconds)
        size = max(1, min(size, self._left // (_SHARE * workers)))
        orders = [*islice(self._fresh, size)]
        # others may have taken some of those that were expected
        self._left = self._left - size if len(orders) == size else 0
        return orders

    def done(self, assignment: Assignment, seconds: float) -> None:
        """Count an assignment that was computed in so many seconds."""
        self._over(assignment.place)
        if record := self._places.get(assignment.place):
            record.struck.clear()
        self._seconds = seconds / len(assignment.orders)

    def died(self, assignment: Assignment) -> list[Order]:
        """Count an assignment that was lost; return the orders that are given up."""
        self.lost += 1
        self._over(assignment.place)
        self._strike(assignment)
        for order in assignment.orders:
            self._lost_at[order.number].add(assignment.place)
        if len(assignment.orders) > 1:  # one of them may be what killed the worker
            self._again.extend(assignment.orders)
            return []
        (order,) = assignment.orders
        self._tries[order.number] += 1
        if self._tries[order.number] == TRIES:
            return [order]
        self._again.append(order)
        return []

    def _strike(self, assignment: Assignment) -> None:
        record = self._places.get(assignment.place)
        if record is None:
            return
        record.struck.add(assignment.orders[0].number)
        if len(record.struck) == _STRIKES:
            self.left_out.add(assignment.place)
            del self._places[assignment.place]

    def _over(self, place: str) -> None:
        if record := self._places.get(place):
            record.under_way -= 1
