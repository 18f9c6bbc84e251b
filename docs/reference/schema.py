"""The sweep file as a JSON Schema (2020-12), for editors.

It has the tables, names, types, ranges and choices. What values have to do with each
other, such as a parameter that is set twice, the program alone knows.
"""

from typing import Any

from rvsjax import STUDIES
from rvsjax.sweep.plan.parameters import ParameterSpace
from rvsjax.sweep.plan.sweep_file import SweepFile
from rvsjax.sweep.registry import find_parameters

__all__ = ["properties", "sweep_schema"]

Schema = dict[str, Any]

_NUMBERS = ("integer", "number")
_ENDS = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


def sweep_schema() -> Schema:
    """Return the schema of every sweep file; which parameters, its study settles."""
    schema = SweepFile.model_json_schema()
    tables = {name: _tidy(table) for name, table in schema["properties"].items()}
    tables["version"] |= {"const": 1}
    defs = {name: _object(table) for name, table in schema["$defs"].items()}
    defs |= {"range": _range()}
    for vocabulary in map(find_parameters, STUDIES):
        defs |= _of_study(vocabulary, defs["Sample"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rvsjax sweep file",
        "type": "object",
        "properties": tables,
        "required": schema["required"],
        "additionalProperties": False,
        "allOf": [_if_study(name) for name in STUDIES],
        "$defs": defs,
    }


def properties(model: Any) -> dict[str, Schema]:
    """Return the schema of each field of a pydantic model, without titles and nulls."""
    found = model.model_json_schema().get("properties", {})
    return {name: _tidy(schema) for name, schema in found.items()}


def _tidy(schema: Schema) -> Schema:
    """Leave out titles, and null, which TOML does not have."""
    kept = {k: v for k, v in schema.items() if k not in ("title", "anyOf")}
    for option in schema.get("anyOf", []):
        if option.get("type") != "null":
            kept |= _tidy(option)
    return {k: v for k, v in kept.items() if (k, v) != ("default", None)}


def _object(schema: Schema) -> Schema:
    inner = {name: _tidy(one) for name, one in schema["properties"].items()}
    return _tidy(schema) | {"properties": inner}


def _range() -> Schema:
    kinds = [
        {
            "type": "object",
            "properties": {kind: _ENDS, "num": {"type": "integer", "minimum": 2}},
            "required": [kind, "num"],
            "additionalProperties": False,
        }
        for kind in ("lin", "geom")
    ]
    return {"description": "num values from a to b, both included", "oneOf": kinds}


def _of_study(vocabulary: ParameterSpace, sample: Schema) -> dict[str, Schema]:
    """Return what its parameters may be: as a constant, on an axis, in a sample."""
    study = vocabulary.study
    values = properties(vocabulary.model) | properties(vocabulary.derived_model)
    axes = {name: _axis(study, name, value) for name, value in values.items()}
    drawn = {name: _drawn(study, name, value) for name, value in values.items()}
    return {
        f"{study}.constants": _closed(values),
        f"{study}.axes": _closed(axes),
        f"{study}.sample": sample | _closed(drawn | sample["properties"]),
    }


def _closed(fields: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": fields, "additionalProperties": False}


def _ref(*path: str) -> Schema:
    return {"$ref": "/".join(("#", "$defs", *path))}


def _axis(study: str, name: str, value: Schema) -> Schema:
    one = _ref(f"{study}.constants", "properties", name)
    options = [one, {"type": "array", "items": one, "minItems": 1}]
    options += [_ref("range")] if value["type"] in _NUMBERS else []
    return {"description": value["description"], "anyOf": options}


def _drawn(study: str, name: str, value: Schema) -> Schema:
    one = _ref(f"{study}.constants", "properties", name)
    kinds: dict[str, Schema] = {"choice": {"type": "array", "items": one}}
    if value["type"] in _NUMBERS:
        kinds |= {"uniform": _ENDS, "loguniform": _ENDS}
    return _closed(kinds) | {"minProperties": 1, "maxProperties": 1}


def _if_study(study: str) -> Schema:
    axes = _ref(f"{study}.axes")
    blocks = {"type": "array", "items": axes}
    tables = {"constants": _ref(f"{study}.constants"), "grid": axes}
    tables |= {name: blocks for name in ("zip", "case", "exclude")}
    tables |= {"sample": _ref(f"{study}.sample")}
    return {
        "if": {"properties": {"study": {"const": study}}, "required": ["study"]},
        "then": {"properties": tables},
    }
