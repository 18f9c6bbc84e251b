"""Caps around the teacher that no step leaves: the cap theorem."""

from mpmath import mp, mpf

from rvsjax.theory.exact.case import Judgement
from rvsjax.theory.exact.hypotheses import SMALL_COUPLING, SMALL_STEP, hold
from rvsjax.theory.exact.replay import ExactRun, ExactState

__all__ = ["lemma_5_cap", "lemma_5_strong", "stays_in_cap"]

MODERATE_COUPLING = "beta <= 2K"
IN_FRONT = "theta_0 <= pi - arcsin(beta/(2K))"


def lemma_5_cap(run: ExactRun) -> Judgement:
    """``theta_t <= max(theta_0, arcsin(b/2))`` for all t."""
    radius = arcsin(run.b / 2)
    own = {MODERATE_COUPLING: run.b <= 2, IN_FRONT: run.delta >= radius}
    labels = {label: bool(truth) for label, truth in own.items()}
    return stays_in_cap(run, hold(run, SMALL_STEP) | labels, radius)


def lemma_5_strong(run: ExactRun) -> Judgement:
    """``theta_t <= max(theta_0, arcsin(b))`` for all t."""
    radius = arcsin(run.b)
    return stays_in_cap(run, hold(run, SMALL_COUPLING, SMALL_STEP), radius)


def arcsin(sine: mpf) -> mpf:
    """Return the arc of a sine, ``pi/2`` beyond 1."""
    return mp.atan2(sine, mp.sqrt(max(1 - sine**2, 0)))


def stays_in_cap(run: ExactRun, hypotheses: dict[str, bool], radius: mpf) -> Judgement:
    """Judge that theta never exceeds theta_0 and the radius of a cap."""
    bound = max(mp.pi - run.delta, radius)

    def standing(state: ExactState) -> tuple[bool, mpf]:
        return state.theta - bound > state.error, state.theta

    worst = max(run.states(), key=standing)
    place = worst.t, None, None
    return Judgement(hypotheses, *place, worst.theta, bound, worst.error)
