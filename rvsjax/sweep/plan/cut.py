"""Blocks of a plan by number, without a walk over its runs.

The runs of each program fill blocks in the order of the plan; a block has its number
when its last run comes, and those that are not full follow at the end. So the number of
blocks before a place of the plan is a sum over programs, and rises with the place.
"""

import functools
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rvsjax.sweep.plan.mask import Mask

if TYPE_CHECKING:
    from rvsjax.sweep.plan.plan import Plan, RunConfig

__all__ = ["Cut", "first_true"]


class _Program:
    """The runs of a program, counted up to a place; a point has all seeds in a row."""

    def __init__(self, mask: Mask, seeds: int, end: int) -> None:
        self.mask, self.seeds = mask, seeds
        self.number = self.before(end)

    def before(self, place: int) -> int:
        """Return the number of runs before a place of the plan."""
        index, seed = divmod(place, self.seeds)
        more = seed if seed and self.mask.has(index) else 0
        return self.mask.rank(index) * self.seeds + more

    def place(self, rank: int) -> int:
        """Return the place of the run that so many are before."""
        point, seed = divmod(rank, self.seeds)
        return self.mask.select(point) * self.seeds + seed


class _Found(NamedTuple):
    program: _Program
    first: int  # of its runs
    last: int  # one past


class Cut:
    """A plan in blocks of one size, each found by arithmetic."""

    def __init__(
        self, plan: "Plan", masks: dict[Hashable, Mask], end: int, size: int
    ) -> None:
        """Take the points of each program, and the place where the runs end."""
        seeds = plan.sweep_file.seeds.count
        self.plan, self.size, self.end = plan, size, end
        self.programs = [_Program(mask, seeds, end) for mask in masks.values()]
        self.full = sum(program.number // size for program in self.programs)
        self.number = sum(-(-program.number // size) for program in self.programs)

    def items(self, number: int) -> "list[RunConfig]":
        """Return the runs of a block, in order; IndexError where there is no such."""
        if not 0 <= number < self.number:
            raise IndexError(number)
        full = number < self.full
        found = self._full(number) if full else self._rest[number - self.full]
        return [*self._runs(*found)]

    def length(self, number: int) -> int:
        """Return the number of runs of a block."""
        if number < self.full:
            return self.size
        _, first, last = self._rest[number - self.full]
        return last - first

    def number_of(self, place: int) -> int:
        """Return the number of the block that the run at a place is in."""
        index, seed = divmod(place, self.plan.sweep_file.seeds.count)
        program, before = self._point(index)
        return self._number(program, (before + seed) // self.size)

    @cached_property
    def _point(self) -> "Callable[[int], tuple[_Program, int]]":
        """The program of a point and the runs of it before, kept for its seeds."""

        def found(index: int) -> tuple[_Program, int]:
            program = next(x for x in self.programs if x.mask.has(index))
            return program, program.mask.rank(index) * program.seeds

        return functools.lru_cache(1)(found)

    @cached_property
    def _number(self) -> "Callable[[_Program, int], int]":
        """The number of a block by its program, and by its place among those of it."""

        def number(program: _Program, own: int) -> int:
            found = self._block(program, own)
            if found.last - found.first < self.size:
                return self.full + self._rest.index(found)
            return self._before(program.place(found.last - 1) + 1) - 1

        return functools.lru_cache(64)(number)

    def _full(self, number: int) -> _Found:
        """Return a block that is full: the place of its last run is searched."""
        if len(self.programs) == 1:
            return self._block(self.programs[0], number)
        last = first_true(self.end, lambda place: self._before(place + 1) > number)
        grown = (x for x in self.programs if x.before(last + 1) > x.before(last))
        program = next(grown)
        return self._block(program, program.before(last + 1) // self.size - 1)

    def _before(self, place: int) -> int:
        """Return the number of blocks that are full before a place."""
        return sum(x.before(place) // self.size for x in self.programs)

    def _block(self, program: _Program, own: int) -> _Found:
        first = own * self.size
        return _Found(program, first, min(first + self.size, program.number))

    @cached_property
    def _rest(self) -> list[_Found]:
        """The blocks that are not full, in the order of their first runs."""
        found = [
            self._block(program, program.number // self.size)
            for program in self.programs
            if program.number % self.size
        ]
        return sorted(found, key=lambda x: x.program.place(x.first))

    def _runs(self, program: _Program, first: int, last: int) -> "Iterator[RunConfig]":
        index, seed = divmod(program.place(first), program.seeds)
        left = last - first
        while left:
            for place in range(seed, min(program.seeds, seed + left)):
                item = self.plan.at(index * program.seeds + place)
                assert item is not None
                yield item
            left -= min(program.seeds - seed, left)
            seed = 0
            if left:
                following = program.mask.first(index + 1)
                assert following is not None
                index = following


def first_true(end: int, is_reached: Callable[[int], bool]) -> int:
    """Return the first number below `end` of which it is true, and ever after."""
    begin = 0
    while begin < end:
        middle = (begin + end) // 2
        begin, end = (begin, middle) if is_reached(middle) else (middle + 1, end)
    return begin
