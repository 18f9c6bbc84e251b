"""A run and its outcome, with the numbers and the rounding that claims ask of them."""

import math
from functools import cached_property

import jax
import jax.numpy as jnp

from rvsjax.models.no_overlap import angle, unit
from rvsjax.simulation import rounding
from rvsjax.simulation.limit import Limit, limit_point
from rvsjax.simulation.monitor import Monitor
from rvsjax.simulation.run import Run
from rvsjax.simulation.simulate import Outcome
from rvsjax.theory.attraction import widest
from rvsjax.types import Array, Hyper

__all__ = ["RunEvidence"]


class RunEvidence:
    """A run, its outcome and its limit; every property is computed once."""

    def __init__(self, run: Run, outcome: Outcome, limit: Limit | None = None) -> None:
        """Take the run as it was asked and as it ended, and its limit if known."""
        self.run = run
        self.outcome = outcome
        self.limit = limit_point(run, outcome.state.w) if limit is None else limit
        self.d = run.start.size
        self.K = run.teacher.K
        self.b = run.hyper.beta / self.K

    @property
    def seen(self) -> Monitor:
        """The monitors at the end of the run."""
        return self.outcome.monitor

    @cached_property
    def theta_0(self) -> Array:
        """``theta(w^0, w_star)`` in radians, as every step of the run measures it."""
        return self.run.teacher.theta(self.run.start)

    @cached_property
    def delta(self) -> Array:
        """``pi - theta(w^0, w_star)`` in radians, in the widest precision."""
        start, w_star = self.run.start, self.run.teacher.w_star
        return math.pi - angle(*(unit(x.astype(widest())) for x in (start, w_star)))

    @cached_property
    def exact(self) -> Hyper:
        """The hyperparameters in the widest precision, where they are the same."""
        return jax.tree.map(lambda x: x.astype(widest()), self.run.hyper)

    @cached_property
    def _ulp(self) -> float:
        return float(jnp.finfo(widest()).eps)

    @cached_property
    def angle_step_error(self) -> Array:
        """A bound on rounding in the change of theta over any step of the run."""
        hyper, shortest = self.run.hyper, self.seen.length_min
        return rounding.angle_step_error(self.d, self.K, hyper, shortest)

    @cached_property
    def lagrangian_step_error(self) -> Array:
        """A bound on rounding in the change of the Lagrangian over any step."""
        hyper, shortest = self.run.hyper, self.seen.length_min
        return rounding.lagrangian_step_error(self.d, self.K, hyper, shortest)

    @cached_property
    def direction_error(self) -> Array:
        """A bound on rounding in the direction of w in any step of the run."""
        return rounding.direction_error(self.K, self.run.hyper, self.seen.length_min)
