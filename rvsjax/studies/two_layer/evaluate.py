"""A run of `two_layer` measured: what it leaves, and where it ends."""

from typing import NamedTuple

import jax.numpy as jnp

from rvsjax.simulation.two_layer import TwoLayerCurves, descend, ending
from rvsjax.studies.two_layer.trial import TwoLayerTrial
from rvsjax.types import Array

__all__ = ["ENDINGS", "TwoLayerMeasurements", "TwoLayerRecord", "evaluate"]

_NEAR = 1e-3
"""Radians, and shares of ``|v*|``, within which a run has ended at a minimum."""

ENDINGS = ("global", "spurious", "elsewhere")


class TwoLayerMeasurements(NamedTuple):
    """Scalars: angles in radians, losses and lengths without unit."""

    theta_0: Array  # of w^0 and w_star
    theta: Array
    theta_max_increase: Array  # over the points of the curves
    loss_0: Array
    loss: Array
    loss_spurious: Array  # at theta = pi, v = spurious()
    gap: Array  # |v - v*|
    length: Array  # |w|
    length_min: Array  # of every step
    turns: Array  # steps that turned w by more than a right angle
    steps: Array
    first_bad_step: Array  # -1, or the point of the curves where a number was lost


class TwoLayerRecord(NamedTuple):
    """All that a run leaves."""

    stopped: Array  # 0 at the last step, 1 without a number
    ended: Array  # 0, 1, 2 in the order of `ENDINGS`
    measurements: TwoLayerMeasurements
    curves: TwoLayerCurves
    weights: dict[str, Array]


def evaluate(trial: TwoLayerTrial) -> TwoLayerRecord:
    """Run a trial and measure its end. A pure function."""
    run = trial.draw()
    teacher, end = run.teacher, descend(run)
    curves = end.curves
    theta, good = curves.theta, jnp.isfinite(curves.loss + curves.theta)
    bad = jnp.where(jnp.all(good), -1, curves.step[jnp.argmin(good)])
    last = jnp.maximum(jnp.sum(good) - 1, 0)  # numbers are lost once and for all
    spurious = teacher.loss(teacher.spurious(), -teacher.w_star)
    measurements = TwoLayerMeasurements(
        theta_0=theta[0],
        theta=theta[last],
        theta_max_increase=jnp.nanmax(jnp.diff(theta), initial=-jnp.inf),
        loss_0=curves.loss[0],
        loss=curves.loss[last],
        loss_spurious=spurious,
        gap=curves.gap[last],
        length=curves.length[last],
        length_min=end.length_min,
        turns=end.turns,
        steps=curves.step[last],
        first_bad_step=bad,
    )
    return TwoLayerRecord(
        stopped=(bad >= 0).astype(jnp.int32),
        ended=ending(teacher, end.v, end.w, _NEAR),
        measurements=measurements,
        curves=curves,
        weights={
            "v_star": teacher.v_star,
            "w_star": teacher.w_star,
            "v_start": run.v,
            "w_start": run.w,
            "v": end.v,
            "w": end.w,
        },
    )
