"""Corollary 1.1: equation (12) for penalties with a threshold other than that of l1."""

from rvsjax.theory.exact.arithmetic import inverse
from rvsjax.theory.exact.case import Judgement, about_limit
from rvsjax.theory.exact.hypotheses import (
    BASE,
    IS_NOT_L1,
    SMALL_PENALTY,
    SMALL_THRESHOLD,
    hold,
)
from rvsjax.theory.exact.replay import ExactRun

__all__ = [
    "corollary_1_1",
    "corollary_1_1_stated",
]


def corollary_1_1(run: ExactRun) -> Judgement:
    """``C <= 1/(1 - b t sqrt(d))`` for l0 and transformed l1, t the threshold."""
    limit, bound = run.limit, inverse(1 - run.b * run.penalty.threshold * run.root_d)
    hypotheses = hold(run, *BASE, SMALL_THRESHOLD, IS_NOT_L1)
    return about_limit(hypotheses, limit.C, bound, run.limit.error)


def corollary_1_1_stated(run: ExactRun) -> Judgement:
    """``C <= 1/(1 - lam sqrt(d)/K)`` for l0 and transformed l1."""
    limit, bound = run.limit, inverse(1 - run.lam * run.root_d / run.K)
    hypotheses = hold(run, *BASE, SMALL_PENALTY, IS_NOT_L1)
    return about_limit(hypotheses, limit.C, bound, run.limit.error)
