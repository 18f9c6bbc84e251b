"""The points of a product that are kept: a truth value for each class of points.

Points have codes on every axis, and a class is a combination of codes. So the runs of a
plan are counted, and the next one is found, without a look at each.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.axes import Axis, Point
from rvsjax.sweep.plan.exclude import Conditions
from rvsjax.sweep.plan.product import Chosen, Product, digits_of, locate

__all__ = ["Classes", "Mask"]

MOST_CLASSES = 100_000
_CHUNK = 4096  # points of an axis that are looked at together


class Coded(NamedTuple):
    """An axis whose points have a code each: those of one code are of one class."""

    codes: np.ndarray  # (points,)
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
        number = sum(math.prod(len(x.counts) for x in axes) for axes in self.cases)
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

    def mask(self, keep: Callable[[Chosen], bool]) -> "Mask":
        """Return the mask of kept points; `keep` is asked once a class."""
        kept, size, cases = [], 0, []
        for chosen, _, count in self:
            kept.append(keep(chosen))
            size += count * kept[-1]
        values = iter(kept)
        for coded in self.cases:
            shape = tuple(len(x.counts) for x in coded)
            flat = np.fromiter(values, bool, math.prod(shape))
            cases.append(CaseMask([x.codes for x in coded], flat.reshape(shape)))
        return Mask(cases, size)


def _coded(axis: Axis, names: set[str], mentioned: Conditions) -> Coded:
    def key(point: Point) -> tuple[Any, ...]:
        return tuple(
            x if n in names or x in mentioned.get(n, ()) else ()
            for n, x in zip(axis.names, point)
        )

    if not names.union(mentioned).intersection(axis.names):
        number = len(axis.points)
        one = [number] if number else []
        return Coded(np.zeros(number, np.int32), axis.points[:1], one)
    known: dict[tuple[Any, ...], int] = {}
    keys = (known.setdefault(key(point), len(known)) for point in axis.points)
    codes = np.fromiter(keys, np.int32, len(axis.points))
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    return Coded(codes, [axis.points[i] for i in first], counts.tolist())


class CaseMask:
    """The kept points of a product of axes: a truth value for their codes."""

    def __init__(self, codes: list[np.ndarray], kept: np.ndarray) -> None:
        """Take the codes of each axis, and an array with a dimension an axis."""
        self.codes = codes
        self.lengths = list(map(len, codes))
        self.places = math.prod(self.lengths)
        self.kept = kept
        self.alive = [  # for the first codes of a point: whether any such is kept
            np.asarray(kept.any(axis=tuple(range(n, kept.ndim))))
            for n in range(kept.ndim + 1)
        ]

    def first(self, place: int) -> int | None:
        """Return the first kept point from `place` on, None if there is none."""
        digits = digits_of(place, self.lengths)
        if self.kept[tuple(codes[i] for codes, i in zip(self.codes, digits))]:
            return place
        found = self._first(digits, ()) if self.alive[0] else None
        if found is None:
            return None
        return functools.reduce(
            lambda index, part: index * part[1] + part[0], zip(found, self.lengths), 0
        )

    def _first(self, least: list[int], prefix: tuple[int, ...]) -> list[int] | None:
        """Return the last digits of the first kept point below a prefix of codes.

        They are not before `least`, or any where that is empty.
        """
        level = len(prefix)
        if level == len(self.codes):
            return []
        codes, alive = self.codes[level], self.alive[level + 1][prefix]
        begin = least[0] if least else 0
        while (digit := _next(alive, codes, begin)) is not None:
            rest = least[1:] if least and digit == least[0] else []
            found = self._first(rest, (*prefix, int(codes[digit])))
            if found is not None:
                return [digit, *found]
            begin = digit + 1
        return None


def _next(alive: np.ndarray, codes: np.ndarray, begin: int) -> int | None:
    """Return the first place from `begin` on whose code is alive."""
    for start in range(begin, len(codes), _CHUNK):
        found = alive[codes[start : start + _CHUNK]]
        if found.any():
            return start + int(found.argmax())
    return None


class Mask:
    """The kept points of a product, in order."""

    def __init__(self, cases: list[CaseMask], size: int) -> None:
        """Take the masks of its cases, and the number of kept points."""
        self.cases = cases
        self.size = size
        self.sizes = [case.places for case in cases]

    def first(self, index: int) -> int | None:
        """Return the first kept point from `index` on, None if there is none."""
        if index >= sum(self.sizes):
            return None
        case, place = locate(index, self.sizes)
        for i in range(case, len(self.cases)):
            if self.sizes[i] and (found := self.cases[i].first(place)) is not None:
                return sum(self.sizes[:i]) + found
            place = 0
        return None
