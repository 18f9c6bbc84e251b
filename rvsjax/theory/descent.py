"""Descent of the angle and of the Lagrangian: Lemmas 5 and 6."""

import math

import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence

__all__ = ["lemma_5_proved", "lemma_5_stated", "lemma_6_stated"]


def lemma_5_stated(evidence: Evidence) -> Check:
    """Lemma 5, as stated: ``theta_{t+1} <= theta_t`` for all t.

    Hypotheses: ``theta_0 <= pi - delta`` (delta is defined by equality) and
    ``beta <= K sin(delta)``. Observed: the largest change of theta over one step,
    radians. Stated in the paper; the constant K is reconstructed.
    """
    observed = evidence.seen.theta_max_increase
    return Check(
        evidence.small_coupling,
        observed,
        jnp.zeros_like(observed),
        evidence.angle_step_error,
    )


def lemma_5_proved(evidence: Evidence) -> Check:
    """Lemma 5, as proved: ``theta_t <= pi - delta`` for all t.

    Hypotheses as stated. Where ``delta > pi/2`` the hypothesis reads ``sin(pi/2)``, so
    the conclusion is that of ``delta = pi/2``. Observed: the largest theta of the run,
    radians. The allowance lets the rounding of all steps add up. No bound on eta is
    among the hypotheses, though far above ``1/(beta + K)`` a run does leave the cap.
    """
    measured = 2 * rounding.angle_error(evidence.d, evidence.run.hyper)
    return Check(
        evidence.small_coupling,
        evidence.seen.theta_max,
        math.pi - jnp.minimum(evidence.delta, math.pi / 2),
        measured + evidence.run.steps * evidence.direction_error,
    )


def lemma_6_stated(evidence: Evidence) -> Check:
    """Lemma 6, as stated: the Lagrangian never increases.

    ``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` for all t. Hypotheses:
    ``eta <= 1/(beta + L)`` and ``C_t = 1/|v| <= 2`` for all t. Observed: the largest
    change over one step. Stated in the paper; the constants are reconstructed.
    """
    observed = evidence.seen.lagrangian_max_increase
    return Check(
        evidence.small_step,
        observed,
        jnp.zeros_like(observed),
        rounding.lagrangian_step_error(
            evidence.d, evidence.K, evidence.run.hyper, evidence.seen.length_min
        ),
    )
