"""Points of a product in classes: those that share a program and are kept alike.

Points have codes on every axis, and a class is a combination of codes. So a plan is
checked, and its runs are counted, without a look at each. No NumPy: a refusal is fast.
"""

import itertools
import math
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.axes import Axis, Point
from rvsjax.sweep.plan.exclude import Conditions
from rvsjax.sweep.plan.product import Chosen, Product

__all__ = ["Classes"]

MOST_CLASSES = 100_000


class Coded(NamedTuple):
    """An axis whose points have a code each: those of one code are of one class."""

    codes: array  # (points,)
    examples: list[Point]  # the first point of each code
    counts: list[int]  # points of each code


class Classes:
    """The points of a product in classes, of which one point stands for all.

    Points of a class agree on `names`, and on values of other parameters that are
    `mentioned`; all values that are not count as one.
    """

    def __init__(
        self, product: Product, names: Iterable[str], mentioned: Conditions
    ) -> None:
        """Give codes to the points of every axis; refuse too many classes."""
        names = set(names)
        coded = {id(axis): _coded(axis, names, mentioned) for axis in product.axes}
        self.product = product
        self.cases = [[coded[id(axis)] for axis in axes] for axes in product.cases]
        self.number = number = sum(
            math.prod(len(x.counts) for x in axes) for axes in self.cases
        )
        if number > MOST_CLASSES:
            what = f"{number:,} combinations of parameters that a program is"
            what += f" compiled for or an exclude names; at most {MOST_CLASSES:,}"
            raise SweepFileError([Problem("grid", what)])

    def __iter__(self) -> Iterator[tuple[Chosen, list[Axis], int]]:
        """Yield a representative of each class, its axes, and the class's size."""
        for axes, coded in zip(self.product.cases, self.cases):
            parts = (zip(x.examples, x.counts) for x in coded)
            for choice in itertools.product(*parts):
                chosen = self.product.chosen(axes, (point for point, _ in choice))
                yield chosen, axes, math.prod(count for _, count in choice)


def _coded(axis: Axis, names: set[str], mentioned: Conditions) -> Coded:
    def key(point: Point) -> tuple[Any, ...]:
        return tuple(
            x if n in names or x in mentioned.get(n, ()) else ()
            for n, x in zip(axis.names, point)
        )

    if not names.union(mentioned).intersection(axis.names):
        number = len(axis.points)
        one = [number] if number else []
        return Coded(array("i", bytes(4 * number)), axis.points[:1], one)
    known: dict[tuple[Any, ...], int] = {}
    coded = Coded(array("i"), [], [])
    for point in axis.points:
        code = known.setdefault(key(point), len(known))
        if code == len(coded.counts):
            coded.examples.append(point)
            coded.counts.append(0)
        coded.counts[code] += 1
        coded.codes.append(code)
    return coded
