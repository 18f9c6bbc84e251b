"""The runs of a sweep, as a lazy sequence: (grid x zip x sample x cases) x seeds."""

import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rvsjax.spec.axes import Axis, Point, list_axis, sample_axis, zip_axis
from rvsjax.spec.errors import Problem, SpecError, did_you_mean
from rvsjax.spec.file import Document, check_document, override
from rvsjax.spec.parameters import (
    PARAMETERS,
    STATIC,
    canonical,
    check_value,
    conflicts,
    unused,
)

__all__ = ["STUDY_VERSION", "Item", "Plan", "make_plan"]

STUDY_VERSION = 1
"""Part of every run's identity; raised when the meaning of a run changes."""

Conditions = dict[str, list[Any]]
SMOKE_RUNS, SMOKE_STEPS = 64, 1000


class Item(NamedTuple):
    """One run of a sweep: canonical parameters, seed and identity."""

    parameters: dict[str, Any]
    seed: int

    @property
    def static_key(self) -> tuple[Any, ...]:
        """What the run's program is compiled for."""
        return tuple(self.parameters[name] for name in STATIC)

    @property
    def run_id(self) -> str:
        """A hash of the study, the parameters in use and the seed: 20 hex digits.

        It does not know of the sweep around the run, so that adding or reordering
        values keeps every finished row.
        """
        used = {n: v for n, v in sorted(self.parameters.items()) if v is not None}
        text = json.dumps(["rvscgd", STUDY_VERSION, used, self.seed])
        return hashlib.sha256(text.encode()).hexdigest()[:20]


class Plan:
    """A checked sweep file: a lazy sequence of runs, with counts that need no loop.

    The order is: cases, then the axes as they stand in the file, seeds fastest.
    """

    def __init__(self, document: Document, problems: Iterable[Problem] = ()) -> None:
        """Expand the axes, not the runs.

        Raise a `SpecError` with every mistake, those found before included.
        """
        self.document = document
        self.default_folder = f"out/{document.name}"
        self.only: Conditions = {}
        self.limit: int | None = None
        self.stride = 1
        problems = [*problems, *_set_in_one_place(document)]
        shared, found = _shared_axes(document)
        problems += found
        self._cases: list[list[Axis]] = []
        for i, block in enumerate(document.case or [{}]):
            axes = []
            for name, spec in block.items():
                axis, found = list_axis(name, spec, f"case[{i}].{name}")
                axes.append(axis)
                problems += found
            self._cases.append(axes + shared)
        self._constants, found = _constants(document)
        problems += found
        self._exclude, found = _conditions(document)
        problems += found
        last = document.seeds.base + document.seeds.count - 1
        if last >= 2**32:
            problems.append(Problem("seeds", f"must stay below 2**32, reach {last}"))
        if problems:
            raise SpecError(problems)
        self._check_fit()

    def _check_fit(self) -> None:
        """Refuse values that do not fit together, and runs that stand there twice."""
        problems: list[Problem] = []
        selectors = {*STATIC, "nnz"}
        for chosen, axes, _ in self._classes(selectors, {}):
            problems += conflicts(chosen)
            idle = unused(canonical(chosen))
            for axis in axes:
                if len(axis.points) > 1 and idle.issuperset(axis.names):
                    names = ", ".join(axis.names)
                    what = (
                        f"has {len(axis.points)} values, but no meaning for some runs"
                    )
                    problems.append(
                        Problem(names, f"{what}; put it in the [[case]] that uses it")
                    )
        problems += self._overlaps()
        if problems:
            raise SpecError(list(dict.fromkeys(problems)))

    def _overlaps(self) -> list[Problem]:
        """Two cases may not contain the same run."""

        def values(axes: list[Axis], name: str) -> set[Any]:
            given = [(a, a.names.index(name)) for a in axes if name in a.names]
            if given:
                return {point[i] for axis, i in given for point in axis.points}
            return {canonical(self._constants)[name]}

        names = {name for axes in self._cases for axis in axes for name in axis.names}
        problems = []
        for (i, a), (j, b) in itertools.combinations(enumerate(self._cases), 2):
            if all(values(a, name) & values(b, name) for name in names):
                what = f"overlaps with case[{i}]: some runs stand in both"
                problems.append(Problem(f"case[{j}]", what))
        return problems

    # -- runs, one by one --------------------------------------------------------------

    def __iter__(self) -> Iterator[Item]:
        """Yield the runs in order; nothing is kept."""
        found = (self.at(i) for i in range(0, self._raw_size, self.stride))
        yield from itertools.islice((item for item in found if item), self.limit)

    @property
    def _raw_size(self) -> int:
        points = sum(math.prod(len(a.points) for a in axes) for axes in self._cases)
        return points * self.document.seeds.count

    def at(self, index: int) -> Item | None:
        """Return the run at a place of the full product, None where it is excluded."""
        index, seed = divmod(index, self.document.seeds.count)
        for axes in self._cases:
            size = math.prod(len(axis.points) for axis in axes)
            if index < size:
                break
            index -= size
        chosen = dict(self._constants)
        for axis in reversed(axes):
            index, place = divmod(index, len(axis.points))
            chosen.update(zip(axis.names, axis.points[place]))
        parameters = canonical(chosen)
        if self._excluded(parameters):
            return None
        return Item(parameters, self.document.seeds.base + seed)

    def _excluded(self, parameters: dict[str, Any]) -> bool:
        return any(_matches(parameters, c) for c in self._exclude) or (
            not _matches(parameters, self.only)
        )

    # -- counts, without a loop over runs ----------------------------------------------

    def _classes(
        self, names: set[str], mentioned: Conditions
    ) -> Iterator[tuple[dict[str, Any], list[Axis], int]]:
        """Yield representatives of runs that agree on `names`, with their number.

        Values that `mentioned` names are told apart as well; all others count together.
        """
        for axes in self._cases:
            parts = [_signatures(axis, names, mentioned) for axis in axes]
            for choice in itertools.product(*parts):
                chosen = dict(self._constants)
                count = self.document.seeds.count
                for axis, (point, number) in zip(axes, choice):
                    chosen.update(zip(axis.names, point))
                    count *= number
                yield chosen, axes, count

    def groups(self) -> list[tuple[Item, int]]:
        """Return an example and the number of runs for each program."""
        counts: dict[tuple[Any, ...], tuple[Item, int]] = {}
        for item, number in self._counted():
            example, count = counts.get(item.static_key, (item, 0))
            counts[item.static_key] = example, count + number
        return list(counts.values())

    def _counted(self) -> Iterator[tuple[Item, int]]:
        """Yield items that stand for a number of runs of the same program."""
        if self.limit is not None or self.stride > 1:
            yield from ((item, 1) for item in self)
            return
        mentioned: Conditions = {}
        for conditions in [*self._exclude, self.only]:
            for name, values in conditions.items():
                mentioned[name] = mentioned.get(name, []) + values
        for chosen, _, count in self._classes({*STATIC}, mentioned):
            parameters = canonical(chosen)
            if not self._excluded(parameters):
                yield Item(parameters, self.document.seeds.base), count

    # -- narrowing ---------------------------------------------------------------------

    def keep_only(self, options: list[str]) -> None:
        """Keep the runs whose parameter has one of the values of ``KEY=V1,V2``."""
        for option in options:
            key, equals, text = option.partition("=")
            if not equals or key not in PARAMETERS:
                what = "needs KEY=V1,V2 with a parameter" + did_you_mean(
                    key, PARAMETERS
                )
                raise SpecError([Problem(f"--only {option}", what)])
            self.only = self.only | {key: _read_values(key, text)}
        if not self.groups():
            shown = ", ".join(options)
            raise SpecError([Problem(f"--only {shown}", "leaves no run")])

    def thin(self, runs: int) -> None:
        """Keep about `runs` runs, evenly spaced over the whole plan."""
        self.stride = max(1, self._raw_size // runs)
        if self.stride % 2 == 0 and self.stride > 1:
            self.stride -= 1  # odd, so that not only even seeds and places are seen

    def as_json(self) -> dict[str, Any]:
        """Return what is asked: equal data, equal runs in equal order."""
        asked = self.document.model_dump(exclude={"about"})
        narrowed = {"only": self.only, "limit": self.limit, "stride": self.stride}
        return json.loads(json.dumps(asked | {"narrowed": narrowed}))

    @property
    def fingerprint(self) -> str:
        """A hash of `as_json` and of the study's version: 16 hex digits."""
        text = json.dumps([STUDY_VERSION, self.as_json()])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_plan(
    raw: dict[str, Any],
    *,
    only: list[str] | None = None,
    limit: int | None = None,
    smoke: bool = False,
) -> Plan:
    """Check the tables of a sweep file and return its plan, narrowed as asked.

    `smoke` keeps about 64 runs, evenly spaced, of 1000 steps each.
    """
    if smoke:
        raw = override(raw, "steps", SMOKE_STEPS)
    plan = Plan(*check_document(raw))
    if only:
        plan.keep_only(only)
    if smoke:
        plan.thin(SMOKE_RUNS)
        plan.default_folder += "-smoke"
    plan.limit = limit
    return plan


def _matches(parameters: dict[str, Any], conditions: Conditions) -> bool:
    return all(parameters[name] in values for name, values in conditions.items())


def _signatures(
    axis: Axis, names: set[str], mentioned: Conditions
) -> list[tuple[Point, int]]:
    """Group the points of an axis; return a representative and a count for each."""
    if not any(name in names or name in mentioned for name in axis.names):
        return [(axis.points[0], len(axis.points))]
    found: dict[Any, tuple[Point, int]] = {}
    for point in axis.points:
        signature = tuple(
            value
            if name in names
            else value
            if value in mentioned.get(name, ())
            else ()
            for name, value in zip(axis.names, point)
        )
        first, count = found.get(signature, (point, 0))
        found[signature] = first, count + 1
    return list(found.values())


def _set_in_one_place(document: Document) -> list[Problem]:
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


def _shared_axes(document: Document) -> tuple[list[Axis], list[Problem]]:
    results = [
        list_axis(name, spec, f"grid.{name}") for name, spec in document.grid.items()
    ]
    results += [
        zip_axis(block, f"zip[{i}]") for i, block in enumerate(document.zip) if block
    ]
    if document.sample:
        results.append(sample_axis(document.sample))
    axes = [axis for axis, _ in results]
    return axes, [problem for _, problems in results for problem in problems]


def _constants(document: Document) -> tuple[dict[str, Any], list[Problem]]:
    values, problems = {}, []
    for name, value in document.constants.items():
        values[name], found = check_value(name, value, f"constants.{name}")
        problems += found
    return values, problems


def _conditions(document: Document) -> tuple[list[Conditions], list[Problem]]:
    excludes, problems = [], []
    for i, block in enumerate(document.exclude):
        conditions = {}
        for name, spec in block.items():
            axis, found = list_axis(name, spec, f"exclude[{i}].{name}")
            conditions[name] = [point[0] for point in axis.points]
            problems += found
        if not conditions:
            problems.append(Problem(f"exclude[{i}]", "is empty: it names no parameter"))
        excludes.append(conditions)
    return excludes, problems


def _read_values(key: str, text: str) -> list[Any]:
    """Read the values of ``--only``, in the type of their parameter."""
    values = []
    for part in text.split(","):
        candidates: list[Any] = [part.strip()]
        for read in (float, int):
            try:
                candidates.insert(0, read(part))
            except ValueError:
                continue
        checked = [check_value(key, value, f"--only {key}") for value in candidates]
        good = [value for value, problems in checked if not problems]
        if not good:
            raise SpecError(checked[0][1])
        values.append(good[0])
    return values
