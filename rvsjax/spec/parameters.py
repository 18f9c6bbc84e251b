"""The parameters of the study `rvscgd`: names, meanings, defaults and ranges."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rvsjax.spec.errors import Problem, describe, did_you_mean

__all__ = [
    "PARAMETERS",
    "STATIC",
    "Parameters",
    "canonical",
    "check_value",
    "conflicts",
    "unused",
]


class Parameters(BaseModel):
    """One run's parameters; the defaults are the paper's Figure 4."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    algorithm: Literal["rvscgd", "cgd"] = Field("rvscgd", description="the method")
    penalty: Literal["l0", "l1", "transformed-l1"] = Field(
        "l0", description="penalty P on u"
    )
    a: float = Field(1.0, ge=1e-6, le=1e6, description="shape of transformed-l1")
    k: int = Field(20, ge=1, le=10**6, description="patches")
    d: int = Field(50, ge=1, le=10**6, description="filter size")
    readout: Literal["sum", "mean"] = Field(
        "sum", description="output: sum or mean over the patches"
    )
    nnz: int = Field(5, ge=1, description="nonzero entries of the teacher")
    lam: float = Field(1e-4, ge=0, description="weight of the penalty")
    beta: float = Field(4e-3, gt=0, description="weight of the coupling")
    eta: float = Field(1e-5, gt=0, description="step size")
    steps: int = Field(400_000, ge=1, le=10**9, description="steps of a run")
    start: Literal["uniform", "teacher", "angle"] = Field(
        "uniform", description="w^0: on the sphere, the teacher, or at start_angle"
    )
    start_angle: float | None = Field(
        None, ge=0, le=3.141592653589793, description="angle of w^0 and w_star, radians"
    )
    gradient: Literal["population"] = Field(
        "population", description="the coarse gradient: its expectation"
    )
    dtype: Literal["float64", "float32"] = Field("float64", description="precision")


PARAMETERS = tuple(Parameters.model_fields)

STATIC = (
    "algorithm",
    "penalty",
    "k",
    "d",
    "readout",
    "steps",
    "start",
    "gradient",
    "dtype",
)
"""What a program is compiled for; every other parameter is traced."""


def check_value(name: str, value: Any, where: str) -> tuple[Any, list[Problem]]:
    """Return the value in its proper type, and what is wrong with it."""
    if name not in PARAMETERS:
        return value, [
            Problem(where, "unknown parameter" + did_you_mean(name, PARAMETERS))
        ]
    if value is None:
        return value, [Problem(where, "needs a value")]
    try:
        return getattr(Parameters.model_validate({name: value}), name), []
    except ValidationError as error:
        return value, [Problem(where, describe(error.errors()[0], value))]


def unused(parameters: dict[str, Any]) -> set[str]:
    """Return the names that have no meaning for these parameters."""
    names = set()
    if parameters["algorithm"] == "cgd":
        names |= {"penalty", "lam", "beta"}
    if "penalty" in names or parameters["penalty"] != "transformed-l1":
        names.add("a")
    if parameters["start"] != "angle":
        names.add("start_angle")
    return names


def canonical(chosen: dict[str, Any]) -> dict[str, Any]:
    """Return all parameters of a run: defaults filled in, unused ones None.

    A `start_angle` without a `start` means ``start = "angle"``.
    """
    parameters = {n: f.default for n, f in Parameters.model_fields.items()} | chosen
    if "start" not in chosen and parameters["start_angle"] is not None:
        parameters["start"] = "angle"
    return parameters | dict.fromkeys(unused(parameters))


def conflicts(chosen: dict[str, Any]) -> list[Problem]:
    """Say what does not fit together in the chosen values of a run."""
    problems = []
    run = canonical(chosen)
    if run["nnz"] > run["d"]:
        what = f"must not exceed d, got nnz = {run['nnz']} with d = {run['d']}"
        problems.append(Problem("nnz", what))
    if run["start"] == "angle" and run["start_angle"] is None:
        problems.append(Problem("start_angle", 'is needed for start = "angle"'))
    if "start_angle" in chosen and run["start"] != "angle":
        what = f'has no meaning for start = "{run["start"]}"; use "angle"'
        problems.append(Problem("start_angle", what))
    return problems
