"""The study `rvscgd`: the no-overlap network, and every claim of the paper."""

from rvsjax.kernels import KERNELS
from rvsjax.spec.plan import Item
from rvsjax.studies.rvscgd.tables import tables
from rvsjax.studies.rvscgd.tolerance import Tolerance
from rvsjax.studies.rvscgd.trial import (
    PAIRS,
    PairCounts,
    Record,
    Trial,
    Weights,
    evaluate,
    make_trial,
)
from rvsjax.studies.study import Study
from rvsjax.types import Array

__all__ = [
    "PAIRS",
    "PairCounts",
    "Record",
    "STUDY",
    "Trial",
    "Weights",
    "evaluate",
    "make_trial",
    "tables",
]


def _probe(trial: Trial) -> Array:
    return KERNELS[trial.kernel](trial.draw()).state.w


def _has_kernel(item: Item) -> bool:
    given = item.parameters
    plain = given["algorithm"] == "rvscgd" and given["precision"] == "plain"
    return plain and (given["gradient"], given["surrogate"]) == ("population", "relu")


def _has_light_steps(item: Item) -> bool:
    # a step of samples takes long, and far longer if compiled quickly
    return item.parameters["gradient"] in (None, "population")


STUDY = Study(
    trial=make_trial,
    evaluate=evaluate,
    probe=_probe,
    tables=tables,
    names=("curves", "pairs", "weights", "runs"),
    allowed=Tolerance,
    has_kernel=_has_kernel,
    has_light_steps=_has_light_steps,
)
