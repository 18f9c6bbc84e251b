"""The study `rvscgd`: a run of a method on the no-overlap network, and its claims."""

import functools
import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from rvsjax.errors import Problem
from rvsjax.sweep.plan.parameters import ParameterSpace, Values

__all__ = ["PARAMETERS", "direction"]


def direction(text: str) -> tuple[float, ...]:
    """Return the numbers of a direction, ``"3, 2, 1"``; ValueError if it is none."""
    try:
        numbers = tuple(float(part) + 0.0 for part in text.split(","))  # -0 is 0
    except ValueError:
        raise ValueError('must be numbers with commas, such as "3, 2, 1"') from None
    if not all(map(math.isfinite, numbers)) or not any(numbers):
        raise ValueError("must be finite numbers, not all of them 0")
    if not 1e-150 < math.hypot(*numbers) < 1e150:  # beyond, its square is 0 or inf
        raise ValueError("must have a length between 1e-150 and 1e150")
    return numbers


@functools.lru_cache(4096)  # asked for at every point of a sweep
def _size(text: str) -> int:
    return text.count(",") + 1


def _tidy_direction(text: str) -> str:
    """Write a direction in one way, so that equal directions have equal names."""
    return ", ".join(
        f"{x:.17g}" if x != float(f"{x:g}") else f"{x:g}" for x in direction(text)
    )


def _need_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('must be numbers with commas in quotes: "3, 2, 1"')
    return value


Direction = Annotated[str, AfterValidator(_tidy_direction), BeforeValidator(_need_text)]


class _Parameters(BaseModel):
    """One run's parameters; the defaults are the paper's Figure 4."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    algorithm: Literal[
        "rvscgd",
        "rvscgd_free",
        "cgd",
        "prox_cgd",
        "hard_projection",
        "admm",
        "admm_free",
        "relu_descent",
    ] = Field("rvscgd", description="the method")
    penalty: Literal["l0", "l1", "transformed-l1"] = Field(
        "l0", description="penalty P on u"
    )
    a: float = Field(1.0, ge=1e-6, le=1e6, description="shape of transformed-l1")
    s: int | None = Field(
        None, ge=1, le=10**6, description="entries that hard_projection keeps"
    )
    k: int = Field(20, ge=1, le=10**6, description="patches")
    d: int = Field(50, ge=1, le=10**6, description="filter size")
    readout: Literal["sum", "mean"] = Field(
        "sum", description="output: sum or mean over the patches"
    )
    nnz: int = Field(5, ge=1, le=10**6, description="nonzero entries of the teacher")
    lam: float = Field(1e-4, ge=0, description="weight of the penalty")
    beta: float = Field(4e-3, gt=0, description="weight of the coupling")
    eta: float = Field(1e-5, gt=0, description="step size")
    steps: int = Field(400_000, ge=1, le=10**9, description="steps of a run")
    w_star: Direction | None = Field(
        None, description="direction of the teacher, as numbers with commas"
    )
    start: Literal["uniform", "teacher", "angle", "given"] = Field(
        "uniform",
        description="w^0: on the sphere, the teacher, at start_angle, or w_start",
    )
    w_start: Direction | None = Field(
        None, description="direction of w^0, as numbers with commas"
    )
    start_angle: float | None = Field(
        None, ge=0, le=3.141592653589793, description="angle of w^0 and w_star, radians"
    )
    gradient: Literal["population", "minibatch", "projected", "empirical"] = Field(
        "population", description="the coarse gradient: expected, or from samples"
    )
    surrogate: Literal["relu", "clipped", "identity", "window"] = Field(
        "relu", description="whose slope stands for that of the activation"
    )
    batch: int = Field(128, ge=1, le=10**6, description="samples a step")
    train_size: int = Field(
        1024, ge=1, le=10**7, description="samples of the training set"
    )
    dtype: Literal["float64", "float32"] = Field("float64", description="of numbers")
    precision: Literal["plain", "compensated"] = Field(
        "plain", description="weights as one number, or as a sum of two"
    )


_STATIC = (
    "algorithm",
    "penalty",
    "k",
    "d",
    "readout",
    "steps",
    "start",
    "gradient",
    "surrogate",
    "batch",
    "train_size",
    "dtype",
    "precision",
)

_WITHOUT = {
    "cgd": ("penalty", "lam", "beta"),
    "prox_cgd": ("beta",),
    "hard_projection": ("penalty", "lam", "beta"),
    "relu_descent": ("penalty", "lam", "beta", "gradient", "surrogate"),
}
"""What has no meaning for an algorithm."""


def _unused(parameters: Values) -> set[str]:
    """Return the names that have no meaning for these parameters."""
    names = set(_WITHOUT.get(parameters["algorithm"], ()))
    if "penalty" in names or parameters["penalty"] != "transformed-l1":
        names.add("a")
    if parameters["algorithm"] != "hard_projection":
        names.add("s")
    if "gradient" in names or parameters["gradient"] == "population":
        names.add("batch")
    if "gradient" in names or parameters["gradient"] != "empirical":
        names.add("train_size")
    if parameters["start"] != "angle":
        names.add("start_angle")
    if parameters["start"] != "given":
        names.add("w_start")
    if parameters["w_star"] is not None:
        names.add("nnz")
    return names


def _implied(chosen: Values) -> Values:
    """Return a start that follows from its angle or numbers, and the d of a w_star.

    A `start_angle` without a `start` means ``start = "angle"``, a `w_start` means
    ``start = "given"``, and a `w_star` without a `d` has as many numbers as it has.
    """
    found: Values = {}
    if "start" not in chosen:
        for name, start in (("start_angle", "angle"), ("w_start", "given")):
            if chosen.get(name) is not None:
                found["start"] = start
    if "d" not in chosen and chosen.get("w_star") is not None:
        found["d"] = _size(chosen["w_star"])
    return found


def _conflicts(chosen: Values, run: Values) -> list[Problem]:
    """Say what does not fit together in the chosen values of a run, and its others."""
    problems = []
    if run["nnz"] is not None and run["nnz"] > run["d"]:
        what = f"must not exceed d, got nnz = {run['nnz']} with d = {run['d']}"
        problems.append(Problem("nnz", what))
    for name, start in (("start_angle", "angle"), ("w_start", "given")):
        if run["start"] == start and run[name] is None:
            problems.append(Problem(name, f'is needed for start = "{start}"'))
        if chosen.get(name) is not None and run["start"] != start:
            what = f'has no meaning for start = "{run["start"]}"; use "{start}"'
            problems.append(Problem(name, what))
    for name in ("w_star", "w_start"):
        if run[name] and (size := _size(run[name])) != run["d"]:
            what = f"needs d = {run['d']} numbers, got {size}"
            problems.append(Problem(name, what))
    if run["algorithm"] == "hard_projection":
        if run["s"] is None:
            what = 'is needed for algorithm = "hard_projection"'
            problems.append(Problem("s", what))
        elif run["s"] > run["d"]:
            what = f"must not exceed d, got s = {run['s']} with d = {run['d']}"
            problems.append(Problem("s", what))
    if run["train_size"] is not None and run["train_size"] < run["batch"]:
        what = f"must be at least batch = {run['batch']}, got {run['train_size']}"
        problems.append(Problem("train_size", what))
    if run["precision"] == "compensated" and run["algorithm"] != "rvscgd":
        what = f'"compensated" is for rvscgd, got algorithm = "{run["algorithm"]}"'
        problems.append(Problem("precision", what))
    return problems


PARAMETERS = ParameterSpace(
    study="rvscgd",
    version=1,
    model=_Parameters,
    static=_STATIC,
    decisive=(*_STATIC, "nnz", "w_star", "w_start", "start_angle"),
    smoke={"steps": 1000},
    compared=("nnz", "s"),
    given=("w_star",),
    implying=("w_start",),
    younger={"precision": "plain", "surrogate": "relu"},
    unused=_unused,
    implied=_implied,
    conflicts=_conflicts,
)
"""The defaults are the paper's Figure 4."""
