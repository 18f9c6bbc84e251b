"""How a plan is narrowed: what ``--only`` asks for, and how a folder tells it again."""

import sys
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rvsjax.spec.errors import Problem, SpecError, describe, did_you_mean
from rvsjax.spec.layout import Conditions
from rvsjax.spec.parameters import PARAMETERS, check_value

__all__ = ["Narrowed", "read_narrowed", "read_only"]


class Narrowed(BaseModel):
    """What a plan keeps of its document; `steps` and `stride` where it is a smoke."""

    model_config = ConfigDict(extra="forbid", strict=True)

    only: dict[str, list[Any]]
    limit: int | None = Field(ge=1, le=sys.maxsize)
    stride: int = Field(ge=1)
    steps: int | None = None


def read_narrowed(told: Any) -> tuple[Narrowed, Conditions]:
    """Read what `Plan.as_json` tells; a `SpecError` where it is something else."""
    try:
        narrowed = Narrowed.model_validate(told)
    except ValidationError as invalid:
        error = invalid.errors()[0]
        place = ".".join(map(str, ("narrowed", *error["loc"])))
        raise SpecError([Problem(place, describe(error, error["input"]))]) from None
    return narrowed, {
        name: dict.fromkeys(_checked(name, values, f"narrowed.only.{name}"))
        for name, values in narrowed.only.items()
    }


def _checked(name: str, values: list[Any], where: str) -> list[Any]:
    checked = [check_value(name, value, where) for value in values]
    problems = [problem for _, found in checked for problem in found]
    if problems:
        raise SpecError(problems)
    return [value for value, _ in checked]


def read_only(options: list[str], before: Conditions) -> Conditions:
    """Read each ``KEY=V1,V2``; several of one parameter all count, as do those before.

    The values of a parameter are the keys of a dictionary: in order, and quick to find.
    """
    only = dict(before)
    for option in options:
        key, equals, text = option.partition("=")
        if not equals or key not in PARAMETERS:
            what = "needs KEY=V1,V2 with a parameter"
            guess = did_you_mean(key, PARAMETERS)
            raise SpecError([Problem(f"--only {option}", what + guess)])
        values = _read_values(key, text)
        allowed = only.get(key, values)
        only[key] = {value: None for value in values if value in allowed}
    return only


def _read_values(key: str, text: str) -> dict[Any, None]:
    """Read the values of ``--only``, in the type of their parameter."""
    values = {}
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
        values[good[0]] = None
    return values
