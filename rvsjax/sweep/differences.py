"""Differences of two computations of a run, by their tables, to whatever is alike."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any, NamedTuple

import pyarrow as pa

__all__ = ["Difference", "Tables", "differences", "same_bits"]

Tables = dict[str, pa.Table]
"""The rows of one run, by the name of their table."""

Alike = Callable[[str, str, Any, Any], bool]
"""``table, column, there, here`` -> whether two values are to be taken for equal."""


class Difference(NamedTuple):
    """A column in which two computations of a run differ."""

    table: str
    column: str
    there: Any  # the first value that differs
    here: Any
    values: int  # how many differ
    largest: float | None  # difference of two numbers, if there are any

    def __str__(self) -> str:
        """Say so in a line."""
        more = f", and {self.values - 1} more" if self.values > 1 else ""
        by = "" if self.largest is None else f", off by {self.largest:.3g}"
        where = f"{self.table}.{self.column}"
        return f"{where}: {self.there!r} there, {self.here!r} here{more}{by}"


def differences(there: Tables, here: Tables, alike: Alike) -> list[Difference]:
    """Return the columns with values that are not alike; what is lacking is null."""
    nothing = pa.table({})
    columns = []
    for table in there | here:
        old, new = there.get(table, nothing), here.get(table, nothing)
        for column in dict.fromkeys([*old.column_names, *new.column_names]):
            pairs = zip_longest(_values(old, column), _values(new, column))
            unlike = [(a, b) for a, b in pairs if not alike(table, column, a, b)]
            if unlike:
                columns.append(_difference(table, column, unlike))
    return columns


def same_bits(table: str, column: str, there: Any, here: Any) -> bool:
    """Say whether two values are the same; -0.0 is not 0.0."""
    return repr(there) == repr(here)


def _values(table: pa.Table, column: str) -> list[Any]:
    if column not in table.column_names:
        return []
    values = table[column]
    if pa.types.is_list(values.type):
        values = values.combine_chunks().flatten()
    return values.to_pylist()


def _difference(table: str, column: str, unlike: list[tuple[Any, Any]]) -> Difference:
    sizes = [abs(a - b) for a, b in unlike if _is_number(a) and _is_number(b)]
    largest = max(sizes, default=None)
    return Difference(table, column, *unlike[0], len(unlike), largest)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
