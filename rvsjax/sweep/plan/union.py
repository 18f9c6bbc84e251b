"""Union of plans, as a folder has it that several were merged into."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.parameters import RunConfig, Values
from rvsjax.sweep.plan.plan import Plan, plan_again
from rvsjax.sweep.plan.selection import Selection
from rvsjax.sweep.plan.validation import check_shape

__all__ = ["UnionPlan", "read_plan", "united"]

Change = Callable[[Values], Values] | None


@dataclass(frozen=True, eq=False)
class UnionPlan(Plan):
    """The runs of several plans of one study, each once, in the order of the plans."""

    plans: tuple[Plan, ...] = ()

    @classmethod
    def of(cls, plans: Sequence[Plan], name: Any, about: str = "") -> "UnionPlan":
        """Return the union of plans under a name of its own.

        `SweepFileError` where they are of several studies, or record other tables.
        """
        plans = [x for plan in plans for x in getattr(plan, "plans", [plan])]
        first = plans[0].sweep_file
        for key in ("study", "record"):
            if any(getattr(x.sweep_file, key) != getattr(first, key) for x in plans):
                raise SweepFileError([Problem(f"union.{key}", "must be one for all")])
        named, problems = check_shape(
            first.model_dump() | {"name": name, "about": about or first.about}
        )
        if problems:
            raise SweepFileError(problems)
        return cls(named, plans[0].whole, Selection(), tuple(plans))

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield the runs of each plan that none before has."""
        seen: set[str] = set()
        for item in itertools.chain(*self.plans):
            if item.run_id not in seen:
                seen.add(item.run_id)
                yield item

    @cached_property
    def size(self) -> int:
        """The number of runs."""
        return sum(1 for _ in self)

    def _counted(self) -> Iterator[tuple[RunConfig, int]]:
        return ((item, 1) for item in self)

    def cut(self, size: int) -> None:
        """Return None: which runs are twice is known by looking at each."""

    @property
    def lookup(self) -> None:
        """None, likewise."""

    @property
    def notes(self) -> list[str]:
        """Sentences on what of the files may not be meant."""
        return list(dict.fromkeys(x for plan in self.plans for x in plan.notes))

    @property
    def is_empty(self) -> bool:
        """False: no plan is empty."""
        return False

    def select(self, only: list[str], limit: int | None, smoke: bool) -> "Plan":
        """Refuse to narrow: the plans are narrowed each by itself."""
        if not only and limit is None and not smoke:
            return self
        what = "narrows one sweep, and the folder holds several that were merged"
        raise SweepFileError([Problem("--only, --limit, --smoke", what)])

    def as_json(self) -> dict[str, Any]:
        """Return what is asked: equal data, equal runs in equal order."""
        record = self.sweep_file.record.model_dump()
        head = {"name": self.sweep_file.name, "study": self.sweep_file.study}
        return head | {"record": record, "union": [x.as_json() for x in self.plans]}


def read_plan(asked: Any, change: Change = None) -> Plan:
    """Return the plan, of one sweep or several, that `Plan.as_json` came from.

    With the tables of each sweep file changed, where there is a `change`. Raises
    SweepFileError where it is no such plan.
    """
    parts = asked.get("union") if isinstance(asked, dict) else None
    if not isinstance(parts, list) or not parts:
        return plan_again(asked, change)
    return UnionPlan.of([plan_again(part, change) for part in parts], asked.get("name"))


def united(plans: Sequence[Plan], name: str, about: str) -> Plan:
    """Return the plan of all runs of several, of one sweep where there is such a one.

    That is one of them, or one that has all seeds, or all values of the one parameter
    in which they differ. `SweepFileError` as of `UnionPlan.of`.
    """
    union = UnionPlan.of(plans, name, about)
    runs = {item.run_id for item in union}
    for asked in _candidates([plan.as_json() for plan in plans]):
        try:
            plan = plan_again(asked | {"name": name, "about": about}, dict)
        except SweepFileError:
            continue
        if plan.size == len(runs) and all(item.run_id in runs for item in plan):
            return plan
    return union


def _candidates(asked: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield questions that may have the runs of all of these, and no others."""
    single = [x for each in asked for x in each.get("union", [each])]
    yield from single
    seeds = [x["seeds"] for x in single]
    base = min(x["base"] for x in seeds)
    end = max(x["base"] + x["count"] for x in seeds)
    yield single[0] | {"seeds": {"count": end - base, "base": base}}
    yield from _with_all_values(single)
    yield from _with_all_selected(single)


def _with_all_values(asked: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a question with every value of a parameter that one has, as an axis."""
    first = asked[0]
    for name in first["constants"] | first["grid"]:
        values = [(x["constants"] | x["grid"]).get(name) for x in asked]
        lists = [x if isinstance(x, list) else [x] for x in values]
        every = list(dict.fromkeys(x for each in lists for x in each if _is_plain(x)))
        constants = {n: x for n, x in first["constants"].items() if n != name}
        if any(x != values[0] for x in values):
            grid = first["grid"] | {name: every}
            yield first | {"constants": constants, "grid": grid}


def _with_all_selected(asked: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a question with all that is selected of each parameter."""
    narrowed = [x["narrowed"] for x in asked]
    names = dict.fromkeys(name for x in narrowed for name in x["only"])
    only = {
        name: list(dict.fromkeys(v for x in narrowed for v in x["only"].get(name, [])))
        for name in names
    }
    for chosen in (only, {}):
        yield asked[0] | {"narrowed": narrowed[0] | {"only": chosen}}


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str)
