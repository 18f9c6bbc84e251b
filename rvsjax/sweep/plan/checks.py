"""What of a sweep does not fit together, and which of its runs stand there twice."""

from collections.abc import Iterable
from typing import Any

from rvsjax.errors import Problem
from rvsjax.sweep.plan.axes import Axis
from rvsjax.sweep.plan.parameters import ParameterSpace, Values

__all__ = ["doubles", "misfits"]


def misfits(
    words: ParameterSpace,
    points: Iterable[tuple[Values, Values | None, list[Axis]]],
) -> list[Problem]:
    """Say which values do not fit together, and which axes have no meaning.

    Takes what is chosen for a point, all its parameters (None if it is left out), and
    the axes that it lies on. Of problems with the same key, the first stands for all.
    """
    problems: dict[str, Problem] = {}
    for chosen, parameters, axes in points:
        if parameters is None:
            continue
        idle = {name for name, value in parameters.items() if value is None}
        found = words.misfits(chosen, parameters)
        found += [
            _idle_axis(axis)
            for axis in axes
            if len(axis.points) > 1 and idle.issuperset(axis.names)
        ]
        for problem in found:
            problems.setdefault(problem.where, problem)
    return list(problems.values())


def _idle_axis(axis: Axis) -> Problem:
    what = f"has {len(axis.points)} values, but no meaning for some runs"
    advice = "put it in the [[case]] that uses it"
    return Problem(", ".join(axis.names), f"{what}; {advice}")


def doubles(points: Iterable[Values | None], varying: set[str]) -> list[Problem]:
    """Name the first run that differs from another in unused parameters alone."""
    seen: set[tuple[Any, ...]] = set()
    for parameters in points:
        if parameters is None:
            continue
        values = tuple(parameters.values())
        if values in seen:
            used = {n: v for n, v in parameters.items() if v is not None}
            shown = ", ".join(f"{n} = {v}" for n, v in used.items() if n in varying)
            return [Problem("runs", f"one stands there twice: {shown}")]
        seen.add(values)
    return []
