"""The hypotheses that the claims share. ``delta = pi - theta(w^0, w_star)``."""

import math

import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.simulate import NEVER, SETTLED, Outcome, Run
from rvsjax.types import Array

__all__ = [
    "completed",
    "converged",
    "delta",
    "limit_residual",
    "small_coupling",
    "small_penalty",
    "small_step",
]


def completed(outcome: Outcome) -> Array:
    """Every step gave a number and a direction."""
    return outcome.monitor.first_bad_step == NEVER


def delta(run: Run, outcome: Outcome) -> Array:
    """Return ``pi - theta(w^0, w_star)`` in radians."""
    return math.pi - run.teacher.theta(outcome.start.w)


def small_coupling(run: Run, outcome: Outcome) -> Array:
    """``beta <= K sin(delta)``, with ``sin(pi/2)`` where ``delta > pi/2`` (Lemma 5)."""
    largest = jnp.sin(jnp.minimum(delta(run, outcome), math.pi / 2))
    return completed(outcome) & (run.hyper.beta <= run.teacher.K * largest)


def small_step(run: Run, outcome: Outcome) -> Array:
    """``eta <= 1 / (beta + L)`` with ``L = K``, and ``1/|v| <= 2`` always (Lemma 6)."""
    largest = 1 / (run.hyper.beta + run.teacher.K)
    no_stretch = outcome.monitor.length_min >= 0.5
    return completed(outcome) & (run.hyper.eta <= largest) & no_stretch


def small_penalty(run: Run) -> Array:
    """``lam < K / sqrt(d)`` (Theorem 1)."""
    return run.hyper.lam < run.teacher.K / math.sqrt(run.start.size)


def limit_residual(run: Run, outcome: Outcome) -> Array:
    """Bound ``|w_star + (beta/K) u - c w|`` at the end of a run, for the best c.

    With ``x = w^T - w^{T-1}``, one step of Algorithm 1 is, exactly,
    ``w_star + b u^T = c w^T + (1/(eta K) - 1 - b) x``, where ``b = beta/K``; replacing
    u^T by ``prox(w^T)`` adds b times their distance. Both vanish in the limit. Includes
    the rounding of the last step.
    """
    hyper, K = run.hyper, run.teacher.K  # noqa: N806
    b = hyper.beta / K
    rounded = rounding.direction_error(K, hyper, outcome.monitor.length_min)
    still_moves = jnp.abs(1 / (hyper.eta * K) - 1 - b) * outcome.monitor.moved
    limit_u = run.algorithm.init(outcome.state.w, hyper, run.penalty).u
    u_moves = b * jnp.linalg.norm(limit_u - outcome.state.u)
    sums = rounding.angle_error(run.start.size, hyper) * (1 + b)
    return still_moves + u_moves + rounded / (hyper.eta * K) + sums


def converged(run: Run, outcome: Outcome) -> Array:
    """The last step moved w and u by less than `SETTLED`, in units of the limit."""
    settled = outcome.monitor.last_unsettled < run.steps
    return completed(outcome) & settled & (limit_residual(run, outcome) <= 2 * SETTLED)
