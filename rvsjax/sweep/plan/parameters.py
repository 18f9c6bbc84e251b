"""The parameters of a study: what they may be, and the rules between them."""

import contextlib
import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from rvsjax.errors import Problem, describe, did_you_mean

__all__ = [
    "ParameterSpace",
    "Parameters",
    "Problems",
    "RunConfig",
    "Since",
    "Static",
    "Values",
]

Values = dict[str, Any]
Problems = Iterator[Problem]


_RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_LOWERED = str.maketrans(_RAISED, "-0123456789")


def read_printed(text: str) -> float:
    """Read ``4 × 10⁻³``, ``10⁻³`` or ``−1``, as pages print numbers, or ValueError."""
    text = text.replace("−", "-")
    front, ten, power = text.rpartition("10")
    if not ten or not power or set(power) - set(_RAISED):
        return float(text)
    front = front.replace("×", " ").strip()
    front = f"{front}1" if front in ("", "-") else front
    return float(f"{front}e{power.translate(_LOWERED)}")


T = TypeVar("T")
Static = Annotated[T, "static"]
"""A parameter that a program is compiled for; all others are traced."""


@dataclass(frozen=True)
class Since:
    """Marks a parameter that came later: all runs before had this value of it."""

    value: Any


class Rule:
    """A function of parameters: its arguments say what it reads.

    An argument is named as a parameter and receives its value, or ``has_NAME`` and
    receives whether the file sets the parameter.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        """Read the names of the arguments."""
        names = inspect.signature(function).parameters
        self._function = function
        self._arguments = [(n.removeprefix("has_"), n[:4] == "has_") for n in names]
        self.values = tuple(name for name, has in self._arguments if not has)
        self.presences = tuple(name for name, has in self._arguments if has)

    def __call__(self, run: Values, chosen: Values) -> Any:
        """Apply it to the values of a run, of which some were chosen by the file."""
        told = chosen.get
        return self._function(
            *[told(n) is not None if has else run[n] for n, has in self._arguments]
        )


@dataclass(frozen=True, eq=False)
class ParameterSpace:
    """The parameters of a study, and the rules between them, as of `Rule`.

    `unused` names what has no meaning beside other values, `implied` returns values
    that follow from what is chosen, `conflicts` say what of a run does not fit
    together.
    """

    study: str
    version: int  # part of a run's identity; raised when the meaning of runs changes
    model: type[BaseModel]
    smoke: Mapping[str, Any]  # what ``--smoke`` sets
    unused: Callable[..., Iterable[str]] = lambda: ()
    implied: Callable[..., Values] = lambda: {}
    conflicts: tuple[Callable[..., Problems], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every parameter, in the order of the table of runs."""
        return tuple(self.model.model_fields)

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
        if name not in self.model.model_fields:
            what = "unknown parameter" + did_you_mean(name, self.names)
            return value, [Problem(where, what)]
        if value is None:
            return value, [Problem(where, "needs a value")]
        try:
            value = getattr(self.model.model_validate({name: value}), name)
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
        """Return all parameters of a run: defaults filled in, unused ones None."""
        whole = self._defaults | chosen
        whole |= self._implied(whole, chosen)
        return Parameters(self, whole | dict.fromkeys(self._unused(whole, chosen)))

    def without_meaning(self, values: Values) -> set[str]:
        """Return the names that have no meaning beside these values of all."""
        return set(self._unused(values, values))

    def misfits(self, chosen: Values, run: Values) -> list[Problem]:
        """Say what of a run does not fit together, of which the file chose some."""
        return [problem for rule in self._conflicts for problem in rule(run, chosen)]


class Parameters(dict[str, Any]):
    """The parameters of a point: what its seeds share is worked out once."""

    def __init__(self, space: ParameterSpace, values: Values) -> None:
        """Take all parameters, unused ones None."""
        super().__init__(values)
        self.space = space

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
