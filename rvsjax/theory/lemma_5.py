"""Lemma 5: descent of the angle.

A run violates such a claim where one of its steps rises by more than the rounding of
that step, which the monitors note; other rises are undecided. One that rounding has
brought to a stop away from any limit shows no descent.
"""

import math

import jax.numpy as jnp

from rvsjax.simulation import rounding
from rvsjax.theory.caps import check_cap
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence

__all__ = [
    "lemma_5_corrected",
    "lemma_5_proved",
    "lemma_5_stated",
]


def lemma_5_stated(evidence: Evidence) -> Check:
    """``theta_{t+1} <= theta_t`` for all t.

    Hypotheses: ``theta_0 <= pi - delta`` (delta is defined by equality) and
    ``beta <= K sin(delta)``; for ``delta > pi/2``, ``sin(pi/2)``.
    Observed: the largest change of theta over one step, radians.
    Source: Lemma 5, as stated. The constant K is reconstructed.
    """
    hypotheses = evidence.completed | evidence.small_coupling
    return evidence.check_monotone(hypotheses, evidence.seen.theta)


def lemma_5_proved(evidence: Evidence) -> Check:
    """``theta_t <= pi - delta`` for all t.

    Hypotheses: as stated. Where ``delta > pi/2`` the hypothesis reads ``sin(pi/2)``, so
    the conclusion is that of ``delta = pi/2``. No bound on eta is among them, though
    far above ``1/(beta + K)`` a run does leave the cap.
    Observed: the largest theta of the run, radians. The allowance is its rounding and
    the drift of the run from the exact one.
    Source: Lemma 5, what its proof shows; derived again.
    """
    hypotheses = evidence.completed | evidence.small_coupling
    return check_cap(evidence, hypotheses, math.pi / 2)


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
