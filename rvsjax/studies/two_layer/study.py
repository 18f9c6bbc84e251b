"""The study `two_layer`: coarse gradient descent on both layers, and where it ends."""

import dataclasses

from rvsjax.simulation.two_layer import descend
from rvsjax.studies.two_layer.evaluate import evaluate
from rvsjax.studies.two_layer.tables import tables
from rvsjax.studies.two_layer.tolerance import TwoLayerTolerance
from rvsjax.studies.two_layer.trial import TwoLayerTrial, make_trial
from rvsjax.sweep.study import Probe, Study
from rvsjax.types import Array

__all__ = ["STUDY"]


def _short(trial: TwoLayerTrial) -> tuple[TwoLayerTrial, int]:
    steps = min(trial.steps, 2000)
    return dataclasses.replace(trial, steps=steps, points=2), steps


def _take(trial: TwoLayerTrial) -> Array:
    return descend(trial.draw()).w


STUDY = Study(
    trial=make_trial,
    evaluate=evaluate,
    probe=Probe(_short, _take),
    tables=tables,
    names=("curves", "weights", "runs"),
    allowed=TwoLayerTolerance,
    steps=lambda item, *_: item.parameters["steps"],
    size=lambda item: item.parameters["d"] + item.parameters["k"],
    has_kernel=lambda item: False,
    has_light_steps=lambda item: True,
    draw=TwoLayerTrial.draw,
    unkept=200,  # some measurements are over these points
)
