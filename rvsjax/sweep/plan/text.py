"""Text of a sweep file, written from its tables."""

import json
import re
from typing import Any

from rvsjax.errors import Problem, SweepFileError

__all__ = ["sweep_text", "toml_value"]


def sweep_text(raw: dict[str, Any]) -> str:
    """Return the tables of a sweep file as TOML; what is None is left out.

    Raises SweepFileError for a value that no sweep file can have.
    """
    given = {key: x for key, x in raw.items() if x is not None}
    blocks = {key: x for key, x in given.items() if _are_tables(x)}
    tables = {key: x for key, x in given.items() if isinstance(x, dict)}
    head = {key: x for key, x in given.items() if key not in {**blocks, **tables}}
    lines = _lines({key: x for key, x in head.items() if x not in ("", [])})
    for title, table in tables.items():
        lines += _table(f"[{title}]", table) if table else []
    for title, found in blocks.items():
        for table in found:
            lines += _table(f"[[{title}]]", table)
    return "\n".join(lines) + "\n"


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _table(title: str, table: dict[str, Any]) -> list[str]:
    return ["", title, *_lines(table)]


def _lines(table: dict[str, Any]) -> list[str]:
    return [f"{_key(key)} = {toml_value(value, key)}" for key, value in table.items()]


def _key(name: str) -> str:
    return str(name) if re.fullmatch("[A-Za-z0-9_-]+", str(name)) else _text(name)


def toml_value(value: Any, key: str) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool | str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(toml_value(x, key) for x in value)}]"
    if isinstance(value, dict):
        pairs = (f"{_key(name)} = {toml_value(x, key)}" for name, x in value.items())
        return f"{{ {', '.join(pairs)} }}"
    what = "must be a number, a truth value, text, or a list of these"
    raise SweepFileError([Problem(key, f"{what}, got {type(value).__name__}")])


def _text(value: bool | str) -> str:
    """Return a truth value or a string in quotes: JSON's, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
