"""The shape of a sweep file checked: a sentence for every key that is wrong."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rvsjax import USUAL_STUDY
from rvsjax.errors import Problem, describe, did_you_mean, shown
from rvsjax.sweep.plan.overrides import home_of
from rvsjax.sweep.plan.sweep_file import Record, Seeds, SweepFile, parameters_of

__all__ = ["check_shape"]

_TABLES = {"seeds": Seeds, "record": Record}
_PLACEHOLDERS = {"version": 1, "name": "unnamed", "study": USUAL_STUDY}


def check_shape(raw: dict[str, Any]) -> tuple[SweepFile, list[Problem]]:
    """Return the sweep file and what is wrong with its shape.

    Where something is wrong, it is what is left without that, so that the rest can be
    checked as well.
    """
    try:
        return SweepFile.model_validate(raw), []
    except ValidationError as invalid:
        errors = invalid.errors()
    broken = {error["loc"][0] for error in errors}
    rest = {key: value for key, value in raw.items() if key not in broken}
    sweep_file = SweepFile.model_validate(_PLACEHOLDERS | rest)
    return sweep_file, [_explain(error, raw) for error in errors]


def _explain(error: ErrorDetails, raw: dict[str, Any]) -> Problem:
    table, *keys = map(str, error["loc"])
    if error["type"] == "missing":
        what = "is missing"
    elif error["type"] == "extra_forbidden" and keys:
        what = "unknown key" + did_you_mean(keys[-1], _TABLES[table].model_fields)
    elif error["type"] == "extra_forbidden":
        what = _explain_key(table, raw)
    elif error["type"] in _SHAPES:
        what = _explain_shape(table, error["input"])
    elif table == "version":
        what = f"must be 1, got {shown(error['input'])}"
    else:
        what = describe(error, error["input"])
    return Problem(".".join([table, *keys]), what)


def _explain_key(key: str, raw: dict[str, Any]) -> str:
    """Say what is wrong with a key that stands above all tables."""
    if key in parameters_of(raw).settable:
        return f"is a parameter: put it into [{home_of(raw[key])}]"
    return "unknown key" + did_you_mean(key, SweepFile.model_fields)


_SHAPES = ("dict_type", "list_type", "model_type")


def _explain_shape(table: str, got: Any) -> str:
    """Say how a table, or a list of blocks, is written."""
    if table in ("zip", "case", "exclude"):
        what = f"is a list of blocks: write [[{table}]]"
    elif table == "seeds" and type(got) is int:
        return f"is a table: write [seeds] and count = {shown(got)}"
    else:
        what = f"is a table: write [{table}]"
    return f"{what}, got {shown(got)}"
