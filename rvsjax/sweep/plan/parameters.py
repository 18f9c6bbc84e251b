"""The words of a study: its parameters, what they may be, and what fits together."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from rvsjax.errors import Problem, describe, did_you_mean

__all__ = ["RunConfig", "Parameters", "Values", "ParameterSpace"]

Values = dict[str, Any]


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


def _nothing(*values: Values) -> Any:
    return []


@dataclass(frozen=True, eq=False)
class ParameterSpace:
    """The parameters of a study, and the rules between them.

    `unused` names what has no meaning beside other values, `implied` returns values
    that follow from what is chosen, `conflicts` says what of a run does not fit
    together, given what was chosen and all its parameters.
    """

    study: str
    version: int  # part of a run's identity; raised when the meaning of runs changes
    model: type[BaseModel]
    static: tuple[str, ...]  # what a program is compiled for; all others are traced
    decisive: tuple[str, ...]  # what `unused`, `implied` and `conflicts` look at
    smoke: Mapping[str, Any]  # what ``--smoke`` sets
    compared: tuple[str, ...] = ()  # what `conflicts` holds against others, traced
    given: tuple[str, ...] = ()  # what a program is compiled for, as there or not
    implying: tuple[str, ...] = ()  # what `implied` looks at
    younger: Mapping[str, Any] = field(default_factory=dict)  # as older runs had them
    unused: Callable[[Values], Iterable[str]] = _nothing
    implied: Callable[[Values], Values] = lambda chosen: {}
    conflicts: Callable[[Values, Values], list[Problem]] = _nothing

    @property
    def names(self) -> tuple[str, ...]:
        """Every parameter, in the order of the table of runs."""
        return tuple(self.model.model_fields)

    @property
    def telling(self) -> tuple[str, ...]:
        """What the program of a run follows from."""
        return (*self.static, *self.given, *self.implying)

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
        whole |= self.implied(chosen)
        return Parameters(self, whole | dict.fromkeys(self.unused(whole)))


class Parameters(dict[str, Any]):
    """The parameters of a point: what its seeds share is worked out once."""

    def __init__(self, vocabulary: ParameterSpace, values: Values) -> None:
        """Take all parameters, unused ones None."""
        super().__init__(values)
        self.vocabulary = vocabulary

    @cached_property
    def identity(self) -> str:
        """What is hashed of a run, all but its seed."""
        of, younger = self.vocabulary, self.vocabulary.younger
        used = {n: v for n, v in sorted(self.items()) if v is not None}
        used = {n: v for n, v in used.items() if n not in younger or v != younger[n]}
        return json.dumps([of.study, of.version, used])[:-1]

    @cached_property
    def static_key(self) -> tuple[Any, ...]:
        """What the programs of its runs are compiled for."""
        there = [self[name] is not None for name in self.vocabulary.given]
        return *there, *(self[name] for name in self.vocabulary.static)

    def with_values(self, values: Mapping[str, Any]) -> "Parameters":
        """Return the point with other values of parameters that it uses."""
        return Parameters(self.vocabulary, {**self, **values})


class RunConfig(NamedTuple):
    """One run of a sweep: canonical parameters, seed and identity."""

    parameters: Parameters
    seed: int

    @property
    def static_key(self) -> tuple[Any, ...]:
        """What the run's program is compiled for."""
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
