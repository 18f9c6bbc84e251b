"""The sweep file: TOML text to a checked document, with every mistake at once."""

import stat
from pathlib import Path
from typing import Any, Literal

import tomli
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from rvsjax import STUDIES, USUAL_STUDY
from rvsjax.errors import Problem, SweepFileError, describe, did_you_mean, shown
from rvsjax.sweep.plan.parameters import ParameterSpace
from rvsjax.sweep.registry import find_parameters

__all__ = [
    "SweepFile",
    "Sample",
    "check_document",
    "override",
    "parse",
    "read",
    "read_setting",
]

LARGEST_FILE = 64 * 1024
MOST_BLOCKS = 200  # [[zip]], [[case]] or [[exclude]] in a file


Blocks = list[dict[str, Any]]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Seeds(_Table):
    """The seeds ``base, ..., base + count - 1``."""

    count: int = Field(default=1, ge=1, le=2**32, description="how many")
    base: int = Field(default=0, ge=0, lt=2**32, description="the first")


class Record(_Table):
    """What is kept of a run besides its row."""

    curves: int = Field(
        default=200,
        ge=0,
        le=100_000,
        description="points of each curve of a run, 2 or more; 0: no curves",
        json_schema_extra={"not": {"const": 1}},
    )
    weights: bool = Field(default=False, description="write weights.parquet as well")

    @field_validator("curves")
    @classmethod
    def _begin_and_end(cls, curves: int) -> int:
        if curves == 1:
            raise ValueError("must be 0 for no curves, or 2 or more points")
        return curves


class Sample(_Table):
    """Points in a box of parameters, as one axis."""

    model_config = ConfigDict(extra="allow", strict=True)

    method: Literal["sobol", "lhs", "random"] = Field(
        default="sobol", description="Sobol, Latin hypercube, or independent points"
    )
    n: int = Field(ge=1, le=2**17, description="points")
    seed: int = Field(default=0, ge=0, lt=2**32, description="of the points")

    @property
    def dimensions(self) -> dict[str, Any]:
        """The parameters and their distributions."""
        return self.model_extra or {}


class SweepFile(_Table):
    """A sweep file; parameter values are checked when the plan is made."""

    version: int = Field(description="of the format: 1")
    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="of the sweep and its folder: letters, digits, points, - and _",
    )
    study: str = Field(
        description="what is studied; it settles which parameters there are",
        json_schema_extra={"enum": [*STUDIES]},
    )
    about: str = Field(default="", description="the question that the sweep asks")
    constants: dict[str, Any] = Field(
        default_factory=dict, description="parameters with one value for every run"
    )
    grid: dict[str, Any] = Field(
        default_factory=dict, description="axes, of which every combination is run"
    )
    zip: Blocks = Field(
        default_factory=list,
        max_length=MOST_BLOCKS,
        description="blocks of axes of one length that move together",
    )
    case: Blocks = Field(
        default_factory=list,
        max_length=MOST_BLOCKS,
        description="blocks of axes; the sweep is the union of the blocks",
    )
    sample: Sample | None = Field(
        default=None, description="points in a box of parameters, as one axis"
    )
    exclude: Blocks = Field(
        default_factory=list,
        max_length=MOST_BLOCKS,
        description="blocks of conditions; a run that meets all of one is left out",
    )
    seeds: Seeds = Field(default_factory=Seeds, description="how many runs of each")
    record: Record = Field(default_factory=Record, description="what is kept of a run")

    @property
    def vocabulary(self) -> ParameterSpace:
        """The parameters of its study."""
        return find_parameters(self.study)

    @field_validator("study", mode="before")
    @classmethod
    def _is_a_study(cls, study: Any) -> Any:
        *others, last = map(repr, STUDIES)
        if study not in [*STUDIES]:
            raise ValueError(f"must be {', '.join(others)} or {last}")
        return study

    @field_validator("version")
    @classmethod
    def _is_known(cls, version: int) -> int:
        if version != 1:
            raise ValueError("must be 1")
        return version


_TABLES = {"seeds": Seeds, "record": Record}


def read(path: Path) -> str:
    """Return the text of a sweep file; a `SweepFileError` where that is not possible.

    Pipes and devices are not opened: that may wait for ever, or do something.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise SweepFileError([Problem(str(path), "is not a regular file")])
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            what = f"is too long; a sweep file has at most {LARGEST_FILE} bytes"
            raise SweepFileError([Problem(str(path), what)])
        return data.decode("utf-8-sig")
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        what = "is not UTF-8 text"
    except ValueError:
        what = "is no name of a file"
    raise SweepFileError([Problem(str(path), what)])


def parse(text: str) -> dict[str, Any]:
    """Return the tables of TOML text, or `SweepFileError` with line and column."""
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:  # numbers of 5000 digits among them
        raise SweepFileError(
            [Problem("TOML", str(error) or "nested too deeply")]
        ) from None


def read_setting(setting: str, raw: dict[str, Any] | None = None) -> tuple[str, Any]:
    """Split ``KEY=VALUE``; the value as TOML writes it, anything else a string.

    What is to be a word, such as the name, or one value of a parameter of the sweep
    `raw`, is read as what it is to be: ``name=2024``, ``eta=.1``.
    """
    key, value, text = _split_setting(setting)
    words = _words(raw or {})
    if key in _WORDS and not isinstance(value, str) and len(text) <= _LONGEST_WORD:
        return key, text
    name = key.removeprefix("constants.")
    if name in words.names and not isinstance(value, list | dict):
        if words.check(name, value, key)[1]:
            read, problems = words.read(name, text, key)
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
    names = _parameters(raw)
    if key not in names:
        known = [*names, *SweepFile.model_fields]
        raise SweepFileError(
            [Problem(key, "unknown parameter" + did_you_mean(key, known))]
        )
    return _put(_without(raw, key), _home(value), key, value)


def _parameters(raw: dict[str, Any]) -> tuple[str, ...]:
    return _words(raw).names


def _words(raw: dict[str, Any]) -> ParameterSpace:
    """Return the parameters of the study that a file names, if it names one."""
    study = raw.get("study")
    return find_parameters(study if study in [*STUDIES] else USUAL_STUDY)


def _home(value: Any) -> str:
    """Return the table for a parameter with this value: lists and ranges are axes."""
    return "grid" if isinstance(value, list | dict) else "constants"


def _put(raw: dict[str, Any], home: str, key: str, value: Any) -> dict[str, Any]:
    table = raw.get(home, {})
    if not isinstance(table, dict):
        return raw  # refused when the document is checked
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


_PLACEHOLDERS = {"version": 1, "name": "unnamed", "study": USUAL_STUDY}


def check_document(raw: dict[str, Any]) -> tuple[SweepFile, list[Problem]]:
    """Return the document and what is wrong with its shape.

    Where something is wrong, the document is what is left without it, so that the rest
    can be checked as well.
    """
    try:
        return SweepFile.model_validate(raw), []
    except ValidationError as invalid:
        errors = invalid.errors()
    broken = {error["loc"][0] for error in errors}
    rest = {key: value for key, value in raw.items() if key not in broken}
    document = SweepFile.model_validate(_PLACEHOLDERS | rest)
    return document, [_explain(error, raw) for error in errors]


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
    if key in _parameters(raw):
        return f"is a parameter: put it into [{_home(raw[key])}]"
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
