"""The study `rvscgd`: the no-overlap network, and every claim of the paper."""

import dataclasses

from rvsjax.penalties import PENALTIES
from rvsjax.simulation.kernels import KERNELS, native
from rvsjax.studies.rvscgd.claims import claims
from rvsjax.studies.rvscgd.earlier import comparable
from rvsjax.studies.rvscgd.evaluate import evaluate, gather
from rvsjax.studies.rvscgd.tables import tables
from rvsjax.studies.rvscgd.tolerance import RvscgdTolerance
from rvsjax.studies.rvscgd.trial import RvscgdTrial, make_trial
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.study import Probe, Study
from rvsjax.types import Array

__all__ = ["STUDY"]

_PROBE_STEPS = 2000


def _short(trial: RvscgdTrial) -> tuple[RvscgdTrial, int]:
    steps = min(trial.steps, _PROBE_STEPS)
    return dataclasses.replace(trial, steps=steps, points=2), steps


def _take(trial: RvscgdTrial) -> Array:
    return KERNELS[trial.kernel](trial.draw()).state.w


def _has_kernel(item: RunConfig) -> bool:
    given = item.parameters
    plain = given["algorithm"] == "rvscgd" and given["precision"] == "plain"
    plain = plain and PENALTIES[given["penalty"]].cls in native.DIRECT
    return plain and (given["gradient"], given["surrogate"]) == ("population", "relu")


def _has_light_steps(item: RunConfig) -> bool:
    # a step of samples takes long, and far longer if compiled quickly
    return item.parameters["gradient"] in (None, "population")


STUDY = Study(
    trial=make_trial,
    evaluate=evaluate,
    probe=Probe(_short, _take),
    tables=tables,
    names=("curves", "pairs", "weights", "runs"),
    allowed=RvscgdTolerance,
    steps=lambda item, *_: item.parameters["steps"],
    size=lambda item: item.parameters["d"],
    has_kernel=_has_kernel,
    has_light_steps=_has_light_steps,
    draw=RvscgdTrial.draw,
    evidence=gather,
    comparable=comparable,
    claims=claims,
)
