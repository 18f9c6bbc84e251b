"""How a plan is narrowed: what ``--only`` asks for, and how a folder tells it again."""

import re
import sys
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rvsjax.errors import Problem, SweepFileError, describe, did_you_mean
from rvsjax.sweep.plan.expand import Conditions
from rvsjax.sweep.plan.parameters import ParameterSpace

__all__ = ["Narrowed", "nothing_left", "read_narrowed", "read_only"]

_FEW = 6  # values in a sentence


class Narrowed(BaseModel):
    """What a plan keeps of its document, and what a smoke sets in its runs."""

    model_config = ConfigDict(extra="allow", strict=True)

    only: dict[str, list[Any]]
    limit: int | None = Field(ge=1, le=sys.maxsize)
    stride: int = Field(ge=1)

    @property
    def smoked(self) -> dict[str, Any]:
        """What each run has in place of what the document says."""
        return self.model_extra or {}


def read_narrowed(words: ParameterSpace, told: Any) -> tuple[Narrowed, Conditions]:
    """Read what `Plan.as_json` tells; a `SweepFileError` where it is something else."""
    try:
        narrowed = Narrowed.model_validate(told)
    except ValidationError as invalid:
        error = invalid.errors()[0]
        place = ".".join(map(str, ("narrowed", *error["loc"])))
        raise SweepFileError(
            [Problem(place, describe(error, error["input"]))]
        ) from None
    return narrowed, {
        name: dict.fromkeys(_checked(words, name, values))
        for name, values in narrowed.only.items()
    }


def _checked(words: ParameterSpace, name: str, values: list[Any]) -> list[Any]:
    where = f"narrowed.only.{name}"
    checked = [
        (None, []) if value is None else words.check(name, value, where)
        for value in values
    ]
    problems = [problem for _, found in checked for problem in found]
    if problems:
        raise SweepFileError(problems)
    return [value for value, _ in checked]


def read_only(
    words: ParameterSpace,
    options: list[str],
    before: Conditions,
    known: Callable[[str], Collection[Any]],
) -> Conditions:
    """Read each ``KEY=V1,V2``; several of one parameter all count, as do those before.

    The values of a parameter are the keys of a dictionary: in order, and quick to find.
    A number that no run has stands for those `known` of it that are printed so.
    """
    only = dict(before)
    for option in options:
        key, equals, text = option.partition("=")
        if not equals:
            what = "names no values; needs KEY=V1,V2"
            raise SweepFileError([Problem(f"--only {option}", what)])
        if key not in words.names:
            what = "needs KEY=V1,V2 with a parameter"
            guess = did_you_mean(key, words.names)
            raise SweepFileError([Problem(f"--only {option}", what + guess)])
        values = _read_values(words, key, text, known(key))
        allowed = only.get(key, values)
        only[key] = {value: None for value in values if value in allowed}
    return only


def nothing_left(name: str, asked: Iterable[Any], known: Collection[Any]) -> str:
    """Say that no run has a value that is asked for, and which values there are.

    Of many, those that are nearest to what is asked, or the first.
    """
    if not known:
        return f"no run uses {name}"
    near, value = list(known), next(iter(asked))
    if type(value) in (int, float):
        near.sort(key=lambda x: abs(x - value))
    shown = ", ".join(str(x) for x in known if x in near[:_FEW])
    more = f" and {len(known) - _FEW:,} more" if len(known) > _FEW else ""
    return f"{name} has {shown}{more}"


def _read_values(
    words: ParameterSpace, key: str, text: str, known: Collection[Any]
) -> dict[Any, None]:
    """Read the values of ``--only``, in the type of their parameter."""
    if _THOUSANDS.fullmatch(text):  # a list, or one number as pages print it
        value, problems = words.read(key, text.replace(",", ""), f"--only {key}")
        if not problems and value in known:
            return {value: None}
    values = {}
    for part in text.split(","):
        value, problems = words.read(key, part, f"--only {key}")
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
