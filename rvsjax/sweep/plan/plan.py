"""The runs of a sweep, as a lazy sequence: (grid x zip x sample x cases) x seeds."""

import functools
import hashlib
import itertools
import json
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.axes import Axis
from rvsjax.sweep.plan.checks import doubles, misfits, overlaps
from rvsjax.sweep.plan.classes import Classes
from rvsjax.sweep.plan.expand import expand
from rvsjax.sweep.plan.parameters import (
    Parameters,
    ParameterSpace,
    RunConfig,
    Values,
)
from rvsjax.sweep.plan.product import Product
from rvsjax.sweep.plan.selection import (
    Selection,
    nothing_left,
    read_only,
    read_selection,
)
from rvsjax.sweep.plan.sweep_file import SweepFile
from rvsjax.sweep.plan.validation import check_shape

if TYPE_CHECKING:
    from rvsjax.sweep.plan.cut import Cut
    from rvsjax.sweep.plan.lookup import Lookup
    from rvsjax.sweep.plan.mask import Mask

__all__ = ["Plan", "RunConfig", "make_plan", "plan_again"]

TABLE_VERSION = 2
"""Part of every plan's identity; raised when a row has other columns than before."""

SMOKE_RUNS = 64
DOUBLES_UP_TO = 20_000  # points, 5 microseconds each


@dataclass(frozen=True, eq=False)
class Plan:
    """A checked sweep file and a selection of its runs, with counts that need no loop.

    The order is: cases, then the axes as they stand in the file, seeds fastest.
    """

    sweep_file: SweepFile
    whole: Product  # of all that the file says
    selection: Selection = Selection()

    @property
    def space(self) -> ParameterSpace:
        """The parameters of its study."""
        return self.sweep_file.space

    @property
    def default_folder(self) -> str:
        """The folder for its results where the user names none."""
        return f"out/{self.sweep_file.name}{'-smoke' if self.selection.smoke else ''}"

    @cached_property
    def product(self) -> Product:
        """The points of the axes that are selected, left out or not."""
        return self.whole.restricted(self.selection.only)

    @cached_property
    def mask(self) -> "Mask":
        """The points of the product whose runs are not left out."""
        from rvsjax.sweep.plan.mask import make_mask  # with NumPy: refusals need none

        return make_mask(self._classes(), lambda x: self.complete(x) is not None)

    @cached_property
    def notes(self) -> list[str]:
        """Sentences on what of the file may not be meant."""
        everything = replace(self, selection=Selection())
        runs = [self.space.complete(chosen) for chosen, _, _ in everything.classes()]
        return [*self.whole.exclude.idle(runs), *self._idle(runs)]

    def _idle(self, runs: list[Parameters]) -> Iterator[str]:
        """Yield a sentence on what is set and has no meaning for any run."""
        lone = [x.names for x in self.whole.axes if len(x.points) == 1]
        given = dict.fromkeys([*self.whole.constants, *itertools.chain(*lone)])
        idle = [name for name in given if all(run[name] is None for run in runs)]
        if idle:
            has, is_it = ("have", "they change") if idle[1:] else ("has", "it changes")
            named = ", ".join(idle)
            yield f"{named} {has} no meaning beside the other values; {is_it} nothing"

    def complete(self, chosen: Values) -> Parameters | None:
        """Return all parameters of a run, None if it is left out."""
        parameters, only = self.space.complete(chosen), self.selection.only
        if self.whole.exclude.met_by(parameters):
            return None
        if any(parameters[name] not in values for name, values in only.items()):
            return None
        return parameters.with_values(self._smoked) if self._smoked else parameters

    @property
    def _smoked(self) -> Values:
        """The values that each run has in place of what the file says."""
        return dict(self.space.smoke) if self.selection.smoke else {}

    def _classes(self, names: Collection[str] = ()) -> Classes:
        """Return classes of points that share a program and are kept alike."""
        mentioned: dict[str, set[Any]] = {}
        for conditions in [*self.whole.exclude.blocks, self.selection.only]:
            for name, values in conditions.items():
                mentioned.setdefault(name, set()).update(values)
        names = self.space.telling.union(names, *map(self._behind, mentioned))
        return Classes(self.product, names, dict(mentioned))

    def _behind(self, name: str) -> set[str]:
        """Return the names that a value follows from; none where that is its own."""
        found = self.space.sources(name, self.product.names)
        return found if len(found) > 1 else set()

    def classes(
        self, names: Collection[str] = ()
    ) -> Iterator[tuple[Values, list[Axis], int]]:
        """Yield a representative of each class of points, its axes, and its size."""
        return iter(self._classes(names))

    # -- runs, one by one --------------------------------------------------------------

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield the runs in order."""
        found = self.every(self.stride)
        if self.selection.smoke:  # runs that differed in such values alone are one now
            first = itertools.islice(self.every(1), SMOKE_RUNS)
            found = _distinct(found) or _distinct(first)
        yield from itertools.islice(found, self.selection.limit)

    @property
    def places(self) -> int:
        """The number of places of the full product, left out or not."""
        return self.product.size * self.sweep_file.seeds.count

    @property
    def stride(self) -> int:
        """The distance of the places that a smoke takes: for about 64 runs.

        It is odd, so that not only even seeds and places are seen.
        """
        stride = self.places // SMOKE_RUNS if self.selection.smoke else 1
        return max(1, stride - (stride % 2 == 0))

    def every(self, stride: int) -> Iterator[RunConfig]:
        """Yield the runs at every `stride`-th place that are not left out."""
        seeds, place = self.sweep_file.seeds.count, 0
        while (index := self.mask.first(place // seeds)) is not None:
            place += -(-max(0, index * seeds - place) // stride) * stride
            while place // seeds == index:
                item = self.at(place)
                if item:
                    yield item
                place += stride

    def at(self, place: int) -> RunConfig | None:
        """Return the run at a place of the full product, None if it is left out."""
        index, seed = divmod(place, self.sweep_file.seeds.count)
        shared = self._point(index)
        return shared and RunConfig(shared, self.sweep_file.seeds.base + seed)

    @cached_property
    def _point(self) -> Any:
        """The parameters of a point, by its number; its seeds follow each other."""
        return functools.lru_cache(1)(lambda i: self.complete(self.product.point(i)))

    # -- counts, without a loop over runs ----------------------------------------------

    @property
    def size(self) -> int:
        """The number of runs."""
        if self.selection.smoke:
            return sum(1 for _ in self)
        size, limit = self.mask.size * self.sweep_file.seeds.count, self.selection.limit
        return size if limit is None else min(size, limit)

    def groups(self) -> list[tuple[RunConfig, int]]:
        """Return an example and the number of runs for each program."""
        counts: dict[tuple[Any, ...], tuple[RunConfig, int]] = {}
        for item, number in self._counted():
            example, count = counts.get(item.static_key, (item, 0))
            counts[item.static_key] = example, count + number
        return list(counts.values())

    def _counted(self) -> Iterator[tuple[RunConfig, int]]:
        """Yield items that stand for a number of runs of the same program."""
        seeds = self.sweep_file.seeds
        if self.selection.smoke:
            yield from ((item, 1) for item in self)
        elif self.size == self.mask.size * seeds.count:
            for chosen, _, count in self.classes():
                if shared := self.complete(chosen):
                    yield RunConfig(shared, seeds.base), count * seeds.count
        else:
            yield from self._limited(self.size)

    def _limited(self, left: int) -> Iterator[tuple[RunConfig, int]]:
        """Yield the first seed of each point, and how many of its seeds are taken."""
        seeds, index = self.sweep_file.seeds.count, 0
        while left and (index := self.mask.first(index)) is not None:
            item, number = self.at(index * seeds), min(left, seeds)
            if item:
                yield item, number
            index, left = index + 1, left - number

    # -- blocks ------------------------------------------------------------------------

    def cut(self, size: int) -> "Cut | None":
        """Return the plan in blocks of a size, each found by its number.

        None of a smoke, whose few runs are looked at one by one.
        """
        if self.selection.smoke:
            return None
        return self._cut(size)

    @cached_property
    def _cut(self) -> "Callable[[int], Cut]":
        from rvsjax.sweep.plan.cut import Cut
        from rvsjax.sweep.plan.mask import make_masks

        seeds = self.sweep_file.seeds

        def program(chosen: Values) -> Hashable:
            shared = self.complete(chosen)
            return RunConfig(shared, seeds.base).static_key if shared else None

        masks = make_masks(self._classes(), program)
        return functools.lru_cache(4)(lambda size: Cut(self, masks, self.end, size))

    @cached_property
    def end(self) -> int:
        """The place after the last run, of a plan that is no smoke."""
        seeds = self.sweep_file.seeds.count
        if self.size == self.mask.size * seeds:
            return self.places
        point, seed = divmod(self.size - 1, seeds)
        return self.mask.select(point) * seeds + seed + 1

    @cached_property
    def lookup(self) -> "Lookup | None":
        """The places of runs by their values; None where these do not tell them."""
        from rvsjax.sweep.plan.lookup import Lookup

        found = None if self.selection.smoke else Lookup(self)
        return found if found and found.is_complete else None

    def corners(self) -> Iterator[RunConfig]:
        """Yield the first and the last run of each point; its seeds are a range."""
        seeds, point = self.sweep_file.seeds.count, self.mask.first(0)
        while point is not None and point * seeds < self.end:
            index = point * seeds
            for place in {index, min(index + seeds, self.end) - 1}:
                if item := self.at(place):
                    yield item
            point = self.mask.first(point + 1)

    def block(self, number: int, size: int) -> list[RunConfig]:
        """Return the runs of a block, of so many runs a block."""
        cut = self.cut(size)
        if cut is None:
            raise IndexError(number)
        return cut.items(number)

    # -- narrowing ---------------------------------------------------------------------

    def values_of(self, name: str) -> Collection[Any]:
        """Return the values of a parameter, in order; none where no run uses it."""
        found = self.product.values(name)
        if not found:
            classes = self.classes(self._behind(name))
            runs = (self.complete(chosen) for chosen, _, _ in classes)
            found = [run[name] for run in runs if run and run[name] is not None]
        return dict.fromkeys(found).keys()

    def select(self, only: list[str], limit: int | None, smoke: bool) -> "Plan":
        """Return the plan of the runs that options leave, and refuse if none is."""
        asked = read_only(self.space, only, self.values_of)
        plan = replace(self, selection=Selection(asked, limit, smoke))
        if only and plan.is_empty:
            what = "; ".join(["leaves no run", *nothing_left(asked, self.values_of)])
            raise SweepFileError([Problem(f"--only {', '.join(only)}", what)])
        return plan

    @property
    def is_empty(self) -> bool:
        """True where every run is left out."""
        return not any(self.complete(chosen) for chosen, _, _ in self.classes())

    # -- what is asked -----------------------------------------------------------------

    @property
    def narrowed(self) -> dict[str, Any]:
        """The selection, as a folder tells it."""
        only = {name: list(values) for name, values in self.selection.only.items()}
        limit = self.selection.limit
        return {"only": only, "limit": limit, "stride": self.stride} | self._smoked

    def as_json(self) -> dict[str, Any]:
        """Return what is asked: equal data, equal runs in equal order."""
        asked = self.sweep_file.model_dump(exclude={"about"})
        return json.loads(json.dumps(asked | {"narrowed": self.narrowed}))

    @property
    def fingerprint(self) -> str:
        """A hash of `as_json`, the study's version and the table's: 16 hex digits."""
        text = json.dumps([self.space.version, TABLE_VERSION, self.as_json()])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_plan(
    raw: dict[str, Any],
    *,
    only: list[str] | None = None,
    limit: int | None = None,
    smoke: bool = False,
) -> Plan:
    """Check the tables of a sweep file and return its plan, narrowed as asked."""
    return _whole_plan(raw).select(only or [], limit, smoke)


def plan_again(asked: Any, change: Callable[[Values], Values] | None = None) -> Plan:
    """Return the plan that `Plan.as_json` came from, or `SweepFileError`.

    With the tables of its sweep file changed, where there is a `change`.
    """
    if not isinstance(asked, dict):
        raise SweepFileError([Problem("asked", "is not the question of a sweep")])
    raw = {n: x for n, x in asked.items() if n != "narrowed" and x is not None}
    plan = _whole_plan(change(raw) if change else raw)
    selection = read_selection(plan.space, asked.get("narrowed"))
    plan = replace(plan, selection=selection)
    if not change and plan.narrowed != asked["narrowed"]:
        raise SweepFileError([Problem("narrowed", "is not by this version of rvsjax")])
    return plan


def _whole_plan(raw: dict[str, Any]) -> Plan:
    """Expand the axes of a file, not its runs; refuse it with every mistake."""
    sweep_file, problems = check_shape(raw)
    product, problems = expand(sweep_file, problems)
    plan = Plan(sweep_file, product)
    last = sweep_file.seeds.base + sweep_file.seeds.count - 1
    if last >= 2**32:
        problems.append(Problem("seeds", f"must stay below 2**32, reach {last}"))
    try:
        problems += _unfitting(plan, {problem.name for problem in problems})
    except SweepFileError as error:  # too many to look at
        problems += error.problems
    if not problems and plan.is_empty:
        problems.append(Problem("exclude", "leaves no run"))
    if not problems and product.size <= DOUBLES_UP_TO:
        varying = {name for axis in product.axes for name in axis.names}
        points = map(product.point, range(product.size))
        problems = doubles(map(plan.complete, points), varying)
    if problems:
        raise SweepFileError(dict.fromkeys(problems))
    return plan


def _unfitting(plan: Plan, told: set[str]) -> list[Problem]:
    """Return what does not fit together, but for names that are `told` to be wrong."""
    classes = plan.classes(plan.space.compared)
    completed = ((x, plan.complete(x), axes) for x, axes, _ in classes)
    found = misfits(plan.space, completed)
    constants = plan.space.complete(plan.whole.constants)
    fitting = [problem for problem in found if problem.where not in told]
    return fitting + overlaps(plan.whole, constants)


def _distinct(items: Iterable[RunConfig]) -> list[RunConfig]:
    return list({item.run_id: item for item in items}.values())
