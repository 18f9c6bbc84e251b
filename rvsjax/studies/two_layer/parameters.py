"""The study `two_layer`: both layers trained, where surrogates differ."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from rvsjax.sweep.plan.parameters import ParameterSpace, Static

__all__ = ["PARAMETERS"]


class _Parameters(BaseModel):
    """One run's parameters."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    surrogate: Static[Literal["relu", "clipped", "identity", "window"]] = Field(
        "relu", description="whose slope stands for that of the activation"
    )
    normalisation: Static[Literal["none", "sphere"]] = Field(
        "none", description="whether w is brought back to length 1 after each step"
    )
    k: Static[int] = Field(10, ge=1, le=10**6, description="patches")
    d: Static[int] = Field(10, ge=1, le=10**6, description="filter size")
    start: Static[Literal["uniform", "teacher", "spurious"]] = Field(
        "uniform", description="Gaussian v and uniform w, or near a minimum"
    )
    spread: float = Field(
        0.1, ge=0, le=10, description="distance of the start from that minimum"
    )
    eta: float = Field(0.01, gt=0, description="step size")
    steps: Static[int] = Field(2000, ge=1, le=10**9, description="steps of a run")
    dtype: Static[Literal["float64", "float32"]] = Field(
        "float64", description="of numbers"
    )


def _unused(start: str) -> set[str]:
    return {"spread"} if start == "uniform" else set()


PARAMETERS = ParameterSpace(
    study="two_layer",
    version=1,
    model=_Parameters,
    smoke={"steps": 1000},
    unused=_unused,
)
"""Teacher and start follow from the seed."""
