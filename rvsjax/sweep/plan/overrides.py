"""Settings in place of what a sweep file says: ``--set``, and those of `run`."""

from typing import Any

import tomli

from rvsjax.errors import Problem, SweepFileError, did_you_mean
from rvsjax.sweep.plan.sweep_file import Sample, SweepFile, parameters_of

__all__ = ["home_of", "override", "read_setting"]


def read_setting(setting: str, raw: dict[str, Any] | None = None) -> tuple[str, Any]:
    """Split ``KEY=VALUE``; the value as TOML writes it, anything else a string.

    What is to be a word, such as the name, or one value of a parameter of the sweep
    `raw`, is read as what it is to be: ``name=2024``, ``eta=.1``.
    """
    key, value, text = _split_setting(setting)
    space = parameters_of(raw or {})
    if key in _WORDS and not isinstance(value, str) and len(text) <= _LONGEST_WORD:
        return key, text
    name = key.removeprefix("constants.")
    if name in space.settable and not isinstance(value, list | dict):
        if space.check(name, value, key)[1]:
            read, problems = space.read(name, text, key)
            return key, value if problems else read
    return key, value


_WORDS = ("name", "study", "about")
_LONGEST_WORD = 300  # a number of thousands of digits is none


def _split_setting(setting: str) -> tuple[str, Any, str]:
    """Return the key, the value as TOML reads it or as it stands, and its text."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        what = f'needs KEY=VALUE, for example steps=1000, got "{setting}"'
        raise SweepFileError([Problem("--set", what)])
    try:
        read = tomli.loads(f"value = {text}")
        value = read["value"] if len(read) == 1 else text.strip()
    except tomli.TOMLDecodeError:
        value = text.strip()
    except (ValueError, RecursionError) as error:
        raise SweepFileError([Problem(f"--set {key.strip()}", str(error))]) from None
    return key.strip(), value, text.strip()


def override(raw: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Set a parameter, wherever it stands, or a key such as ``seeds.count``."""
    home, _, leaf = key.rpartition(".")
    if home:
        if home not in ("constants", "grid", "sample", "seeds", "record"):
            what = f'no table "{home}" to set; name a parameter alone'
            raise SweepFileError([Problem(key, what)])
        return _put(raw, home, leaf, value)
    if key == "seeds" and type(value) in (int, float):
        return _put(raw, "seeds", "count", value)
    if key in SweepFile.model_fields:
        return raw | {key: value}
    space = parameters_of(raw)
    if key not in space.settable:
        known = [*space.settable, *SweepFile.model_fields]
        raise SweepFileError(
            [Problem(key, "unknown parameter" + did_you_mean(key, known))]
        )
    for name in space.settable:
        if space.target(name) == space.target(key):
            raw = _without(raw, name)
    return _put(raw, home_of(value), key, value)


def home_of(value: Any) -> str:
    """Return the table for a parameter with this value: lists and ranges are axes."""
    return "grid" if isinstance(value, list | dict) else "constants"


def _put(raw: dict[str, Any], home: str, key: str, value: Any) -> dict[str, Any]:
    table = raw.get(home, {})
    if not isinstance(table, dict):
        return raw  # refused when the file is checked
    return raw | {home: table | {key: value}}


def _without(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """Remove a parameter wherever it is given; a block left empty goes too."""
    result = dict(raw)
    for name in ("constants", "grid", "sample"):
        if isinstance(result.get(name), dict):
            result[name] = {n: v for n, v in result[name].items() if n != key}
    if isinstance(result.get("sample"), dict) and not (
        set(result["sample"]) - set(Sample.model_fields)
    ):
        del result["sample"]
    for name in ("zip", "case"):
        if isinstance(result.get(name), list):
            result[name] = _blocks_without(result[name], key, name)
    return result


def _blocks_without(blocks: list[Any], key: str, home: str) -> list[Any]:
    """Remove a parameter from blocks; what is then there twice stays once."""
    rest = []
    for block in blocks:
        if isinstance(block, dict) and key in block:
            block = {name: value for name, value in block.items() if name != key}
            block = _distinct_rows(block) if home == "zip" else block
            if block in rest or (home == "zip" and not block):
                continue
        rest.append(block)
    return rest


def _distinct_rows(block: dict[str, Any]) -> dict[str, Any]:
    """Keep each row of the lists of a zip once."""
    columns = block.values()
    if not all(isinstance(column, list) for column in columns):
        return block
    if len(set(map(len, columns))) > 1:  # a mistake, told later
        return block
    first: dict[tuple[Any, ...], int] = {}
    try:
        for i, row in enumerate(zip(*columns)):
            first.setdefault(row, i)
    except TypeError:  # a list or a table for a value, also told later
        return block
    return {n: [column[i] for i in first.values()] for n, column in block.items()}
