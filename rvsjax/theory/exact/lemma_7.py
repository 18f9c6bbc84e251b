"""Lemma 7: the limit solves equation (12)."""

from rvsjax.theory.exact.arithmetic import distance, real
from rvsjax.theory.exact.case import Judgement, about_limit
from rvsjax.theory.exact.hypotheses import THEOREM_1, hold
from rvsjax.theory.exact.replay import ExactRun

__all__ = [
    "lemma_7",
]


def lemma_7(run: ExactRun) -> Judgement:
    """``|w^T - w_bar|`` is what the last step leaves open, for w_bar of equation 12."""
    limit = run.limit
    observed = real(distance(run.last.w, limit.w))
    return about_limit(hold(run, *THEOREM_1), observed, limit.reach)
