"""The limit of a run: Lemma 7, Theorem 1 and what follows from it.

The last iterate w^T of a run that has converged stands for ``w_bar``, its prox for
``u_bar``. How far a run of finite length and precision can be from what its limit obeys
is `Evidence.residual`: the bound of an equality, the allowance of an inequality.
"""

import math

import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence
from rvsjax.types import Array

__all__ = [
    "constant_12",
    "corollary_1_1",
    "coupling_bound",
    "equation_12",
    "equation_13",
    "identity_13",
    "l1_bound",
    "lemma_7",
    "remark_1",
    "theorem_1_i",
]


def lemma_7(evidence: Evidence) -> Check:
    """The iterates converge to a solution of equation (12).

    Hypotheses: those of Theorem 1, and a run that has settled.
    Observed: ``|w^T - w_bar|``, with w_bar solved from equation (12) without the run.
    The bound is what the last step leaves open, ``2 r / (c - b max prox')``; undecided
    where that is not positive, so that the limit need not attract.
    Source: Lemma 7; derived again.
    """
    observed = jnp.linalg.norm(evidence.w - evidence.limit.w).astype(evidence.w.dtype)
    attracts = evidence.pull > 0
    bound = jnp.where(attracts, 2 * evidence.residual / evidence.pull, 0)
    return Check(evidence.theorem_1, observed, bound, jnp.where(attracts, 0.0, jnp.inf))


def theorem_1_i(evidence: Evidence) -> Check:
    """``theta(w_bar, w_star) < delta``.

    Hypotheses: ``beta <= K sin(delta)``, ``eta <= 1/(beta + K)``, ``|v| >= 1/2``,
    ``lam < K/sqrt(d)``, and a run that has converged.
    Observed: the last angle, radians; the allowance is its rounding and its distance to
    the limit.
    Source: Theorem 1 (i); the constants are reconstructed.
    """
    return Check(
        evidence.theorem_1,
        evidence.seen.theta.value,
        evidence.delta,
        2 * evidence.residual + rounding.angle_error(evidence.d, evidence.run.hyper),
    )


def equation_12(evidence: Evidence) -> Check:
    """``w_bar = C' (w_star + (beta/K) u_bar)``, ``C' = 1/|w_star + (beta/K) u_bar|``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the distance of the two sides.
    Source: Theorem 1 (ii), equation (12); derived.
    """
    observed = jnp.linalg.norm(evidence.w - evidence.target / evidence.c)
    return Check(
        evidence.theorem_1,
        observed,
        2 * evidence.residual / evidence.c,
        jnp.zeros_like(observed),
    )


def constant_12(evidence: Evidence) -> Check:
    """``0 < C <= 1/(1 - lam sqrt(d)/K)`` in ``w_bar = C (w_star - b (w_bar - u_bar))``.

    Hypotheses: those of Theorem 1, a run that has converged, the penalty is l1.
    Observed: ``C = 1/(|w_star + b u_bar| - b)``, infinite unless it is positive.
    Source: Theorem 1 (ii), equation (12); the range of C is reconstructed, from
    ``|w_bar - u_bar| <= (lam/beta) sqrt(d)``.
    """
    shift = evidence.run.hyper.lam * math.sqrt(evidence.d) / evidence.K
    return _constant(evidence, evidence.theorem_1 | evidence.is_l1, shift)


def corollary_1_1(evidence: Evidence) -> Check:
    """Equation (12) for l0 and transformed l1: ``0 < C <= 1/(1 - (beta/K) t sqrt(d))``.

    t is the threshold of the penalty, ``lam/beta`` for l1.
    Hypotheses: those of Theorem 1 with ``beta t sqrt(d) < K`` in place of its bound on
    lam, a run that has converged, the penalty is l0 or transformed l1.
    Observed: C, infinite unless it is positive.
    Source: Corollary 1.1, "the same with their thresholds"; reconstructed, from
    ``|w_bar - u_bar| <= t sqrt(d)``.
    """
    shift = evidence.b * evidence.threshold * math.sqrt(evidence.d)
    hypotheses = evidence.theorem_1 | evidence.is_thresholded
    hypotheses = {n: x for n, x in hypotheses.items() if n != "lam < K/sqrt(d)"}
    label = "beta t sqrt(d) < K, t the threshold"
    return _constant(evidence, hypotheses | {label: shift < 1}, shift)


def _constant(evidence: Evidence, hypotheses: dict[str, Array], shift: Array) -> Check:
    bound = jnp.where(shift < 1, 1 / (1 - shift), jnp.inf)
    open_ = 2 * evidence.residual * evidence.C * bound
    return Check(hypotheses, evidence.C, bound, jnp.where(shift < 1, open_, 0))


def identity_13(evidence: Evidence) -> Check:
    """``sin(theta) = (beta/K) |u_bar| sin(gamma)``, gamma the angle of w_bar and u_bar.

    Both sides are 0 where ``u_bar = 0``.
    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the difference.
    Source: Theorem 1 (iii), equation (13) as an identity; derived.
    """
    sides = jnp.sin(evidence.seen.theta.value), evidence.b * evidence.across
    observed = jnp.abs(sides[0] - sides[1])
    return Check(
        evidence.theorem_1, observed, evidence.residual, jnp.zeros_like(observed)
    )


def equation_13(evidence: Evidence) -> Check:
    """``|w_bar - w_star| <= 2 (beta/K) |u_bar| sin(gamma)``.

    Hypotheses: those of Theorem 1, and a run that has converged.
    Observed: the left side.
    Source: Theorem 1 (iii), equation (13); the bound is reconstructed. By the identity
    it holds exactly where ``theta <= 2 pi/3``.
    """
    return Check(
        evidence.theorem_1,
        jnp.linalg.norm(evidence.w - evidence.run.teacher.w_star),
        2 * evidence.b * evidence.across,
        2 * evidence.residual,
    )


def l1_bound(evidence: Evidence) -> Check:
    """``sin(theta) <= lam sqrt(d) / K`` for l1, whatever beta.

    Hypotheses: a run that has converged, the penalty is l1.
    Observed: the sine of the last angle.
    Source: derived from identity (13) and ``|w_bar - u_bar| <= (lam/beta) sqrt(d)``.
    """
    observed = jnp.sin(evidence.seen.theta.value)
    bound = evidence.run.hyper.lam * math.sqrt(evidence.d) / evidence.K
    return Check(
        evidence.converged | evidence.is_l1, observed, bound, evidence.residual
    )


def coupling_bound(evidence: Evidence) -> Check:
    """``sin(theta) <= beta / (2 K)``, whatever the penalty and lam.

    Hypotheses: a run that has converged.
    Observed: the sine of the last angle.
    Source: not in the paper; derived here from identity (13): every prox that shrinks
    has ``|u|^2 <= <u, w>``, hence ``|u| <= cos(gamma)`` and ``|u| sin(gamma) <= 1/2``.
    """
    observed = jnp.sin(evidence.seen.theta.value)
    return Check(evidence.converged, observed, evidence.b / 2, evidence.residual)


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
    return Check(
        evidence.theorem_1 | not_empty,
        observed,
        4 * evidence.residual * evidence.C,
        jnp.zeros_like(observed),
    )
