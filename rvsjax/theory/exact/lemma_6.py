"""Lemma 6: descent of the Lagrangian, and its limit."""

from operator import attrgetter

from mpmath import mpf

from rvsjax.theory.exact.arithmetic import distance, real
from rvsjax.theory.exact.case import Judgement, about_limit
from rvsjax.theory.exact.hypotheses import NO_STRETCH, SMALL_STEP, THEOREM_1, hold
from rvsjax.theory.exact.replay import ExactRun, ExactState
from rvsjax.theory.exact.rise import judge_rise, largest_rise

__all__ = [
    "lemma_6_converges",
    "lemma_6_corrected",
    "lemma_6_stated",
]


def lemma_6_stated(run: ExactRun) -> Judgement:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` at every step."""
    rise = largest_rise(run, attrgetter("lagrangian"))
    return judge_rise(rise, hold(run, SMALL_STEP, NO_STRETCH))


def lemma_6_corrected(run: ExactRun) -> Judgement:
    """A step with ``theta_{t+1} <= theta_t`` does not raise the Lagrangian."""
    reach = run.eta * (run.beta + run.K) - 1

    def counts(before: ExactState, after: ExactState) -> bool:
        return after.theta <= before.theta and reach <= real(after.length)

    rise = largest_rise(run, attrgetter("lagrangian"), counts)
    label = "a step with theta_{t+1} <= theta_t and eta <= (1 + |v|)/(beta + K)"
    return judge_rise(rise, {label: rise.step is not None})


def lemma_6_converges(run: ExactRun) -> Judgement:
    """The Lagrangian converges to that of the limit."""
    limit, last = run.limit, run.last
    coupling = run.beta / 2 * real(distance(limit.w, limit.u)) ** 2
    penalty = run.lam * real(run.penalty.value(limit.u))
    value = run.K * limit.theta + penalty + coupling
    bound = mpf(run.reach * (limit.reach + run.moved))
    return about_limit(hold(run, *THEOREM_1), abs(last.lagrangian - value), bound)
