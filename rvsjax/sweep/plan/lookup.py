"""Lookup of a run in a plan: its place follows from its values, whoever names it."""

import itertools
import math
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from rvsjax.sweep.plan.axes import Axis

if TYPE_CHECKING:
    from rvsjax.sweep.plan.plan import Plan, RunConfig, Values

__all__ = ["Lookup", "has_points_of"]


class Lookup:
    """The place of each run of a plan, found on its axes; nothing is kept of runs."""

    def __init__(self, plan: "Plan") -> None:
        """Take a plan of one sweep file that is no smoke."""
        self.plan, self.seeds = plan, plan.sweep_file.seeds
        self._positions = lru_cache(None)(_positions)
        self._seen: tuple[Any, int | None] = (None, None)

    @cached_property
    def is_complete(self) -> bool:
        """True where every run of the plan is found: no axis is hidden by another.

        A ratio sets another parameter, and a value may imply another; of each class of
        points, one is looked up.
        """
        points = (self.plan.complete(chosen) for chosen, _, _ in self.plan.classes())
        return all(self._index(x) is not None for x in points if x is not None)

    def place(self, item: "RunConfig") -> int | None:
        """Return the place of a run in the full product; None where it is not there."""
        seed = item.seed - self.seeds.base
        if not 0 <= seed < self.seeds.count:
            return None
        index = self._last(item.parameters)
        place = None if index is None else index * self.seeds.count + seed
        return place if place is not None and place < self.plan.end else None

    def _last(self, parameters: "Values") -> int | None:
        """Return the index of a point; that of the last is kept, as seeds follow."""
        if self._seen[0] is not parameters:
            self._seen = parameters, self._index(parameters)
        return self._seen[1]

    def _index(self, parameters: "Values") -> int | None:
        before = 0
        for axes, size in zip(self.plan.product.cases, self.plan.product.sizes):
            for index in self._in_case(axes, parameters):
                if self.plan.complete(self.plan.product.point(before + index)) == (
                    parameters
                ):
                    return before + index
            before += size
        return None

    def _in_case(self, axes: list[Axis], parameters: "Values") -> Iterator[int]:
        """Yield the points of a case that have the values of a run where it has any."""
        if not all(parameters.keys() >= {*axis.names} for axis in axes):
            return  # a ratio is no parameter
        places = []
        for axis in axes:
            values = [parameters[name] for name in axis.names]
            used = tuple(value is not None for value in values)
            known = self._positions(_Same(axis), used)
            places.append(known.get(tuple(x for x in values if x is not None), []))
        lengths = [len(axis.points) for axis in axes]
        for digits in itertools.product(*places):
            weights = (math.prod(lengths[i + 1 :]) for i in range(len(lengths)))
            yield sum(digit * weight for digit, weight in zip(digits, weights))


class _Same:
    """An axis by its identity, which a cache can keep."""

    def __init__(self, axis: Axis) -> None:
        self.axis = axis

    def __hash__(self) -> int:
        return id(self.axis)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.axis is self.axis


def _positions(axis: _Same, used: tuple[bool, ...]) -> dict[tuple[Any, ...], list[int]]:
    """Return the points of an axis by the values that runs use of them."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for place, point in enumerate(axis.axis.points):
        key = tuple(x for x, is_used in zip(point, used) if is_used)
        found.setdefault(key, []).append(place)
    return found


def has_points_of(plan: "Plan", part: "Plan") -> bool | None:
    """Say whether a plan has every run of another; None where places do not tell it.

    Of each point of the other plan, its first and its last seed are looked up.
    """
    lookup = plan.lookup
    if lookup is None or part.lookup is None:
        return None
    return all(lookup.place(item) is not None for item in part.corners())
