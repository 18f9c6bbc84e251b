"""Bounds on the limit beside those of Theorem 1: l1, any coupling, and Remark 1."""

from mpmath import mpf

from rvsjax.theory.exact.arithmetic import RESOLUTION, across, real
from rvsjax.theory.exact.case import Judgement, about_limit
from rvsjax.theory.exact.hypotheses import CONVERGED, IS_L1, NOT_EMPTY, THEOREM_1, hold
from rvsjax.theory.exact.replay import ExactRun

__all__ = [
    "coupling_bound",
    "l1_bound",
    "remark_1",
]


def l1_bound(run: ExactRun) -> Judgement:
    """``sin theta(w_bar, w_star) <= lam sqrt(d) / K`` for l1, whatever beta."""
    limit, bound = run.limit, run.lam * run.root_d / run.K
    observed = across(run.w_star, limit.w)
    return about_limit(hold(run, CONVERGED, IS_L1), observed, bound, run.limit.error)


def coupling_bound(run: ExactRun) -> Judgement:
    """``sin theta(w_bar, w_star) <= beta / (2 K)``."""
    observed = across(run.w_star, run.limit.w)
    return about_limit(hold(run, CONVERGED), observed, run.b / 2, run.limit.error)


def remark_1(run: ExactRun) -> Judgement:
    """``|w_bar_j| <= C |w_star_j|``, the teacher's signs on the support of u_bar."""
    limit = run.limit
    factor, excesses = limit.C, [mpf(0)]
    for p, w, u in zip(map(real, run.w_star), map(real, limit.w), limit.u):
        if abs(w) > RESOLUTION:
            excesses.append(abs(w) - factor * abs(p) if p else abs(w))  # inf * 0
            excesses.append(-w * ((p > 0) - (p < 0)) if u else mpf(0))
    hypotheses = hold(run, *THEOREM_1, NOT_EMPTY)
    return about_limit(hypotheses, max(excesses), mpf(0), run.limit.error)
