"""The product of axes, for a union of cases: points by number, and counts by class."""

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.axes import Axis, Point
from rvsjax.sweep.plan.expand import Conditions

__all__ = ["Chosen", "Product"]

MOST_CLASSES = 100_000

Chosen = dict[str, Any]


class Classes(NamedTuple):
    """The points of an axis, grouped: which class each is in, and the classes."""

    marks: list[int]  # of each point
    examples: list[Point]
    counts: list[int]


class Product:
    """``case_1 + case_2 + ...``, each a product of axes; a point is never stored."""

    def __init__(self, cases: list[list[Axis]], constants: Chosen) -> None:
        """Take the axes of each case, slowest first, and what all points share."""
        self.cases = cases
        self.constants = constants
        self.axes = list({id(axis): axis for axes in cases for axis in axes}.values())
        self.sizes = [math.prod(len(x.points) for x in axes) for axes in cases]
        self.size = sum(self.sizes)

    def point(self, index: int) -> Chosen:
        """Return the chosen values of a point; the last axis is the fastest."""
        case, index = self.locate(index)
        chosen = dict(self.constants)
        for axis in reversed(self.cases[case]):
            index, place = divmod(index, len(axis.points))
            chosen.update(zip(axis.names, axis.points[place]))
        return chosen

    def chosen(self, axes: list[Axis], points: list[Point]) -> Chosen:
        """Return the chosen values of a point that is given on each axis."""
        chosen = dict(self.constants)
        for axis, point in zip(axes, points):
            chosen.update(zip(axis.names, point))
        return chosen

    def locate(self, index: int) -> tuple[int, int]:
        """Return the case of a point, and the point's index in it."""
        for case, size in enumerate(self.sizes):
            if index < size:
                return case, index
            index -= size
        raise IndexError(index)

    def grouped(self, names: set[str], mentioned: Conditions) -> list[list[Classes]]:
        """Group the points of each axis of each case by what `names` are.

        Values that are `mentioned` are told apart as well; all others count together.
        """
        known = {id(axis): _classes(axis, names, mentioned) for axis in self.axes}
        cases = [[known[id(axis)] for axis in axes] for axes in self.cases]
        number = sum(math.prod(len(x.counts) for x in axes) for axes in cases)
        if number > MOST_CLASSES:
            what = f"{number:,} combinations of parameters that a program is"
            what += f" compiled for or an exclude names; at most {MOST_CLASSES:,}"
            raise SweepFileError([Problem("grid", what)])
        return cases

    def classes(
        self, names: set[str], mentioned: Conditions
    ) -> Iterator[tuple[Chosen, list[Axis], int]]:
        """Yield representatives of points that agree on `names`, with their number."""
        for axes, grouped in zip(self.cases, self.grouped(names, mentioned)):
            parts = [zip(one.examples, one.counts) for one in grouped]
            for choice in itertools.product(*parts):
                chosen = self.chosen(axes, [point for point, _ in choice])
                yield chosen, axes, math.prod(count for _, count in choice)

    def values(self, name: str) -> list[Any]:
        """Return the values of a parameter on its axes, as they stand there."""
        axes = [axis for axis in self.axes if name in axis.names]
        return [p[axis.names.index(name)] for axis in axes for p in axis.points]

    def restricted(self, conditions: Conditions) -> "Product":
        """Return the product without the points of an axis that break a condition."""
        kept = {id(axis): _restrict(axis, conditions) for axis in self.axes}
        cases = [[kept[id(axis)] for axis in axes] for axes in self.cases]
        return Product(cases, self.constants)

    def overlaps(self, shared: Chosen) -> list[Problem]:
        """Two cases may not contain the same point; `shared` is what all have."""
        names = {name for axis in self.axes for name in axis.names}
        columns = {
            id(axis): {n: {p[i] for p in axis.points} for i, n in enumerate(axis.names)}
            for axis in self.axes
        }
        values = [{name: {shared.get(name)} for name in names} for _ in self.cases]
        for case, axes in zip(values, self.cases):
            for axis in axes:
                case |= columns[id(axis)]
        problems = []
        for (i, a), (j, b) in itertools.combinations(enumerate(values), 2):
            if not any(a[name].isdisjoint(b[name]) for name in names):
                what = f"overlaps with case[{i}]: some runs stand in both"
                problems.append(Problem(f"case[{j}]", what))
        return problems


def _restrict(axis: Axis, conditions: Conditions) -> Axis:
    asked = [(i, conditions[n]) for i, n in enumerate(axis.names) if n in conditions]
    kept = [p for p in axis.points if all(p[i] in values for i, values in asked)]
    return axis._replace(points=kept)


def _classes(axis: Axis, names: set[str], mentioned: Conditions) -> Classes:
    """Group the points of an axis."""
    if not any(name in names or name in mentioned for name in axis.names):
        number = len(axis.points)
        return Classes([0] * number, axis.points[:1], [number] if number else [])

    def mark(name: str, value: Any) -> Any:
        told_apart = name in names or value in mentioned.get(name, ())
        return value if told_apart else ()

    known: dict[Any, int] = {}
    found = Classes([], [], [])
    for point in axis.points:
        key = tuple(map(mark, axis.names, point))
        number = known.setdefault(key, len(known))
        if number == len(found.counts):
            found.examples.append(point)
            found.counts.append(0)
        found.counts[number] += 1
        found.marks.append(number)
    return found
