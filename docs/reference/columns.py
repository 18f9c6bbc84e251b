"""The page of the columns: what every table of every study holds."""

from collections.abc import Iterable, Mapping

from docs.reference.folder import folder_sections
from docs.reference.tables import GENERATED, code, escaped, table
from rvsjax import STUDIES
from rvsjax.results.schema import (
    ANY_RUNS,
    BY_PREFIX,
    CLAIM_COLUMNS,
    Column,
    Columns,
    find_columns,
)
from rvsjax.sweep.registry import find_parameters, find_schema

__all__ = ["columns_page"]

_HEAD = f"""{GENERATED}
# Results: files and columns

What a folder of results holds, as each study describes it in its `schema.py`.
Parameters are explained in the [sweep file reference](sweep_file.md).
"""

_COLUMNS = "\n## Every study\n\n"

_OTHERS = {"hyp_": "hyp_NAME", "verdict_": "verdict_NAME", "obs_": "obs_NAME"}
_OTHERS |= {"bound_": "bound_NAME", "why_": "why_NAME"}


def columns_page(studies: Iterable[str] = STUDIES) -> str:
    """Return the page of some studies."""
    runs = {x: told for x, told in BY_PREFIX["runs"].items() if x in _OTHERS}
    judged = {_OTHERS[x]: told for x, told in runs.items()}
    return "".join(
        [
            _HEAD,
            folder_sections(),
            _COLUMNS,
            _table("runs", ANY_RUNS | judged),
            _table("claims", CLAIM_COLUMNS),
            *map(_study, studies),
        ]
    )


def _study(study: str) -> str:
    told = {x: find_columns(study, x) for x in find_schema(study) if x != "claims"}
    told["runs"] = _own(study, told["runs"])
    tables = (_table(name, columns) for name, columns in told.items())
    return f"\n## Study {study}\n\n{''.join(tables)}"


def _own(study: str, columns: Columns) -> Columns:
    """Return the columns of runs that not every study has, parameters by their help."""
    fields = find_parameters(study).model.model_fields
    found = {x: y for x, y in columns.items() if x not in ANY_RUNS}
    helps = {f"p_{name}": field.description for name, field in fields.items()}
    parameters = {x: columns[x]._replace(statement=helps[x] or "") for x in helps}
    return Columns(parameters | {x: y for x, y in found.items() if x[:2] != "p_"})


def _table(name: str, columns: Mapping[str, Column]) -> str:
    rows = (
        (code(x), escaped(told.text), told.kind, escaped(told.statement))
        for x, told in columns.items()
    )
    return f"`{name}`:\n\n{table(('column', 'label', 'holds', 'meaning'), rows)}\n"
