"""The limit of a run: Theorem 1 and the identities (12) and (13).

``w_bar`` is the last iterate w^T of a run that has converged and ``u_bar`` its prox. The
identities are equalities, so their bound is how far a run of finite length and finite
precision may be from them (`hypotheses.limit_residual`), and nothing is undecided.
"""

import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.simulate import Outcome, Run
from rvsjax.teacher import unit
from rvsjax.theory import hypotheses
from rvsjax.theory.check import Check
from rvsjax.types import Array

__all__ = ["equation_12", "identity_13", "theorem_1_i"]


def _hypotheses(run: Run, outcome: Outcome) -> Array:
    return (
        hypotheses.small_coupling(run, outcome)
        & hypotheses.small_step(run, outcome)
        & hypotheses.small_penalty(run)
        & hypotheses.converged(run, outcome)
    )


def _limit(run: Run, outcome: Outcome) -> tuple[Array, Array]:
    """Return ``w_bar`` and ``u_bar = prox(w_bar)``."""
    return run.algorithm.init(outcome.state.w, run.hyper, run.penalty)


def theorem_1_i(run: Run, outcome: Outcome) -> Check:
    """Theorem 1 (i): ``theta(w_bar, w_star) < delta``.

    Hypotheses of Theorem 1, and a run that has converged. Observed: the last angle,
    radians; the allowance is its rounding and its distance to the limit.
    """
    reach = 2 * hypotheses.limit_residual(run, outcome)
    return Check(
        _hypotheses(run, outcome),
        outcome.monitor.theta,
        hypotheses.delta(run, outcome),
        reach + rounding.angle_error(run.start.size, run.hyper),
    )


def equation_12(run: Run, outcome: Outcome) -> Check:
    """Theorem 1 (ii), eq. (12): ``w_bar = C' (w_star + (beta/K) u_bar)``.

    ``C' = 1 / |w_star + (beta/K) u_bar|``; hypotheses of Theorem 1, and a run that has
    converged. Observed: the distance of the two sides.
    """
    w, u = _limit(run, outcome)
    target = run.teacher.w_star + run.hyper.beta / run.teacher.K * u
    observed = jnp.linalg.norm(w - unit(target))
    residual = hypotheses.limit_residual(run, outcome)
    return Check(
        _hypotheses(run, outcome),
        observed,
        2 * residual / jnp.linalg.norm(target),
        jnp.zeros_like(observed),
    )


def identity_13(run: Run, outcome: Outcome) -> Check:
    """Theorem 1 (iii), eq. (13) as an identity: ``sin theta = (beta/K) |u| sin gamma``.

    gamma is the angle of ``w_bar`` and ``u_bar``; both sides are 0 where ``u_bar = 0``.
    Hypotheses of Theorem 1, and a run that has converged. Observed: the difference.
    """
    w, u = _limit(run, outcome)
    across = jnp.linalg.norm(u - jnp.dot(u, w) * w)  # |u| sin gamma
    sine = jnp.sin(outcome.monitor.theta)
    observed = jnp.abs(sine - run.hyper.beta / run.teacher.K * across)
    return Check(
        _hypotheses(run, outcome),
        observed,
        hypotheses.limit_residual(run, outcome),
        jnp.zeros_like(observed),
    )
