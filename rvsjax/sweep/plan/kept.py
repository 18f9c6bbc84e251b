"""The points of a product that are kept, found without a look at the others."""

import itertools
from collections.abc import Callable

from rvsjax.sweep.plan.expand import Conditions
from rvsjax.sweep.plan.product import Chosen, Product

__all__ = ["Kept"]


class Kept:
    """The points of a product that are kept, in order.

    Whether a point is kept follows from the classes of its values alone.
    """

    def __init__(
        self,
        product: Product,
        names: set[str],
        mentioned: Conditions,
        keep: Callable[[Chosen], bool],
    ) -> None:
        """Look at a representative of each class, and keep those that `keep` says."""
        self.product = product
        self._marks: list[list[list[int]]] = []
        self._alive: list[set[tuple[int, ...]]] = []  # how kept classes begin
        self._all = True
        for axes, grouped in zip(product.cases, product.grouped(names, mentioned)):
            alive = set()
            for marks in itertools.product(*(range(len(x.counts)) for x in grouped)):
                points = [x.examples[mark] for x, mark in zip(grouped, marks)]
                if keep(product.chosen(axes, points)):
                    alive.update(marks[:end] for end in range(len(marks) + 1))
                else:
                    self._all = False
            self._alive.append(alive)
            self._marks.append([x.marks for x in grouped])

    def first(self, index: int) -> int | None:
        """Return the first kept point from `index` on, None if there is none."""
        if index >= self.product.size:
            return None
        if self._all:
            return index
        case, place = self.product.locate(index)
        before = index - place
        while case < len(self.product.sizes):
            found = self._first_of(case, place)
            if found is not None:
                return before + found
            before += self.product.sizes[case]
            case, place = case + 1, 0
        return None

    def _first_of(self, case: int, place: int) -> int | None:
        """Return the first point of a case from `place` on that is kept."""
        marks, alive = self._marks[case], self._alive[case]
        if () not in alive:
            return None
        digits = []
        for one in reversed(marks):
            place, digit = divmod(place, len(one))
            digits.insert(0, digit)
        prefix: tuple[int, ...] = ()
        while len(prefix) < len(marks):
            level = len(prefix)
            one = marks[level]
            digit = next(
                (
                    i
                    for i in range(digits[level], len(one))
                    if (*prefix, one[i]) in alive
                ),
                None,
            )
            if digit is None:  # nothing more below this prefix: count it up
                if not prefix:
                    return None
                digits[level - 1] += 1
                prefix = prefix[:-1]
                digits[level:] = [0] * (len(marks) - level)
            else:
                if digit > digits[level]:
                    digits[level + 1 :] = [0] * (len(marks) - level - 1)
                digits[level] = digit
                prefix = (*prefix, one[digit])
        for digit, one in zip(digits, marks):
            place = place * len(one) + digit
        return place
