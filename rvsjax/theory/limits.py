"""The limit of a run: Lemma 7, Theorem 1 and what follows from it.

The last iterate w^T of a run that has converged stands for ``w_bar``, its prox for
``u_bar``. `rvsjax.theory.attraction` proves that there is a limit, and how far it can
be: `Evidence.residual` bounds what an equation leaves open at w^T, `Evidence.reach` the
distance to ``w_bar``, which moves both sides of an inequality.
"""

import math

import jax.numpy as jnp

from rvsjax.simulation import rounding
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence, Hypotheses
from rvsjax.types import Array

__all__ = [
    "constant_12",
    "corollary_1_1",
    "corollary_1_1_stated",
    "coupling_bound",
    "equation_12",
    "equation_13",
    "identity_13",
    "l1_bound",
    "lemma_6_converges",
    "lemma_7",
    "remark_1",
    "theorem_1_converges",
    "theorem_1_global",
    "theorem_1_i",
    "theorem_1_i_strong",
    "theorem_1_prox",
]


def theorem_1_converges(evidence: Evidence) -> Check:
    """The iterates ``(u^t, w^t)`` converge.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2`` at
    every step, ``lam < K/sqrt(d)``.
    Observed: a bound on ``|w^T - w_bar|``, proved by the last step: around w^T the step
    contracts. Null and undecided where it proves nothing: a run of finite length can
    show that it converges, not that it does not.
    Source: Theorem 1; the proof is that of `rvsjax.theory.attraction`.
    """
    reach = evidence.reach
    return evidence.check(evidence.within_theorem_1, reach, 2, jnp.inf)


def lemma_7(evidence: Evidence) -> Check:
    """The iterates converge to a solution of equation (12).

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: ``|w^T - w_bar|``, with w_bar solved from equation (12) without the run.
    The bound is how far the last step can have left it, ``r / (c - b max prox')``.
    Source: Lemma 7; derived again.
    """
    observed = jnp.linalg.norm(evidence.w - evidence.limit.w)
    bound = evidence.reach + evidence.sums
    return evidence.check(evidence.theorem_1, observed, bound, 0)


def theorem_1_prox(evidence: Evidence) -> Check:
    """``u^t -> u_bar = prox(w_bar)``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: ``|u^T - prox(w_bar)|``, with w_bar solved from equation (12) without the
    run. The bound is what ``|w^{T-1} - w_bar|`` leaves open, times the slope of the
    prox.
    Source: Theorem 1 (ii); derived.
    """
    observed = jnp.linalg.norm(evidence.outcome.state.u - evidence.limit.u)
    left = evidence.reach + evidence.seen.moved + evidence.direction_error
    bound = evidence.slope * left + evidence.sums
    return evidence.check(evidence.theorem_1, observed, bound, 0)


def theorem_1_global(evidence: Evidence) -> Check:
    """The limit is a global one: no other start ends elsewhere.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: in how many coordinates other limits that attract differ; a start at one
    of them has the same hypotheses, and stays there. Undecided where not all were
    looked for.
    Source: Theorem 1 and the abstract, "global limit"; reconstructed.
    """
    others = jnp.sum(evidence.limit.free, dtype=jnp.int32)
    check = evidence.check(evidence.theorem_1, others, 0, 0)
    searched = check.shows_success & evidence.limit.unique
    return check._replace(shows_success=searched)


def lemma_6_converges(evidence: Evidence) -> Check:
    """``L_beta(u^t, w^t)`` converges, to ``L_beta(u_bar, w_bar)``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: ``|L_beta(u^T, w^T) - L_beta(u_bar, w_bar)|``, with w_bar solved from
    equation (12) without the run. Where w and u move by e, the Lagrangian moves by at
    most ``(2 K + 5 beta) e``, as ``lam P' = beta (w - u)``.
    Source: Lemma 6, "converges"; derived.
    """
    run, seen = evidence.run, evidence.seen
    value = evidence.lagrangian_of_limit
    left = evidence.reach + seen.moved + evidence.direction_error
    bound = (2 * evidence.K + 5 * run.hyper.beta) * left
    observed = jnp.abs(seen.lagrangian.value - value)
    rounded = evidence.lagrangian_step_error
    return evidence.check(evidence.theorem_1, observed, bound + rounded, 0)


def theorem_1_i(evidence: Evidence) -> Check:
    """``theta(w_bar, w_star) < delta``.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2``,
    ``lam < K/sqrt(d)``, and a run that has converged.
    Observed: the last angle, radians; the allowance is its rounding and its distance to
    the limit.
    Source: Theorem 1 (i); the constants are reconstructed.
    """
    return _last_angle(evidence, evidence.delta)


def theorem_1_i_strong(evidence: Evidence) -> Check:
    """``theta(w_bar, w_star) < arcsin(beta/K)``.

    The smallest delta that the hypotheses allow: ``beta = K sin(delta)``.
    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the last angle, radians; the allowance is its rounding and its distance to
    the limit.
    Source: Theorem 1 (i) with its strongest delta; the constants are reconstructed.
    """
    return _last_angle(evidence, jnp.arcsin(jnp.minimum(evidence.b, 1)))


def _last_angle(evidence: Evidence, bound: Array) -> Check:
    rounded = rounding.angle_error(evidence.d, evidence.run.hyper)
    allowance = 2 * evidence.reach + rounded
    theta = evidence.seen.theta.value
    return evidence.check(evidence.theorem_1, theta, bound, allowance)


def equation_12(evidence: Evidence) -> Check:
    """``w_bar = C' (w_star + (beta/K) u_bar)``, ``C' = 1/|w_star + (beta/K) u_bar|``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the distance of the two sides.
    Source: Theorem 1 (ii), equation (12); derived.
    """
    observed = jnp.linalg.norm(evidence.w - evidence.target / evidence.c)
    bound = 2 * evidence.residual / evidence.c
    return evidence.check(evidence.theorem_1, observed, bound, 0)


def constant_12(evidence: Evidence) -> Check:
    """``0 < C <= 1/(1 - lam sqrt(d)/K)`` in ``w_bar = C (w_star - b (w_bar - u_bar))``.

    Hypotheses: those of Theorem 1, a run that has converged, the penalty is l1.
    Observed: ``C = 1/(|w_star + b u_bar| - b)``, infinite unless it is positive.
    Source: Theorem 1 (ii), equation (12); the range of C is reconstructed, from
    ``|w_bar - u_bar| <= (lam/beta) sqrt(d)``.
    """
    return _constant(evidence, evidence.theorem_1 | evidence.is_l1, evidence.lam_shift)


def corollary_1_1(evidence: Evidence) -> Check:
    """Equation (12) for l0 and transformed l1: ``0 < C <= 1/(1 - (beta/K) t sqrt(d))``.

    t is the threshold of the penalty, ``lam/beta`` for l1.
    Hypotheses: those of Theorem 1 with ``beta t sqrt(d) < K`` in place of its bound on
    lam, a run that has converged, the penalty is l0 or transformed l1.
    Observed: C, infinite unless it is positive.
    Source: Corollary 1.1, "the same with their thresholds"; reconstructed, from
    ``|w_bar - u_bar| <= t sqrt(d)``.
    """
    hypotheses = (
        evidence.small_coupling
        | evidence.small_step
        | evidence.no_stretch
        | evidence.small_threshold
        | evidence.converged
        | evidence.is_thresholded
    )
    return _constant(evidence, hypotheses, evidence.threshold_shift)


def corollary_1_1_stated(evidence: Evidence) -> Check:
    """Theorem 1 word by word for l0 and transformed l1: ``C <= 1/(1 - lam sqrt(d)/K)``.

    Hypotheses: those of Theorem 1 with its bound on lam, a run that has converged, the
    penalty is l0 or transformed l1.
    Observed: C, infinite unless it is positive.
    Source: Corollary 1.1, read as "the same bound"; reconstructed.
    """
    hypotheses = evidence.theorem_1 | evidence.is_thresholded
    return _constant(evidence, hypotheses, evidence.lam_shift)


def _constant(evidence: Evidence, hypotheses: Hypotheses, shift: Array) -> Check:
    """Check ``0 < C <= 1/(1 - shift)``, which holds of any C > 0 where shift >= 1."""
    bound = jnp.where(shift < 1, 1 / (1 - shift), jnp.inf)
    rounded = evidence.shift_error * bound**2
    return evidence.check(hypotheses, evidence.C, bound, evidence.C_error + rounded)


def identity_13(evidence: Evidence) -> Check:
    """``sin(theta) = (beta/K) |u_bar| sin(gamma)``, gamma the angle of w_bar and u_bar.

    Both sides are 0 where ``u_bar = 0``.
    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the difference.
    Source: Theorem 1 (iii), equation (13) as an identity; derived.
    """
    sides = jnp.sin(evidence.seen.theta.value), evidence.b * evidence.across
    observed = jnp.abs(sides[0] - sides[1])
    return evidence.check(evidence.theorem_1, observed, evidence.residual, 0)


def equation_13(evidence: Evidence) -> Check:
    """``|w_bar - w_star| <= 2 (beta/K) |u_bar| sin(gamma)``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the left side.
    Source: Theorem 1 (iii), equation (13); the bound is reconstructed. By the identity
    it holds exactly where ``theta <= 2 pi/3``.
    """
    observed = jnp.linalg.norm(evidence.w - evidence.run.teacher.w_star)
    bound = 2 * evidence.b * evidence.across
    moves = 1 + 2 * evidence.b * (1 + evidence.slope)
    allowance = moves * evidence.reach + 2 * evidence.sums
    return evidence.check(evidence.theorem_1, observed, bound, allowance)


def l1_bound(evidence: Evidence) -> Check:
    """``sin(theta) <= lam sqrt(d) / K`` for l1, whatever beta.

    Hypotheses: a run that has converged, the penalty is l1.
    Observed: the sine of the last angle.
    Source: derived from identity (13) and ``|w_bar - u_bar| <= (lam/beta) sqrt(d)``.
    """
    bound = evidence.run.hyper.lam * math.sqrt(evidence.d) / evidence.K
    return _last_sine(evidence, evidence.converged | evidence.is_l1, bound)


def coupling_bound(evidence: Evidence) -> Check:
    """``sin(theta) <= beta / (2 K)``, whatever the penalty and lam.

    Hypotheses: a run that has converged.
    Observed: the sine of the last angle.
    Source: not in the paper; derived here from identity (13): every prox that shrinks
    has ``|u|^2 <= <u, w>``, hence ``|u| <= cos(gamma)`` and ``|u| sin(gamma) <= 1/2``.
    """
    return _last_sine(evidence, evidence.converged, evidence.b / 2)


def _last_sine(evidence: Evidence, hypotheses: Hypotheses, bound: Array) -> Check:
    observed = jnp.sin(evidence.seen.theta.value)
    allowance = 2 * evidence.reach + evidence.sums
    return evidence.check(hypotheses, observed, bound, allowance)


def remark_1(evidence: Evidence) -> Check:
    """``|w_bar| <= C |w_star|``, and equal signs on the support of u_bar.

    The first, coordinate by coordinate, is "a shrinkage of w_star"; C as in equation
    (12).
    Hypotheses: those of Theorem 1, a run that has converged, u_bar is not empty.
    Observed: the largest of ``|w_j| - C |w_star_j|`` and, on the support,
    ``-sgn(w_star_j) w_j``; the bound is what the last step leaves open.
    Source: Remark 1; the shrinkage is reconstructed.
    """
    w, w_star = evidence.w, evidence.run.teacher.w_star
    grown = jnp.max(jnp.abs(w) - evidence.C * jnp.abs(w_star))
    turned = jnp.max(jnp.where(evidence.u != 0, -jnp.sign(w_star) * w, -jnp.inf))
    observed = jnp.maximum(grown, turned)
    not_empty = {"u is not empty": jnp.any(evidence.u != 0)}
    rounded = (1 + evidence.C) * evidence.sums
    bound = evidence.reach + evidence.C_error + rounded
    return evidence.check(evidence.theorem_1 | not_empty, observed, bound, 0)
