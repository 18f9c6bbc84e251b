"""Theorem 1: descent, convergence, and the angle of the limit.

The last iterate w^T of a run that has converged stands for ``w_bar``, its prox for
``u_bar``. `rvsjax.theory.attraction` proves that there is a limit, and how far it can
be: `Evidence.residual` bounds what an equation leaves open at w^T, `Evidence.reach` the
distance to ``w_bar``, which moves both sides of an inequality. The equations of
Theorem 1 (ii) and (iii) are in `rvsjax.theory.equations_12_13`.
"""

import jax.numpy as jnp

from rvsjax.simulation import rounding
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence
from rvsjax.types import Array

__all__ = [
    "theorem_1_angle",
    "theorem_1_converges",
    "theorem_1_global",
    "theorem_1_i",
    "theorem_1_i_strong",
    "theorem_1_lagrangian",
    "theorem_1_prox",
]


def theorem_1_angle(evidence: Evidence) -> Check:
    """``theta_{t+1} <= theta_t`` for all t, within all of Theorem 1.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2`` at
    every step, ``lam < K/sqrt(d)``; the run need not have converged.
    Observed: the largest change of theta over one step, radians.
    Source: Theorem 1, by way of Lemma 5; the constants are reconstructed.
    """
    return evidence.check_monotone(evidence.within_theorem_1, evidence.seen.theta)


def theorem_1_lagrangian(evidence: Evidence) -> Check:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)``, within all of Theorem 1.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2`` at
    every step, ``lam < K/sqrt(d)``; the run need not have converged.
    Observed: the largest change of the Lagrangian over one step.
    Source: Theorem 1, by way of Lemma 6; the constants are reconstructed.
    """
    return evidence.check_monotone(evidence.within_theorem_1, evidence.seen.lagrangian)


def theorem_1_converges(evidence: Evidence) -> Check:
    """The iterates ``(u^t, w^t)`` converge.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2`` at
    every step, ``lam < K/sqrt(d)``.
    Observed: a bound on ``|w^T - w_bar|``, proved by the last step: around w^T the step
    contracts. Null and undecided where it proves nothing: a run of finite length can
    show that it converges, not that it does not.
    Source: Theorem 1; the proof is that of `rvsjax.theory.attraction`.
    """
    reach = evidence.reach
    return evidence.check(evidence.within_theorem_1, reach, 2, jnp.inf)


def theorem_1_prox(evidence: Evidence) -> Check:
    """``u^t -> u_bar = prox(w_bar)``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: ``|u^T - prox(w_bar)|``, with w_bar solved from equation (12) without the
    run. The bound is what ``|w^{T-1} - w_bar|`` leaves open, times the slope of the
    prox.
    Source: Theorem 1 (ii); derived.
    """
    observed = jnp.linalg.norm(evidence.outcome.state.u - evidence.limit.u)
    left = evidence.reach + evidence.seen.moved + evidence.direction_error
    bound = evidence.slope * left + evidence.sums
    return evidence.check_limit(observed, bound)


def theorem_1_global(evidence: Evidence) -> Check:
    """The limit is a global one: no other start ends elsewhere.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: in how many coordinates other limits that attract differ; a start at one
    of them has the same hypotheses, and stays there. Undecided where not all were
    looked for.
    Source: Theorem 1 and the abstract, "global limit"; reconstructed.
    """
    others = jnp.sum(evidence.limit.free, dtype=jnp.int32)
    check = evidence.check(evidence.theorem_1, others, 0, 0)
    searched = check.shows_success & evidence.limit.unique
    return check._replace(shows_success=searched)


def theorem_1_i(evidence: Evidence) -> Check:
    """``theta(w_bar, w_star) < delta``.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2``,
    ``lam < K/sqrt(d)``, and a run that has converged.
    Observed: the last angle, radians; the allowance is its rounding and its distance to
    the limit.
    Source: Theorem 1 (i); the constants are reconstructed.
    """
    return _last_angle(evidence, evidence.delta)


def theorem_1_i_strong(evidence: Evidence) -> Check:
    """``theta(w_bar, w_star) < arcsin(beta/K)``.

    The smallest delta that the hypotheses allow: ``beta = K sin(delta)``.
    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the last angle, radians; the allowance is its rounding and its distance to
    the limit.
    Source: Theorem 1 (i) with its strongest delta; the constants are reconstructed.
    """
    return _last_angle(evidence, jnp.arcsin(jnp.minimum(evidence.b, 1)))


def _last_angle(evidence: Evidence, bound: Array) -> Check:
    rounded = rounding.angle_error(evidence.d, evidence.run.hyper)
    allowance = 2 * evidence.reach + rounded
    theta = evidence.seen.theta.value
    return evidence.check(evidence.theorem_1, theta, bound, allowance)
