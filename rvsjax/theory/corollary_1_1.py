"""Corollary 1.1: equation (12) for penalties with a threshold other than that of l1."""

from rvsjax.theory.check import Check
from rvsjax.theory.equations_12_13 import check_constant
from rvsjax.theory.evidence import Evidence

__all__ = [
    "corollary_1_1",
    "corollary_1_1_stated",
]


def corollary_1_1(evidence: Evidence) -> Check:
    """Equation (12) for l0 and transformed l1: ``0 < C <= 1/(1 - (beta/K) t sqrt(d))``.

    t is the threshold of the penalty, ``lam/beta`` for l1.
    Hypotheses: those of Theorem 1 with ``beta t sqrt(d) < K`` in place of its bound on
    lam, a run that has converged, the penalty is l0 or transformed l1.
    Observed: C, infinite unless it is positive.
    Source: Corollary 1.1, "the same with their thresholds"; reconstructed, from
    ``|w_bar - u_bar| <= t sqrt(d)``.
    """
    hypotheses = (
        evidence.small_coupling
        | evidence.small_step
        | evidence.no_stretch
        | evidence.small_threshold
        | evidence.converged
        | evidence.is_thresholded
    )
    return check_constant(evidence, hypotheses, evidence.threshold_shift)


def corollary_1_1_stated(evidence: Evidence) -> Check:
    """Theorem 1 word by word for l0 and transformed l1: ``C <= 1/(1 - lam sqrt(d)/K)``.

    Hypotheses: those of Theorem 1 with its bound on lam, a run that has converged, the
    penalty is l0 or transformed l1.
    Observed: C, infinite unless it is positive.
    Source: Corollary 1.1, read as "the same bound"; reconstructed.
    """
    hypotheses = evidence.theorem_1 | evidence.is_thresholded
    return check_constant(evidence, hypotheses, evidence.lam_shift)
