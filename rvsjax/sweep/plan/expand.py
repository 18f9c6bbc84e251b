"""Expansion of a sweep file: the axes of each case, constants, and the excluded."""

import itertools
from collections.abc import Iterable
from typing import Any

from rvsjax.errors import Problem
from rvsjax.sweep.plan.axes import (
    Axis,
    check_sample,
    length,
    list_axis,
    sample_axis,
    zip_axis,
)
from rvsjax.sweep.plan.exclude import Conditions, Exclude
from rvsjax.sweep.plan.parameters import ParameterSpace
from rvsjax.sweep.plan.product import Product
from rvsjax.sweep.plan.sweep_file import SweepFile

__all__ = ["expand"]

MOST_VALUES = 200_000  # of all ranges of a file: half a second, some 20 MB
_TABLES = ("constants", "grid", "zip", "case", "sample", "exclude")


def expand(
    sweep_file: SweepFile, problems: Iterable[Problem] = ()
) -> tuple[Product, list[Problem]]:
    """Expand the axes of a sweep file and check every value; add to the problems.

    Where there are some, the product has what is left without them: no case that they
    may bear on. A sample is drawn last, and only where nothing is wrong: that takes a
    second.
    """
    problems, space = list(problems), sweep_file.space
    if greedy := _too_many(sweep_file):
        return Product([], {}), [*problems, greedy]
    lost = any(problem.where.split(".")[0] in _TABLES for problem in problems)
    problems += _set_in_one_place(sweep_file)
    shared, found = _shared_axes(sweep_file)
    problems += found
    cases = []
    for i, block in enumerate(sweep_file.case or [{}]):
        axes = []
        for name, spec in block.items():
            axis, found = list_axis(space, name, spec, f"case[{i}].{name}")
            axes += [axis] if name in space.settable else []
            problems += found
        cases.append(axes)
    constants = {}
    for name, value in sweep_file.constants.items():
        value, found = _constant(space, name, value)
        problems += found
        if found:
            shared.append(Axis((name,), []))
        else:
            constants[name] = value
    exclude, found = _conditions(sweep_file)
    problems += found
    if found or lost:
        cases = []
    if sweep_file.sample:
        ranges, found = check_sample(space, sweep_file.sample)
        problems += found
        axis = Axis(tuple(sweep_file.sample.dimensions), [])
        if not problems:
            axis, problems = sample_axis(sweep_file.sample, ranges)
        shared.append(axis)
    shared = [
        x
        for x in shared
        if x.points or space.decisive.intersection(map(space.target, x.names))
    ]
    cases = [own + shared for own in cases]
    return Product(cases, constants, Exclude(exclude)), problems


def _constant(
    space: ParameterSpace, name: str, value: Any
) -> tuple[Any, list[Problem]]:
    """Return the value of a constant, and what is wrong with it: it may be an axis."""
    where = f"constants.{name}"
    checked, found = space.check(name, value, where)
    if found and name in space.settable:
        axis, _ = list_axis(space, name, value, where)
        if isinstance(value, list) and axis.points:
            found = [Problem(where, "a list is an axis: put it into [grid]")]
        elif isinstance(value, dict) and axis.points:
            found = [Problem(where, "a range is an axis: put it into [grid]")]
    return checked, found


def _too_many(sweep_file: SweepFile) -> Problem | None:
    """Ranges are cheap to ask for: a file may have more than a machine can hold."""
    named = [("grid", sweep_file.grid)]
    for table in ("zip", "case", "exclude"):
        blocks = getattr(sweep_file, table)
        named += [(f"{table}[{i}]", block) for i, block in enumerate(blocks)]
    total = 0
    for table, block in named:
        for name, spec in block.items():
            total += length(spec)
            if total > MOST_VALUES:
                what = f"the ranges up to here have {total:,} values; at most"
                what += f" {MOST_VALUES:,} in a file"
                return Problem(f"{table}.{name}", what)
    return None


def _set_in_one_place(sweep_file: SweepFile) -> list[Problem]:
    """Every parameter is set in one place and by one name; cases are one place."""
    named: dict[str, list[tuple[str, int, str]]] = {}
    blocks: list[tuple[str, int, dict[str, Any]]] = [
        ("constants", 0, sweep_file.constants),
        ("grid", 0, sweep_file.grid),
        *((f"zip[{i}]", 0, block) for i, block in enumerate(sweep_file.zip)),
        *(("case", i, block) for i, block in enumerate(sweep_file.case)),
        ("sample", 0, sweep_file.sample.dimensions if sweep_file.sample else {}),
    ]
    for place, i, block in blocks:
        for name in block:
            parameter = sweep_file.space.target(name)
            named.setdefault(parameter, []).append((place, i, name))
    twice = (_set_twice(parameter, found) for parameter, found in named.items())
    return [problem for problem in twice if problem]


def _set_twice(parameter: str, found: list[tuple[str, int, str]]) -> Problem | None:
    """Return what is wrong with the places and names that set a parameter."""
    for (first, i, before), (place, j, name) in itertools.combinations(found, 2):
        if place == first == "case" and i != j:
            continue
        where = f"{place}.{name}"
        if before == name:
            return Problem(where, f"is set in {first} already")
        what = f"sets {parameter}, as {before} in {first} does; leave one of them out"
        return Problem(where, what)
    return None


def _shared_axes(sweep_file: SweepFile) -> tuple[list[Axis], list[Problem]]:
    space = sweep_file.space
    results = [
        list_axis(space, name, spec, f"grid.{name}")
        for name, spec in sweep_file.grid.items()
    ]
    results += [
        zip_axis(space, block, f"zip[{i}]")
        for i, block in enumerate(sweep_file.zip)
        if block
    ]
    axes = [axis for axis, _ in results]
    return axes, [problem for _, problems in results for problem in problems]


def _conditions(sweep_file: SweepFile) -> tuple[list[Conditions], list[Problem]]:
    excludes, problems = [], []
    for i, block in enumerate(sweep_file.exclude):
        conditions = {}
        for name, spec in block.items():
            place = f"exclude[{i}].{name}"
            axis, found = list_axis(sweep_file.space, name, spec, place)
            conditions[name] = {point[0] for point in axis.points}
            problems += found
        if not conditions:
            problems.append(Problem(f"exclude[{i}]", "is empty: it names no parameter"))
        excludes.append(conditions)
    return excludes, problems
