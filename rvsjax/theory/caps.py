"""Caps around the teacher that no step leaves: the cap theorem.

It is proved in ``docs/explanation/mathematics.md``: for ``eta <= 1/(beta + K)`` no step
leaves the cap ``theta <= alpha``, for every alpha with ``sin(alpha) >= beta/(2K)``.
"""

import jax.numpy as jnp

from rvsjax.simulation import rounding
from rvsjax.theory.check import Check
from rvsjax.theory.evidence import Evidence, Hypotheses
from rvsjax.types import Array

__all__ = ["check_cap", "lemma_5_cap", "lemma_5_strong"]


def lemma_5_cap(evidence: Evidence) -> Check:
    """``theta_t <= max(theta_0, arcsin(beta/(2K)))`` for all t.

    Hypotheses: ``beta <= 2K``, ``theta_0 <= pi - arcsin(beta/(2K))`` and
    ``eta <= 1/(beta + K)``. Both bounds are sharp: from a start farther off theta can
    rise, up to pi, and at 1.01 times that eta a step can leave the cap.
    Observed: the largest theta of the run, radians. The allowance is its rounding and
    the drift of the run from the exact one.
    Source: the cap theorem; derived, with ``b = beta/K``. Lemma 5, corrected, has it
    for ``theta >= arcsin(b/2)``. For a smaller theta a step ends between w and
    ``w_star + b u``, which is in a ball that this cap contains, as ``|u|^2 <= <u, w>``.
    """
    radius = jnp.arcsin(jnp.minimum(evidence.b / 2, 1))
    hypotheses = (
        evidence.completed
        | evidence.small_step
        | evidence.moderate_coupling
        | evidence.in_front
    )
    return check_cap(evidence, hypotheses, radius)


def lemma_5_strong(evidence: Evidence) -> Check:
    """``theta_t <= max(theta_0, arcsin(beta/K))`` for all t.

    Hypotheses: ``beta <= K sin(min(delta, pi/2))`` and ``eta <= 1/(beta + K)``, for
    which the cap theorem has it. Lemma 5 names no bound on eta, and without one this is
    false: beyond ``4/3`` of that a step can leave the cap. No random step does up to
    there.
    Observed: the largest theta of the run, radians. The allowance is its rounding and
    the drift of the run from the exact one.
    Source: Lemma 5 with the largest delta that its words allow: any with
    ``theta_0 <= pi - delta`` and ``beta <= K sin(delta)``.
    """
    radius = jnp.arcsin(jnp.minimum(evidence.b, 1))
    hypotheses = evidence.completed | evidence.small_coupling | evidence.small_step
    return check_cap(evidence, hypotheses, radius)


def check_cap(
    evidence: Evidence, hypotheses: Hypotheses, radius: Array | float
) -> Check:
    """Check that theta never exceeds theta_0 and the radius of a cap."""
    run = evidence.run
    measured = 2 * rounding.angle_error(evidence.d, run.hyper)
    return evidence.check(
        hypotheses,
        evidence.seen.theta_max,
        jnp.maximum(evidence.theta_0, radius),
        measured + 2 * evidence.seen.drift_max,
        evidence.shows_course,
    )
