"""The parameters of a study: what they may be, and the rules between them."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError, create_model

from rvsjax.errors import Problem, describe, did_you_mean, shown
from rvsjax.sweep.plan.derived import Derived
from rvsjax.sweep.plan.rules import Rule, Values, read_printed

__all__ = [
    "ParameterSpace",
    "Parameters",
    "Problems",
    "RunConfig",
    "Since",
    "Static",
    "Values",
]

Problems = Iterator[Problem]


T = TypeVar("T")
Static = Annotated[T, "static"]
"""A parameter that a program is compiled for; all others are traced."""


@dataclass(frozen=True)
class Since:
    """Marks a parameter that came later: all runs before had this value of it."""

    value: Any


@dataclass(frozen=True, eq=False)
class ParameterSpace:
    """The parameters of a study, and the rules between them, as of `Rule`.

    `unused` names what has no meaning beside other values, `implied` returns values
    that follow from what is chosen, `conflicts` say what of a run does not fit
    together. `derived` are ratios that set a parameter, in the order in which they are
    worked out.
    """

    study: str
    version: int  # part of a run's identity; raised when the meaning of runs changes
    model: type[BaseModel]
    smoke: Mapping[str, Any]  # what ``--smoke`` sets
    unused: Callable[..., Iterable[str]] = lambda: ()
    implied: Callable[..., Values] = lambda: {}
    conflicts: tuple[Callable[..., Problems], ...] = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every parameter, in the order of the table of runs."""
        return tuple(self.model.model_fields)

    @property
    def settable(self) -> tuple[str, ...]:
        """Every name that a sweep may set: parameters, and ratios that set one."""
        return (*self.names, *self.derived)

    def target(self, name: str) -> str:
        """Return the parameter that a name sets."""
        return self.derived[name].parameter if name in self.derived else name

    def sources(self, name: str, used: Collection[str]) -> set[str]:
        """Return the names that a value follows from, itself first, in a sweep.

        `used` are the names that the sweep sets.
        """
        sources = {name}
        for ratio, told in self.derived.items():
            if name == ratio or (name == told.parameter and ratio in used):
                behind = [told.parameter] if name == ratio else []
                sources |= {ratio}.union(
                    *(self.sources(x, used) for x in [*behind, *told.reads])
                )
        return sources

    @cached_property
    def derived_model(self) -> type[BaseModel]:
        """A model of the ratios."""
        fields: Any = {name: (float, told.field) for name, told in self.derived.items()}
        config = self.model.model_config
        return create_model("Derived", __config__=config, **fields)

    @cached_property
    def static(self) -> frozenset[str]:
        """The parameters that a program is compiled for."""
        fields = self.model.model_fields.items()
        return frozenset(n for n, field in fields if "static" in field.metadata)

    @cached_property
    def since(self) -> Values:
        """The values that runs had of parameters that came later."""
        return {
            name: mark.value
            for name, field in self.model.model_fields.items()
            for mark in field.metadata
            if isinstance(mark, Since)
        }

    @cached_property
    def _unused(self) -> Rule:
        return Rule(self.unused)

    @cached_property
    def _implied(self) -> Rule:
        return Rule(self.implied)

    @cached_property
    def _conflicts(self) -> tuple[Rule, ...]:
        return tuple(map(Rule, self.conflicts))

    @cached_property
    def telling(self) -> frozenset[str]:
        """The parameters from which follow a run's program and which it uses."""
        return self.static.union(self._unused.values, self._implied.values)

    @cached_property
    def compared(self) -> frozenset[str]:
        """The parameters whose values decide whether all of a run fits together."""
        rules = (rule.values for rule in self._conflicts)
        return self.telling.union(*rules)

    @cached_property
    def decisive(self) -> frozenset[str]:
        """The parameters whose value or presence any rule looks at."""
        rules = (self._unused, self._implied, *self._conflicts)
        return self.compared.union(*(rule.presences for rule in rules))

    @cached_property
    def _defaults(self) -> Values:
        fields = self.model.model_fields
        return {name: field.default for name, field in fields.items()}

    def check(self, name: str, value: Any, where: str) -> tuple[Any, list[Problem]]:
        """Return the value in its proper type, and what is wrong with it."""
        if name not in self.settable:
            what = "unknown parameter" + did_you_mean(name, self.settable)
            return value, [Problem(where, what)]
        if value is None:
            return value, [Problem(where, "needs a value")]
        model = self.derived_model if name in self.derived else self.model
        try:
            value = getattr(model.model_validate({name: value}), name)
            if name in self.derived:
                value = self.derived[name].tidy(value)
            return value + 0.0 if isinstance(value, float) else value, []  # -0.0 is 0.0
        except ValidationError as error:
            return value, [Problem(where, describe(error.errors()[0], value))]

    def read(self, name: str, text: str, where: str) -> tuple[Any, list[Problem]]:
        """Return the value that a user writes, in its proper type, and what is wrong.

        A number may be written as Python, TOML or the page of a report writes it.
        """
        readings = [
            read_printed,
            float,
            int,
            {"true": True, "false": False}.__getitem__,
        ]
        candidates: list[Any] = [text.strip()]
        for read in readings:
            with contextlib.suppress(ValueError, KeyError):
                candidates.insert(0, read(text.strip()))
        checked = [self.check(name, value, where) for value in candidates]
        return next((found for found in checked if not found[1]), checked[0])

    def complete(self, chosen: Values) -> "Parameters":
        """Return all parameters of a run: defaults filled in, unused ones None.

        What a ratio sets is worked out last, in the order of `derived`.
        """
        ratios = {n: told for n, told in self.derived.items() if n in chosen}
        if ratios:
            given, chosen = chosen, {self.target(n): x for n, x in chosen.items()}
        whole = self._defaults | chosen
        whole |= self._implied(whole, chosen)
        whole |= dict.fromkeys(self._unused(whole, chosen))
        for name, told in ratios.items():
            if whole[told.parameter] is not None:
                whole[told.parameter] = told.value(given[name], whole)
        return Parameters(self, whole)

    def without_meaning(self, values: Values) -> set[str]:
        """Return the names that have no meaning beside these values of all."""
        return set(self._unused(values, values))

    def misfits(self, chosen: Values, run: Values) -> list[Problem]:
        """Say what of a run does not fit together, of which the file chose some."""
        named = {self.target(n): x for n, x in chosen.items()}
        found = [problem for rule in self._conflicts for problem in rule(run, named)]
        ratios = [name for name in self.derived if name in chosen]
        return [*found, *(x for name in ratios for x in self._unset(name, run))]

    def _unset(self, name: str, run: Values) -> Problems:
        """Say why a run lacks what a ratio sets, or has it out of its range."""
        told = self.derived[name]
        if self.without_meaning(run).isdisjoint({told.parameter}):
            value, of = run[told.parameter], ", ".join(told.reads)
            if value is None:
                what = f"sets {told.parameter} by {of}, which some runs do not use"
                yield Problem(
                    name, f"{what}; give those {told.parameter} in a [[case]]"
                )
            elif self.check(told.parameter, value, name)[1]:
                what = f"makes {told.parameter} {shown(value)} by {of}"
                yield Problem(name, f"{what}, which is beyond its range")


class Parameters(dict[str, Any]):
    """The parameters of a point: what its seeds share is worked out once."""

    def __init__(self, space: ParameterSpace, values: Values) -> None:
        """Take all parameters, unused ones None."""
        super().__init__(values)
        self.space = space

    def __missing__(self, name: str) -> float | None:
        """Return a ratio of parameters, None where it has no meaning."""
        return self.space.derived[name].ratio(self)

    @cached_property
    def identity(self) -> str:
        """Text that is hashed for the id of a run, without its seed."""
        of, since = self.space, self.space.since
        used = {n: v for n, v in sorted(self.items()) if v is not None}
        used = {n: v for n, v in used.items() if n not in since or v != since[n]}
        return json.dumps([of.study, of.version, used])[:-1]

    @cached_property
    def static_key(self) -> tuple[Any, ...]:
        """Values that the programs of its runs are compiled for."""
        static = self.space.static
        return tuple(x if n in static else x is None for n, x in self.items())

    def with_values(self, values: Mapping[str, Any]) -> "Parameters":
        """Return the point with other values of parameters that it uses."""
        return Parameters(self.space, {**self, **values})


class RunConfig(NamedTuple):
    """One run of a sweep: canonical parameters, seed and identity."""

    parameters: Parameters
    seed: int

    @property
    def static_key(self) -> tuple[Any, ...]:
        """Values that the run's program is compiled for."""
        return self.parameters.static_key

    @property
    def run_id(self) -> str:
        """A hash of the study, the parameters in use and the seed: 20 hex digits.

        It does not know of the sweep around the run, so that adding or reordering
        values keeps every finished row; nor of parameters that came later, as long as
        they have the value that all runs had before.
        """
        text = f"{self.parameters.identity}, {self.seed}]"
        return hashlib.sha256(text.encode()).hexdigest()[:20]
