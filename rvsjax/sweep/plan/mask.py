"""The points of a product that are kept: a truth value for each class of points.

So the runs of a plan are counted, and the next one is found, without a look at each.
"""

import functools
import math
from collections.abc import Callable

import numpy as np

from rvsjax.sweep.plan.classes import Classes
from rvsjax.sweep.plan.product import Chosen, digits_of, locate

__all__ = ["Mask", "make_mask"]

_CHUNK = 4096  # points of an axis that are looked at together


def make_mask(classes: Classes, keep: Callable[[Chosen], bool]) -> "Mask":
    """Return the mask of the points that are kept; `keep` is asked once a class."""
    kept, size, cases = [], 0, []
    for chosen, _, count in classes:
        kept.append(keep(chosen))
        size += count * kept[-1]
    values = iter(kept)
    for coded in classes.cases:
        shape = tuple(len(x.counts) for x in coded)
        flat = np.fromiter(values, bool, math.prod(shape))
        codes = [np.array(x.codes, np.int32) for x in coded]
        cases.append(CaseMask(codes, flat.reshape(shape)))
    return Mask(cases, size)


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
