"""Lemma 5: descent of the angle."""

from operator import attrgetter

from mpmath import mp

from rvsjax.theory.exact.arithmetic import across
from rvsjax.theory.exact.caps import stays_in_cap
from rvsjax.theory.exact.case import Judgement
from rvsjax.theory.exact.hypotheses import SMALL_COUPLING, SMALL_STEP, hold
from rvsjax.theory.exact.replay import ExactRun, ExactState
from rvsjax.theory.exact.rise import judge_rise, largest_rise

__all__ = [
    "lemma_5_corrected",
    "lemma_5_proved",
    "lemma_5_stated",
]


def lemma_5_stated(run: ExactRun) -> Judgement:
    """``theta_{t+1} <= theta_t`` at every step."""
    return judge_rise(largest_rise(run, attrgetter("theta")), hold(run, SMALL_COUPLING))


def lemma_5_proved(run: ExactRun) -> Judgement:
    """``theta_t <= pi - min(delta, pi/2)`` for all t."""
    return stays_in_cap(run, hold(run, SMALL_COUPLING), mp.pi / 2)


def lemma_5_corrected(run: ExactRun) -> Judgement:
    """A step with ``sin theta >= b |u| sin gamma`` has ``theta_{t+1} <= theta_t``."""

    def counts(before: ExactState, after: ExactState) -> bool:
        return across(run.w_star, before.w) >= run.b * across(after.u, before.w)

    rise = largest_rise(run, attrgetter("theta"), counts)
    label = "a step with sin(theta) >= (beta/K) |u| sin(gamma)"
    return judge_rise(rise, hold(run, SMALL_STEP) | {label: rise.step is not None})
