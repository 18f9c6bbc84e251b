"""Theorem 1: descent, convergence, and the angle of the limit.

Equations are judged at the last iterate, within what the last step leaves open;
inequalities at the limit itself.
"""

from collections.abc import Iterator
from itertools import chain, combinations, product
from operator import attrgetter

from mpmath import inf, mp, mpf

from rvsjax.theory.exact.arithmetic import (
    RESOLUTION,
    Vector,
    distance,
    fixed,
    real,
    unit,
)
from rvsjax.theory.exact.case import Judgement, about_limit
from rvsjax.theory.exact.hypotheses import THEOREM_1, WITHIN_THEOREM_1, hold
from rvsjax.theory.exact.replay import ExactRun
from rvsjax.theory.exact.rise import judge_rise, largest_rise

__all__ = [
    "theorem_1_angle",
    "theorem_1_converges",
    "theorem_1_global",
    "theorem_1_i",
    "theorem_1_i_strong",
    "theorem_1_lagrangian",
    "theorem_1_prox",
]

_EVERY_SUPPORT = 6  # weights, up to which all supports are tried for other limits
_EVERY_PAIR = 20  # weights, up to which those that differ in two are


def theorem_1_angle(run: ExactRun) -> Judgement:
    """``theta_{t+1} <= theta_t`` at every step, within Theorem 1."""
    rise = largest_rise(run, attrgetter("theta"))
    return judge_rise(rise, hold(run, *WITHIN_THEOREM_1))


def theorem_1_lagrangian(run: ExactRun) -> Judgement:
    """The Lagrangian does not rise at any step, within Theorem 1."""
    rise = largest_rise(run, attrgetter("lagrangian"))
    return judge_rise(rise, hold(run, *WITHIN_THEOREM_1))


def theorem_1_converges(run: ExactRun) -> Judgement:
    """The last step proves that the run converges, and how far it is from there."""
    reach = run.limit.reach
    hypotheses = hold(run, *WITHIN_THEOREM_1)
    return about_limit(hypotheses, reach, mpf(2), inf if reach == inf else RESOLUTION)


def theorem_1_prox(run: ExactRun) -> Judgement:
    """``u_bar = prox(w_bar)``."""
    limit = run.limit
    observed = real(distance(run.last.u, limit.u))
    slope = run.penalty.steepest(run.last.w, limit.radius)
    bound = slope * (limit.reach + run.moved)
    return about_limit(hold(run, *THEOREM_1), observed, bound)


def theorem_1_global(run: ExactRun) -> Judgement:
    """No other limit attracts: observed is the distance of another one, 0 if none."""
    hypotheses = hold(run, *THEOREM_1)
    others = _others(run) if all(hypotheses.values()) else ()
    apart = max((real(distance(w, run.limit.w)) for w in others), default=mpf(0))
    return about_limit(hypotheses, apart if apart > mpf("1e-20") else mpf(0), mpf(0))


def _others(run: ExactRun) -> Iterator[Vector]:
    """Yield where the iteration leads that begins with other supports of u.

    All of them, or else those that differ in one coordinate, of few weights in two,
    and single ones.
    """
    d, home = len(run.w_star), [bool(x) for x in run.limit.u]
    apart = [combinations(range(d), n) for n in ((1, 2) if d <= _EVERY_PAIR else (1,))]
    few = [[x ^ (i in some) for i, x in enumerate(home)] for some in chain(*apart)]
    few += [[i == j for i in range(d)] for j in range(d)]
    supports = product((False, True), repeat=d) if d <= _EVERY_SUPPORT else few
    one = fixed(mpf(1))
    for support in supports:
        signs = [one if p >= 0 else -one for p in run.w_star]
        u = [s if on else 0 for s, on in zip(signs, support)]
        w, _ = unit(run.limit.target(u))
        for _ in range(2000):
            before = w
            w, _ = unit(run.limit.target(run.penalty.prox(w)))
            if distance(w, before) * 10**45 < one:
                yield w
                break


def theorem_1_i(run: ExactRun) -> Judgement:
    """``theta(w_bar, w_star) < delta``."""
    limit = run.limit
    return about_limit(hold(run, *THEOREM_1), limit.theta, run.delta, run.limit.error)


def theorem_1_i_strong(run: ExactRun) -> Judgement:
    """``theta(w_bar, w_star) < arcsin(beta/K)``."""
    bound = mp.asin(min(run.b, mpf(1)))
    return about_limit(hold(run, *THEOREM_1), run.limit.theta, bound, run.limit.error)
