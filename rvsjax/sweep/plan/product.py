"""The product of axes, for a union of cases: points by number, never stored."""

import math
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from rvsjax.sweep.plan.axes import Axis, Point
from rvsjax.sweep.plan.exclude import Conditions, Exclude

__all__ = ["Chosen", "Product", "digits_of", "locate"]

Chosen = dict[str, Any]
NOTHING = Exclude(())


class Product:
    """``case_1 + case_2 + ...``, each a product of axes; a point is never stored."""

    def __init__(
        self,
        cases: list[list[Axis]],
        constants: Chosen,
        exclude: Exclude = NOTHING,
    ) -> None:
        """Take the axes of each case, slowest first, and what all points share."""
        self.cases = cases
        self.constants = constants
        self.exclude = exclude
        self.axes = list({id(axis): axis for axes in cases for axis in axes}.values())
        self.sizes = [math.prod(len(x.points) for x in axes) for axes in cases]
        self.size = sum(self.sizes)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the file sets."""
        return frozenset(self.constants).union(*(axis.names for axis in self.axes))

    def point(self, index: int) -> Chosen:
        """Return the chosen values of a point; the last axis is the fastest."""
        case, index = locate(index, self.sizes)
        axes = self.cases[case]
        digits = digits_of(index, [len(axis.points) for axis in axes])
        return self.chosen(axes, (x.points[i] for x, i in zip(axes, digits)))

    def chosen(self, axes: list[Axis], points: Iterable[Point]) -> Chosen:
        """Return the chosen values of a point that is given on each axis."""
        chosen = dict(self.constants)
        for axis, point in zip(axes, points):
            chosen.update(zip(axis.names, point))
        return chosen

    def values(self, name: str) -> list[Any]:
        """Return the values of a parameter on its axes, as they stand there."""
        axes = [axis for axis in self.axes if name in axis.names]
        return [p[axis.names.index(name)] for axis in axes for p in axis.points]

    def restricted(self, conditions: Conditions) -> "Product":
        """Return the product without the points of an axis that break a condition."""
        if not conditions:
            return self
        kept = {id(axis): _restrict(axis, conditions) for axis in self.axes}
        cases = [[kept[id(axis)] for axis in axes] for axes in self.cases]
        return Product(cases, self.constants, self.exclude)


def locate(index: int, sizes: list[int]) -> tuple[int, int]:
    """Return the case of a point, and the point's index in it."""
    for case, size in enumerate(sizes):
        if index < size:
            return case, index
        index -= size
    raise IndexError(index)


def digits_of(index: int, lengths: list[int]) -> list[int]:
    """Return the place on each axis of a point; whole numbers beyond 64 bits too."""
    digits = []
    for length in reversed(lengths):
        index, digit = divmod(index, length)
        digits.append(digit)
    return digits[::-1]


def _restrict(axis: Axis, conditions: Conditions) -> Axis:
    asked = [(i, conditions[n]) for i, n in enumerate(axis.names) if n in conditions]
    kept = [p for p in axis.points if all(p[i] in values for i, values in asked)]
    return axis._replace(points=kept)
