"""The study `lenet`: networks of binary activations, trained at once."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rvsjax.errors import Problem
from rvsjax.penalties import PENALTIES, PenaltySpec
from rvsjax.studies.penalty_parameters import SHAPE_RULES, implied_shape
from rvsjax.sweep.plan.choices import (
    following,
    parameters_of_others,
    with_choices,
)
from rvsjax.sweep.plan.derived import lam_over_beta
from rvsjax.sweep.plan.parameters import ParameterSpace, Problems, Since, Static

__all__ = ["PARAMETERS"]


class _Parameters(BaseModel):
    """One network's parameters; the defaults are the paper's where it gives any."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    method: Static[Literal["plain", "rvscgd", "admm", "magnitude", "gradual"]] = Field(
        "rvscgd", description="how the network becomes sparse"
    )
    penalty: Static[str] = Field("l0", description="penalty P on u")  # of PENALTIES
    lam: float = Field(2e-5, ge=0, description="weight of the penalty")
    beta: float = Field(1e-2, ge=1e-30, description="weight of the coupling")
    growth: Annotated[float, Since(1.0)] = Field(
        1.0, gt=0, description="lam and beta at the end over those at the start"
    )
    sparsity: float = Field(
        0.9, ge=0, lt=1, description="share of kernel entries that pruning makes 0"
    )
    inputs: Annotated[Static[Literal["unit", "standard"]], Since("unit")] = Field(
        "unit", description="pixels in [0, 1], or less their mean over their deviation"
    )
    gain: Annotated[float, Since(1.0)] = Field(
        1.0,
        gt=0,
        description="kernels begin uniform within gain/sqrt(fan in) of 0",
    )
    surrogate: Static[Literal["relu", "clipped", "identity", "window"]] = Field(
        "relu",
        description="whose slope stands for that of the activation; with relu, and "
        "without batch_norm, a network hardly learns",
    )
    bits: Static[int] = Field(1, ge=0, le=8, description="of an activation; 0: ReLU")
    batch_norm: Static[bool] = Field(
        False, description="normalise before each activation"
    )
    full_first: Static[bool] = Field(False, description="ReLU after the first layer")
    full_last: Static[bool] = Field(False, description="ReLU before the last layer")
    learning_rate: float = Field(
        1e-3, gt=0, description="a tenth of it after 60 % of the epochs"
    )
    momentum: float = Field(0.9, ge=0, lt=1, description="of the gradient")
    weight_decay: float = Field(5e-4, ge=0, description="of every parameter")
    epochs: Static[int] = Field(
        100, ge=1, le=10**5, description="passes over the images"
    )
    batch: Static[int] = Field(128, ge=1, le=10**5, description="images a step")
    train_images: Static[int | None] = Field(
        None, ge=1, le=10**7, description="the first of the training set; all if unset"
    )
    test_images: Static[int | None] = Field(
        None, ge=1, le=10**7, description="the first of the test set; all if unset"
    )


def _unused(method: str, penalty: str, bits: int) -> set[str]:
    names: set[str] = set() if method == "rvscgd" else {"growth"}
    if method in ("plain", "magnitude", "gradual"):
        names |= {"penalty", "lam", "beta"}
    if method not in ("magnitude", "gradual"):
        names.add("sparsity")
    chosen = None if "penalty" in names else penalty
    names |= parameters_of_others(_separable(PENALTIES), chosen)
    if bits == 0:
        names |= {"surrogate", "full_first", "full_last"}
    return names


def _batch_fits(batch_norm: bool, batch: int, train_images: int | None) -> Problems:
    if batch_norm and batch < 2:
        yield Problem("batch", "must be at least 2 with batch_norm, got 1")
    elif train_images is not None and train_images < batch:
        what = f"must be at least batch = {batch}, got {train_images}"
        yield Problem("train_images", what)


def _separable(penalties: Mapping[str, PenaltySpec]) -> dict[str, PenaltySpec]:
    return {name: x for name, x in penalties.items() if x.is_separable}


def _space(penalties: Mapping[str, PenaltySpec]) -> ParameterSpace:
    return ParameterSpace(
        study="lenet",
        version=1,
        model=with_choices(_Parameters, "penalty", _separable(penalties)),
        smoke={"epochs": 1, "batch": 120, "train_images": 240, "test_images": 60},
        unused=_unused,
        implied=implied_shape,
        conflicts=(_batch_fits, *SHAPE_RULES),
        derived={"lam_over_beta": lam_over_beta()},
    )


PARAMETERS: ParameterSpace
"""Dinh and Xin 2020, Table 1; batch, surrogate, lam and beta are not in the paper."""

__getattr__ = following("PARAMETERS", PENALTIES, _space)
