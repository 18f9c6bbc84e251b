"""Equations (12) and (13) of the limit: Theorem 1 (ii) and (iii)."""

import jax.numpy as jnp

from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence, Hypotheses
from rvsjax.types import Array

__all__ = [
    "check_constant",
    "constant_12",
    "equation_12",
    "equation_13",
    "identity_13",
]


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
    return check_constant(
        evidence, evidence.theorem_1 | evidence.is_l1, evidence.lam_shift
    )


def check_constant(evidence: Evidence, hypotheses: Hypotheses, shift: Array) -> Check:
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
