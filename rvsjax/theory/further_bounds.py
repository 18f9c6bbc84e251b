"""Bounds on the limit beside those of Theorem 1: l1, any coupling, and Remark 1."""

import math

import jax.numpy as jnp

from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence, Hypotheses
from rvsjax.types import Array

__all__ = [
    "coupling_bound",
    "l1_bound",
    "remark_1",
]


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
