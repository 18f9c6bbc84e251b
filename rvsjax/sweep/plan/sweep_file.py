"""The sweep file: its tables as a model, read from TOML text."""

import stat
from pathlib import Path
from typing import Any, Literal

import tomli
from pydantic import BaseModel, ConfigDict, Field, field_validator

from rvsjax import STUDIES, USUAL_STUDY
from rvsjax.errors import Problem, SweepFileError
from rvsjax.sweep.plan.parameters import ParameterSpace
from rvsjax.sweep.registry import find_parameters

__all__ = [
    "Record",
    "Sample",
    "Seeds",
    "SweepFile",
    "parameters_of",
    "parse",
    "read",
]

LARGEST_FILE = 64 * 1024
MOST_BLOCKS = 200  # [[zip]], [[case]] or [[exclude]] in a file


Blocks = list[dict[str, Any]]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, frozen=True
    )


class Seeds(_Table):
    """The seeds ``base, ..., base + count - 1``."""

    count: int = Field(default=1, ge=1, le=2**32, description="how many")
    base: int = Field(default=0, ge=0, lt=2**32, description="the first")


class Record(_Table):
    """Tables that are kept of a run besides its row."""

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
    def space(self) -> ParameterSpace:
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


def parameters_of(raw: dict[str, Any]) -> ParameterSpace:
    """Return the parameters of the study that a file names, if it names one."""
    study = raw.get("study")
    return find_parameters(study if study in [*STUDIES] else USUAL_STUDY)
