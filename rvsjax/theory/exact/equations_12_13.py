"""Equations (12) and (13) of the limit: Theorem 1 (ii) and (iii)."""

from rvsjax.theory.exact.arithmetic import across, distance, inverse, real, unit
from rvsjax.theory.exact.case import Judgement, about_limit
from rvsjax.theory.exact.hypotheses import IS_L1, THEOREM_1, hold
from rvsjax.theory.exact.replay import ExactRun

__all__ = [
    "constant_12",
    "equation_12",
    "equation_13",
    "identity_13",
]


def equation_12(run: ExactRun) -> Judgement:
    """``w_bar = C' (w_star + b u_bar)``."""
    limit = run.limit
    direction, length = unit(limit.target_at_end)
    observed = real(distance(run.last.w, direction))
    return about_limit(
        hold(run, *THEOREM_1), observed, 2 * limit.residual / real(length)
    )


def constant_12(run: ExactRun) -> Judgement:
    """``C <= 1/(1 - lam sqrt(d)/K)`` for l1, the C of equation (12)."""
    limit, bound = run.limit, inverse(1 - run.lam * run.root_d / run.K)
    return about_limit(hold(run, *THEOREM_1, IS_L1), limit.C, bound, run.limit.error)


def identity_13(run: ExactRun) -> Judgement:
    """``sin(theta) = b |u_bar| sin(gamma)``."""
    limit, w = run.limit, run.limit.end.w
    sides = across(run.w_star, w), run.b * across(run.penalty.prox(w), w)
    observed = abs(sides[0] - sides[1])
    return about_limit(hold(run, *THEOREM_1), observed, limit.residual)


def equation_13(run: ExactRun) -> Judgement:
    """``|w_bar - w_star| <= 2 b |u_bar| sin gamma``."""
    limit = run.limit
    observed, bound = distance(limit.w, run.w_star), 2 * run.b * limit.across
    return about_limit(hold(run, *THEOREM_1), real(observed), bound, run.limit.error)
