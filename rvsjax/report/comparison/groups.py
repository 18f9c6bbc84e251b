"""Measurements by what their differences say: clear, fixed, open, or none at all."""

from collections.abc import Sequence
from typing import NamedTuple

from rvsjax.results.compare.statistics import MeasureDifference

__all__ = ["CHANGE", "Groups", "grouped"]

CHANGE = "B\N{NO-BREAK SPACE}−\N{NO-BREAK SPACE}A"

_NOTHING = 1e-9  # of the mean: a half width that rounding alone explains


class Groups(NamedTuple):
    """Measurements, each in one of these lists."""

    clear: list[
        MeasureDifference
    ]  # the 95 % interval of the mean excludes 0; surest first
    fixed: list[
        MeasureDifference
    ]  # all seeds differ by the same: an interval without width
    open: list[MeasureDifference]  # the interval holds 0, or there is none
    still: list[MeasureDifference]  # the same in every pair
    absent: list[MeasureDifference]  # no pair has a number in both

    @property
    def moved(self) -> list[MeasureDifference]:
        """Those that differ in some pair."""
        return [*self.clear, *self.fixed, *self.open]


def grouped(measures: Sequence[MeasureDifference]) -> Groups:
    """Sort measurements out; |mean| / half width has no unit, and orders them."""
    groups = Groups([], [], [], [], [])
    for x in measures:
        _group_of(x, groups).append(x)
    for each in (groups.clear, groups.open):
        each.sort(key=lambda x: -_sureness(x))
    return groups


def _group_of(x: MeasureDifference, groups: Groups) -> list[MeasureDifference]:
    if not x.pairs:
        return groups.absent
    if x.alike == x.pairs:
        return groups.still
    if x.mean is None or x.low is None or x.high is None:
        return groups.open
    if x.mean and x.high - x.low <= 2 * _NOTHING * abs(x.mean):
        return groups.fixed
    return groups.clear if x.low > 0 or x.high < 0 else groups.open


def _sureness(x: MeasureDifference) -> float:
    """Return |mean| / half width of the interval, 0 where there is none."""
    if x.mean is None or x.low is None or x.high is None or x.low == x.high:
        return 0.0
    return abs(x.mean) / (x.high / 2 - x.low / 2)
