"""Lemma 6: descent of the Lagrangian, and its limit.

A run violates such a claim where one of its steps rises by more than the rounding of
that step, which the monitors note; other rises are undecided. One that rounding has
brought to a stop away from any limit shows no descent.
"""

import jax.numpy as jnp

from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence

__all__ = [
    "lemma_6_converges",
    "lemma_6_corrected",
    "lemma_6_stated",
]


def lemma_6_stated(evidence: Evidence) -> Check:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` for all t.

    Hypotheses: ``eta <= 1/(beta + L)`` with ``L = K``, ``C_t = 1/|v| <= 2`` for all t.
    Observed: the largest change of the Lagrangian over one step.
    Source: Lemma 6, as stated. The constants are reconstructed.
    """
    hypotheses = evidence.completed | evidence.small_step | evidence.no_stretch
    return evidence.check_monotone(hypotheses, evidence.seen.lagrangian)


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


def lemma_6_converges(evidence: Evidence) -> Check:
    """``L_beta(u^t, w^t)`` converges, to ``L_beta(u_bar, w_bar)``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: ``|L_beta(u^T, w^T) - L_beta(u_bar, w_bar)|``, with w_bar solved from
    equation (12) without the run. Where w and u move by e, the Lagrangian moves by at
    most ``(2 K + 5 beta) e``, as ``lam P' = beta (w - u)``.
    Source: Lemma 6, "converges"; derived.
    """
    run, seen = evidence.run, evidence.seen
    value = evidence.lagrangian_of_limit
    left = evidence.reach + seen.moved + evidence.direction_error
    bound = (2 * evidence.K + 5 * run.hyper.beta) * left
    observed = jnp.abs(seen.lagrangian.value - value)
    rounded = evidence.lagrangian_step_error
    return evidence.check_limit(observed, bound + rounded)
