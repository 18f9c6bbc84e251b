"""The claims about steps, one function each, and the judge of all claims."""

from collections.abc import Callable, Iterable
from operator import attrgetter

from mpmath import mp, mpf

from rvsjax.theory.exact.arithmetic import across, precisely, real
from rvsjax.theory.exact.caps import lemma_5_cap, lemma_5_strong
from rvsjax.theory.exact.case import ExactCase, Judgement
from rvsjax.theory.exact.hypotheses import (
    NO_STRETCH,
    SMALL_COUPLING,
    SMALL_STEP,
    WITHIN_THEOREM_1,
    hold,
)
from rvsjax.theory.exact.limits import LIMIT_JUDGES
from rvsjax.theory.exact.replay import ExactRun, ExactState, Watch
from rvsjax.theory.exact.rise import Rise, largest_rise

__all__ = ["CLAIMS", "judge", "judge_all"]


def judge(
    problem: ExactCase, claim: str, watch: Watch = lambda step: None
) -> Judgement:
    """Run a problem and judge one of the `CLAIMS` on it; `watch` is told every step.

    Raises:
        Degenerate: a step has no direction.
    """
    with precisely():
        return JUDGES[claim](ExactRun(problem, watch))


def judge_all(
    problem: ExactCase, claims: Iterable[str] | None = None
) -> dict[str, Judgement]:
    """Run a problem once and judge several of the `CLAIMS` on it, all by default.

    Every state of the run is held.

    Raises:
        Degenerate: a step has no direction.
    """
    with precisely():
        run = ExactRun(problem)
        run.keep()
        return {claim: JUDGES[claim](run) for claim in claims or CLAIMS}


def descent(rise: Rise, hypotheses: dict[str, bool]) -> Judgement:
    """Judge that a value does not rise."""
    place = rise.step, rise.before, rise.after
    return Judgement(hypotheses, *place, rise.observed, mpf(0), rise.error)


def lemma_5_stated(run: ExactRun) -> Judgement:
    """``theta_{t+1} <= theta_t`` at every step."""
    return descent(largest_rise(run, attrgetter("theta")), hold(run, SMALL_COUPLING))


def lemma_5_proved(run: ExactRun) -> Judgement:
    """``theta_t <= pi - min(delta, pi/2)`` for all t."""
    bound = mp.pi - min(run.delta, mp.pi / 2)

    def standing(state: ExactState) -> tuple[bool, mpf]:
        return state.theta - bound > state.error, state.theta

    worst = max(run.states(), key=standing)
    place = worst.t, None, None
    hypotheses = hold(run, SMALL_COUPLING)
    return Judgement(hypotheses, *place, worst.theta, bound, worst.error)


def lemma_5_corrected(run: ExactRun) -> Judgement:
    """A step with ``sin theta >= b |u| sin gamma`` has ``theta_{t+1} <= theta_t``."""

    def counts(before: ExactState, after: ExactState) -> bool:
        return across(run.w_star, before.w) >= run.b * across(after.u, before.w)

    rise = largest_rise(run, attrgetter("theta"), counts)
    label = "a step with sin(theta) >= (beta/K) |u| sin(gamma)"
    return descent(rise, hold(run, SMALL_STEP) | {label: rise.step is not None})


def lemma_6_stated(run: ExactRun) -> Judgement:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` at every step."""
    rise = largest_rise(run, attrgetter("lagrangian"))
    return descent(rise, hold(run, SMALL_STEP, NO_STRETCH))


def lemma_6_corrected(run: ExactRun) -> Judgement:
    """A step with ``theta_{t+1} <= theta_t`` does not raise the Lagrangian."""
    reach = run.eta * (run.beta + run.K) - 1

    def counts(before: ExactState, after: ExactState) -> bool:
        return after.theta <= before.theta and reach <= real(after.length)

    rise = largest_rise(run, attrgetter("lagrangian"), counts)
    label = "a step with theta_{t+1} <= theta_t and eta <= (1 + |v|)/(beta + K)"
    return descent(rise, {label: rise.step is not None})


def theorem_1_angle(run: ExactRun) -> Judgement:
    """``theta_{t+1} <= theta_t`` at every step, within Theorem 1."""
    rise = largest_rise(run, attrgetter("theta"))
    return descent(rise, hold(run, *WITHIN_THEOREM_1))


def theorem_1_lagrangian(run: ExactRun) -> Judgement:
    """The Lagrangian does not rise at any step, within Theorem 1."""
    rise = largest_rise(run, attrgetter("lagrangian"))
    return descent(rise, hold(run, *WITHIN_THEOREM_1))


JUDGES: dict[str, Callable[[ExactRun], Judgement]] = {
    claim.__name__: claim
    for claim in (
        lemma_5_stated,
        lemma_5_proved,
        lemma_5_corrected,
        lemma_5_cap,
        lemma_5_strong,
        lemma_6_stated,
        lemma_6_corrected,
        theorem_1_angle,
        theorem_1_lagrangian,
        *LIMIT_JUDGES,
    )
}

CLAIMS = tuple(JUDGES)
"""What `judge` can judge."""
