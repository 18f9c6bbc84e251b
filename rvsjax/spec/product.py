"""The product of axes, for a union of cases: points by number, and counts by class."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

from rvsjax.spec.axes import Axis, Point
from rvsjax.spec.errors import Problem, SpecError
from rvsjax.spec.layout import Conditions
from rvsjax.spec.parameters import canonical

__all__ = ["Product"]

MOST_CLASSES = 100_000

Chosen = dict[str, Any]


class Product:
    """``case_1 + case_2 + ...``, each a product of axes; a point is never stored."""

    def __init__(self, cases: list[list[Axis]], constants: Chosen) -> None:
        """Take the axes of each case, slowest first, and what all points share."""
        self.cases = cases
        self.constants = constants

    @property
    def axes(self) -> list[Axis]:
        """Every axis of every case."""
        return [axis for axes in self.cases for axis in axes]

    @property
    def size(self) -> int:
        """The number of points."""
        return sum(_size(axes) for axes in self.cases)

    def point(self, index: int) -> Chosen:
        """Return the chosen values of a point; the last axis is the fastest."""
        for axes in self.cases:
            if index < _size(axes):
                break
            index -= _size(axes)
        chosen = dict(self.constants)
        for axis in reversed(axes):
            index, place = divmod(index, len(axis.points))
            chosen.update(zip(axis.names, axis.points[place]))
        return chosen

    def classes(
        self, names: set[str], mentioned: Conditions
    ) -> Iterator[tuple[Chosen, list[Axis], int]]:
        """Yield representatives of points that agree on `names`, with their number.

        Values that are `mentioned` are told apart as well; all others count together.
        """
        for axes in self.cases:
            parts = [_classes(axis, names, mentioned) for axis in axes]
            if (number := math.prod(map(len, parts))) > MOST_CLASSES:
                what = f"{number:,} combinations of parameters that a program is"
                what += f" compiled for or an exclude names; at most {MOST_CLASSES:,}"
                raise SpecError([Problem("grid", what)])
            for choice in itertools.product(*parts):
                chosen, count = dict(self.constants), 1
                for axis, (point, number) in zip(axes, choice):
                    chosen.update(zip(axis.names, point))
                    count *= number
                yield chosen, axes, count

    def restricted(self, conditions: Conditions) -> "Product":
        """Return the product without the points of an axis that break a condition."""
        cases = [[_restrict(axis, conditions) for axis in axes] for axes in self.cases]
        return Product(cases, self.constants)

    def overlaps(self) -> list[Problem]:
        """Two cases may not contain the same point."""

        def values(axes: list[Axis], name: str) -> set[Any]:
            given = [(a, a.names.index(name)) for a in axes if name in a.names]
            if given:
                return {point[i] for axis, i in given for point in axis.points}
            return {canonical(self.constants)[name]}

        names = {name for axis in self.axes for name in axis.names}
        problems = []
        for (i, a), (j, b) in itertools.combinations(enumerate(self.cases), 2):
            if all(values(a, name) & values(b, name) for name in names):
                what = f"overlaps with case[{i}]: some runs stand in both"
                problems.append(Problem(f"case[{j}]", what))
        return problems


def _size(axes: list[Axis]) -> int:
    return math.prod(len(axis.points) for axis in axes)


def _restrict(axis: Axis, conditions: Conditions) -> Axis:
    asked = [(i, conditions[n]) for i, n in enumerate(axis.names) if n in conditions]
    kept = [p for p in axis.points if all(p[i] in values for i, values in asked)]
    return axis._replace(points=kept)


def _classes(
    axis: Axis, names: set[str], mentioned: Conditions
) -> list[tuple[Point, int]]:
    """Group the points of an axis; return a representative and a count for each."""
    if not any(name in names or name in mentioned for name in axis.names):
        return [(axis.points[0], len(axis.points))] if axis.points else []

    def mark(name: str, value: Any) -> Any:
        told_apart = name in names or value in mentioned.get(name, ())
        return value if told_apart else ()

    found: dict[Any, tuple[Point, int]] = {}
    for point in axis.points:
        key = tuple(map(mark, axis.names, point))
        first, count = found.get(key, (point, 0))
        found[key] = first, count + 1
    return list(found.values())
