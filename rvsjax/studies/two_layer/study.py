"""The study `two_layer`: coarse gradient descent on both layers, and where it ends."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow as pa

from rvsjax.environment.jax_settings import random_key
from rvsjax.models.no_overlap import unit
from rvsjax.models.two_layer import TwoLayerTeacher
from rvsjax.simulation.two_layer import TwoLayerCurves, TwoLayerRun, descend, ending
from rvsjax.sweep.columns import (
    curves_table,
    identity,
    measured,
    named,
    parameters,
    status,
    vectors,
)
from rvsjax.sweep.differences import Difference, Tables, differences
from rvsjax.sweep.plan.plan import RunConfig
from rvsjax.sweep.study import Probe, Study, leaf
from rvsjax.types import Array, pytree, static

__all__ = ["STUDY"]

_NEAR = 1e-3
"""Radians, and shares of ``|v*|``, within which a run has ended at a minimum."""

_ENDINGS = ("global", "spurious", "elsewhere")


@pytree
class TwoLayerTrial:
    """A run as a sweep names it; `draw` gives the run itself."""

    seed: Array  # uint32
    spread: Array
    eta: Array
    k: int = static()
    d: int = static()
    surrogate: str = static()
    start: str = static()
    normalised: bool = static()
    steps: int = static()
    points: int = static()

    def draw(self) -> TwoLayerRun:
        """Draw ``v* ~ N(0, I_k)``, ``w*`` on the sphere, and a start.

        One seed gives one teacher, and one direction of the start away from each
        minimum, under every configuration of one k and d, in float64.
        """
        key = random_key(self.seed)
        of_v, of_w = jax.random.split(key)
        v_star, v_around = jax.random.normal(of_v, (2, self.k), jnp.float64)
        w_star, w_around = jax.random.normal(of_w, (2, self.d), jnp.float64)
        w_star = unit(w_star)
        teacher = TwoLayerTeacher(v_star, w_star)
        v, w = {
            "uniform": lambda: (v_around, unit(w_around)),
            "teacher": lambda: self._beside(v_star, w_star, v_around, w_around),
            "spurious": lambda: self._beside(
                teacher.spurious(), -w_star, v_around, w_around
            ),
        }[self.start]()
        dtype = self.eta.dtype
        cast = TwoLayerTeacher(v_star.astype(dtype), unit(w_star.astype(dtype)))
        return TwoLayerRun(
            teacher=cast,
            v=v.astype(dtype),
            w=w.astype(dtype),
            eta=self.eta,
            surrogate=self.surrogate,
            steps=self.steps,
            points=self.points,
            normalised=self.normalised,
        )

    def _beside(
        self, v: Array, w: Array, v_around: Array, w_around: Array
    ) -> tuple[Array, Array]:
        """Return weights at the distance `spread` in each layer; w of unit length."""
        return v + self.spread * unit(v_around), unit(w + self.spread * unit(w_around))


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
    ended: Array  # 0, 1, 2 in the order of `_ENDINGS`
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


@np.errstate(over="ignore")  # beyond float32: a run that diverges
def make_trial(item: RunConfig, points: int, kernel: str = "plain") -> TwoLayerTrial:
    """Turn the names and numbers of an item into a trial; there is the plain kernel."""
    given = item.parameters
    return TwoLayerTrial(
        seed=leaf("uint32", item.seed),
        spread=leaf("float64", given["spread"]),
        eta=leaf(given["dtype"], given["eta"]),
        k=given["k"],
        d=given["d"],
        surrogate=given["surrogate"],
        start=given["start"],
        normalised=given["normalisation"] == "sphere",
        steps=given["steps"],
        points=points,
    )


def tables(items: Sequence[RunConfig], record: TwoLayerRecord) -> dict[str, pa.Table]:
    """Return the tables `runs`, `curves` and `weights` of a block."""
    ids = identity(items)
    runs = (
        ids
        | status(record.stopped, record.measurements.first_bad_step)
        | parameters(items)
        | measured(record.measurements)
        | {"m_ended": named(record.ended, _ENDINGS)}
    )
    reached = np.isfinite(record.curves.theta + record.curves.loss)
    weights = {name: vectors(x) for name, x in record.weights.items()}
    return {
        "runs": pa.table(runs),
        "curves": curves_table(ids["run_id"], record.curves, reached),
        "weights": pa.table(ids | weights),
    }


class TwoLayerTolerance:
    """How far rounding may move a run: one unit a step, more where w came near 0.

    ``64 eps (d + k + steps) / min(1, min |w|)``, of numbers over 1 that share. Without
    bound where a step turned w over: that multiplies errors at each turn.
    """

    def __init__(self, trial: TwoLayerTrial, here: Tables) -> None:
        """Take the run and its tables."""
        [row] = here["runs"].to_pylist()
        eps = float(np.finfo(trial.eta.dtype).eps)
        shortest = min(1.0, row["m_length_min"] or 1.0)
        self.allowed = 64 * eps * (trial.d + trial.k + trial.steps) / shortest
        self.turned = bool(row["m_turns"])

    def differences(self, there: Tables, here: Tables) -> list[Difference]:
        """Return what differs by more than rounding."""
        return differences(there, here, self._alike)

    def _alike(self, table: str, column: str, there: Any, here: Any) -> bool:
        if there == here:
            return True
        given = column.startswith("p_")
        if self.turned and not given:
            return True
        if given or not (isinstance(there, float) and isinstance(here, float)):
            return False
        return abs(there - here) <= self.allowed * max(1, abs(there), abs(here))


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
    unkept=200,  # some measurements are over these points
)
