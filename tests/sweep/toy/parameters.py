"""The parameters of the toy study."""

from pydantic import BaseModel, ConfigDict, Field

from rvsjax.sweep.plan.parameters import ParameterSpace, Static

__all__ = ["PARAMETERS"]


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    factor: float = Field(0.5, gt=0, lt=1, description="by which a step shortens x")
    steps: Static[int] = Field(10, ge=1, description="steps of a run")


PARAMETERS = ParameterSpace(
    study="toy",
    version=1,
    model=_Parameters,
    smoke={"steps": 2},
)
