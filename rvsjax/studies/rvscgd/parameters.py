"""The study `rvscgd`: a run of a method on the no-overlap network, and its claims."""

import functools
import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from rvsjax.errors import Problem
from rvsjax.penalties import PENALTIES, PenaltySpec
from rvsjax.studies.penalty_parameters import (
    SHAPE_RULES,
    VECTOR_RULES,
    implied_shape,
    threshold,
)
from rvsjax.sweep.plan.choices import (
    following,
    parameters_of_others,
    with_choices,
)
from rvsjax.sweep.plan.derived import Derived, lam_over_beta
from rvsjax.sweep.plan.parameters import (
    ParameterSpace,
    Problems,
    Since,
    Static,
    Values,
)

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

    algorithm: Static[
        Literal[
            "rvscgd",
            "rvscgd_free",
            "cgd",
            "prox_cgd",
            "hard_projection",
            "admm",
            "admm_free",
            "relu_descent",
        ]
    ] = Field("rvscgd", description="the method")
    penalty: Static[str] = Field("l0", description="penalty P on u")  # of PENALTIES
    k: Static[int] = Field(20, ge=1, le=10**6, description="patches")
    d: Static[int] = Field(50, ge=1, le=10**6, description="filter size")
    readout: Static[Literal["sum", "mean"]] = Field(
        "sum", description="output: sum or mean over the patches"
    )
    nnz: int = Field(5, ge=1, le=10**6, description="nonzero entries of the teacher")
    lam: float = Field(1e-4, ge=0, description="weight of the penalty")
    beta: float = Field(4e-3, gt=0, description="weight of the coupling")
    eta: float = Field(1e-5, gt=0, description="step size")
    steps: Static[int] = Field(400_000, ge=1, le=10**9, description="steps of a run")
    w_star: Direction | None = Field(
        None, description="direction of the teacher, as numbers with commas"
    )
    start: Static[Literal["uniform", "teacher", "angle", "given"]] = Field(
        "uniform",
        description="w^0: on the sphere, the teacher, at start_angle, or w_start",
    )
    w_start: Direction | None = Field(
        None, description="direction of w^0, as numbers with commas"
    )
    start_angle: float | None = Field(
        None, ge=0, le=3.141592653589793, description="angle of w^0 and w_star, radians"
    )
    gradient: Static[Literal["population", "minibatch", "projected", "empirical"]] = (
        Field(
            "population", description="the coarse gradient: expected, or from samples"
        )
    )
    surrogate: Annotated[
        Static[Literal["relu", "clipped", "identity", "window"]], Since("relu")
    ] = Field("relu", description="whose slope stands for that of the activation")
    batch: Static[int] = Field(128, ge=1, le=10**6, description="samples a step")
    train_size: Static[int] = Field(
        1024, ge=1, le=10**7, description="samples of the training set"
    )
    dtype: Static[Literal["float64", "float32"]] = Field(
        "float64", description="of numbers"
    )
    precision: Annotated[Static[Literal["plain", "compensated"]], Since("plain")] = (
        Field("plain", description="weights as one number, or as a sum of two")
    )


_WITHOUT = {
    "cgd": ("penalty", "lam", "beta"),
    "prox_cgd": ("beta",),
    "hard_projection": ("penalty", "lam", "beta"),
    "relu_descent": ("penalty", "lam", "beta", "gradient", "surrogate"),
}
"""What has no meaning for an algorithm."""


def _unused(
    algorithm: str, penalty: str, gradient: str, start: str, has_w_star: bool
) -> set[str]:
    """Return the names that have no meaning beside these values."""
    names = set(_WITHOUT.get(algorithm, ()))
    chosen = None if "penalty" in names else penalty
    if algorithm == "hard_projection":
        chosen = "largest"
    names |= parameters_of_others(PENALTIES, chosen)
    if chosen in PENALTIES and not PENALTIES[chosen].has_weight:
        names.add("lam")
    if "gradient" in names or gradient == "population":
        names.add("batch")
    if "gradient" in names or gradient != "empirical":
        names.add("train_size")
    if start != "angle":
        names.add("start_angle")
    if start != "given":
        names.add("w_start")
    if has_w_star:
        names.add("nnz")
    return names


def _implied(
    has_start: bool,
    has_start_angle: bool,
    has_w_start: bool,
    has_d: bool,
    w_star: str | None,
    penalty: str,
    has_a: bool,
) -> Values:
    """Return a start that follows from its angle or numbers, and the d of a w_star.

    A `start_angle` without a `start` means ``start = "angle"``, a `w_start` means
    ``start = "given"``, and a `w_star` without a `d` has as many numbers as it has.
    """
    found: Values = implied_shape(penalty, has_a)
    if not has_start and (has_start_angle or has_w_start):
        found["start"] = "given" if has_w_start else "angle"
    if w_star is not None and not has_d:
        found["d"] = _size(w_star)
    return found


def _nnz_fits(nnz: int | None, d: int) -> Problems:
    if nnz is not None and nnz > d:
        what = f"must not exceed d, got nnz = {nnz} with d = {d}"
        yield Problem("nnz", what)


def _start_fits(start: str, has_start_angle: bool, has_w_start: bool) -> Problems:
    told = ("start_angle", "angle", has_start_angle), ("w_start", "given", has_w_start)
    for name, its_start, there in told:
        if start == its_start and not there:
            yield Problem(name, f'is needed for start = "{its_start}"')
        if start != its_start and there:
            what = f'has no meaning for start = "{start}"; use "{its_start}"'
            yield Problem(name, what)


def _directions_fit(d: int, w_star: str | None, w_start: str | None) -> Problems:
    for name, text in (("w_star", w_star), ("w_start", w_start)):
        if text and (size := _size(text)) != d:
            yield Problem(name, f"needs d = {d} numbers, got {size}")


def _s_fits(algorithm: str, penalty: str | None, s: int | None, d: int) -> Problems:
    if algorithm == "hard_projection" and s is None:
        yield Problem("s", 'is needed for algorithm = "hard_projection"')
    elif penalty == "largest" and s is None:
        yield Problem("s", 'is needed for penalty = "largest"')
    elif s is not None and s > d:
        yield Problem("s", f"must not exceed d, got s = {s} with d = {d}")


def _batch_fits(train_size: int | None, batch: int | None) -> Problems:
    if train_size is not None and batch is not None and train_size < batch:
        what = f"must be at least batch = {batch}, got {train_size}"
        yield Problem("train_size", what)


def _precision_fits(precision: str, algorithm: str) -> Problems:
    if precision == "compensated" and algorithm != "rvscgd":
        what = f'"compensated" is for rvscgd, got algorithm = "{algorithm}"'
        yield Problem("precision", what)


def _slope(k: int, readout: str) -> float:
    """Return K of `rvsjax.models.no_overlap.slope`, without JAX."""
    return (k if readout == "sum" else 1 / k) / (2 * math.pi)


_DERIVED = {
    "beta_over_K": Derived(
        "beta", _slope, Field(None, gt=0, le=1e6, description="beta/K: sets beta")
    ),
    "lam_over_beta": lam_over_beta(),
    "threshold": threshold(),
    "eta_over_max": Derived(
        "eta",
        lambda beta, k, readout: 1 / ((beta or 0) + _slope(k, readout)),
        Field(
            None,
            gt=0,
            le=1e6,
            description="eta (beta + K): the step size as a part of the largest that "
            "the theory allows, 1/(beta + K), or 1/K without beta; sets eta",
        ),
    ),
}


def _space(penalties: Mapping[str, PenaltySpec]) -> ParameterSpace:
    return ParameterSpace(
        study="rvscgd",
        version=1,
        model=with_choices(_Parameters, "penalty", penalties),
        smoke={"steps": 1000},
        unused=_unused,
        implied=_implied,
        conflicts=(
            *(_nnz_fits, _start_fits, _directions_fit, _s_fits),
            *(_batch_fits, _precision_fits),
            *(*SHAPE_RULES, *VECTOR_RULES),
        ),
        derived=_DERIVED,
    )


PARAMETERS: ParameterSpace
"""The defaults are the paper's Figure 4."""

__getattr__ = following("PARAMETERS", PENALTIES, _space)
