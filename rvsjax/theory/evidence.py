"""What the claims share: a run, its outcome, the hypotheses and the limit."""

import math
from functools import cached_property

import jax
import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.algorithms import ALGORITHMS, COMPENSATED
from rvsjax.gradients import Population
from rvsjax.lagrangian import Run
from rvsjax.limit import Limit, limit_point
from rvsjax.measure import largest_allowed
from rvsjax.monitor import NEVER, SETTLED, Monitor
from rvsjax.penalties import L1, NoPenalty
from rvsjax.simulate import Outcome
from rvsjax.types import Array, Hyper

__all__ = ["Evidence", "Hypotheses"]

Hypotheses = dict[str, Array]

_ALGORITHM_1 = (ALGORITHMS["rvscgd"], COMPENSATED["rvscgd"], ALGORITHMS["cgd"])


class Evidence:
    """A run and its outcome, with what several claims ask of them, computed once."""

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
        """What the monitors saw."""
        return self.outcome.monitor

    @cached_property
    def delta(self) -> Array:
        """``pi - theta(w^0, w_star)`` in radians."""
        return math.pi - self.run.teacher.theta(self.run.start)

    @cached_property
    def allowed(self) -> Hyper:
        """The largest ``lam, beta, eta`` that the theorem speaks of."""
        return largest_allowed(self.run)

    # -- hypotheses --------------------------------------------------------------------

    @cached_property
    def completed(self) -> Hypotheses:
        """The claims speak of the run: every step is one of Algorithm 1, to its end."""
        stated = (
            self.run.algorithm in _ALGORITHM_1 and self.run.gradient == Population()
        )
        return {
            "every step has a direction": self.seen.first_bad_step == NEVER,
            "Algorithm 1 with the expected gradient": self._constant(stated),
        }

    @cached_property
    def small_coupling(self) -> Hypotheses:
        """``beta <= K sin(delta)``, ``sin(pi/2)`` where ``delta > pi/2`` (Lemma 5)."""
        allowed = self.run.hyper.beta <= self.allowed.beta
        return {"beta <= K sin(min(delta, pi/2))": allowed}

    @cached_property
    def small_step(self) -> Hypotheses:
        """``eta <= 1/(beta + L)`` with ``L = K`` (Lemma 6)."""
        allowed = self.run.hyper.eta <= self.allowed.eta
        return {"eta <= 1/(beta + K)": allowed}

    @cached_property
    def no_stretch(self) -> Hypotheses:
        """``C_t = 1/|v| <= 2`` for all t (Lemma 6)."""
        return {"|v| >= 1/2 at every step": self.seen.length_min >= 0.5}

    @cached_property
    def small_penalty(self) -> Hypotheses:
        """``lam < K / sqrt(d)`` (Theorem 1)."""
        allowed = self.run.hyper.lam < self.allowed.lam
        return {"lam < K/sqrt(d)": allowed}

    @cached_property
    def converged(self) -> Hypotheses:
        """The last step moved w and u by less than `SETTLED`, in units of the limit."""
        settled = self.seen.last_unsettled < self.run.steps
        return {
            "the run has converged": settled & (self.residual <= 2 * SETTLED),
            **self.completed,
        }

    @cached_property
    def is_l1(self) -> Hypotheses:
        """The penalty is l1."""
        return {"the penalty is l1": self._constant(isinstance(self.run.penalty, L1))}

    @cached_property
    def is_thresholded(self) -> Hypotheses:
        """The penalty is one of Corollary 1.1: neither l1 nor none."""
        other = not isinstance(self.run.penalty, L1 | NoPenalty)
        return {"the penalty is l0 or transformed-l1": self._constant(other)}

    @cached_property
    def theorem_1(self) -> Hypotheses:
        """The hypotheses of Theorem 1, and a run that has converged."""
        return (
            self.small_coupling
            | self.small_step
            | self.no_stretch
            | self.small_penalty
            | self.converged
        )

    def _constant(self, truth: bool) -> Array:
        return jnp.full_like(self.seen.degenerate, truth)

    # -- rounding ----------------------------------------------------------------------

    @cached_property
    def angle_step_error(self) -> Array:
        """What rounding can do to the change of theta over any step of the run."""
        hyper, shortest = self.run.hyper, self.seen.length_min
        return rounding.angle_step_error(self.d, self.K, hyper, shortest)

    @cached_property
    def lagrangian_step_error(self) -> Array:
        """What rounding can do to the change of the Lagrangian over any step."""
        hyper, shortest = self.run.hyper, self.seen.length_min
        return rounding.lagrangian_step_error(self.d, self.K, hyper, shortest)

    @cached_property
    def direction_error(self) -> Array:
        """What rounding can do to the direction of w in any step of the run."""
        return rounding.direction_error(self.K, self.run.hyper, self.seen.length_min)

    # -- the last iterate, taken for the limit -----------------------------------------

    @cached_property
    def w(self) -> Array:
        """``w^T``, which stands for ``w_bar`` where the run has converged."""
        return self.outcome.state.w

    @cached_property
    def u(self) -> Array:
        """``prox(w^T)``, which stands for ``u_bar``."""
        return self.run.algorithm.init(self.w, self.run.hyper, self.run.penalty).u

    @cached_property
    def target(self) -> Array:
        """``w_star + b u``, which is ``c w_bar`` in the limit, equation (12)."""
        return self.run.teacher.w_star + self.b * self.u

    @cached_property
    def c(self) -> Array:
        """``|w_star + b u|``."""
        return jnp.linalg.norm(self.target)

    @cached_property
    def C(self) -> Array:  # noqa: N802 (the paper's constant)
        """``C = 1/(c - b)`` of equation (12); infinite unless it is positive."""
        gap = self.c - self.b
        return jnp.where(gap > 0, 1 / gap, jnp.inf)

    @cached_property
    def across(self) -> Array:
        """``|u| sin(gamma)``."""
        along = jnp.sum(self.u * self.w)
        return jnp.linalg.norm(self.u - along * self.w)

    @cached_property
    def threshold(self) -> Array:
        """Where the prox begins."""
        return self.run.penalty.threshold(self.run.hyper.m)

    @cached_property
    def slope(self) -> Array:
        """``prox'(w_j)``, coordinate by coordinate."""

        def prox(x: Array) -> Array:
            return self.run.penalty.prox(x, self.run.hyper.m)

        return jax.jvp(prox, (self.w,), (jnp.ones_like(self.w),))[1]

    @cached_property
    def residual(self) -> Array:
        """A bound on ``|w_star + (beta/K) u - c w|`` for the best c: what is left open.

        With ``x = w^T - w^{T-1}``, one step of Algorithm 1 is, exactly,
        ``w_star + b u^T = c w^T + (1/(eta K) - 1 - b) x``, where ``b = beta/K``;
        replacing u^T by prox(w^T) adds b times their distance, as far as the last move
        explains it: another u is not the run's. Both vanish in the limit. Includes the
        rounding of the last step.
        """
        eta = self.run.hyper.eta
        still_moves = jnp.abs(1 / (eta * self.K) - 1 - self.b) * self.seen.moved
        sums = rounding.angle_error(self.d, self.run.hyper) * (1 + self.b)
        rounded = self.direction_error / (eta * self.K) + sums
        return still_moves + self.b * self._u_moves + rounded

    @cached_property
    def _u_moves(self) -> Array:
        """``|prox(w^T) - u^T|``, as far as w^T and w^{T-1} are apart."""
        reach = 2 * (self.seen.moved + self.direction_error)
        apart = jnp.abs(self.u - self.outcome.state.u)
        jumps = jnp.abs(jnp.abs(self.w) - self.threshold) <= reach
        explained = jnp.where(jumps, apart, jnp.minimum(apart, self.slope * reach))
        return jnp.linalg.norm(explained)

    @cached_property
    def pull(self) -> Array:
        """``c - b max_j prox'(w_j)``: the limit attracts where this is positive.

        From ``c w_bar = w_star + b prox(w_bar)`` and the same for w with the residual r
        follows ``|w - w_bar| <= r / pull``, up to second order, on one support.
        """
        return self.c - self.b * jnp.max(self.slope)
