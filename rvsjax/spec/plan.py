"""The runs of a sweep, as a lazy sequence: (grid x zip x sample x cases) x seeds."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rvsjax.spec.axes import Axis
from rvsjax.spec.errors import Problem, SpecError, did_you_mean
from rvsjax.spec.file import Document, check_document
from rvsjax.spec.layout import Conditions, lay_out
from rvsjax.spec.parameters import (
    PARAMETERS,
    STATIC,
    canonical,
    check_value,
    conflicts,
    unused,
)
from rvsjax.spec.product import Product

__all__ = ["STUDY_VERSION", "Item", "Plan", "make_plan", "plan_again"]

STUDY_VERSION = 1
"""Part of every run's identity; raised when the meaning of a run changes."""

TABLE_VERSION = 2
"""Part of every plan's identity; raised when a row has other columns than before."""

_LATER = {"precision": "plain"}  # parameters younger than their runs, as those had them

_TELLING = (*STATIC, "w_star", "w_start")  # what the static key follows from

SMOKE_RUNS, SMOKE_STEPS = 64, 1000
DOUBLES_UP_TO = 20_000  # points, 5 microseconds each


class _Point(dict[str, Any]):
    """The parameters of a point: what its seeds share is worked out once."""

    @cached_property
    def identity(self) -> str:
        return _identity(dict(self))

    @cached_property
    def static_key(self) -> tuple[Any, ...]:
        return _static_key(self)


def _identity(parameters: dict[str, Any]) -> str:
    """Return what is hashed of a run, all but its seed."""
    if isinstance(parameters, _Point):
        return parameters.identity
    used = {n: v for n, v in sorted(parameters.items()) if v is not None}
    used = {n: v for n, v in used.items() if n not in _LATER or v != _LATER[n]}
    return json.dumps(["rvscgd", STUDY_VERSION, used])[:-1]


def _static_key(parameters: dict[str, Any]) -> tuple[Any, ...]:
    given = parameters["w_star"] is not None
    return given, *(parameters[name] for name in STATIC)


class Item(NamedTuple):
    """One run of a sweep: canonical parameters, seed and identity."""

    parameters: dict[str, Any]
    seed: int

    @property
    def static_key(self) -> tuple[Any, ...]:
        """What the run's program is compiled for."""
        if isinstance(self.parameters, _Point):
            return self.parameters.static_key
        return _static_key(self.parameters)

    @property
    def run_id(self) -> str:
        """A hash of the study, the parameters in use and the seed: 20 hex digits.

        It does not know of the sweep around the run, so that adding or reordering
        values keeps every finished row; nor of parameters that came later, as long as
        they have the value that all runs had before.
        """
        text = f"{_identity(self.parameters)}, {self.seed}]"
        return hashlib.sha256(text.encode()).hexdigest()[:20]


class _Narrowed(BaseModel):
    """What `Plan.as_json` tells of options."""

    model_config = ConfigDict(extra="forbid", strict=True)

    only: dict[str, list[str | int | float]]
    limit: int | None = Field(ge=1)
    stride: int = Field(ge=1)
    steps: int | None = Field(default=None, ge=1)


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
        self.steps: int | None = None  # in place of what the file says
        self.stride = 1
        layout, problems = lay_out(document, problems)
        self._product = Product(layout.cases, layout.constants)
        self._last: tuple[Any, _Point | None] | None = None  # point that was looked at
        self._exclude = layout.exclude
        last = document.seeds.base + document.seeds.count - 1
        if last >= 2**32:
            problems.append(Problem("seeds", f"must stay below 2**32, reach {last}"))
        problems = problems or self._misfits()
        if problems:
            raise SpecError(list(dict.fromkeys(problems)))

    def _misfits(self) -> list[Problem]:
        """Say which values do not fit together, and which runs stand there twice."""
        problems: list[Problem] = []
        for chosen, axes, _ in self._product.classes(
            {*_TELLING, "nnz"}, self._mentioned
        ):
            parameters = self._complete(chosen)
            if parameters is None:
                continue
            problems += conflicts(chosen)
            idle = unused(parameters)
            for axis in axes:
                if len(axis.points) > 1 and idle.issuperset(axis.names):
                    problems.append(_idle_axis(axis))
        if not problems and not self.groups():
            problems.append(Problem("exclude", "leaves no run"))
        return problems or self._product.overlaps() or self._doubles()

    def _doubles(self) -> list[Problem]:
        """Look for runs that differ in unused parameters alone, in a plan not large."""
        if self._product.size > DOUBLES_UP_TO:
            return []
        seen: set[tuple[Any, ...]] = set()
        for index in range(self._product.size):
            parameters = self._complete(self._product.point(index))
            if parameters is None:
                continue
            values = tuple(parameters.values())
            if values in seen:
                used = {n: v for n, v in parameters.items() if v is not None}
                varying = {name for axis in self._product.axes for name in axis.names}
                shown = ", ".join(f"{n} = {v}" for n, v in used.items() if n in varying)
                return [Problem("runs", f"one stands there twice: {shown}")]
            seen.add(values)
        return []

    def _complete(self, chosen: dict[str, Any]) -> dict[str, Any] | None:
        """Return all parameters of a run, None if it is left out."""
        parameters = canonical(chosen)
        if any(_matches(parameters, conditions) for conditions in self._exclude):
            return None
        if not _matches(parameters, self.only):
            return None
        return parameters | ({"steps": self.steps} if self.steps else {})

    # -- runs, one by one --------------------------------------------------------------

    def __iter__(self) -> Iterator[Item]:
        """Yield the runs in order."""
        found = self.every(self.stride)
        if self.steps:  # runs that differed in their steps alone are one now
            first = itertools.islice(self.every(1), SMOKE_RUNS)
            found = _distinct(found) or _distinct(first)
        yield from itertools.islice(found, self.limit)

    @property
    def places(self) -> int:
        """The number of places of the full product, left out or not."""
        return self._product.size * self.document.seeds.count

    def every(self, stride: int) -> Iterator[Item]:
        """Yield the runs at every `stride`-th place that are not left out."""
        seeds, place = self.document.seeds.count, 0
        while place < self.places:
            item = self.at(place)
            if item:
                yield item
                place += stride
            else:  # the point is left out, hence all of its seeds
                place += -(-(seeds - place % seeds) // stride) * stride

    def at(self, place: int) -> Item | None:
        """Return the run at a place of the full product, None if it is left out."""
        index, seed = divmod(place, self.document.seeds.count)
        asked = index, self._product, self.only, self.steps
        if self._last is None or self._last[0] != asked:
            parameters = self._complete(self._product.point(index))
            self._last = asked, parameters if parameters is None else _Point(parameters)
        shared = self._last[1]
        return None if shared is None else Item(shared, self.document.seeds.base + seed)

    # -- counts, without a loop over runs ----------------------------------------------

    def groups(self) -> list[tuple[Item, int]]:
        """Return an example and the number of runs for each program."""
        counts: dict[tuple[Any, ...], tuple[Item, int]] = {}
        for item, number in self._counted():
            example, count = counts.get(item.static_key, (item, 0))
            counts[item.static_key] = example, count + number
        return list(counts.values())

    def _counted(self) -> Iterator[tuple[Item, int]]:
        """Yield items that stand for a number of runs of the same program."""
        if self.limit or self.steps:
            yield from ((item, 1) for item in self)
            return
        seeds = self.document.seeds
        for chosen, _, count in self._product.classes({*_TELLING}, self._mentioned):
            parameters = self._complete(chosen)
            if parameters:
                yield Item(parameters, seeds.base), count * seeds.count

    @property
    def _mentioned(self) -> Conditions:
        """Every value that decides whether a run is left out."""
        mentioned: dict[str, set[Any]] = {}
        for conditions in [*self._exclude, self.only]:
            for name, values in conditions.items():
                mentioned.setdefault(name, set()).update(values)
        return dict(mentioned)

    # -- narrowing ---------------------------------------------------------------------

    def keep_only(self, options: list[str]) -> None:
        """Keep the runs whose parameter has one of the values of ``KEY=V1,V2``."""
        for option in options:
            key, equals, text = option.partition("=")
            if not equals or key not in PARAMETERS:
                what = "needs KEY=V1,V2 with a parameter"
                guess = did_you_mean(key, PARAMETERS)
                raise SpecError([Problem(f"--only {option}", what + guess)])
            values = _read_values(key, text)
            before = self.only.get(key, values)
            self.only = self.only | {key: [v for v in values if v in before]}
        self._product = self._product.restricted(self.only)
        if not self.groups():
            shown = ", ".join(options)
            raise SpecError([Problem(f"--only {shown}", "leaves no run")])

    def smoke(self) -> None:
        """Keep about 64 runs, evenly spaced over the plan, of 1000 steps each."""
        self.steps = SMOKE_STEPS
        self.default_folder += "-smoke"
        self.stride = max(1, self.places // SMOKE_RUNS)
        if self.stride % 2 == 0:
            self.stride -= 1  # odd, so that not only even seeds and places are seen

    def as_json(self) -> dict[str, Any]:
        """Return what is asked: equal data, equal runs in equal order."""
        asked = self.document.model_dump(exclude={"about"})
        narrowed = {"only": self.only, "limit": self.limit, "stride": self.stride}
        narrowed |= {"steps": self.steps} if self.steps else {}
        return json.loads(json.dumps(asked | {"narrowed": narrowed}))

    @property
    def fingerprint(self) -> str:
        """A hash of `as_json`, the study's version and the table's: 16 hex digits."""
        text = json.dumps([STUDY_VERSION, TABLE_VERSION, self.as_json()])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_plan(
    raw: dict[str, Any],
    *,
    only: list[str] | None = None,
    limit: int | None = None,
    smoke: bool = False,
) -> Plan:
    """Check the tables of a sweep file and return its plan, narrowed as asked."""
    plan = Plan(*check_document(raw))
    if only:
        plan.keep_only(only)
    if smoke:
        plan.smoke()
    plan.limit = limit
    return plan


def _distinct(items: Iterable[Item]) -> list[Item]:
    return list({item.run_id: item for item in items}.values())


def _idle_axis(axis: Axis) -> Problem:
    what = f"has {len(axis.points)} values, but no meaning for some runs"
    advice = "put it in the [[case]] that uses it"
    return Problem(", ".join(axis.names), f"{what}; {advice}")


def _matches(parameters: dict[str, Any], conditions: Conditions) -> bool:
    return all(parameters[name] in values for name, values in conditions.items())


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


def plan_again(asked: dict[str, Any]) -> Plan:
    """Return the plan that `Plan.as_json` came from; a `SpecError` if from none.

    It may be in a manifest that a stranger wrote.
    """
    try:
        narrowed = _Narrowed.model_validate(asked.get("narrowed"))
    except ValidationError:
        raise SpecError([Problem("narrowed", "is not of a plan")]) from None
    if not narrowed.only.keys() <= set(PARAMETERS):
        raise SpecError([Problem("narrowed.only", "names no parameter")])
    document = {name: value for name, value in asked.items() if name != "narrowed"}
    plan = Plan(*check_document({n: x for n, x in document.items() if x is not None}))
    plan.only = dict(narrowed.only)
    plan._product = plan._product.restricted(plan.only)
    plan.limit, plan.stride = narrowed.limit, narrowed.stride
    plan.steps = narrowed.steps
    return plan
