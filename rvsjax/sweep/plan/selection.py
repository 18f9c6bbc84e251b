"""The selection of a plan's runs: as ``--only`` asks, and as a folder tells it."""

import re
import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rvsjax.errors import Problem, SweepFileError, describe, did_you_mean
from rvsjax.sweep.plan.exclude import Conditions
from rvsjax.sweep.plan.parameters import ParameterSpace

__all__ = ["Selection", "nothing_left", "read_only", "read_selection"]

_FEW = 6  # values in a sentence


@dataclass(frozen=True)
class Selection:
    """The runs of a sweep file that are taken; by default all."""

    only: Conditions = field(default_factory=dict)
    limit: int | None = None  # the first so many
    smoke: bool = False  # about 64 of them, evenly spaced, and short

    @property
    def options(self) -> str:
        """The options of the command line that ask for it, "" for all runs."""
        only = (f"{n}={','.join(map(_written, x))}" for n, x in self.only.items())
        options = [f"--only {shlex.quote(text)}" for text in only]
        options += [f"--limit {self.limit}"] if self.limit else []
        return " ".join([*options, *(["--smoke"] if self.smoke else [])])


class _Narrowed(BaseModel):
    """A selection as a folder tells it; more keys are what a smoke set."""

    model_config = ConfigDict(extra="allow", strict=True)

    only: dict[str, list[Any]]
    limit: int | None = Field(ge=1, le=sys.maxsize)
    stride: int


def read_selection(space: ParameterSpace, told: Any) -> Selection:
    """Read what `Plan.narrowed` tells; a `SweepFileError` where it is no selection."""
    try:
        narrowed = _Narrowed.model_validate(told)
    except ValidationError as invalid:
        error = invalid.errors()[0]
        place = ".".join(map(str, ("narrowed", *error["loc"])))
        what = describe(error, error["input"])
        raise SweepFileError([Problem(place, what)]) from None
    only = {
        name: dict.fromkeys(_checked(space, name, values))
        for name, values in narrowed.only.items()
    }
    return Selection(only, narrowed.limit, smoke=bool(narrowed.model_extra))


def _checked(space: ParameterSpace, name: str, values: list[Any]) -> list[Any]:
    where = f"narrowed.only.{name}"
    checked = [
        (None, []) if value is None else space.check(name, value, where)
        for value in values
    ]
    problems = [problem for _, found in checked for problem in found]
    if problems:
        raise SweepFileError(problems)
    return [value for value, _ in checked]


def read_only(
    space: ParameterSpace,
    options: list[str],
    known: Callable[[str], Collection[Any]],
) -> Conditions:
    """Read each ``KEY=V1,V2``; several of one parameter all count.

    The values of a parameter are the keys of a dictionary: in order, and quick to find.
    A number that no run has stands for those `known` of it that are printed so.
    """
    only: dict[str, dict[Any, None]] = {}
    for option in options:
        key, equals, text = option.partition("=")
        if not equals:
            what = "names no values; needs KEY=V1,V2"
            raise SweepFileError([Problem(f"--only {option}", what)])
        if key not in space.settable:
            what = "needs KEY=V1,V2 with a parameter"
            guess = did_you_mean(key, space.settable)
            raise SweepFileError([Problem(f"--only {option}", what + guess)])
        values = _read_values(space, key, text, known(key))
        allowed = only.get(key, values)
        only[key] = {value: None for value in values if value in allowed}
    return only


def _written(value: Any) -> str:
    return _UNUSED if value is None else str(value)


def nothing_left(
    only: Conditions, known: Callable[[str], Collection[Any]]
) -> Iterator[str]:
    """Yield what each parameter has of which no run has a value that is asked for."""
    for name, values in only.items():
        there = known(name)
        if values and set(there).isdisjoint(values):
            yield (
                f"{name} has {_nearest(values, there)}"
                if there
                else (f"no run uses {name}")
            )


def _nearest(asked: Iterable[Any], known: Collection[Any]) -> str:
    """Return the values that are nearest to what is asked, or the first, of many."""
    near, value = list(known), next(iter(asked))
    if type(value) in (int, float):
        near.sort(key=lambda x: abs(x - value))
    shown = ", ".join(str(x) for x in known if x in near[:_FEW])
    more = f" and {len(known) - _FEW:,} more" if len(known) > _FEW else ""
    return f"{shown}{more}"


def _read_values(
    space: ParameterSpace, key: str, text: str, known: Collection[Any]
) -> dict[Any, None]:
    """Read the values of ``--only``, in the type of their parameter."""
    if _THOUSANDS.fullmatch(text):  # a list, or one number as pages print it
        value, problems = space.read(key, text.replace(",", ""), f"--only {key}")
        if not problems and value in known:
            return {value: None}
    values = {}
    for part in text.split(","):
        value, problems = space.read(key, part, f"--only {key}")
        if problems and part.strip() == _UNUSED:
            value, problems = None, []
        if problems:
            raise SweepFileError(problems)
        values |= dict.fromkeys(_meant(value, known))
    return values


_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
_PRINTED = 3  # digits of a number in a page
_UNUSED = "none"  # how pages print that a run has no such parameter


def _meant(value: Any, known: Collection[Any]) -> list[Any]:
    """Return what a value stands for: itself, or numbers that are printed so."""
    if type(value) is not float or value in known:
        return [value]
    digits = max(_PRINTED, len(Decimal(repr(value)).normalize().as_tuple().digits))
    numbers = (x for x in known if type(x) is float)
    return [x for x in numbers if float(f"{x:.{digits}g}") == value] or [value]
