"""Descent of the angle and of the Lagrangian: Lemmas 5 and 6, and Theorem 1's descent.

A run violates such a claim where one of its steps rises by more than the rounding of
that step, which the monitors note; other rises are undecided. One that rounding has
brought to a stop away from any limit shows no descent.
"""

import math

import jax.numpy as jnp

from rvsjax.simulation import rounding
from rvsjax.simulation.monitor import NEVER, Monotone
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence, Hypotheses

__all__ = [
    "lemma_5_corrected",
    "lemma_5_proved",
    "lemma_5_stated",
    "lemma_6_corrected",
    "lemma_6_stated",
    "theorem_1_angle",
    "theorem_1_lagrangian",
]


def lemma_5_stated(evidence: Evidence) -> Check:
    """``theta_{t+1} <= theta_t`` for all t.

    Hypotheses: ``theta_0 <= pi - delta`` (delta is defined by equality) and
    ``beta <= K sin(delta)``; for ``delta > pi/2``, ``sin(pi/2)``.
    Observed: the largest change of theta over one step, radians.
    Source: Lemma 5, as stated. The constant K is reconstructed.
    """
    hypotheses = evidence.completed | evidence.small_coupling
    return _never_rises(evidence, hypotheses, evidence.seen.theta)


def lemma_5_proved(evidence: Evidence) -> Check:
    """``theta_t <= pi - delta`` for all t.

    Hypotheses: as stated. Where ``delta > pi/2`` the hypothesis reads ``sin(pi/2)``, so
    the conclusion is that of ``delta = pi/2``. No bound on eta is among them, though
    far above ``1/(beta + K)`` a run does leave the cap.
    Observed: the largest theta of the run, radians. The allowance is its rounding and
    the drift of the run from the exact one.
    Source: Lemma 5, what its proof shows; derived again.
    """
    measured = 2 * rounding.angle_error(evidence.d, evidence.run.hyper)
    return evidence.check(
        evidence.completed | evidence.small_coupling,
        evidence.seen.theta_max,
        jnp.maximum(evidence.theta_0, math.pi / 2),
        measured + 2 * evidence.seen.drift_max,
        evidence.shows_course,
    )


def lemma_5_corrected(evidence: Evidence) -> Check:
    """``theta_{t+1} <= theta_t`` if ``sin theta_t >= (beta/K) |u^{t+1}| sin gamma_t``.

    gamma_t is the angle of w^t and u^{t+1}; at the limit both sides are equal.
    Hypotheses: such a step, and ``eta <= 1/(beta + K)``, which is sharp: at 1.05 times
    that, 1 in 3,000 random steps at the boundary turned away.
    Observed: the largest change of theta over one such step, radians. The allowance has
    the rounding of the condition itself as well, times ``eta K``.
    Source: Lemma 5, corrected; derived. With ``v = A w + eta K z``, z the tangential
    part of ``w_star + b u``, the condition gives ``|z|^2 <= 2 <z, w_star>``, and
    ``A >= eta K cos(theta)`` for such an eta.
    """
    observed = evidence.seen.theta.max_increase_covered
    condition = rounding.angle_error(evidence.d, evidence.run.hyper) * (1 + evidence.b)
    label = "a step with sin(theta) >= (beta/K) |u| sin(gamma)"
    return evidence.check(
        evidence.completed | evidence.small_step | {label: observed > -jnp.inf},
        observed,
        jnp.zeros_like(observed),
        evidence.angle_step_error
        + evidence.run.hyper.eta * evidence.K * condition / evidence.seen.length_min,
        evidence.shows_rises,
    )


def lemma_6_stated(evidence: Evidence) -> Check:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` for all t.

    Hypotheses: ``eta <= 1/(beta + L)`` with ``L = K``, ``C_t = 1/|v| <= 2`` for all t.
    Observed: the largest change of the Lagrangian over one step.
    Source: Lemma 6, as stated. The constants are reconstructed.
    """
    hypotheses = evidence.completed | evidence.small_step | evidence.no_stretch
    return _never_rises(evidence, hypotheses, evidence.seen.lagrangian)


def lemma_6_corrected(evidence: Evidence) -> Check:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` if ``theta_{t+1} <= theta_t``.

    Hypotheses: such a step, with ``eta <= (1 + |v|)/(beta + K)``.
    Observed: the largest change of the Lagrangian over one such step. A fall of theta
    that is rounding alone is within the allowance, as f has the slope K.
    Source: Lemma 6, corrected; derived: its proof needs Lemma 4, hence a falling angle.
    """
    observed = evidence.seen.lagrangian.max_increase_covered
    label = "a step with theta_{t+1} <= theta_t and eta <= (1 + |v|)/(beta + K)"
    return evidence.check(
        evidence.completed | {label: observed > -jnp.inf},
        observed,
        jnp.zeros_like(observed),
        evidence.lagrangian_step_error,
        evidence.shows_rises,
    )


def theorem_1_angle(evidence: Evidence) -> Check:
    """``theta_{t+1} <= theta_t`` for all t, within all of Theorem 1.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2`` at
    every step, ``lam < K/sqrt(d)``; the run need not have converged.
    Observed: the largest change of theta over one step, radians.
    Source: Theorem 1, by way of Lemma 5; the constants are reconstructed.
    """
    return _never_rises(evidence, evidence.within_theorem_1, evidence.seen.theta)


def theorem_1_lagrangian(evidence: Evidence) -> Check:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)``, within all of Theorem 1.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2`` at
    every step, ``lam < K/sqrt(d)``; the run need not have converged.
    Observed: the largest change of the Lagrangian over one step.
    Source: Theorem 1, by way of Lemma 6; the constants are reconstructed.
    """
    return _never_rises(evidence, evidence.within_theorem_1, evidence.seen.lagrangian)


def _never_rises(evidence: Evidence, hypotheses: Hypotheses, seen: Monotone) -> Check:
    """Return the check of a value that no step raises by more than its own rounding."""
    allowance = jnp.where(seen.first_increase == NEVER, jnp.inf, 0)
    return evidence.check(
        hypotheses, seen.max_increase, 0, allowance, evidence.shows_rises
    )
