"""The page of the sweep file: its tables, and the parameters of each study."""

import json
from typing import Any

from docs.reference.schema import Schema, properties, sweep_schema
from docs.reference.tables import GENERATED, code, table
from rvsjax import STUDIES
from rvsjax.sweep.plan.sweep_file import LARGEST_FILE, Record, Sample, Seeds, SweepFile
from rvsjax.sweep.registry import find_parameters

__all__ = ["sweep_file_page"]

_HEAD = f"""{GENERATED}
# Sweep file

Every key that a sweep file may have. A file is TOML of at most
{LARGEST_FILE // 1024} KiB; [write a sweep file](../how_to/sweep_file.md) shows how its
tables work together.

Editors complete and check a sweep file by [sweep.schema.json](sweep.schema.json), with
Taplo or Even Better TOML. The first line of the file names the path from there to the
schema, for a file in `sweeps/`:

    #:schema ../docs/reference/sweep.schema.json

`python -m rvsjax.sweep FILE.toml --dry-run` checks what a schema cannot express.

## Keys
"""

_WHERE = """
In `[constants]` a parameter has a value, in `[grid]`, `[[zip]]`, `[[case]]` and
`[[exclude]]` a value, a list, or, for numbers, a range `{ lin = [a, b], num = n }` or
`{ geom = [a, b], num = n }`; in `[sample]` it has `{ choice = [...] }` or, for numbers,
`{ uniform = [a, b] }` or `{ loguniform = [a, b] }`.
"""

_DERIVED = """
A ratio of these sets a parameter, and stands wherever a parameter may. In their order
each is worked out from what those before have set. The run is the same, with the same
id, as one whose file gives the parameter itself (to 15 digits). A file sets a parameter
by one name only; `--set` of one name takes the others out. `--only` and `[[exclude]]`
compare ratios to 12 digits, whatever name the file uses. Runs that are loaded have the
column `d_NAME` of each.
"""

_COLUMNS = ("type", "default", "meaning")


def sweep_file_page() -> str:
    """Return the page."""
    page = _HEAD + "\n" + _rows("key", sweep_schema()["properties"], SweepFile)
    for name, model in (("sample", Sample), ("seeds", Seeds), ("record", Record)):
        page += f"\n### [{name}]\n\n{_rows('key', properties(model), model)}"
    page += f"\n## Parameters\n{_WHERE}"
    for study in STUDIES:
        vocabulary = find_parameters(study)
        rows = _rows("parameter", properties(vocabulary.model), vocabulary.model)
        page += f"\n### {study}\n\n{rows}"
        if vocabulary.derived:
            model = vocabulary.derived_model
            page += f"{_DERIVED}\n{_rows('ratio', properties(model), model)}"
    return page


def _rows(first: str, fields: dict[str, Schema], model: Any) -> str:
    rows = [
        (code(name), _type(field), _default(name, field, model), field["description"])
        for name, field in fields.items()
    ]
    return table((first, *_COLUMNS), rows)


def _default(name: str, field: Schema, model: Any) -> str:
    """Return the default as TOML writes it."""
    if model.model_fields[name].is_required():
        return "needed"
    return code(json.dumps(field["default"])) if "default" in field else ""


def _type(field: Schema) -> str:
    """Say what a value may be: one of several words, or a type and its range."""
    if "enum" in field:
        return ", ".join(code(json.dumps(one)) for one in field["enum"])
    if "$ref" in field or field["type"] == "object":
        return "table"
    if field["type"] == "array":
        return "list of tables"
    return _KINDS[field["type"]] + _limits(field)


_KINDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "`true` or `false`",
}

_LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}


def _limits(field: Schema) -> str:
    return "".join(
        f", {words} {field[key]:,.15g}"
        for key, words in _LIMITS.items()
        if key in field
    )
