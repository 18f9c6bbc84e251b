"""The runs of a sweep, as a lazy sequence: (grid x zip x sample x cases) x seeds."""

import hashlib
import itertools
import json
from collections.abc import Collection, Iterable, Iterator, KeysView
from typing import Any

from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.axes import Axis
from rvsjax.sweep.plan.checks import doubles, misfits
from rvsjax.sweep.plan.document import SweepFile, check_document
from rvsjax.sweep.plan.exclude import Exclude
from rvsjax.sweep.plan.expand import Conditions, lay_out
from rvsjax.sweep.plan.kept import Kept
from rvsjax.sweep.plan.parameters import Parameters, RunConfig, Values
from rvsjax.sweep.plan.product import Product
from rvsjax.sweep.plan.selection import nothing_left, read_narrowed, read_only

__all__ = ["RunConfig", "Plan", "make_plan", "plan_again"]

TABLE_VERSION = 2
"""Part of every plan's identity; raised when a row has other columns than before."""

SMOKE_RUNS = 64
DOUBLES_UP_TO = 20_000  # points, 5 microseconds each


class Plan:
    """A checked sweep file: a lazy sequence of runs, with counts that need no loop.

    The order is: cases, then the axes as they stand in the file, seeds fastest.
    """

    def __init__(self, document: SweepFile, problems: Iterable[Problem] = ()) -> None:
        """Expand the axes, not the runs.

        Raise a `SweepFileError` with every mistake, those found before included.
        """
        self.document = document
        self.words = document.vocabulary
        self.default_folder = f"out/{document.name}"
        self.only: Conditions = {}
        self.limit: int | None = None
        self.smoked: Values = {}  # in place of what the file says
        self.stride = 1
        layout, problems = lay_out(document, problems)
        self._product = Product(layout.cases, layout.constants)
        self._last: tuple[Any, Parameters | None] | None = (
            None  # point that was looked at
        )
        self._exclude = Exclude(layout.exclude)
        last = document.seeds.base + document.seeds.count - 1
        if last >= 2**32:
            problems.append(Problem("seeds", f"must stay below 2**32, reach {last}"))
        try:
            classes = self._classes(self.words.compared)
            completed = ((x, self._complete(x), axes) for x, axes, _ in classes)
            told = {problem.name for problem in problems}  # what is wrong by itself
            found = misfits(self.words, completed)
            problems += [problem for problem in found if problem.where not in told]
            problems += self._product.overlaps(self.words.complete(layout.constants))
        except SweepFileError as error:  # too many to look at
            problems += error.problems
        if not problems and not any(self._complete(x) for x, _, _ in self._classes()):
            problems.append(Problem("exclude", "leaves no run"))
        if not problems and self._product.size <= DOUBLES_UP_TO:
            points = map(self._product.point, range(self._product.size))
            varying = {name for axis in self._product.axes for name in axis.names}
            problems = doubles(map(self._complete, points), varying)
        if problems:
            raise SweepFileError(dict.fromkeys(problems))
        self.notes = self._exclude.idle(
            self.words.complete(x) for x, _, _ in self._classes()
        )
        """What may not be meant, a sentence each."""

    def _complete(self, chosen: Values) -> Parameters | None:
        """Return all parameters of a run, None if it is left out."""
        parameters = self.words.complete(chosen)
        if self._exclude.met_by(parameters):
            return None
        if any(parameters[name] not in values for name, values in self.only.items()):
            return None
        return parameters.with_values(self.smoked) if self.smoked else parameters

    def _classes(
        self, names: Collection[str] = ()
    ) -> Iterator[tuple[dict[str, Any], list[Axis], int]]:
        """Yield points that stand for all that share a program and are kept alike."""
        return self._product.classes({*self.words.telling, *names}, self._mentioned)

    @property
    def _mentioned(self) -> Conditions:
        """Every value that decides whether a run is left out."""
        mentioned: dict[str, set[Any]] = {}
        for conditions in [*self._exclude.blocks, self.only]:
            for name, values in conditions.items():
                mentioned.setdefault(name, set()).update(values)
        return dict(mentioned)

    # -- runs, one by one --------------------------------------------------------------

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield the runs in order."""
        found = self.every(self.stride)
        if self.smoked:  # runs that differed in such values alone are one now
            first = itertools.islice(self.every(1), SMOKE_RUNS)
            found = _distinct(found) or _distinct(first)
        yield from itertools.islice(found, self.limit)

    @property
    def places(self) -> int:
        """The number of places of the full product, left out or not."""
        return self._product.size * self.document.seeds.count

    def every(self, stride: int) -> Iterator[RunConfig]:
        """Yield the runs at every `stride`-th place that are not left out."""
        seeds, place = self.document.seeds.count, 0
        kept = self._kept()
        while (index := kept.first(place // seeds)) is not None:
            place += -(-max(0, index * seeds - place) // stride) * stride
            while place // seeds == index:
                item = self.at(place)
                if item:
                    yield item
                place += stride

    def _kept(self) -> Kept:
        def keep(chosen: dict[str, Any]) -> bool:
            return self._complete(chosen) is not None

        return Kept(self._product, {*self.words.telling}, self._mentioned, keep)

    def at(self, place: int) -> RunConfig | None:
        """Return the run at a place of the full product, None if it is left out."""
        index, seed = divmod(place, self.document.seeds.count)
        asked = index, self._product, self.only, self.smoked
        if self._last is None or self._last[0] != asked:
            self._last = asked, self._complete(self._product.point(index))
        shared = self._last[1]
        return (
            None
            if shared is None
            else RunConfig(shared, self.document.seeds.base + seed)
        )

    # -- counts, without a loop over runs ----------------------------------------------

    @property
    def size(self) -> int:
        """The number of runs."""
        return sum(number for _, number in self._counted())

    def groups(self) -> list[tuple[RunConfig, int]]:
        """Return an example and the number of runs for each program."""
        counts: dict[tuple[Any, ...], tuple[RunConfig, int]] = {}
        for item, number in self._counted():
            example, count = counts.get(item.static_key, (item, 0))
            counts[item.static_key] = example, count + number
        return list(counts.values())

    def _counted(self) -> Iterator[tuple[RunConfig, int]]:
        """Yield items that stand for a number of runs of the same program."""
        if self.smoked:
            yield from ((item, 1) for item in self)
            return
        seeds = self.document.seeds
        completed = ((self._complete(x), count) for x, _, count in self._classes())
        found = [(RunConfig(x, seeds.base), n * seeds.count) for x, n in completed if x]
        if self.limit is None or self.limit >= sum(number for _, number in found):
            yield from found
            return
        kept, index, left = self._kept(), 0, self.limit
        while left and (index := kept.first(index)) is not None:
            item, number = self.at(index * seeds.count), min(left, seeds.count)
            if item:
                yield item, number
            index, left = index + 1, left - number

    # -- narrowing ---------------------------------------------------------------------

    def keep_only(self, options: list[str]) -> None:
        """Keep the runs whose parameter has one of the values of ``KEY=V1,V2``."""
        whole, before = self._product, self.only
        self._narrow(asked := read_only(self.words, options, before, self._values))
        if any(self._complete(x) for x, _, _ in self._classes()):
            return
        self.only, self._product = before, whole
        lacking = [
            nothing_left(name, values, there)
            for name, values in asked.items()
            if values and (there := self._values(name)).isdisjoint(values)
        ]
        what = "; ".join(["leaves no run", *lacking])
        raise SweepFileError([Problem(f"--only {', '.join(options)}", what)])

    def _values(self, name: str) -> KeysView[Any]:
        """Return the values of a parameter, in order; none where no run uses it."""
        found = self._product.values(name)
        if not found:
            runs = (self._complete(x) for x, _, _ in self._classes())
            found = [run[name] for run in runs if run and run[name] is not None]
        return dict.fromkeys(found).keys()

    def _narrow(self, only: Conditions) -> None:
        self.only = only
        self._product = self._product.restricted(only)

    def smoke(self) -> None:
        """Keep about 64 runs, evenly spaced over the plan, short ones."""
        self.smoked = dict(self.words.smoke)
        self.default_folder += "-smoke"
        self.stride = max(1, self.places // SMOKE_RUNS)
        if self.stride % 2 == 0:
            self.stride -= 1  # odd, so that not only even seeds and places are seen

    # -- what is asked -----------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """Return what is asked: equal data, equal runs in equal order."""
        asked = self.document.model_dump(exclude={"about"})
        only = {name: list(values) for name, values in self.only.items()}
        narrowed = {"only": only, "limit": self.limit, "stride": self.stride}
        narrowed |= self.smoked
        return json.loads(json.dumps(asked | {"narrowed": narrowed}))

    @property
    def fingerprint(self) -> str:
        """A hash of `as_json`, the study's version and the table's: 16 hex digits."""
        text = json.dumps([self.words.version, TABLE_VERSION, self.as_json()])
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


def plan_again(asked: Any) -> Plan:
    """Return the plan that `Plan.as_json` came from, or `SweepFileError`."""
    if not isinstance(asked, dict):
        raise SweepFileError([Problem("asked", "is not the question of a sweep")])
    raw = {n: x for n, x in asked.items() if n != "narrowed" and x is not None}
    plan = Plan(*check_document(raw))
    narrowed, only = read_narrowed(plan.words, asked.get("narrowed"))
    plan._narrow(only)
    if narrowed.smoked:
        plan.smoke()
    if (narrowed.smoked, narrowed.stride) != (plan.smoked, plan.stride):
        raise SweepFileError([Problem("narrowed", "is not by this version of rvsjax")])
    plan.limit = narrowed.limit
    return plan


def _distinct(items: Iterable[RunConfig]) -> list[RunConfig]:
    return list({item.run_id: item for item in items}.values())
