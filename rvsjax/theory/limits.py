"""The limit of a run: Theorem 1 and the identities (12) and (13).

``w_bar`` is the last iterate w^T of a run that has converged, ``u_bar`` its prox. The
identities are equalities, so their bound is how far a run of finite length and finite
precision may be from them (`Evidence.residual`), and nothing is undecided.
"""

import jax.numpy as jnp

from rvsjax import rounding
from rvsjax.teacher import unit
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence

__all__ = ["equation_12", "identity_13", "theorem_1_i"]


def theorem_1_i(evidence: Evidence) -> Check:
    """Theorem 1 (i): ``theta(w_bar, w_star) < delta``.

    Hypotheses of Theorem 1, and a run that has converged. Observed: the last angle,
    radians; the allowance is its rounding and its distance to the limit.
    """
    return Check(
        evidence.theorem_1,
        evidence.seen.theta,
        evidence.delta,
        2 * evidence.residual + rounding.angle_error(evidence.d, evidence.run.hyper),
    )


def equation_12(evidence: Evidence) -> Check:
    """Theorem 1 (ii), eq. (12): ``w_bar = C' (w_star + (beta/K) u_bar)``.

    ``C' = 1 / |w_star + (beta/K) u_bar|``; hypotheses of Theorem 1, and a run that has
    converged. Observed: the distance of the two sides.
    """
    w, u = evidence.limit
    target = evidence.run.teacher.w_star + evidence.b * u
    observed = jnp.linalg.norm(w - unit(target))
    return Check(
        evidence.theorem_1,
        observed,
        2 * evidence.residual / jnp.linalg.norm(target),
        jnp.zeros_like(observed),
    )


def identity_13(evidence: Evidence) -> Check:
    """Theorem 1 (iii), eq. (13) as an identity: ``sin theta = (beta/K) |u| sin gamma``.

    gamma is the angle of ``w_bar`` and ``u_bar``; both sides are 0 where ``u_bar = 0``.
    Hypotheses of Theorem 1, and a run that has converged. Observed: the difference.
    """
    w, u = evidence.limit
    across = jnp.linalg.norm(u - jnp.dot(u, w) * w)  # |u| sin gamma
    observed = jnp.abs(jnp.sin(evidence.seen.theta) - evidence.b * across)
    return Check(
        evidence.theorem_1,
        observed,
        evidence.residual,
        jnp.zeros_like(observed),
    )
