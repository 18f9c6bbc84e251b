"""What a sweep file lays out: axes for each case, constants, and what is excluded."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from rvsjax.errors import Problem
from rvsjax.sweep.plan.axes import (
    Axis,
    check_sample,
    length,
    list_axis,
    sample_axis,
    zip_axis,
)
from rvsjax.sweep.plan.document import SweepFile
from rvsjax.sweep.plan.parameters import ParameterSpace

__all__ = ["Conditions", "Layout", "lay_out"]

MOST_VALUES = 200_000  # of all ranges of a file: half a second, some 20 MB
_TABLES = ("constants", "grid", "zip", "case", "sample", "exclude")

Conditions = dict[str, Collection[Any]]


class Layout(NamedTuple):
    """The axes of each case, its own first; constants; conditions of the excluded."""

    cases: list[list[Axis]]
    constants: dict[str, Any]
    exclude: list[Conditions]


def lay_out(
    document: SweepFile, problems: Iterable[Problem] = ()
) -> tuple[Layout, list[Problem]]:
    """Expand the axes of a document and check every value; add to the problems.

    Where there are some, the layout has what is left without them: no case that they
    may bear on. A sample is drawn last, and only where nothing is wrong: that takes a
    second.
    """
    problems, words = list(problems), document.vocabulary
    if greedy := _too_many(document):
        return Layout([], {}, []), [*problems, greedy]
    lost = any(problem.where.split(".")[0] in _TABLES for problem in problems)
    problems += _set_in_one_place(document)
    shared, found = _shared_axes(document)
    problems += found
    cases = []
    for i, block in enumerate(document.case or [{}]):
        axes = []
        for name, spec in block.items():
            axis, found = list_axis(words, name, spec, f"case[{i}].{name}")
            axes += [axis] if name in words.names else []
            problems += found
        cases.append(axes)
    constants = {}
    for name, value in document.constants.items():
        value, found = _constant(words, name, value)
        problems += found
        if found:
            shared.append(Axis((name,), []))
        else:
            constants[name] = value
    exclude, found = _conditions(document)
    problems += found
    if found or lost:
        cases = []
    if document.sample:
        ranges, found = check_sample(words, document.sample)
        problems += found
        axis = Axis(tuple(document.sample.dimensions), [])
        if not problems:
            axis, problems = sample_axis(document.sample, ranges)
        shared.append(axis)
    shared = [x for x in shared if x.points or words.decisive & set(x.names)]
    return Layout([own + shared for own in cases], constants, exclude), problems


def _constant(
    words: ParameterSpace, name: str, value: Any
) -> tuple[Any, list[Problem]]:
    """Return the value of a constant, and what is wrong with it: it may be an axis."""
    where = f"constants.{name}"
    checked, found = words.check(name, value, where)
    if found and name in words.names:
        axis, _ = list_axis(words, name, value, where)
        if isinstance(value, list) and axis.points:
            found = [Problem(where, "a list is an axis: put it into [grid]")]
        elif isinstance(value, dict) and axis.points:
            found = [Problem(where, "a range is an axis: put it into [grid]")]
    return checked, found


def _too_many(document: SweepFile) -> Problem | None:
    """Ranges are cheap to ask for: a file may have more than a machine can hold."""
    named = [("grid", document.grid)]
    for table in ("zip", "case", "exclude"):
        blocks = getattr(document, table)
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


def _set_in_one_place(document: SweepFile) -> list[Problem]:
    """Every parameter is set in one place; several cases are one place."""
    places: dict[str, list[str]] = {}
    blocks: list[tuple[str, dict[str, Any]]] = [
        ("constants", document.constants),
        ("grid", document.grid),
        *((f"zip[{i}]", block) for i, block in enumerate(document.zip)),
        ("case", {name: 0 for block in document.case for name in block}),
        ("sample", document.sample.dimensions if document.sample else {}),
    ]
    for place, block in blocks:
        for name in block:
            places.setdefault(name, []).append(place)
    return [
        Problem(f"{found[1]}.{name}", f"is set in {found[0]} already")
        for name, found in places.items()
        if len(found) > 1
    ]


def _shared_axes(document: SweepFile) -> tuple[list[Axis], list[Problem]]:
    words = document.vocabulary
    results = [
        list_axis(words, name, spec, f"grid.{name}")
        for name, spec in document.grid.items()
    ]
    results += [
        zip_axis(words, block, f"zip[{i}]")
        for i, block in enumerate(document.zip)
        if block
    ]
    axes = [axis for axis, _ in results]
    return axes, [problem for _, problems in results for problem in problems]


def _conditions(document: SweepFile) -> tuple[list[Conditions], list[Problem]]:
    excludes, problems = [], []
    for i, block in enumerate(document.exclude):
        conditions = {}
        for name, spec in block.items():
            place = f"exclude[{i}].{name}"
            axis, found = list_axis(document.vocabulary, name, spec, place)
            conditions[name] = {point[0] for point in axis.points}
            problems += found
        if not conditions:
            problems.append(Problem(f"exclude[{i}]", "is empty: it names no parameter"))
        excludes.append(conditions)
    return excludes, problems
