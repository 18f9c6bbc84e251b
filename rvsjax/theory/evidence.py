"""What the claims share: a run, its outcome, the hypotheses and the limit."""

import math
from functools import cached_property

import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.simulate import NEVER, SETTLED, Monitor, Outcome, Run
from rvsjax.types import Array, State

__all__ = ["Evidence"]


class Evidence:
    """A run and its outcome, with what several claims ask of them, computed once."""

    def __init__(self, run: Run, outcome: Outcome) -> None:
        """Take the run as it was asked and as it ended."""
        self.run = run
        self.outcome = outcome
        self.d = run.start.size
        self.K = run.teacher.K
        self.b = run.hyper.beta / self.K

    @property
    def seen(self) -> Monitor:
        """What the monitors saw."""
        return self.outcome.monitor

    # -- hypotheses --------------------------------------------------------------------

    @cached_property
    def completed(self) -> Array:
        """Every step gave a number and a direction."""
        return self.seen.first_bad_step == NEVER

    @cached_property
    def delta(self) -> Array:
        """``pi - theta(w^0, w_star)`` in radians."""
        return math.pi - self.run.teacher.theta(self.outcome.start.w)

    @cached_property
    def small_coupling(self) -> Array:
        """``beta <= K sin(delta)``, ``sin(pi/2)`` where ``delta > pi/2`` (Lemma 5)."""
        largest = self.K * jnp.sin(jnp.minimum(self.delta, math.pi / 2))
        return self.completed & (self.run.hyper.beta <= largest)

    @cached_property
    def small_step(self) -> Array:
        """``eta <= 1/(beta + L)`` with ``L = K``; ``1/|v| <= 2`` always (Lemma 6)."""
        largest = 1 / (self.run.hyper.beta + self.K)
        no_stretch = self.seen.length_min >= 0.5
        return self.completed & (self.run.hyper.eta <= largest) & no_stretch

    @cached_property
    def small_penalty(self) -> Array:
        """``lam < K / sqrt(d)`` (Theorem 1)."""
        return self.run.hyper.lam < self.K / math.sqrt(self.d)

    @cached_property
    def theorem_1(self) -> Array:
        """The hypotheses of Theorem 1, and a run that has converged."""
        hypotheses = self.small_coupling & self.small_step & self.small_penalty
        return hypotheses & self.converged

    # -- rounding ----------------------------------------------------------------------

    @cached_property
    def angle_step_error(self) -> Array:
        """What rounding can do to the change of theta over any step of the run."""
        hyper, shortest = self.run.hyper, self.seen.length_min
        return rounding.angle_step_error(self.d, self.K, hyper, shortest)

    @cached_property
    def direction_error(self) -> Array:
        """What rounding can do to the direction of w in any step of the run."""
        return rounding.direction_error(self.K, self.run.hyper, self.seen.length_min)

    # -- the limit ---------------------------------------------------------------------

    @cached_property
    def limit(self) -> State:
        """``w_bar``, the last iterate, and ``u_bar = prox(w_bar)``."""
        run = self.run
        return run.algorithm.init(self.outcome.state.w, run.hyper, run.penalty)

    @cached_property
    def residual(self) -> Array:
        """A bound on ``|w_star + (beta/K) u_bar - c w_bar|`` for the best c.

        With ``x = w^T - w^{T-1}``, one step of Algorithm 1 is, exactly,
        ``w_star + b u^T = c w^T + (1/(eta K) - 1 - b) x``, where ``b = beta/K``;
        replacing u^T by u_bar adds b times their distance. Both vanish in the limit.
        Includes the rounding of the last step.
        """
        eta = self.run.hyper.eta
        still_moves = jnp.abs(1 / (eta * self.K) - 1 - self.b) * self.seen.moved
        u_moves = self.b * jnp.linalg.norm(self.limit.u - self.outcome.state.u)
        sums = rounding.angle_error(self.d, self.run.hyper) * (1 + self.b)
        return still_moves + u_moves + self.direction_error / (eta * self.K) + sums

    @cached_property
    def converged(self) -> Array:
        """The last step moved w and u by less than `SETTLED`, in units of the limit."""
        settled = self.seen.last_unsettled < self.run.steps
        return self.completed & settled & (self.residual <= 2 * SETTLED)
