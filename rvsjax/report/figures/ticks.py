"""Ticks: no axis of a figure is without two numbers on it."""

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    LogLocator,
    MaxNLocator,
    ScalarFormatter,
    SymmetricalLogLocator,
)

__all__ = ["give_ticks"]


def give_ticks(figure: Figure) -> None:
    """Number more places on the axes that have fewer than two ticks in sight.

    On a logarithmic axis within a decade these are 1, 2 and 5, or as on a linear one.
    Around 0 there are at most seven.
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if axes.get_visible() and not isinstance(
                axis.get_major_locator(), FixedLocator
            ):
                _give(axis)


def _give(axis: Axis) -> None:
    locator = axis.get_major_locator()
    if isinstance(locator, SymmetricalLogLocator):
        locator.set_params(numticks=7)
    if axis.get_scale() == "linear" or _in_sight(axis) >= 2:
        return
    for locator in (LogLocator(subs=(1.0, 2.0, 5.0)), MaxNLocator(4)):
        if axis.get_scale() == "log" or isinstance(locator, MaxNLocator):
            axis.set_major_locator(locator)
            axis.set_major_formatter(ScalarFormatter(useMathText=True))
            axis.set_minor_locator(FixedLocator([]))
            if _in_sight(axis) >= 2:
                return


def _in_sight(axis: Axis) -> int:
    """Return how many major ticks lie within the view."""
    low, high = sorted(axis.get_view_interval())
    return sum(low <= place <= high for place in axis.get_majorticklocs())
