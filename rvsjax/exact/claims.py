"""The claims, one function each, and the judge of them."""

from collections.abc import Callable
from operator import attrgetter

from mpmath import mp, mpf

from rvsjax.exact.caps import lemma_5_cap, lemma_5_strong
from rvsjax.exact.hypotheses import (
    BASE,
    CONVERGED,
    IS_L1,
    IS_NOT_L1,
    NO_STRETCH,
    NOT_EMPTY,
    SMALL_COUPLING,
    SMALL_STEP,
    SMALL_THRESHOLD,
    THEOREM_1,
    hold,
)
from rvsjax.exact.numbers import RESOLUTION, across, distance, inverse, precisely, real
from rvsjax.exact.problem import Judgement, Problem
from rvsjax.exact.replay import Run, State, Watch
from rvsjax.exact.rise import Rise, largest_rise

__all__ = ["CLAIMS", "judge"]


def judge(problem: Problem, claim: str, watch: Watch = lambda step: None) -> Judgement:
    """Run a problem and judge one of the `CLAIMS` on it; `watch` is told every step.

    Raises:
        Degenerate: a step has no direction.
    """
    with precisely():
        return JUDGES[claim](Run(problem, watch))


def descent(rise: Rise, hypotheses: dict[str, bool]) -> Judgement:
    """Judge that a value does not rise."""
    place = rise.step, rise.before, rise.after
    return Judgement(hypotheses, *place, rise.observed, mpf(0), rise.error)


def at_the_limit(
    run: Run, hypotheses: dict[str, bool], observed: mpf, bound: mpf
) -> Judgement:
    """Judge an inequality at the limit."""
    error = run.limit.error
    return Judgement(hypotheses, None, None, None, observed, bound, error)


def lemma_5_stated(run: Run) -> Judgement:
    """``theta_{t+1} <= theta_t`` at every step."""
    return descent(largest_rise(run, attrgetter("theta")), hold(run, SMALL_COUPLING))


def lemma_5_proved(run: Run) -> Judgement:
    """``theta_t <= pi - min(delta, pi/2)`` for all t."""
    bound = mp.pi - min(run.delta, mp.pi / 2)

    def standing(state: State) -> tuple[bool, mpf]:
        return state.theta - bound > state.error, state.theta

    worst = max(run.states(), key=standing)
    place = worst.t, None, None
    hypotheses = hold(run, SMALL_COUPLING)
    return Judgement(hypotheses, *place, worst.theta, bound, worst.error)


def lemma_5_corrected(run: Run) -> Judgement:
    """A step with ``sin theta >= b |u| sin gamma`` has ``theta_{t+1} <= theta_t``."""

    def counts(before: State, after: State) -> bool:
        return across(run.w_star, before.w) >= run.b * across(after.u, before.w)

    rise = largest_rise(run, attrgetter("theta"), counts)
    label = "a step with sin(theta) >= (beta/K) |u| sin(gamma)"
    return descent(rise, hold(run, SMALL_STEP) | {label: rise.step is not None})


def lemma_6_stated(run: Run) -> Judgement:
    """``L_beta(u^{t+1}, w^{t+1}) <= L_beta(u^t, w^t)`` at every step."""
    rise = largest_rise(run, attrgetter("lagrangian"))
    return descent(rise, hold(run, SMALL_STEP, NO_STRETCH))


def lemma_6_corrected(run: Run) -> Judgement:
    """A step with ``theta_{t+1} <= theta_t`` does not raise the Lagrangian."""
    reach = run.eta * (run.beta + run.K) - 1

    def counts(before: State, after: State) -> bool:
        return after.theta <= before.theta and reach <= real(after.length)

    rise = largest_rise(run, attrgetter("lagrangian"), counts)
    label = "a step with theta_{t+1} <= theta_t and eta <= (1 + |v|)/(beta + K)"
    return descent(rise, {label: rise.step is not None})


def theorem_1_i(run: Run) -> Judgement:
    """``theta(w_bar, w_star) < delta``."""
    limit = run.limit
    return at_the_limit(run, hold(run, *THEOREM_1), limit.theta, run.delta)


def constant_12(run: Run) -> Judgement:
    """``C <= 1/(1 - lam sqrt(d)/K)`` for l1, the C of equation (12)."""
    limit, bound = run.limit, inverse(1 - run.lam * run.root_d / run.K)
    return at_the_limit(run, hold(run, *THEOREM_1, IS_L1), limit.C, bound)


def corollary_1_1(run: Run) -> Judgement:
    """``C <= 1/(1 - b t sqrt(d))`` for l0 and transformed l1, t the threshold."""
    limit, bound = run.limit, inverse(1 - run.b * run.penalty.threshold * run.root_d)
    hypotheses = hold(run, *BASE, SMALL_THRESHOLD, IS_NOT_L1)
    return at_the_limit(run, hypotheses, limit.C, bound)


def equation_13(run: Run) -> Judgement:
    """``|w_bar - w_star| <= 2 b |u_bar| sin gamma``."""
    limit = run.limit
    observed, bound = distance(limit.w, run.w_star), 2 * run.b * limit.across
    return at_the_limit(run, hold(run, *THEOREM_1), real(observed), bound)


def l1_bound(run: Run) -> Judgement:
    """``sin theta(w_bar, w_star) <= lam sqrt(d) / K`` for l1, whatever beta."""
    limit, bound = run.limit, run.lam * run.root_d / run.K
    observed = across(run.w_star, limit.w)
    return at_the_limit(run, hold(run, CONVERGED, IS_L1), observed, bound)


def remark_1(run: Run) -> Judgement:
    """``|w_bar_j| <= C |w_star_j|``, the teacher's signs on the support of u_bar."""
    limit = run.limit
    factor, excesses = limit.C, [mpf(0)]
    for p, w, u in zip(map(real, run.w_star), map(real, limit.w), limit.u):
        if abs(w) > RESOLUTION:
            excesses.append(abs(w) - factor * abs(p) if p else abs(w))  # inf * 0
            excesses.append(-w * ((p > 0) - (p < 0)) if u else mpf(0))
    hypotheses = hold(run, *THEOREM_1, NOT_EMPTY)
    return at_the_limit(run, hypotheses, max(excesses), mpf(0))


JUDGES: dict[str, Callable[[Run], Judgement]] = {
    claim.__name__: claim
    for claim in (
        lemma_5_stated,
        lemma_5_proved,
        lemma_5_corrected,
        lemma_5_cap,
        lemma_5_strong,
        lemma_6_stated,
        lemma_6_corrected,
        theorem_1_i,
        constant_12,
        corollary_1_1,
        equation_13,
        l1_bound,
        remark_1,
    )
}

CLAIMS = tuple(JUDGES)
"""What `judge` can judge."""
