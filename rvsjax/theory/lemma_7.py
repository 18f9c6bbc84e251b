"""Lemma 7: the limit solves equation (12)."""

import jax.numpy as jnp

from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence

__all__ = [
    "lemma_7",
]


def lemma_7(evidence: Evidence) -> Check:
    """The iterates converge to a solution of equation (12).

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: ``|w^T - w_bar|``, with w_bar solved from equation (12) without the run.
    The bound is how far the last step can have left it, ``r / (c - b max prox')``.
    Source: Lemma 7; derived again.
    """
    observed = jnp.linalg.norm(evidence.w - evidence.limit.w)
    bound = evidence.reach + evidence.sums
    return evidence.check_limit(observed, bound)
