"""The points of a product that are kept: a truth value for each class of points.

So the runs of a plan are counted, and the next one is found, without a look at each.
"""

import functools
import math
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from rvsjax.sweep.plan.classes import Classes
from rvsjax.sweep.plan.product import Chosen, digits_of, locate

__all__ = ["Mask", "make_mask", "make_masks"]

_LARGEST = 2**62  # beyond it, counts are whole numbers of Python
_CHUNK = 4096  # points of an axis that are looked at together


def make_mask(classes: Classes, keep: Callable[[Chosen], bool]) -> "Mask":
    """Return the mask of the points that are kept; `keep` is asked once a class."""
    masks = make_masks(classes, lambda chosen: keep(chosen) or None)
    return masks.get(True) or _mask(classes, [False] * classes.number)


def make_masks(
    classes: Classes, label: Callable[[Chosen], Hashable]
) -> dict[Hashable, "Mask"]:
    """Return the mask of the points of each label, those of None left out."""
    labels = [label(chosen) for chosen, _, _ in classes]
    found = dict.fromkeys(x for x in labels if x is not None)
    return {x: _mask(classes, [x == one for one in labels]) for x in found}


def _mask(classes: Classes, kept: list[bool]) -> "Mask":
    cases = []
    size = sum(count for (_, _, count), keep in zip(classes, kept) if keep)
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

    @functools.cached_property
    def numbers(self) -> list[np.ndarray]:
        """For the first codes of a point, the number of kept points of such."""
        kind: Any = np.int64 if self.places < _LARGEST else object
        found = [self.kept.astype(kind)]
        for codes, length in reversed([*zip(self.codes, self.kept.shape)]):
            counts = np.bincount(codes, minlength=length).astype(kind)
            found.append(np.asarray((found[-1] * counts).sum(axis=-1), kind))
        return found[::-1]

    def rank(self, place: int) -> int:
        """Return the number of kept points before a place."""
        number, prefix = 0, ()
        for level, digit in enumerate(digits_of(place, self.lengths)):
            codes = self.codes[level]
            number += int(self.numbers[level + 1][prefix][codes[:digit]].sum())
            prefix = (*prefix, codes[digit])
        return number

    def select(self, rank: int) -> int:
        """Return the place of the kept point that so many others are before."""
        place, prefix = 0, ()
        for level, codes in enumerate(self.codes):
            ends = self.numbers[level + 1][prefix][codes].cumsum()
            digit = int(np.searchsorted(ends, rank, side="right"))
            rank -= int(ends[digit - 1]) if digit else 0
            place = place * len(codes) + digit
            prefix = (*prefix, codes[digit])
        return place

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

    def has(self, index: int) -> bool:
        """Say whether a point is kept."""
        return self.first(index) == index

    def rank(self, index: int) -> int:
        """Return the number of kept points before a point, or before the end."""
        number = 0
        for case, size in zip(self.cases, self.sizes):
            if index < size:
                return number + case.rank(index)
            number += int(case.numbers[0])
            index -= size
        return number

    def select(self, rank: int) -> int:
        """Return the kept point that so many others are before."""
        before = 0
        for case, size in zip(self.cases, self.sizes):
            if rank < case.numbers[0]:
                return before + case.select(rank)
            rank -= int(case.numbers[0])
            before += size
        raise IndexError(rank)
