"""Checks across a sweep: values that do not fit together, runs that stand twice."""

import itertools
from collections.abc import Iterable
from typing import Any

from rvsjax.errors import Problem
from rvsjax.sweep.plan.axes import Axis
from rvsjax.sweep.plan.parameters import ParameterSpace, Values
from rvsjax.sweep.plan.product import Chosen, Product

__all__ = ["doubles", "misfits", "overlaps"]


def misfits(
    space: ParameterSpace,
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
        found = space.misfits(chosen, parameters)
        found += [
            _idle_axis(axis)
            for axis in axes
            if len(axis.points) > 1 and all(parameters[n] is None for n in axis.names)
        ]
        for problem in found:
            problems.setdefault(problem.where, problem)
    return list(problems.values())


def _idle_axis(axis: Axis) -> Problem:
    what = f"has {len(axis.points)} values, but no meaning for some runs"
    advice = "put it in the [[case]] that uses it"
    return Problem(", ".join(axis.names), f"{what}; {advice}")


def overlaps(product: Product, shared: Chosen) -> list[Problem]:
    """Name the cases with a point of an earlier one; `shared` is what all have."""
    names = {name for axis in product.axes for name in axis.names}
    columns = {
        id(axis): {n: {p[i] for p in axis.points} for i, n in enumerate(axis.names)}
        for axis in product.axes
    }
    values = [{name: {shared.get(name)} for name in names} for _ in product.cases]
    for case, axes in zip(values, product.cases):
        for axis in axes:
            case |= columns[id(axis)]
    problems = []
    for (i, a), (j, b) in itertools.combinations(enumerate(values), 2):
        if not any(a[name].isdisjoint(b[name]) for name in names):
            what = f"overlaps with case[{i}]: some runs stand in both"
            problems.append(Problem(f"case[{j}]", what))
    return problems


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
