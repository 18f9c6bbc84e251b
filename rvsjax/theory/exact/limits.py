"""The claims about the limit of a run, one function each.

Equations are judged at the last iterate, within what the last step leaves open;
inequalities at the limit itself.
"""

from collections.abc import Iterator
from itertools import chain, combinations, product

from mpmath import inf, mp, mpf

from rvsjax.theory.exact.arithmetic import (
    RESOLUTION,
    Vector,
    across,
    distance,
    fixed,
    inverse,
    real,
    unit,
)
from rvsjax.theory.exact.case import Judgement
from rvsjax.theory.exact.hypotheses import (
    BASE,
    CONVERGED,
    IS_L1,
    IS_NOT_L1,
    NOT_EMPTY,
    SMALL_PENALTY,
    SMALL_THRESHOLD,
    THEOREM_1,
    WITHIN_THEOREM_1,
    hold,
)
from rvsjax.theory.exact.replay import ExactRun

__all__ = ["LIMIT_JUDGES"]

_EVERY_SUPPORT = 6  # weights, up to which all supports are tried for other limits
_EVERY_PAIR = 20  # weights, up to which those that differ in two are


def _judgement(
    hypotheses: dict[str, bool], observed: mpf, bound: mpf, error: mpf = RESOLUTION
) -> Judgement:
    return Judgement(hypotheses, None, None, None, observed, bound, error)


def at_the_limit(
    run: ExactRun, hypotheses: dict[str, bool], observed: mpf, bound: mpf
) -> Judgement:
    """Judge an inequality at the limit."""
    return _judgement(hypotheses, observed, bound, run.limit.error)


def theorem_1_converges(run: ExactRun) -> Judgement:
    """The last step proves that the run converges, and how far it is from there."""
    reach = run.limit.reach
    hypotheses = hold(run, *WITHIN_THEOREM_1)
    return _judgement(hypotheses, reach, mpf(2), inf if reach == inf else RESOLUTION)


def lemma_7(run: ExactRun) -> Judgement:
    """``|w^T - w_bar|`` is what the last step leaves open, for w_bar of equation 12."""
    limit = run.limit
    observed = real(distance(run.last.w, limit.w))
    return _judgement(hold(run, *THEOREM_1), observed, limit.reach)


def theorem_1_prox(run: ExactRun) -> Judgement:
    """``u_bar = prox(w_bar)``."""
    limit = run.limit
    observed = real(distance(run.last.u, limit.u))
    slope = run.penalty.steepest(run.last.w, limit.radius)
    bound = slope * (limit.reach + run.moved)
    return _judgement(hold(run, *THEOREM_1), observed, bound)


def theorem_1_global(run: ExactRun) -> Judgement:
    """No other limit attracts: observed is the distance of another one, 0 if none."""
    hypotheses = hold(run, *THEOREM_1)
    others = _others(run) if all(hypotheses.values()) else ()
    apart = max((real(distance(w, run.limit.w)) for w in others), default=mpf(0))
    return _judgement(hypotheses, apart if apart > mpf("1e-20") else mpf(0), mpf(0))


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


def lemma_6_converges(run: ExactRun) -> Judgement:
    """The Lagrangian converges to that of the limit."""
    limit, last = run.limit, run.last
    coupling = run.beta / 2 * real(distance(limit.w, limit.u)) ** 2
    penalty = run.lam * real(run.penalty.value(limit.u))
    value = run.K * limit.theta + penalty + coupling
    bound = mpf(run.reach * (limit.reach + run.moved))
    return _judgement(hold(run, *THEOREM_1), abs(last.lagrangian - value), bound)


def equation_12(run: ExactRun) -> Judgement:
    """``w_bar = C' (w_star + b u_bar)``."""
    limit = run.limit
    direction, length = unit(limit.target_at_end)
    observed = real(distance(run.last.w, direction))
    return _judgement(
        hold(run, *THEOREM_1), observed, 2 * limit.residual / real(length)
    )


def identity_13(run: ExactRun) -> Judgement:
    """``sin(theta) = b |u_bar| sin(gamma)``."""
    limit, w = run.limit, run.limit.end.w
    sides = across(run.w_star, w), run.b * across(run.penalty.prox(w), w)
    observed = abs(sides[0] - sides[1])
    return _judgement(hold(run, *THEOREM_1), observed, limit.residual)


def theorem_1_i_strong(run: ExactRun) -> Judgement:
    """``theta(w_bar, w_star) < arcsin(beta/K)``."""
    bound = mp.asin(min(run.b, mpf(1)))
    return at_the_limit(run, hold(run, *THEOREM_1), run.limit.theta, bound)


def coupling_bound(run: ExactRun) -> Judgement:
    """``sin theta(w_bar, w_star) <= beta / (2 K)``."""
    observed = across(run.w_star, run.limit.w)
    return at_the_limit(run, hold(run, CONVERGED), observed, run.b / 2)


def corollary_1_1_stated(run: ExactRun) -> Judgement:
    """``C <= 1/(1 - lam sqrt(d)/K)`` for l0 and transformed l1."""
    limit, bound = run.limit, inverse(1 - run.lam * run.root_d / run.K)
    hypotheses = hold(run, *BASE, SMALL_PENALTY, IS_NOT_L1)
    return at_the_limit(run, hypotheses, limit.C, bound)


def theorem_1_i(run: ExactRun) -> Judgement:
    """``theta(w_bar, w_star) < delta``."""
    limit = run.limit
    return at_the_limit(run, hold(run, *THEOREM_1), limit.theta, run.delta)


def constant_12(run: ExactRun) -> Judgement:
    """``C <= 1/(1 - lam sqrt(d)/K)`` for l1, the C of equation (12)."""
    limit, bound = run.limit, inverse(1 - run.lam * run.root_d / run.K)
    return at_the_limit(run, hold(run, *THEOREM_1, IS_L1), limit.C, bound)


def corollary_1_1(run: ExactRun) -> Judgement:
    """``C <= 1/(1 - b t sqrt(d))`` for l0 and transformed l1, t the threshold."""
    limit, bound = run.limit, inverse(1 - run.b * run.penalty.threshold * run.root_d)
    hypotheses = hold(run, *BASE, SMALL_THRESHOLD, IS_NOT_L1)
    return at_the_limit(run, hypotheses, limit.C, bound)


def equation_13(run: ExactRun) -> Judgement:
    """``|w_bar - w_star| <= 2 b |u_bar| sin gamma``."""
    limit = run.limit
    observed, bound = distance(limit.w, run.w_star), 2 * run.b * limit.across
    return at_the_limit(run, hold(run, *THEOREM_1), real(observed), bound)


def l1_bound(run: ExactRun) -> Judgement:
    """``sin theta(w_bar, w_star) <= lam sqrt(d) / K`` for l1, whatever beta."""
    limit, bound = run.limit, run.lam * run.root_d / run.K
    observed = across(run.w_star, limit.w)
    return at_the_limit(run, hold(run, CONVERGED, IS_L1), observed, bound)


def remark_1(run: ExactRun) -> Judgement:
    """``|w_bar_j| <= C |w_star_j|``, the teacher's signs on the support of u_bar."""
    limit = run.limit
    factor, excesses = limit.C, [mpf(0)]
    for p, w, u in zip(map(real, run.w_star), map(real, limit.w), limit.u):
        if abs(w) > RESOLUTION:
            excesses.append(abs(w) - factor * abs(p) if p else abs(w))  # inf * 0
            excesses.append(-w * ((p > 0) - (p < 0)) if u else mpf(0))
    hypotheses = hold(run, *THEOREM_1, NOT_EMPTY)
    return at_the_limit(run, hypotheses, max(excesses), mpf(0))


LIMIT_JUDGES = (
    theorem_1_converges,
    lemma_7,
    theorem_1_prox,
    theorem_1_global,
    lemma_6_converges,
    theorem_1_i,
    theorem_1_i_strong,
    equation_12,
    constant_12,
    identity_13,
    equation_13,
    l1_bound,
    coupling_bound,
    remark_1,
    corollary_1_1,
    corollary_1_1_stated,
)
